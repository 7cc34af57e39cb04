"""An S3 over HTTP for tests (moto), in this process, that can be told to fail."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from shared.object_address import ObjectAddress
from shared.storage.cache import FileCache
from shared.storage.host import Scratch
from shared.storage.objects.bucket import Bucket
from shared.storage.objects.datasets import ObjectDatasets
from shared.storage.objects.reports import ObjectStorage

SECRET = "hunter2-of-the-store"
#: of this server's own client. The signature is not checked, but there must be one
_OWN = {
    "x-test": "1",
    "Authorization": "AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0",
}
#: says what to answer to a method and path: status, code and body; None: what the store answers
Fault = Callable[[str, str], tuple[int, bytes] | None]


class ObjectStoreServer:
    """A server with one bucket of its own."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.bucket = f"bucket-{secrets.token_hex(6)}"
        self._client = httpx.Client(base_url=self.url, trust_env=False, headers=_OWN)
        self.fault: Fault | None = None
        #: method and path of all requests of others
        self.requests: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self._client.put(f"/{self.bucket}").raise_for_status()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def env(self) -> dict[str, str]:
        """What a client needs."""
        return {
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
        }

    def get(self, key: str) -> bytes | None:
        """An object's bytes; None: it is not there."""
        answer = self._client.get(f"/{self.bucket}/{key}")
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.raise_for_status().content

    def put(self, key: str, content: bytes) -> None:
        """Writes an object."""
        url = f"/{self.bucket}/{key}"
        self._client.put(url, content=content).raise_for_status()

    def delete(self, key: str) -> None:
        """Removes an object."""
        self._client.delete(f"/{self.bucket}/{key}").raise_for_status()

    def listed(self) -> list[str]:
        """All keys."""
        text = self._client.get(f"/{self.bucket}?list-type=2").text
        return [part.partition("</Key>")[0] for part in text.split("<Key>")[1:]]

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_X_TEST" not in environ:
            method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
            self.requests.append((method, path))
            failed = self.fault(method, path) if self.fault else None
            if failed is not None:
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                start_response(f"{failed[0]} No", [("Content-Length", str(len(failed[1])))])
                return [failed[1]]
        answer: Any = self._app(environ, start_response)
        return answer


def refused(code: str, status: int = 403) -> Fault:
    """An answer as S3 gives it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{SECRET}</Message></Error>".encode()
    return lambda method, path: (status, b"" if method == "HEAD" else body)


class Host:
    """What one host has: its own folders."""

    def __init__(self, address: str, folder: Path, cache_bytes: int = 1 << 30) -> None:
        self.bucket = Bucket(ObjectAddress.parse(address))
        self.scratch = Scratch(folder / "scratch")
        self.cache = FileCache(folder / "copies", cache_bytes)
        self.reports = ObjectStorage(self.bucket, self.scratch, self.cache)
        self.datasets = ObjectDatasets(self.bucket, self.scratch, self.cache)
        self.scratch.make()

    def made(self, name: str, content: bytes) -> Path:
        """A file that a render child has written."""
        path = self.scratch.folder / name
        path.write_bytes(content)
        return path

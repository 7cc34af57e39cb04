"""Where an object store's files are: a bucket, what the names in it begin with, and who answers for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]", re.ASCII)
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_YES = ("1", "true", "yes", "on", "y", "t")
#: letters that a URL, a key and every tool write in the same way
_PART = re.compile(r"[A-Za-z0-9!_.=@+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ObjectAddress:
    """A bucket and a prefix, which is empty or has no slash at its ends."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, url: str) -> ObjectAddress:
        """Of `s3://bucket` or `s3://bucket/prefix`.

        Raises:
            ValueError: it is none; says why, and repeats nothing that may be secret.
        """
        parts = urlsplit(url)
        if parts.scheme != "s3":
            raise ValueError("must start with s3://")
        if "@" in parts.netloc or parts.query or parts.fragment or url.endswith(("?", "#")):
            raise ValueError(
                "holds more than a bucket and a prefix; credentials and options are AWS_* variables"
            )
        if not _BUCKET.fullmatch(parts.netloc):
            raise ValueError("must name a bucket, as in s3://bucket/prefix")
        prefix = parts.path.strip("/")
        if prefix and not all(_is_part(part) for part in prefix.split("/")):
            raise ValueError("the prefix may have letters, digits and !_.=@+- between single slashes")
        return cls(parts.netloc, prefix)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"


def _is_part(text: str) -> bool:
    return text not in (".", "..") and bool(_PART.fullmatch(text))


def refused_variables(environment: Mapping[str, str]) -> list[str]:
    """What makes no sense in the AWS_* variables, a line for each, without their values."""
    lines = [
        f"{name}: {reason}"
        for name in _ENDPOINTS
        if (url := environment.get(name)) and (reason := _refused_endpoint(url, environment))
    ]
    pair = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    given = [name for name in pair if environment.get(name)]
    if len(given) == 1:
        lines.append(f"{given[0]}: {' and '.join(pair)} belong together")
    return lines


def _refused_endpoint(url: str, environment: Mapping[str, str]) -> str:
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        named = False
    if not named or parts.scheme not in ("http", "https") or not url.isprintable() or " " in url:
        return "must be a URL such as https://minio.example.com:9000"
    if parts.scheme == "http" and environment.get("AWS_ALLOW_HTTP", "").lower() not in _YES:
        return "is not encrypted: use https://, or set AWS_ALLOW_HTTP=true if nobody can listen"
    return ""

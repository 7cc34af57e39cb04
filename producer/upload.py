"""One upload: the client's bytes go through a process of their own into the storage, or nowhere.

That process parses while the bytes arrive, so parsing neither blocks this one nor takes its memory, and a
client that sends faster than its bytes can be read is slowed down by its connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shared.datasets.model import Dataset
from shared.datasets.parse import Wanted
from shared.errors import (
    FieldError,
    PayloadTooLarge,
    StorageError,
    StorageFull,
    StorageUnavailable,
    UploadsBusy,
    UploadTooSlow,
    ValidationFailed,
)
from shared.logs import get_logger
from shared.programs import ENVIRONMENT, Program
from shared.settings import CHECKOUT, Settings
from shared.storage import DatasetStorage
from shared.storage.folders import FULL

log = get_logger(__name__)

#: a client that sends slower than this after its first pause is dropped
LEAST_BYTES_PER_SECOND = 1024
#: how long the last bytes may take to be parsed, in seconds
FINISH_SECONDS = 600


class Uploads:
    """Takes datasets in, a limited number at a time."""

    def __init__(self, settings: Settings, folder: DatasetStorage) -> None:
        self._settings, self._folder = settings, folder
        self._open = 0

    async def take(self, chunks: AsyncIterator[bytes], wanted: Wanted, declared_bytes: int | None) -> Dataset:
        """Stores what arrives as a dataset.

        Raises:
            ValidationFailed: the bytes are no such dataset; names line and column.
            PayloadTooLarge, UploadTooSlow, UploadsBusy, StorageFull, StorageUnavailable: nothing is left.
        """
        if declared_bytes is not None and declared_bytes > self._settings.max_dataset_bytes:
            raise PayloadTooLarge(self._settings.max_dataset_bytes)
        with self._slot():
            dataset_id = uuid.uuid4().hex
            target = self._folder.upload_path(dataset_id)
            try:
                await self._folder.check()
                await asyncio.to_thread(self._check_room, declared_bytes or 0)
                facts = await self._through_intake(chunks, target, wanted)
                dataset = _dataset(dataset_id, wanted, facts)
                await self._folder.commit(dataset)
            except OSError as error:
                raise _storage_error(error.errno, error.strerror or str(error)) from error
            finally:
                await self._folder.discard_upload(dataset_id)
            return dataset

    @contextlib.contextmanager
    def _slot(self) -> Iterator[None]:
        if self._open >= self._settings.dataset_uploads:
            raise UploadsBusy(self._settings.dataset_uploads)
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    def _check_room(self, needed_bytes: int) -> None:
        if shutil.disk_usage(self._folder.scratch).free < needed_bytes:
            raise StorageFull(f"there is no room for {needed_bytes:,} bytes")

    async def _through_intake(
        self, chunks: AsyncIterator[bytes], target: Path, wanted: Wanted
    ) -> dict[str, Any]:
        intake = await _Intake.start(target, wanted)
        try:
            async for chunk in self._paced(chunks):
                if not await intake.write(chunk):
                    break
            return await intake.answer()
        finally:
            await intake.close()

    async def _paced(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The chunks, as long as they come at a fair pace and stay below the limit."""
        idle, limit = self._settings.dataset_idle_seconds, self._settings.max_dataset_bytes
        size, waited = 0, 0.0
        while True:
            began = time.monotonic()
            try:
                async with asyncio.timeout(idle):
                    chunk = await anext(chunks, None)
            except TimeoutError:
                raise UploadTooSlow(idle) from None
            if chunk is None:
                return
            size += len(chunk)
            waited += time.monotonic() - began
            if size > limit:
                raise PayloadTooLarge(limit)
            if waited > idle and size < waited * LEAST_BYTES_PER_SECOND:
                raise UploadTooSlow(waited)
            yield chunk


class _Intake:
    """A running `shared.datasets.intake`."""

    def __init__(self, program: Program) -> None:
        self._program = program
        assert program.stdin is not None  # noqa: S101 - asked for in `start`
        assert program.stdout is not None  # noqa: S101
        assert program.stderr is not None  # noqa: S101
        self._stdin = program.stdin
        self._output = asyncio.create_task(program.stdout.read())
        self._errors = asyncio.create_task(program.stderr.read())

    @classmethod
    async def start(cls, target: Path, wanted: Wanted) -> _Intake:
        return cls(
            await Program.start(
                (sys.executable, "-m", "shared.datasets.intake", str(target), json.dumps(asdict(wanted))),
                env=ENVIRONMENT,
                cwd=CHECKOUT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )

    async def write(self, chunk: bytes) -> bool:
        """Passes bytes on, as fast as they are read; False: the answer is there before the end."""
        try:
            self._stdin.write(chunk)
            await self._stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return False
        return not self._output.done()

    async def answer(self) -> dict[str, Any]:
        """The facts of the dataset, after the last bytes.

        Raises:
            ValidationFailed, StorageFull, StorageUnavailable
        """
        self._stdin.close()
        try:
            async with asyncio.timeout(FINISH_SECONDS):
                answer = json.loads(await self._output)
        except TimeoutError:
            raise StorageUnavailable(f"the upload was not parsed within {FINISH_SECONDS} s") from None
        except ValueError:
            tail = (await self._errors).decode("utf-8", "replace").strip()[-2000:]
            log.error("the process of an upload ended without an answer", detail=tail)
            raise StorageUnavailable("the upload's process ended without an answer") from None
        if "errors" in answer:
            raise ValidationFailed(FieldError(**error) for error in answer["errors"])
        if "storage" in answer:
            raise _storage_error(answer["storage"]["errno"], answer["storage"]["message"])
        facts: dict[str, Any] = answer["dataset"]
        return facts

    async def close(self) -> None:
        """Kills the process if it runs, and waits until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._program.pid, signal.SIGKILL)
        self._stdin.close()
        await self._program.wait()
        await asyncio.gather(self._output, self._errors, return_exceptions=True)


def _dataset(dataset_id: str, wanted: Wanted, facts: dict[str, Any]) -> Dataset:
    file_name = wanted.file_name or f"dataset.{facts['dialect']['format']}"
    created_at_ms = time.time_ns() // 1_000_000
    return Dataset.from_json(
        {**facts, "id": dataset_id, "file_name": file_name, "created_at_ms": created_at_ms}
    )


def _storage_error(number: int | None, message: str) -> StorageError:
    if number in FULL:
        return StorageFull(f"the dataset could not be stored: {message}")
    return StorageUnavailable(f"the dataset could not be stored: {message}")

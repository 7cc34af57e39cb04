"""One launcher per data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import PressroomError


class AlreadyRunning(PressroomError):
    """Another launcher holds this data folder."""


class DataFolderUnusable(PressroomError):
    """The data folder can't be made or written."""


@contextmanager
def only_launcher(data_dir: Path) -> Iterator[None]:
    """Holds the folder's lock. The kernel lets go of it when the process ends, however it ends.

    Raises:
        AlreadyRunning: another launcher holds it; the text names its process.
        DataFolderUnusable: it can't be made or written; the text names the setting.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "launcher.lock").open("a+")
    except OSError as error:
        raise DataFolderUnusable(
            f"PRESSROOM_DATA_DIR: the folder {data_dir} can't be used: {error.strerror}"
        ) from None
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise AlreadyRunning(
                f"another launcher is running already on {data_dir} (process {holder}): "
                "use that one, stop it, or set PRESSROOM_DATA_DIR for a second one"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield

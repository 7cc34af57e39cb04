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


@contextmanager
def only_launcher(data_dir: Path) -> Iterator[None]:
    """Holds the folder's lock. The kernel lets go of it when the process ends, however it ends.

    Raises:
        AlreadyRunning: another launcher holds it; the text names its process.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "launcher.lock").open("a+") as file:
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

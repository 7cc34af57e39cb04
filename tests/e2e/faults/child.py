"""A render child that misbehaves when a report's data ask for it: `{"misbehave": "segfault"}`.

The workers of these tests start it in the place of their own fork server (see `service`). Everything but the
call of `render` is the real fork server and the real child.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.storage import claim_of
from worker.children import child as real_child
from worker.children import forkserver

Render = Callable[..., Any]
ProgressFn = Callable[[int, str], None]

_STEP_SECONDS = 0.05
_FLOOD_CHUNKS = 256
_CHUNK = 1 << 16


def main() -> None:
    """Runs the real fork server, with children around a `render` that may misbehave."""
    real_child.render = _with_misbehaviour(real_child.render)  # type: ignore[assignment]
    forkserver.main()


def _with_misbehaviour(render: Render) -> Render:
    def misbehaving(request: Any, target: Path, on_progress: ProgressFn) -> Any:
        how = request.data.get("misbehave") if isinstance(request.data, dict) else None
        if how:
            name, _, argument = str(how).partition(":")
            _BEHAVIOURS[name](argument, target, on_progress)
        return render(request, target, on_progress)

    return misbehaving


def _sleep(seconds: str, _target: Path, on_progress: ProgressFn) -> None:
    """Slow, with progress."""
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < float(seconds):
        on_progress(int(90 * elapsed / float(seconds)), "sleeping")
        time.sleep(_STEP_SECONDS)


def _bad(_argument: str, _target: Path, _on_progress: ProgressFn) -> None:
    raise ValueError("these data can't be rendered")


def _segfault(_argument: str, _target: Path, _on_progress: ProgressFn) -> None:
    ctypes.string_at(0)


def _flaky(_argument: str, target: Path, _on_progress: ProgressFn) -> None:
    """Segfaults, and not the next time: a file of the job's name in the temporary folder tells which."""
    job_id, _ = claim_of(target.name) or ("", 0)
    been_here = Path(tempfile.gettempdir()) / f"pressroom-flaky-{job_id}"
    try:
        been_here.unlink()
    except FileNotFoundError:
        been_here.touch()
        ctypes.string_at(0)


def _loop(_argument: str, _target: Path, _on_progress: ProgressFn) -> None:
    while True:
        pass


def _stuck(_argument: str, _target: Path, _on_progress: ProgressFn) -> None:
    """An endless loop inside C code that never lets another thread run."""
    re.match(r"(a+)+$", "a" * 64 + "b")


def _memory(_argument: str, _target: Path, _on_progress: ProgressFn) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(16 << 20))


def _flood(_argument: str, _target: Path, _on_progress: ProgressFn) -> None:
    """Writes 16 MB to its standard error and output, then does its work."""
    for _ in range(_FLOOD_CHUNKS):
        os.write(2, b"x" * _CHUNK)
        os.write(1, b"x" * _CHUNK)


def _garbage(_argument: str, _target: Path, _on_progress: ProgressFn) -> None:
    """Floods the socket to the worker with what is no answer."""
    connection = next(filter(_is_socket, range(3, 64)))
    for _ in range(_FLOOD_CHUNKS):
        os.write(connection, b"\xff" * _CHUNK)


def _is_socket(descriptor: int) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    return False


_BEHAVIOURS: dict[str, Callable[[str, Path, ProgressFn], None]] = {
    "sleep": _sleep,
    "bad": _bad,
    "segfault": _segfault,
    "flaky": _flaky,
    "loop": _loop,
    "stuck": _stuck,
    "memory": _memory,
    "flood": _flood,
    "garbage": _garbage,
}


if __name__ == "__main__":
    main()

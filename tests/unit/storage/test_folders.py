"""Many files reach the disk together, and each is told its own fate."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.storage import folders


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"{n}.pdf" for n in range(3)]
    for path in paths:
        path.write_bytes(b"%PDF")
    return [os.fspath(path) for path in paths]


def _name(descriptor: int) -> str:
    return Path(f"/proc/self/fd/{descriptor}").readlink().name


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_all_writes_are_begun_before_one_is_waited_for(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync = os.fsync

    def begin(descriptor: int) -> None:
        calls.append(f"begin {_name(descriptor)}")

    def wait(descriptor: int) -> None:
        calls.append(f"wait {_name(descriptor)}")
        fsync(descriptor)

    monkeypatch.setattr(folders, "_begin_to_write", begin)
    monkeypatch.setattr(os, "fsync", wait)
    assert folders.sync_all(files) == [None, None, None]
    names = ["0.pdf", "1.pdf", "2.pdf"]
    assert calls == [f"begin {name}" for name in names] + [f"wait {name}" for name in names]


def test_each_file_has_its_own_error_and_none_stays_open(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        if _name(descriptor) == "1.pdf":
            raise OSError(errno.EIO, "the disk is broken")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    opened = _open_files()
    outcomes = folders.sync_all([*files, os.fspath(tmp_path / "gone.pdf")])
    assert [outcome.errno if outcome else 0 for outcome in outcomes] == [0, errno.EIO, 0, errno.ENOENT]
    assert _open_files() == opened


def test_a_c_library_without_the_hint_will_do(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_SYNC_FILE_RANGE", None)
    assert folders.sync_all(files) == [None, None, None]


def test_linux_has_the_hint_and_takes_it(files: list[str]) -> None:
    assert folders._SYNC_FILE_RANGE is not None
    descriptor = os.open(files[0], os.O_RDONLY)
    try:
        assert folders._SYNC_FILE_RANGE(descriptor, 0, 0, folders._SYNC_FILE_RANGE_WRITE) == 0
    finally:
        os.close(descriptor)


def test_many_can_look_at_once_whether_a_folder_can_be_written(tmp_path: Path) -> None:
    """As the services do that start together, each of them process 1 of its container."""
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(folders.make_writable, [tmp_path] * 1000))
    assert list(tmp_path.iterdir()) == []

"""Folders of this host: private, and scratch of processes that are gone is removed."""

from __future__ import annotations

import fcntl
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from shared.errors import SettingsError
from shared.storage.host import Scratch, of_storage, private_folder


def test_the_folder_is_private_even_if_it_was_not(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o755)
    folder = private_folder(None, tmp_path / "cache")
    assert folder == tmp_path / "cache"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_where_the_default_can_not_be_made_the_temporary_folder_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "tmp"))
    folder = private_folder(None, tmp_path / "file" / "cache")
    assert folder.parent == tmp_path / "tmp"


def test_a_configured_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="PRESSROOM_CACHE_DIR: "):
        private_folder(tmp_path / "file" / "cache", tmp_path)


def test_a_link_that_somebody_put_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"pressroom-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError, match="not ours"):
        private_folder(tmp_path, tmp_path)


def test_a_configured_folder_stays_as_open_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    folder = private_folder(tmp_path / "shared", tmp_path)
    assert folder.parent == tmp_path / "shared"
    assert [path.stat().st_mode & 0o777 for path in (folder.parent, folder)] == [0o755, 0o700]


def test_threads_make_scratch_together(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        for _ in range(100):
            scratch = Scratch(tmp_path)
            list(threads.map(lambda _, scratch=scratch: scratch.make(), range(4)))
            assert scratch.folder.is_dir()
            scratch.close()


def test_a_folder_that_another_process_took_for_left_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, scratch, taken = fcntl.flock, Scratch(tmp_path), []

    def take_it_first(file: IO[bytes], how: int) -> None:
        if not taken:
            taken.append(file)
            shutil.rmtree(scratch.folder)
        lock(file, how)

    monkeypatch.setattr("shared.storage.host.fcntl.flock", take_it_first)
    scratch.make()
    assert [path.name for path in scratch.folder.iterdir()] == [".lock"]
    scratch.close()


def test_two_storages_never_meet(tmp_path: Path) -> None:
    assert of_storage(tmp_path, "s3://a/b") == of_storage(tmp_path, "s3://a/b")
    assert of_storage(tmp_path, "s3://a/b") != of_storage(tmp_path, "s3://a/c")


def test_scratch_of_a_process_that_is_gone_is_removed_and_no_other(tmp_path: Path) -> None:
    alive, gone = Scratch(tmp_path), Scratch(tmp_path)
    for scratch in (alive, gone):
        scratch.make()
        (scratch.folder / "a.pdf").write_bytes(b"x")
    gone.close()  # as the system does when a process ends
    fresh = Scratch(tmp_path)
    fresh.make()
    assert (alive.folder / "a.pdf").exists()
    assert not gone.folder.exists()
    alive.close()
    fresh.close()


def test_scratch_comes_back_when_somebody_removed_it(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    scratch.make()
    (scratch.folder / ".lock").unlink()
    scratch.folder.rmdir()
    scratch.make()
    assert scratch.folder.is_dir()
    scratch.close()

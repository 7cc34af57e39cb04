"""The settings say which storage it is; folders cost nothing that only an object store needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import CHECKOUT, Settings
from shared.storage import DatasetFolder, LocalStorage
from shared.storage.opening import open_storage

FOLDERS_ALONE = """
import sys
from producer import app, upload
from worker import service
from scheduler import service
from dashboard import app
from shared.settings import Settings
from shared.storage.opening import open_storage
open_storage(Settings(storage_url=sys.argv[1]))
assert "obstore" not in sys.modules
assert not [name for name in sys.modules if name.startswith("shared.storage.objects")]
"""


def test_a_folder(tmp_path: Path) -> None:
    reports, datasets = open_storage(Settings(storage_url=tmp_path.as_uri()))
    assert isinstance(reports, LocalStorage)
    assert isinstance(datasets, DatasetFolder)
    assert (reports.folder, datasets.folder) == (tmp_path, tmp_path / "datasets")


def test_an_object_store_has_its_own_folder_on_this_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    places = []
    for url in ("s3://bucket/a", "s3://bucket/a/", "s3://bucket/b"):
        reports, datasets = open_storage(Settings(storage_url=url, data_dir=tmp_path / "data"))
        assert reports.place == url.rstrip("/")
        assert datasets.place == f"{url.rstrip('/')}/datasets"
        assert reports.scratch == datasets.scratch
        assert reports.scratch.is_relative_to(tmp_path / "data" / "objects")
        places.append(reports.scratch.parent)
    assert places[0] == places[1] != places[2]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_configured_folder_is_used(tmp_path: Path) -> None:
    settings = Settings(storage_url="s3://bucket", cache_dir=tmp_path / "here", data_dir=tmp_path / "data")
    assert open_storage(settings)[0].scratch.is_relative_to(tmp_path / "here")
    assert not (tmp_path / "data").exists()


def test_who_keeps_files_in_folders_does_not_load_the_client_of_object_stores(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FOLDERS_ALONE, tmp_path.as_uri()]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

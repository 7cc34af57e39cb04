"""Services that can't be kept running."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.launcher import processes
from shared.launcher.lock import AlreadyRunning, DataFolderUnusable, only_launcher
from shared.launcher.processes import Keeper, ServiceKeepsDying
from shared.launcher.services import Service, plan_services, shared_env
from shared.settings import Settings
from tests.unit.launcher.lines import Lines


async def test_a_service_that_keeps_dying_at_start_is_given_up_with_its_last_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "FIRST_BACKOFF_SECONDS", 0.001)
    lines = Lines()
    keeper = Keeper(Service("broken", "tests.unit.launcher.dies_at_once"), {}, None, lines, 0)
    with pytest.raises(ServiceKeepsDying) as caught:
        await keeper.keep_running()
    assert re.match(r"broken \(process \d+\) ended with exit code 1, 4 times in a row", str(caught.value))
    assert "no such thing as a free port" in str(caught.value)
    assert len([text for text in lines.printed if "starting it again in" in text]) == 3


async def test_a_service_whose_settings_can_not_work_is_not_started_again() -> None:
    lines = Lines()
    keeper = Keeper(Service("wrong", "tests.unit.launcher.wrong_settings"), {}, None, lines, 0)
    with pytest.raises(ServiceKeepsDying, match="PRESSROOM_COLOUR: must be blue") as caught:
        await keeper.keep_running()
    assert "in a row" not in str(caught.value)
    assert lines.printed == ["wrong: PRESSROOM_COLOUR: must be blue"]


def test_a_data_folder_has_one_launcher_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with (
        only_launcher(folder),
        pytest.raises(AlreadyRunning, match="PRESSROOM_DATA_DIR"),
        only_launcher(folder),
    ):
        pass
    with only_launcher(folder):
        pass


def test_a_data_folder_that_can_not_be_made_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DataFolderUnusable, match=r"PRESSROOM_DATA_DIR.*file/data.*Not a directory"),
        only_launcher(tmp_path / "file" / "data"),
    ):
        pass


def test_a_restarted_worker_never_answers_to_its_predecessors_id() -> None:
    worker = plan_services(Settings(), [5002])[1]
    ids = {worker.start_env()["PRESSROOM_WORKER_ID"] for _ in range(5)}
    assert len(ids) == 5
    assert all(worker_id.startswith("worker-1-") for worker_id in ids)


def test_a_log_format_that_the_user_chose_is_left_alone() -> None:
    assert shared_env(Settings(), "redis://x", "d", colour=False)["PRESSROOM_LOG_FORMAT"] == "console"
    chosen = Settings(log_format="json")
    assert "PRESSROOM_LOG_FORMAT" not in shared_env(chosen, "redis://x", "d", colour=True)

"""The checker finds each fault that is planted in a clean history, and nothing in the clean one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shared.queue.leases import LOST_BEFORE_IT_BEGAN
from tests.e2e.faults.checker import RULES, judge
from tests.e2e.faults.history import ACKNOWLEDGED, LOST, Call, Download, History, StoredFile, load
from tests.e2e.faults.summary import figures, table
from tests.unit.faults.histories import (
    CANCELLED,
    FAILED,
    FILE,
    REPEATED,
    SHA,
    WHOLE,
    clean,
    document,
    event,
    insert,
    renumber,
    result,
)

Plant = Callable[[History], None]
PLANTS: list[tuple[str, str, Plant]] = []


def plant(rule: str) -> Callable[[Plant], Plant]:
    """Registers a fault that the rule must find."""

    def register(function: Plant) -> Plant:
        PLANTS.append((rule, function.__name__, function))
        return function

    return register


@plant("acknowledged_jobs_are_known")
def an_acknowledged_job_is_forgotten(history: History) -> None:
    history.documents[WHOLE] = None


@plant("acknowledged_jobs_have_ended")
def a_job_never_ends(history: History) -> None:
    history.documents[WHOLE] = document("storm whole", "active", 2)


@plant("one_request_makes_one_job")
def a_repeated_key_makes_a_second_job(history: History) -> None:
    history.documents["twin"] = document("storm repeated", "completed", 1, result=result("test-twin-f1.pdf"))


@plant("one_request_makes_one_job")
def a_repeated_key_is_answered_with_another_job(history: History) -> None:
    history.calls.append(Call(2.0, "submit", "storm repeated", ACKNOWLEDGED, 202, "twin"))


@plant("one_request_makes_one_job")
def a_request_without_key_makes_more_jobs_than_calls(history: History) -> None:
    history.documents["twin"] = document("storm bad", "failed", 1, failedReason="no")


@plant("one_request_makes_one_job")
def a_job_that_nobody_asked_for(history: History) -> None:
    history.documents["stray"] = document("whose", "cancelled", 0)


@plant("refused_requests_make_no_job")
def a_refused_request_makes_a_job(history: History) -> None:
    history.documents["refused"] = document("storm invalid", "failed", 1, failedReason="no")


@plant("states_move_by_the_table")
def a_failed_job_runs_again_by_itself(history: History) -> None:
    insert(history, event(FAILED, "claimed", "active", 2, "w1"), "failed", FAILED)


@plant("states_move_by_the_table")
def a_waiting_job_completes(history: History) -> None:
    insert(history, event(REPEATED, "released", "waiting", 1, "w2"), "claimed", REPEATED)


@plant("states_move_by_the_table")
def a_job_loses_a_second_worker_at_no_cost(history: History) -> None:
    lost = event(WHOLE, "released", "waiting", 2, "w3", detail=LOST_BEFORE_IT_BEGAN)
    insert(history, lost, "stalled", WHOLE)
    insert(history, event(WHOLE, "claimed", "active", 2, "w3"), "stalled", WHOLE)


@plant("states_move_by_the_table")
def a_job_is_given_to_two_workers(history: History) -> None:
    insert(history, event(REPEATED, "claimed", "active", 2, "w1"), "claimed", REPEATED)


@plant("states_move_by_the_table")
def a_worker_completes_what_another_owns(history: History) -> None:
    history.events = [
        replace(e, worker_id="w1") if (e.job_id, e.event) == (WHOLE, "completed") else e
        for e in history.events
    ]


@plant("states_move_by_the_table")
def progress_runs_backwards(history: History) -> None:
    insert(history, event(WHOLE, "progress", "active", 2, "w2", progress=59, fence=2), "progress", WHOLE)


@plant("states_move_by_the_table")
def a_lost_fence_writes(history: History) -> None:
    insert(history, event(WHOLE, "progress", "active", 2, "w2", progress=99, fence=1), "progress", WHOLE)


@plant("states_move_by_the_table")
def a_fence_does_not_grow_with_a_claim(history: History) -> None:
    history.events = [replace(e, fence=1) if e.fence == 2 else e for e in history.events]


@plant("states_move_by_the_table")
def progress_is_written_after_the_end(history: History) -> None:
    insert(history, event(WHOLE, "progress", "active", 2, "w2", progress=99, fence=2), "completed", WHOLE)


@plant("states_move_by_the_table")
def an_attempt_is_left_out(history: History) -> None:
    history.events = [
        replace(e, attempt=3) if (e.job_id, e.event, e.attempt) == (WHOLE, "claimed", 2) else e
        for e in history.events
    ]


@plant("states_move_by_the_table")
def an_attempt_too_many_is_started(history: History) -> None:
    insert(history, event(REPEATED, "retrying", "waiting", 1, "w2"), "claimed", REPEATED)
    for attempt in (2, 3):
        insert(history, event(REPEATED, "claimed", "active", attempt, "w2"), "retrying", REPEATED)
        insert(history, event(REPEATED, "retrying", "waiting", attempt, "w2"), "claimed", REPEATED)
    insert(history, event(REPEATED, "claimed", "active", 4, "w2"), "retrying", REPEATED)


@plant("states_move_by_the_table")
def a_job_outlives_the_poison_limit(history: History) -> None:
    for attempt in (2, 3):
        insert(history, event(WHOLE, "stalled", "active", attempt, "w2"), "progress", WHOLE)
        insert(history, event(WHOLE, "claimed", "active", attempt + 1, "w2"), "stalled", WHOLE)


@plant("states_move_by_the_table")
def a_job_begins_in_the_middle(history: History) -> None:
    history.events = [e for e in history.events if (e.job_id, e.event) != (WHOLE, "submitted")]
    renumber(history)


@plant("states_move_by_the_table")
def a_stalled_job_completes_without_a_claim(history: History) -> None:
    insert(history, event(REPEATED, "stalled", "active", 1, "w2"), "claimed", REPEATED)


@plant("records_agree_with_the_stream")
def a_record_says_something_else_than_its_events(history: History) -> None:
    history.documents[FAILED] = document("storm bad", "cancelled", 1)


@plant("records_agree_with_the_stream")
def a_record_has_no_events(history: History) -> None:
    history.events = [e for e in history.events if e.job_id != REPEATED]


@plant("records_agree_with_the_stream")
def events_have_no_record(history: History) -> None:
    del history.documents[FAILED]


@plant("attempts_are_within_limits")
def a_record_counts_too_many_attempts(history: History) -> None:
    history.documents[WHOLE]["attempts"] = 4  # type: ignore[index]


@plant("completed_means_one_whole_pdf")
def a_completed_job_has_no_file(history: History) -> None:
    history.files = [file for file in history.files if file.name != FILE]


@plant("completed_means_one_whole_pdf")
def a_file_has_other_bytes(history: History) -> None:
    history.files[0] = StoredFile(FILE, 900, "cd" * 32, 60.0, 1)


@plant("completed_means_one_whole_pdf")
def a_file_is_torn(history: History) -> None:
    history.files[0] = StoredFile(FILE, 900, SHA, 60.0, None)


@plant("completed_means_one_whole_pdf")
def a_file_lacks_a_page(history: History) -> None:
    history.documents[WHOLE]["result"]["pages"] = 2  # type: ignore[index]
    history.published[WHOLE]["pages"] = 2


@plant("completed_means_one_whole_pdf")
def a_record_names_the_file_of_another_job(history: History) -> None:
    history.documents[WHOLE]["result"]["fileName"] = "test-repeated-f1.pdf"  # type: ignore[index]


@plant("a_pdf_is_its_last_owners")
def the_file_of_a_lost_owner_is_published(history: History) -> None:
    history.documents[WHOLE]["result"]["fileName"] = f"test-{WHOLE}-f1.pdf"  # type: ignore[index]


@plant("a_pdf_is_its_last_owners")
def the_file_is_of_an_older_fence_and_no_progress_told(history: History) -> None:
    history.events = [e for e in history.events if e.event != "progress"]
    the_file_of_a_lost_owner_is_published(history)


@plant("only_completed_jobs_have_a_result")
def a_cancelled_job_has_a_result(history: History) -> None:
    history.documents[CANCELLED]["result"] = result(FILE)  # type: ignore[index]


@plant("only_completed_jobs_have_a_result")
def a_job_fails_without_a_reason(history: History) -> None:
    history.documents[FAILED]["failedReason"] = ""  # type: ignore[index]


@plant("published_once")
def a_job_is_published_twice(history: History) -> None:
    insert(history, event(WHOLE, "completed", "completed", 2, "w2"), "completed", WHOLE)


@plant("published_once")
def a_result_is_replaced(history: History) -> None:
    history.published[WHOLE] = result(f"test-{WHOLE}-f1.pdf")


@plant("cancelled_stays_cancelled")
def a_cancelled_job_completes(history: History) -> None:
    history.documents[CANCELLED] = document("storm cancelled", "completed", 1, result=result(FILE))


@plant("nobody_cancelled_it_by_itself")
def a_job_is_cancelled_by_nobody(history: History) -> None:
    history.documents[REPEATED] = document("storm repeated", "cancelled", 1)


@plant("hopeless_jobs_fail")
def a_job_with_bad_data_completes(history: History) -> None:
    history.documents[FAILED] = document("storm bad", "completed", 1, result=result("test-failed-f1.pdf"))


@plant("hopeless_jobs_fail")
def a_job_with_bad_data_is_tried_again(history: History) -> None:
    told = event(FAILED, "retrying", "waiting", 1, "w1", detail="data.rows: is missing")
    insert(history, told, "claimed", FAILED)
    insert(history, event(FAILED, "claimed", "active", 2, "w1"), "retrying", FAILED)


@plant("healthy_jobs_fail_only_for_lost_workers")
def a_healthy_job_fails_for_its_data(history: History) -> None:
    history.documents[REPEATED] = document(
        "storm repeated", "failed", 1, failedReason="why", error={"type": "TypeError"}
    )


@plant("nothing_is_left_in_the_queue")
def an_entry_stays_in_the_queue(history: History) -> None:
    history.leftovers["report:queue"] = [WHOLE]


@plant("no_old_orphans")
def an_orphan_stays(history: History) -> None:
    history.files[2] = replace(history.files[2], age_seconds=31.0)


@plant("no_old_orphans")
def a_torn_temporary_file_stays(history: History) -> None:
    history.scratch[".tmp/whole.1.pdf"] = 31.0


@plant("no_old_orphans")
def a_file_of_a_cancelled_job_stays(history: History) -> None:
    history.files.append(StoredFile(f"test-{CANCELLED}-f1.pdf", 900, SHA, 60.0, 1))


@plant("downloads_are_whole_or_refused")
def a_download_has_other_bytes(history: History) -> None:
    history.downloads.append(Download(WHOLE, "worker", 200, "cd" * 32))


@plant("downloads_are_whole_or_refused")
def damaged_bytes_are_served(history: History) -> None:
    history.destroyed = [FILE]
    history.downloads = [Download(WHOLE, "dashboard", 200, "cd" * 32)]


@plant("downloads_are_whole_or_refused")
def a_lost_file_is_called_unknown(history: History) -> None:
    history.destroyed = [FILE]
    history.downloads = [Download(WHOLE, "dashboard", 404, "")]


@plant("downloads_are_whole_or_refused")
def a_whole_file_is_refused(history: History) -> None:
    history.downloads.append(Download(WHOLE, "dashboard", 410, ""))


@plant("the_stream_lost_nothing")
def an_event_vanishes_with_a_restart(history: History) -> None:
    history.stream_ids.remove("3-0")


@plant("nothing_is_claimed_while_paused")
def a_job_is_claimed_while_paused(history: History) -> None:
    history.events = [e for e in history.events if e.event != "resumed"]
    renumber(history)


@plant("services_end_only_when_told")
def a_service_crashes(history: History) -> None:
    history.deaths = [{"service": "worker-1", "code": 1}]


@pytest.mark.parametrize(
    ("rule", "plant"), [(r, f) for r, _, f in PLANTS], ids=[name for _, name, _ in PLANTS]
)
def test_a_planted_fault_is_found(rule: str, plant: Plant) -> None:
    history = clean()
    plant(history)
    assert rule in {finding.rule for finding in judge(history)}


def test_a_clean_history_has_no_findings() -> None:
    assert judge(clean()) == []


def test_every_rule_is_tested() -> None:
    assert {rule.__name__ for rule in RULES} == {rule for rule, _, _ in PLANTS}


def test_the_verdict_is_the_same_after_a_history_was_kept(tmp_path: Path) -> None:
    history = clean()
    a_result_is_replaced(history)
    history.save(tmp_path / "history.json")
    assert load(tmp_path / "history.json") == history
    assert judge(load(tmp_path / "history.json")) == judge(history)


def test_a_lost_file_may_be_answered_with_gone_or_damaged() -> None:
    history = clean()
    history.destroyed = [FILE]
    history.files = [file for file in history.files if file.name != FILE]
    history.downloads = [Download(WHOLE, "dashboard", 410, ""), Download(WHOLE, "worker", 500, "")]
    assert judge(history) == []


def test_an_answer_that_was_lost_may_hide_a_job() -> None:
    history = clean()
    history.calls.append(Call(0.3, "submit", "storm bad", LOST))
    a_request_without_key_makes_more_jobs_than_calls(history)
    assert "one_request_makes_one_job" not in {finding.rule for finding in judge(history)}


def test_an_orphan_may_be_young_and_without_a_rule_any_age() -> None:
    history = clean()
    an_orphan_stays(history)
    history.limits = replace(history.limits, orphan_seconds=None)
    assert judge(history) == []


def test_figures_count_what_was_executed_again_and_what_was_lost() -> None:
    history = clean()
    counts = figures(history)
    assert counts["acknowledged jobs"] == 4
    assert counts["answers lost"] == counts["executed again"] == counts["stalled"] == 1
    assert counts["lost"] == counts["published twice"] == 0
    an_acknowledged_job_is_forgotten(history)
    a_job_is_published_twice(history)
    counts = figures(history)
    assert counts["lost"] == counts["published twice"] == 1
    assert "published twice" in table({7: (counts, judge(history))})

"""The verdict on a storm: every promise as one rule over its history. Pure.

`python -m tests.e2e.faults.checker HISTORY.json` judges a kept history again.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.entry import EXIT_CONFIGURATION
from shared.job import JobState
from shared.storage import job_id_of
from shared.storage.names import claim_of
from tests.e2e.faults.history import ACKNOWLEDGED, LOST, Download, Event, History, load
from tests.e2e.faults.replay import Story, follow, has_ended

#: kinds of requests that can't give a PDF whatever happens
HOPELESS = frozenset({"bad", "poison", "loop", "memory", "garbage"})
#: kinds that fail for what they are, at the first attempt that comes to an end
NEVER_RETRIED = frozenset({"bad", "memory"})
#: answers to a download when the file was lost or damaged after it was published
HONEST_REFUSALS = (410, 500)


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise."""

    rule: str
    #: the job or file it is about
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}: {self.text}"


class Evidence:
    """A history with the lookups that the rules share."""

    def __init__(self, history: History) -> None:
        self.history = history
        by_job: dict[str, list[Event]] = defaultdict(list)
        for event in history.events:
            if event.job_id:
                by_job[event.job_id].append(event)
        self.stories: dict[str, Story] = {
            job_id: follow(job_id, events, self._max_attempts(job_id), history.limits.poison_limit)
            for job_id, events in by_job.items()
        }
        self.acknowledged = {
            call.job_id: call.ref
            for call in history.calls
            if call.action == "submit" and call.fate == ACKNOWLEDGED
        }
        self.files = {file.name: file for file in history.files}

    def known(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every job that has a document."""
        for job_id, document in self.history.documents.items():
            if document is not None:
                yield job_id, document

    def completed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every completed job."""
        return (item for item in self.known() if item[1]["state"] == JobState.COMPLETED)

    def kind(self, document: dict[str, Any]) -> str:
        """What the request wanted to be."""
        return str(self.history.requests.get(document["title"], {}).get("kind", ""))

    def _max_attempts(self, job_id: str) -> int:
        document = self.history.documents.get(job_id)
        return int(document["maxAttempts"]) if document else 3


def acknowledged_jobs_are_known(evidence: Evidence) -> Iterator[Finding]:
    for job_id, ref in evidence.acknowledged.items():
        if evidence.history.documents.get(job_id) is None:
            yield _finding(job_id, f"{ref} was acknowledged and nobody knows it")


def acknowledged_jobs_have_ended(evidence: Evidence) -> Iterator[Finding]:
    for job_id, document in evidence.known():
        if not has_ended(document["state"]):
            yield _finding(job_id, f"is still {document['state']}")


def one_request_makes_one_job(evidence: Evidence) -> Iterator[Finding]:
    """A key makes one job however often it is sent; without one, each answer that was lost may hide a job."""
    jobs: dict[str, set[str]] = defaultdict(set)
    for job_id, document in evidence.known():
        jobs[document["title"]].add(job_id)
    for job_id, ref in evidence.acknowledged.items():
        jobs[ref].add(job_id)
    unanswered = Counter(
        call.ref
        for call in evidence.history.calls
        if call.action == "submit" and (call.fate == LOST or call.status == 503)
    )
    answered = Counter(evidence.acknowledged.values())
    for ref, ids in jobs.items():
        request = evidence.history.requests.get(ref)
        if request is None:
            yield _finding(ref, f"nobody asked for {sorted(ids)}")
            continue
        allowed = 1 if request["key"] else answered[ref] + unanswered[ref]
        if len(ids) > allowed:
            yield _finding(ref, f"has {len(ids)} jobs, at most {allowed} may be: {sorted(ids)}")


def refused_requests_make_no_job(evidence: Evidence) -> Iterator[Finding]:
    """4xx: nothing was written. (503 tells that it could not be found out.)"""
    fates: dict[str, set[int]] = defaultdict(set)
    for call in evidence.history.calls:
        if call.action == "submit":
            fates[call.ref].add(call.status)
    for job_id, document in evidence.known():
        statuses = fates.get(document["title"], set())
        if statuses and all(400 <= status < 500 for status in statuses):
            yield _finding(job_id, f"exists although its request was refused with {sorted(statuses)}")


def states_move_by_the_table(evidence: Evidence) -> Iterator[Finding]:
    """Transitions, attempts, stalls, fences and progress, as the stream tells them."""
    for job_id, story in evidence.stories.items():
        for fault in story.faults:
            yield _finding(job_id, fault)


def records_agree_with_the_stream(evidence: Evidence) -> Iterator[Finding]:
    for job_id, document in evidence.known():
        story = evidence.stories.get(job_id)
        if story is None:
            yield _finding(job_id, "has a record and not one event")
        elif story.state != document["state"]:
            yield _finding(job_id, f"is {document['state']}, by its events {story.state}")
    for job_id in evidence.stories.keys() - dict(evidence.known()).keys():
        yield _finding(job_id, "has events and no record")


def attempts_are_within_limits(evidence: Evidence) -> Iterator[Finding]:
    for job_id, document in evidence.known():
        if document["attempts"] > document["maxAttempts"]:
            yield _finding(job_id, f"has {document['attempts']} attempts of {document['maxAttempts']}")


def completed_means_one_whole_pdf(evidence: Evidence) -> Iterator[Finding]:
    for job_id, document in evidence.completed():
        result = document["result"] or {}
        name = str(result.get("fileName"))
        if job_id_of(name) != job_id:
            yield _finding(job_id, f"its file has the name {name}")
        if name in evidence.history.destroyed:
            continue
        file = evidence.files.get(name)
        if file is None:
            yield _finding(job_id, f"is completed and {name} is not there")
        elif (file.sha256, file.size) != (result["sha256"], result["fileSize"]):
            yield _finding(job_id, f"{name} has {file.size} bytes {file.sha256}, not those of its record")
        elif file.pages != result["pages"]:
            yield _finding(job_id, f"{name} opens with {file.pages} pages, not {result['pages']}")


def a_pdf_is_its_last_owners(evidence: Evidence) -> Iterator[Finding]:
    """A file is named by the fence that it was made under: that of the claim which completed the job."""
    for job_id, document in evidence.completed():
        story = evidence.stories.get(job_id)
        made_under = claim_of(str((document["result"] or {}).get("fileName")))
        if story is None or made_under is None:
            continue
        if story.fence is not None and made_under[1] != story.fence:
            yield _finding(job_id, f"fence {story.fence} completed it, and its file is of {made_under[1]}")
        elif made_under[1] < max(story.claimed_at_ms, story.highest_fence):
            yield _finding(job_id, f"its file is of fence {made_under[1]}, an earlier claim's")


def only_completed_jobs_have_a_result(evidence: Evidence) -> Iterator[Finding]:
    for job_id, document in evidence.known():
        if document["state"] != JobState.COMPLETED and document["result"]:
            yield _finding(job_id, f"is {document['state']} and has a result")
        if document["state"] == JobState.FAILED and not document["failedReason"]:
            yield _finding(job_id, "failed without a reason")


def published_once(evidence: Evidence) -> Iterator[Finding]:
    for job_id, story in evidence.stories.items():
        if story.completions > 1:
            yield _finding(job_id, f"was completed {story.completions} times")
    for job_id, document in evidence.completed():
        first = evidence.history.published.get(job_id)
        if first and _lasting(first) != _lasting(document["result"] or {}):
            yield _finding(job_id, "its result was replaced")


def cancelled_stays_cancelled(evidence: Evidence) -> Iterator[Finding]:
    """Unless somebody asked for another run, which may be a call whose answer was lost."""
    rerun = {call.job_id for call in evidence.history.calls if call.action == "retry"}
    for call in evidence.history.calls:
        if call.action == "cancel" and call.fate == ACKNOWLEDGED and call.job_id not in rerun:
            document = evidence.history.documents.get(call.job_id)
            if document and document["state"] != JobState.CANCELLED:
                yield _finding(call.job_id, f"was cancelled and is {document['state']}")


def nobody_cancelled_it_by_itself(evidence: Evidence) -> Iterator[Finding]:
    asked = {call.job_id for call in evidence.history.calls if call.action == "cancel"}
    for job_id, document in evidence.known():
        if document["state"] == JobState.CANCELLED and job_id not in asked:
            yield _finding(job_id, "is cancelled and nobody asked for that")


def hopeless_jobs_fail(evidence: Evidence) -> Iterator[Finding]:
    for job_id, document in evidence.known():
        kind = evidence.kind(document)
        if kind in HOPELESS and document["state"] == JobState.COMPLETED:
            yield _finding(job_id, f"is completed, but a {kind} job can't be")
    for job_id, events in _by_job(evidence.history.events).items():
        document = evidence.history.documents.get(job_id)
        if document and evidence.kind(document) in NEVER_RETRIED:
            for event in events:
                if event.event == "retrying" and _own_fault(event.detail):
                    yield _finding(job_id, f"was tried again after {event.detail!r}")


def healthy_jobs_fail_only_for_lost_workers(evidence: Evidence) -> Iterator[Finding]:
    """A job that can be rendered fails when the storm took all its attempts, and says so."""
    for job_id, document in evidence.known():
        if document["state"] != JobState.FAILED or evidence.kind(document) in HOPELESS:
            continue
        error = (document["error"] or {}).get("type")
        if error not in ("PoisonLimit", "WorkerLost", "RenderChildDied", "StorageFailed", "RenderTimeout"):
            yield _finding(job_id, f"a {evidence.kind(document)} job failed: {document['failedReason']}")


def nothing_is_left_in_the_queue(evidence: Evidence) -> Iterator[Finding]:
    for key, ids in evidence.history.leftovers.items():
        if ids:
            yield _finding(key, f"still holds {sorted(ids)[:5]}")


def no_old_orphans(evidence: Evidence) -> Iterator[Finding]:
    limit = evidence.history.limits.orphan_seconds
    if limit is None:
        return
    named = {(document["result"] or {}).get("fileName") for _, document in evidence.completed()}
    for name, file in evidence.files.items():
        if name not in named and file.age_seconds > limit:
            yield _finding(name, f"belongs to no record and is {file.age_seconds:.0f} s old")
    for name, age in evidence.history.scratch.items():
        if age > limit:
            yield _finding(name, f"was left unfinished {age:.0f} s ago")


def downloads_are_whole_or_refused(evidence: Evidence) -> Iterator[Finding]:
    for answer in evidence.history.downloads:
        document = evidence.history.documents.get(answer.job_id)
        if document is not None and (problem := _wrong_answer(answer, document, evidence)):
            yield _finding(answer.job_id, f"the {answer.via} {problem}")


def the_stream_lost_nothing(evidence: Evidence) -> Iterator[Finding]:
    """What was once readable is there after every restart of Redis."""
    there = set(evidence.history.stream_ids)
    gone = [event.id for event in evidence.history.events if event.id not in there]
    if gone:
        yield _finding("report:events", f"{len(gone)} events vanished, the first is {gone[0]}")


def nothing_is_claimed_while_paused(evidence: Evidence) -> Iterator[Finding]:
    paused = False
    for event in evidence.history.events:
        if event.event in ("paused", "resumed"):
            paused = event.event == "paused"
        elif paused and event.event == "claimed":
            yield _finding(event.job_id, "was claimed while the queue was paused")


def services_end_only_when_told(evidence: Evidence) -> Iterator[Finding]:
    """What can't be reached is a state, not a crash. Started on a volume it can't write, a worker says so."""
    for death in evidence.history.deaths:
        if death["code"] != EXIT_CONFIGURATION:
            yield _finding(death["service"], f"ended by itself with status {death['code']}")


RULES: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    acknowledged_jobs_are_known,
    acknowledged_jobs_have_ended,
    one_request_makes_one_job,
    refused_requests_make_no_job,
    states_move_by_the_table,
    records_agree_with_the_stream,
    attempts_are_within_limits,
    completed_means_one_whole_pdf,
    a_pdf_is_its_last_owners,
    only_completed_jobs_have_a_result,
    published_once,
    cancelled_stays_cancelled,
    nobody_cancelled_it_by_itself,
    hopeless_jobs_fail,
    healthy_jobs_fail_only_for_lost_workers,
    nothing_is_left_in_the_queue,
    no_old_orphans,
    downloads_are_whole_or_refused,
    the_stream_lost_nothing,
    nothing_is_claimed_while_paused,
    services_end_only_when_told,
)


def judge(history: History) -> list[Finding]:
    """Everything that is wrong."""
    evidence = Evidence(history)
    return [Finding(rule.__name__, found.subject, found.text) for rule in RULES for found in rule(evidence)]


def _finding(subject: str, text: str) -> Finding:
    return Finding("", subject, text)


def _lasting(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what is added when it is read."""
    return {name: value for name, value in result.items() if name != "processedAt"}


def _wrong_answer(answer: Download, document: dict[str, Any], evidence: Evidence) -> str:
    result = document["result"] or {}
    if answer.status == 200:
        same = answer.sha256 == result.get("sha256")
        return "" if same else f"served bytes {answer.sha256}, not those of the record"
    if result.get("fileName") in evidence.history.destroyed:
        return "" if answer.status in HONEST_REFUSALS else f"answered {answer.status} for a lost file"
    if document["state"] == JobState.COMPLETED:
        return f"answered {answer.status} for a completed job"
    return ""


def _by_job(events: list[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[event.job_id].append(event)
    return found


def _own_fault(reason: str) -> bool:
    """Whether a reason to try again lies in the job itself, not in what the storm did to it."""
    return not any(
        word in reason for word in ("render child", "could not be stored", "No space", "Read-only")
    )


def main() -> int:
    """Prints the findings of a kept history; 1 when there are any."""
    findings = judge(load(Path(sys.argv[1])))
    sys.stdout.write("".join(f"{finding}\n" for finding in findings) or "nothing found\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

"""Follows one job through its events and says where that is not allowed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.job import FINISHED_STATES, TRANSITIONS, Action, JobState
from shared.queue.leases import LOST_BEFORE_IT_BEGAN
from tests.e2e.faults.history import Event

#: The moves that events tell of. `failed` is not among them: it ends an attempt or follows a stall.
_ACTIONS = {
    "claimed": Action.CLAIM,
    "completed": Action.COMPLETE,
    "retrying": Action.FAIL,
    "released": Action.RELEASE,
    "cancelled": Action.CANCEL,
    "retried": Action.RETRY,
    "due": Action.PROMOTE,
}
_BIRTHS = {"submitted": (JobState.WAITING, JobState.DELAYED), "adopted": (JobState.WAITING,)}


@dataclass(slots=True)
class Story:
    """What a job's events say of it."""

    job_id: str
    max_attempts: int
    poison_limit: int
    state: JobState | None = None
    claims: int = 0
    stalls: int = 0
    completions: int = 0
    #: claims of a job whose worker was lost before: it may have been rendered twice
    run_again: int = 0
    #: what is wrong, in words
    faults: list[str] = field(default_factory=list)

    #: the attempt that the last claim began, in the job's own count
    attempt: int = 0
    owner: str = ""
    #: when the current claim was made; no fence is smaller, since it is the time of its claim or larger
    claimed_at_ms: int = 0
    #: the fence of the current claim, when something told it
    fence: int | None = None
    highest_fence: int = 0
    progress: int = 0
    #: the last move was a stall: `failed` may follow as its second half
    just_stalled: bool = False
    #: no claim has followed the loss of its last worker yet
    owner_lost: bool = False
    #: it was handed back at no cost when a worker was lost, since it was last submitted or retried by hand
    lost_ahead: bool = False
    released: bool = False
    #: stalls since the job was last submitted or retried by hand
    stalls_now: int = 0


def follow(job_id: str, events: Iterable[Event], max_attempts: int, poison_limit: int) -> Story:
    """Replays a job's events in the stream's order."""
    story = Story(job_id, max_attempts, poison_limit)
    for event in events:
        if event.event == "progress":
            _progress(story, event)
        else:
            _step(story, event)
    return story


def _step(story: Story, event: Event) -> None:
    after = JobState(event.state)
    if story.state is None:
        if after not in _BIRTHS.get(event.event, ()):
            story.faults.append(f"its first event is {event.event} → {after}")
        story.state = after
        return
    if event.event in _BIRTHS:
        story.faults.append(f"{event.event} a second time")
    elif event.event == "stalled":
        _stalled(story, event)
    elif event.event == "failed":
        _move(story, Action.STALL if story.just_stalled else Action.FAIL, after)
    elif event.event in _ACTIONS:
        _move(story, _ACTIONS[event.event], after)
        _count(story, event)
    elif after is not story.state:
        story.faults.append(f"{event.event} says {after}, but the job is {story.state}")
    story.just_stalled = event.event == "stalled"


def _move(story: Story, action: Action, after: JobState) -> None:
    before = story.state
    if action is Action.STALL:  # its first half has put the job back to waiting
        before = JobState.ACTIVE
    assert before is not None
    if after not in TRANSITIONS.get((before, action), frozenset()):
        story.faults.append(f"{before} → {action} → {after} is not allowed")
    story.state = after


def _stalled(story: Story, event: Event) -> None:
    """One script stalls a job and moves it on; the stream tells the second half only of a failure."""
    if story.state is not JobState.ACTIVE:
        story.faults.append(f"{story.state} → {Action.STALL} is not allowed")
    if event.worker_id != story.owner:
        story.faults.append(f"{event.worker_id} stalled, but the owner is {story.owner}")
    story.stalls += 1
    story.stalls_now += 1
    if story.stalls_now > story.poison_limit:
        story.faults.append(
            f"its worker was lost {story.stalls_now} times, the limit is {story.poison_limit}"
        )
    story.owner_lost = True
    story.state = JobState.WAITING


def _count(story: Story, event: Event) -> None:
    match event.event:
        case "claimed":
            _claimed(story, event)
        case "completed":
            story.completions += 1
            if event.worker_id != story.owner:
                story.faults.append(f"{event.worker_id} completed it, but the owner is {story.owner}")
        case "released":
            story.released = True
            if event.detail == LOST_BEFORE_IT_BEGAN:
                _lost_ahead(story)
        case "retried":
            story.attempt, story.stalls_now, story.released, story.lost_ahead = 0, 0, False, False


def _lost_ahead(story: Story) -> None:
    """It may have begun and told no progress yet, so it costs nothing only the first time that it is lost."""
    if story.lost_ahead or story.stalls_now:
        story.faults.append("its worker was lost at no cost, but not for the first time")
    story.lost_ahead = story.owner_lost = True


def _claimed(story: Story, event: Event) -> None:
    expected = story.attempt if story.released else story.attempt + 1
    if event.attempt != expected:
        story.faults.append(f"attempt {event.attempt} was started, {expected} was due")
    if event.attempt > story.max_attempts:
        story.faults.append(f"attempt {event.attempt} of {story.max_attempts} was started")
    story.claims += 1
    story.run_again += story.owner_lost
    story.owner_lost = False
    story.attempt, story.owner, story.released = event.attempt, event.worker_id, False
    story.claimed_at_ms, story.fence, story.progress = event.at_ms, None, 0


def _progress(story: Story, event: Event) -> None:
    """A write under a fence: only the owner may do it, and it never runs backwards."""
    assert event.fence is not None
    assert event.progress is not None
    if story.state is not JobState.ACTIVE:
        story.faults.append(f"fence {event.fence} wrote progress while the job was {story.state}")
    if story.fence is None:
        if event.fence <= story.highest_fence:
            story.faults.append(f"fence {event.fence} wrote after fence {story.highest_fence}")
        story.fence = story.highest_fence = event.fence
    if event.fence != story.fence:
        story.faults.append(f"fence {event.fence} wrote while fence {story.fence} owned the job")
    if event.progress < story.progress:
        story.faults.append(f"progress ran from {story.progress} back to {event.progress}")
    story.progress = max(story.progress, event.progress)


def has_ended(state: str | None) -> bool:
    """Whether a document's state is one of the last ones."""
    return state in FINISHED_STATES

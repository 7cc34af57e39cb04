"""What a person may do: retry, cancel, remove a job; pause and resume the queue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from dashboard.access import actor_of
from dashboard.schemas import ActionDone, QueueSwitch, WorkerSwitch
from dashboard.services import ServicesDep
from shared.http.access import require
from shared.http.identity import Role
from shared.http.problems import problem_responses
from shared.job import JobState
from shared.logs import get_logger
from shared.storage.deletions import Deletions

router = APIRouter(prefix="/api", tags=["actions"])
log = get_logger(__name__)

WorkerId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,128}$")]


@router.post("/jobs/{job_id}/retry", responses=problem_responses(404, 409))
async def retry(job_id: str, request: Request, services: ServicesDep) -> ActionDone:
    """Runs a failed or cancelled job again under its id; 409 in any other state."""
    former = await services.commands.retry(job_id, by=actor_of(request))
    return ActionDone(id=job_id, action="retry", previous_state=former, state=JobState.WAITING)


@router.post("/jobs/{job_id}/cancel", responses=problem_responses(404, 409))
async def cancel(job_id: str, request: Request, services: ServicesDep) -> ActionDone:
    """Ends an unfinished job, running included; 409 when it has ended."""
    former = await services.commands.cancel(job_id, by=actor_of(request))
    return ActionDone(id=job_id, action="cancel", previous_state=former, state=JobState.CANCELLED)


@router.delete("/jobs/{job_id}", responses=problem_responses(404, 409))
async def remove(job_id: str, request: Request, services: ServicesDep) -> ActionDone:
    """Forgets a job and deletes its PDF; 409 while it runs."""
    require(request, Role.ADMIN)
    removed = await services.commands.remove(job_id, by=actor_of(request))
    if removed.file_name:
        await Deletions(services.storage, log).delete(removed.file_name)
    log.info("job removed", job_id=job_id, by=actor_of(request))
    return ActionDone(id=job_id, action="remove", previous_state=removed.state, state=None)


@router.post("/queue/pause")
async def pause(request: Request, services: ServicesDep) -> QueueSwitch:
    """Stops new claims; running jobs finish."""
    changed = await services.commands.pause(by=actor_of(request))
    log.info("queue paused", by=actor_of(request))
    return QueueSwitch(paused=True, changed=changed)


@router.post("/queue/resume")
async def resume(request: Request, services: ServicesDep) -> QueueSwitch:
    """Allows claims again."""
    changed = await services.commands.resume(by=actor_of(request))
    log.info("queue resumed", by=actor_of(request))
    return QueueSwitch(paused=False, changed=changed)


@router.post("/workers/{worker_id}/pause")
async def pause_worker(worker_id: WorkerId, request: Request, services: ServicesDep) -> WorkerSwitch:
    """Lets one worker take no more jobs; what it runs goes on. Forgotten when it has been away for a week."""
    changed = await services.commands.pause_worker(worker_id, by=actor_of(request))
    log.info("worker paused", worker_id=worker_id, by=actor_of(request))
    return WorkerSwitch(id=worker_id, paused=True, changed=changed)


@router.post("/workers/{worker_id}/resume")
async def resume_worker(worker_id: WorkerId, request: Request, services: ServicesDep) -> WorkerSwitch:
    """Lets the worker take jobs again."""
    changed = await services.commands.resume_worker(worker_id, by=actor_of(request))
    log.info("worker resumed", worker_id=worker_id, by=actor_of(request))
    return WorkerSwitch(id=worker_id, paused=False, changed=changed)

"""What a person may do: retry, cancel, remove a job; pause and resume the queue."""

from __future__ import annotations

from fastapi import APIRouter

from dashboard.schemas import ActionDone, QueueSwitch
from dashboard.services import ServicesDep
from shared.errors import PressroomError
from shared.job import JobState
from shared.logs import get_logger
from shared.storage import LocalStorage

router = APIRouter(prefix="/api", tags=["actions"])
log = get_logger(__name__)

#: what the timeline of a job says of who acted
ACTOR = "dashboard"


@router.post("/jobs/{job_id}/retry")
async def retry(job_id: str, services: ServicesDep) -> ActionDone:
    """Runs a failed or cancelled job again under its id; 409 in any other state."""
    former = await services.commands.retry(job_id, by=ACTOR)
    return ActionDone(id=job_id, action="retry", previous_state=former, state=JobState.WAITING)


@router.post("/jobs/{job_id}/cancel")
async def cancel(job_id: str, services: ServicesDep) -> ActionDone:
    """Ends an unfinished job, running included; 409 when it has ended."""
    former = await services.commands.cancel(job_id, by=ACTOR)
    return ActionDone(id=job_id, action="cancel", previous_state=former, state=JobState.CANCELLED)


@router.delete("/jobs/{job_id}")
async def remove(job_id: str, services: ServicesDep) -> ActionDone:
    """Forgets a job and deletes its PDF; 409 while it runs."""
    removed = await services.commands.remove(job_id)
    if removed.file_name:
        await _delete_file(services.storage, removed.file_name)
    return ActionDone(id=job_id, action="remove", previous_state=removed.state, state=None)


@router.post("/queue/pause")
async def pause(services: ServicesDep) -> QueueSwitch:
    """Stops new claims; running jobs finish."""
    return QueueSwitch(paused=True, changed=await services.commands.pause())


@router.post("/queue/resume")
async def resume(services: ServicesDep) -> QueueSwitch:
    """Allows claims again."""
    return QueueSwitch(paused=False, changed=await services.commands.resume())


async def _delete_file(storage: LocalStorage, file_name: str) -> None:
    """The record is gone already, so a file that stays is an orphan that the scheduler removes."""
    try:
        await storage.delete(file_name)
    except (PressroomError, OSError) as error:
        log.warning("file not deleted", file=file_name, reason=str(error))

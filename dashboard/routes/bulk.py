"""`POST /api/jobs/bulk`: one action on every job that a filter describes."""

from __future__ import annotations

from fastapi import APIRouter, Request

from dashboard.access import actor_of
from dashboard.bulk import BulkAction, carry_out, preview
from dashboard.paging import decode_cursor, encode_cursor
from dashboard.query import FilterBody, sort_for
from dashboard.schemas import BulkAnswer, BulkRequest
from dashboard.services import ServicesDep
from shared.errors import FieldError, ValidationFailed
from shared.http.access import require
from shared.http.identity import Role
from shared.job import rfc3339
from shared.logs import get_logger

router = APIRouter(prefix="/api/jobs", tags=["actions"])
log = get_logger(__name__)


_DONE = {
    BulkAction.RETRY: "jobs retried",
    BulkAction.CANCEL: "jobs cancelled",
    BulkAction.REMOVE: "jobs deleted",
}


def _described(wanted: FilterBody) -> str:
    """The filter as people read it."""
    named = wanted.model_dump(by_alias=True, exclude_none=True, mode="json")
    return f" with {', '.join(f'{name} {value}' for name, value in named.items())}" if named else ""


@router.post("/bulk")
async def bulk(body: BulkRequest, request: Request, services: ServicesDep) -> BulkAnswer:
    """Acts on all jobs that match, page by page: repeat the call with `nextCursor` until that is null.

    A call ends after about two seconds. With `dryRun` it only counts. Give its `asOf` as `filter.to` when
    jobs that come, fail or finish after that must stay out.
    """
    require(request, Role.ADMIN if body.action is BulkAction.REMOVE else Role.OPERATOR)
    wanted = body.filter.as_filter()
    as_of = rfc3339(await services.reads.now_ms())
    order = sort_for(wanted, None)
    bound_to = f"{body.action}{wanted.fingerprint(order)}"
    after = decode_cursor(body.cursor, bound_to, is_search=bool(wanted.q))
    if body.dry_run:
        if after is not None:
            raise ValidationFailed([FieldError("cursor", "a dry run counts from the beginning")])
        outcome = await preview(services, body.action, wanted, order)
    else:
        actor = actor_of(request)
        outcome = await carry_out(services, body.action, wanted, order, after, actor)
        if outcome.done:
            await services.commands.audit(
                _DONE[body.action], actor, f"{outcome.done:,} jobs{_described(body.filter)}"
            )
        log.info("bulk action", action=body.action.value, by=actor, done=outcome.done)
    return BulkAnswer(
        action=body.action,
        dry_run=body.dry_run,
        as_of=str(as_of),
        matched=outcome.matched,
        done=outcome.done,
        skipped=dict(outcome.skipped),
        next_cursor=encode_cursor(bound_to, outcome.following) if outcome.following else None,
    )

"""The duty that notices when something is wrong and, when a webhook is configured, says so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from shared.alerts import Alert, evaluate
from shared.job import rfc3339
from shared.logs import get_logger
from shared.queue.reads import QueueReads
from shared.queue.watch import AlertLog, disk_of, figures_of
from shared.settings import Settings
from shared.webhooks import signed

log = get_logger("scheduler")

#: how often the figures are looked at, in seconds
INTERVAL_SECONDS = 5.0
_TRIES = 4
_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What the duty works with."""

    reads: QueueReads
    alerts: AlertLog
    settings: Settings
    http: httpx.AsyncClient


async def run_once(watch: Watch) -> list[Alert]:
    """Looks once; returns what began or ended to fire.

    Raises:
        QueueUnavailable: Redis did not answer.
    """
    now = await watch.reads.snapshot()
    free, _ = await asyncio.to_thread(disk_of, watch.settings.reports_folder)
    changed = await watch.alerts.note(evaluate(figures_of(now, free), watch.settings))
    for alert in changed:
        say = log.warning if alert.firing else log.info
        say("alert fires" if alert.firing else "alert is over", alert=alert.name, detail=alert.detail)
    if watch.settings.alert_webhook_url:
        await asyncio.gather(*(_send(watch, alert, now.now_ms) for alert in changed))
    return changed


async def _send(watch: Watch, alert: Alert, now_ms: int) -> None:
    """Posts one change; a receiver that does not answer is tried a few times and then only logged."""
    kind = "alert.firing" if alert.firing else "alert.resolved"
    body = {"type": kind, "timestamp": rfc3339(now_ms), "data": alert.as_json(rfc3339(now_ms))}
    message_id = f"{alert.name}-{now_ms}"
    for attempt in range(1, _TRIES + 1):
        headers, content = signed(watch.settings.alert_webhook_secret, message_id, body, now_ms // 1000)
        try:
            answer = await watch.http.post(
                str(watch.settings.alert_webhook_url),
                content=content,
                headers=headers,
                timeout=_TIMEOUT_SECONDS,
            )
            if answer.is_success:
                return
            reason = f"HTTP {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            reason = type(error).__name__
        log.warning("alert not delivered", alert=alert.name, attempt=attempt, reason=reason)
        await asyncio.sleep(2 ** (attempt - 1) * 0.5 if attempt < _TRIES else 0)

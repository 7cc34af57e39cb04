"""What is watched, and when it is an alert: pure decisions on figures that others read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.settings import Settings

#: fewer failures than this in an hour are no alert, whatever their share
LEAST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """The state of the system, as far as alerts are about it."""

    oldest_waiting_seconds: float | None
    completed_last_hour: int
    failed_last_hour: int
    stalled_last_hour: int
    workers: int
    unfinished: int
    disk_free_bytes: int | None


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that is watched."""

    #: stable, for machines
    name: str
    firing: bool
    title: str
    #: the same for people, with the figures
    detail: str
    value: float | None
    threshold: float
    unit: str

    def as_json(self, since: str | None) -> dict[str, Any]:
        """As the API and the webhook show it."""
        return {
            "name": self.name,
            "firing": self.firing,
            "title": self.title,
            "detail": self.detail,
            "value": self.value,
            "threshold": self.threshold,
            "unit": self.unit,
            "since": since,
        }


def evaluate(figures: Figures, settings: Settings) -> list[Alert]:
    """Every alert that is switched on, firing or not."""
    rules: Mapping[Callable[[Figures, Settings], Alert], float] = {
        _waiting: settings.alert_waiting_seconds,
        _failures: settings.alert_failure_ratio,
        _workers: 1,
        _stalls: settings.alert_stalls,
        _disk: settings.alert_disk_mb,
    }
    return [rule(figures, settings) for rule, threshold in rules.items() if threshold]


def _waiting(figures: Figures, settings: Settings) -> Alert:
    age, limit = figures.oldest_waiting_seconds, settings.alert_waiting_seconds
    detail = "No job waits." if age is None else f"The oldest waiting job has waited {age:,.0f} s."
    return Alert("oldest-waiting", (age or 0) >= limit, "Jobs wait too long", detail, age, limit, "s")


def _failures(figures: Figures, settings: Settings) -> Alert:
    failed = figures.failed_last_hour
    ended = failed + figures.completed_last_hour
    ratio = round(failed / ended, 4) if ended else None
    firing = failed >= LEAST_FAILURES and (ratio or 0) >= settings.alert_failure_ratio
    detail = f"{failed:,} of {ended:,} jobs that ended in the last hour failed."
    limit = settings.alert_failure_ratio
    return Alert("failure-rate", firing, "Too many jobs fail", detail, ratio, limit, "ratio")


def _workers(figures: Figures, settings: Settings) -> Alert:
    firing = figures.workers == 0
    detail = f"{figures.workers} workers are up, {figures.unfinished:,} jobs are unfinished."
    return Alert("no-workers", firing, "No worker is running", detail, figures.workers, 1, "workers")


def _stalls(figures: Figures, settings: Settings) -> Alert:
    count, limit = figures.stalled_last_hour, settings.alert_stalls
    detail = f"{count:,} leases ended in the last hour without word from their worker."
    return Alert("stalls", count >= limit, "Workers are lost while they render", detail, count, limit, "jobs")


def _disk(figures: Figures, settings: Settings) -> Alert:
    free = None if figures.disk_free_bytes is None else round(figures.disk_free_bytes / 1e6, 1)
    limit = settings.alert_disk_mb
    detail = "The disk can't be read." if free is None else f"{free:,.0f} MB are free where the reports are."
    return Alert(
        "disk", free is not None and free < limit, "The disk is filling up", detail, free, limit, "MB"
    )

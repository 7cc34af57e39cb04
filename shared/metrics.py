"""Prometheus metrics: one registry per process, names starting with `pressroom_`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

_before_reading: list[Callable[[], None]] = []


class _First(Collector):
    """Collected before all others, which are thus up to date; has no figures of its own."""

    def collect(self) -> Iterable[Metric]:
        for tell in _before_reading:
            tell()
        return ()


REGISTRY: Final = CollectorRegistry()
REGISTRY.register(_First())
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

HTTP_REQUESTS: Final = Counter(
    "pressroom_http_requests", "HTTP requests answered", ["method", "route", "status"], registry=REGISTRY
)
HTTP_SECONDS: Final = Histogram(
    "pressroom_http_request_seconds", "Time to answer", ["method", "route"], registry=REGISTRY, buckets=_FAST
)
JOBS_SUBMITTED: Final = Counter(
    "pressroom_jobs_submitted", "Jobs taken in", ["report_type"], registry=REGISTRY
)
JOBS_CLAIMED: Final = Counter("pressroom_jobs_claimed", "Attempts started", registry=REGISTRY)
JOBS_ENDED: Final = Counter(
    "pressroom_attempts_ended", "Attempts ended, by outcome", ["report_type", "outcome"], registry=REGISTRY
)
RENDER_SECONDS: Final = Histogram(
    "pressroom_render_seconds", "Time to render", ["report_type"], registry=REGISTRY, buckets=_SLOW
)
JOBS_RUNNING: Final = Gauge("pressroom_jobs_running", "Jobs this worker runs now", registry=REGISTRY)
RENDER_CHILDREN_KILLED: Final = Counter(
    "pressroom_render_children_killed", "Render children killed, by reason", ["reason"], registry=REGISTRY
)
RECLAIMED_SECONDS: Final = Histogram(
    "pressroom_recovery_reclaim_seconds",
    "From a lost worker's last sign of life to the next claim of its job",
    registry=REGISTRY,
    buckets=_SLOW,
)
RECOVERED_SECONDS: Final = Histogram(
    "pressroom_recovery_complete_seconds",
    "From a lost worker's last sign of life to the PDF of its job",
    registry=REGISTRY,
    buckets=_SLOW,
)
SWEEPS: Final = Counter("pressroom_sweeps", "Sweeps done", registry=REGISTRY)
JOBS_STALLED: Final = Counter(
    "pressroom_jobs_stalled", "Jobs found stalled, by what became of them", ["state"], registry=REGISTRY
)
RECORDS_MENDED: Final = Counter("pressroom_records_mended", "Records put right", registry=REGISTRY)
ALERT_FIRING: Final = Gauge(
    "pressroom_alert_firing", "1 while the alert fires, by its name", ["alert"], registry=REGISTRY
)


def before_reading(tell: Callable[[], None]) -> None:
    """Has `tell` called whenever the metrics are about to be read, in the reader's thread."""
    _before_reading.append(tell)

"""The mix of reports that a storm asks for, chosen by its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Final

#: kind → how many of a hundred requests are of it
MIX: Final[dict[str, int]] = {
    "fast": 36,
    "slow": 30,
    "table": 4,
    "delayed": 6,
    "cancelled": 6,
    "rerun": 3,
    "bad": 3,
    "flaky": 2,
    "poison": 1,
    "loop": 1,
    "memory": 1,
    "flood": 2,
    "garbage": 1,
    "invalid": 4,
}

_MISBEHAVIOUR: Final = {
    "bad": "bad",
    "flaky": "flaky",
    "poison": "segfault",
    "loop": "loop",
    "memory": "memory",
    "flood": "flood",
    "garbage": "garbage",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One report that a client wants."""

    #: its title
    ref: str
    kind: str
    #: seconds after the storm's begin
    at: float
    body: dict[str, Any]
    #: sent again with the same Idempotency-Key until it is answered
    key: str = ""
    #: cancelled this long after it was acknowledged, in seconds
    cancel_after: float | None = None
    #: run again by hand after it was cancelled
    rerun: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


def requests(seed: int, count: int, seconds: float) -> list[Request]:
    """`count` requests: a third at once, the others spread over `seconds`, in bursts as well as alone."""
    rng = random.Random(f"jobs {seed}")
    kinds = rng.choices(list(MIX), weights=list(MIX.values()), k=count)
    times = sorted(_moment(rng, seconds) for _ in range(count))
    return [_request(rng, f"storm {seed}-{n:04}", kinds[n], times[n]) for n in range(count)]


def _moment(rng: random.Random, seconds: float) -> float:
    """A third at the begin, a third at any time, a third at the begin of some second."""
    at = rng.uniform(0, seconds)
    return rng.choice((at / max(seconds, 1.0), at, float(int(at))))


def _request(rng: random.Random, ref: str, kind: str, at: float) -> Request:
    body: dict[str, Any] = {"title": ref, "priority": rng.choice((1, 5, 5, 5, 5, 9)), **_report(rng, kind)}
    if kind == "delayed":
        body["delayMs"] = rng.randrange(200, 8000)
    if kind == "loop":
        body |= {"timeoutSeconds": 1, "maxAttempts": 2}
    if kind in ("cancelled", "rerun") and rng.random() < 0.2:
        body["delayMs"] = 5000
    key = ref.replace(" ", "-") if rng.random() < 0.75 else ""
    cancel_after = rng.uniform(0, 1.5) if kind in ("cancelled", "rerun") else None
    facts = {"kind": kind, "key": bool(key), "maxAttempts": body.get("maxAttempts", 3)}
    return Request(ref, kind, at, body, key, cancel_after, kind == "rerun", facts)


def _report(rng: random.Random, kind: str) -> dict[str, Any]:
    if kind == "table":
        rows = [{"n": n, "name": f"Item {n}", "amount": n * 1.5} for n in range(rng.randrange(2000, 8000))]
        return {"reportType": "table", "data": {"rows": rows}}
    if kind == "invalid":
        return {"reportType": rng.choice(("nosuch", "table")), "data": {"rows": "none"}}
    data: dict[str, Any] = {"period": f"2026-Q{rng.randrange(1, 5)}", "revenue": rng.randrange(10**7)}
    if kind in ("slow", "cancelled", "rerun"):
        data["misbehave"] = f"sleep:{rng.uniform(0.3, 5.0 if kind == 'slow' else 2.0):.2f}"
    elif kind in _MISBEHAVIOUR:
        data["misbehave"] = _MISBEHAVIOUR[kind]
    report_type = "test" if "misbehave" in data else rng.choice(("test", "sales"))
    return {"reportType": report_type, "data": data}

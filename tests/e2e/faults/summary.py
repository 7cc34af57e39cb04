"""The figures of storms, as a table. `python -m tests.e2e.faults.summary HISTORY.json…` prints kept ones."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tests.e2e.faults.checker import Evidence, Finding, judge
from tests.e2e.faults.history import ACKNOWLEDGED, LOST, History, load
from tests.e2e.faults.replay import has_ended

Figures = dict[str, int]


def figures(history: History) -> Figures:
    """Counts of one storm."""
    evidence = Evidence(history)
    states = Counter(document["state"] for _, document in evidence.known())
    submits = [call for call in history.calls if call.action == "submit"]
    lost = [
        job_id
        for job_id in evidence.acknowledged
        if not has_ended((history.documents.get(job_id) or {}).get("state"))
    ]
    return {
        "requests": len(history.requests),
        "acknowledged jobs": len(evidence.acknowledged),
        "answers lost": sum(call.fate == LOST for call in submits),
        "answers 503": sum(call.status == 503 for call in submits),
        "repeated answers": sum(call.status == 200 and call.fate == ACKNOWLEDGED for call in submits),
        "completed": states["completed"],
        "failed": states["failed"],
        "cancelled": states["cancelled"],
        "attempts": sum(story.claims for story in evidence.stories.values()),
        "stalled": sum(story.stalls for story in evidence.stories.values()),
        "executed again": sum(story.run_again for story in evidence.stories.values()),
        "faults": sum(fault["kind"] != "none" for fault in history.faults),
        "published twice": sum(story.completions > 1 for story in evidence.stories.values()),
        "lost": len(lost),
    }


def table(storms: dict[int, tuple[Figures, list[Finding]]]) -> str:
    """A row per seed and their sum."""
    names = list(next(iter(storms.values()))[0])
    rows = [["seed", *names, "findings"]]
    rows += [
        [str(seed), *(str(counts[name]) for name in names), str(len(findings))]
        for seed, (counts, findings) in storms.items()
    ]
    if len(storms) > 1:
        sums = [sum(counts[name] for counts, _ in storms.values()) for name in names]
        rows.append(["sum", *map(str, sums), str(sum(len(findings) for _, findings in storms.values()))])
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    # one line per figure: a storm has more figures than a terminal has columns
    if len(rows) <= 4:
        label = max(len(name) for name in rows[0])
        return "\n".join(
            f"  {column[0]:{label}}  " + "  ".join(f"{cell:>8}" for cell in column[1:]) for column in columns
        )
    return "\n".join(
        "| " + " | ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def faults_by_kind(histories: list[History]) -> Counter[str]:
    """How often each kind took place."""
    return Counter(fault["kind"] for history in histories for fault in history.faults)


def report(histories: list[History]) -> str:
    """The table, and how often each kind of fault took place."""
    storms = {history.seed: (figures(history), judge(history)) for history in histories}
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(faults_by_kind(histories).items()))
    return f"{table(storms)}\nfaults: {kinds}\n"


if __name__ == "__main__":
    sys.stdout.write(report([load(Path(name)) for name in sys.argv[1:]]))

"""What the Python peers do with a job: `RENDERER` names how, `FOLDER` where to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.peers.python.platypus import render as by_platypus


def make(body: dict[str, Any], job_id: str) -> None:
    """Makes the job's PDF; it appears whole."""
    folder = Path(os.environ["FOLDER"])
    part = folder / f"{job_id}.part"
    if os.environ.get("RENDERER") == "pressroom":
        _by_pressroom(body, job_id, part)
    else:
        by_platypus(body, str(part))
    part.rename(folder / f"{job_id}.pdf")


def _by_pressroom(body: dict[str, Any], job_id: str, target: Path) -> None:
    from worker.render.engine import RenderRequest, render

    request = RenderRequest(job_id, body["reportType"], body.get("title"), body["data"], 0, 1000)
    render(request, target, lambda percent, stage: None)

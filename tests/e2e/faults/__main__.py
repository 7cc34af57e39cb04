"""`python -m tests.e2e.faults`: what `make chaos` runs. Storms with a printed seed; status 1 on findings."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.faults.checker import judge
from tests.e2e.faults.closing import put_away, say
from tests.e2e.faults.history import History
from tests.e2e.faults.storm import Size, run_storm
from tests.e2e.faults.summary import report


def main() -> int:
    """0 when the checker found nothing in any storm."""
    options = _options()
    first = secrets.randbelow(10**6) if options.seed is None else options.seed
    histories = [_one(seed, options) for seed in range(first, first + options.seeds)]
    say(report(histories))
    return 1 if any(judge(history) for history in histories) else 0


def _one(seed: int, options: argparse.Namespace) -> History:
    """A storm in a folder that is kept when something was found."""
    folder = Path(tempfile.mkdtemp(prefix=f"pressroom-storm-{seed}-"))
    began = time.monotonic()
    size = Size(options.jobs, options.faults, options.outage)
    history = asyncio.run(run_storm(folder, seed, size, say))
    findings = judge(history)
    say(f"  {time.monotonic() - began:.0f} s, {len(findings)} findings")
    for finding in findings:
        say(f"  {finding}")
    put_away(history, folder, keep=bool(findings) or options.keep)
    return history


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos ARGS=…")
    parser.add_argument("--seed", type=int, help="of the first storm; default: by chance")
    parser.add_argument("--seeds", type=int, default=1, help="how many storms, each with the next seed")
    parser.add_argument("--jobs", type=int, default=500, help="requests in each storm")
    parser.add_argument("--faults", type=int, default=36, help="faults in each storm")
    parser.add_argument("--outage", type=float, default=0, help="only kill Redis, for this many seconds")
    parser.add_argument("--keep", action="store_true", help="keep logs and history even without findings")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

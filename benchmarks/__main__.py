"""All benchmarks in one go: `make bench`, or some: `make bench ARGS="--only pipeline accept"`.

Writes `benchmarks/RESULTS.md` after each benchmark, so that a run that is interrupted leaves what it has.
With `--only` it writes `.bench/RESULTS.md` and leaves the results of whole runs alone: figures of two
runs do not stand side by side.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.kit.budget import Budget
from benchmarks.kit.figures import say
from benchmarks.kit.machine import Watch
from benchmarks.kit.outcome import Outcome
from benchmarks.kit.results import Part, write
from benchmarks.kit.scratch import keep_in
from benchmarks.peers.install import ROOM, node_peers, python_peers
from shared.launcher.tether import tethered
from shared.settings import CHECKOUT

RESULTS = Path(__file__).with_name("RESULTS.md")
NAMES = (
    *("pipeline", "latency", "accept", "noisy", "queue", "workers", "memory"),
    *("render_report", "render_thousand", "render_ten_thousand", "render_hundred_thousand", "render_million"),
)
#: how much of the time of the others some get in a run of all: pipeline's rounds have 2,000 reports then
TIMES = {"pipeline": 2.0}
#: after which a benchmark is taken to hang, if that is longer than 1.7 times what it was given
HANGS_SECONDS = 170.0


def main() -> None:
    """Measures what was asked for and writes the results."""
    options = _options()
    if options.child:
        keep_in(Path(options.out).parent)
        _child(options.child, Path(options.out), options.seconds)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    for kind, install in (("Node", node_peers), ("Python", python_peers)):
        say(f"{kind} peers: {install() or 'ready'}")
    names = options.only or NAMES
    target = ROOM / RESULTS.name if options.only else RESULTS
    parts: list[Part] = []
    with (
        tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder,
        contextlib.suppress(KeyboardInterrupt),
    ):
        for name in names:
            seconds = options.seconds * (1.0 if options.only else TIMES.get(name, 1.0))
            parts.append(_measure(name, seconds, Path(folder)))
            write(target, parts, names)
            say(f"{parts[-1].text()}\n")
    write(target, parts, names)
    say(f"wrote {target}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, metavar="NAME", help=f"some of {', '.join(NAMES)}"
    )
    parser.add_argument("--seconds", type=float, default=100.0, help="time for each benchmark, about")
    parser.add_argument("--child", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(name: str, seconds: float, folder: Path) -> Part:
    """Runs a benchmark in a process of its own, so that none leaves anything behind for the next."""
    watch, began = Watch(), time.monotonic()
    out = folder / f"{name}.json"
    failure = _run(name, out, seconds)
    outcome = Outcome.from_json(json.loads(out.read_text())) if out.exists() else Outcome()
    if failure:
        outcome.notes.append(f"failed: {failure}")
    return Part(name, outcome, time.monotonic() - began, watch.others())


def _run(name: str, out: Path, seconds: float) -> str | None:
    command = [sys.executable, "-m", "benchmarks", "--child", name, "--out", str(out)]
    command += ["--seconds", str(seconds)]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PRESSROOM_", "REDIS_"))}
    process = subprocess.Popen(
        tethered(command, signal.SIGKILL), cwd=CHECKOUT, env=env, stderr=subprocess.PIPE, text=True
    )
    try:
        _, errors = process.communicate(timeout=max(HANGS_SECONDS, seconds * 1.7))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "it hangs and was ended"
    except BaseException:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)  # it got the same Ctrl-C and tidies up
        process.kill()
        raise
    lines = errors.strip().splitlines()
    return None if process.returncode == 0 else (lines[-1] if lines else f"exit code {process.returncode}")


def _child(name: str, out: Path, seconds: float) -> None:
    module = importlib.import_module(f"benchmarks.{name.partition('_')[0]}")
    measure = getattr(module, f"measure_{name.partition('_')[2]}" if "_" in name else "measure")
    outcome = measure(Budget(seconds))
    out.write_text(json.dumps(outcome.as_json()))


if __name__ == "__main__":
    main()

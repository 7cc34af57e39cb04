"""All benchmarks in one go: `make bench`, or some: `make bench ARGS="pipeline accept"`.

Writes `benchmarks/RESULTS.md`.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import accept, latency, memory, noisy, pipeline, queue
from benchmarks.kit.figures import say
from benchmarks.peers.install import HERE, node_peers, python_peers

RESULTS = Path(__file__).with_name("RESULTS.md")
BENCHMARKS: dict[str, Callable[[], str]] = {
    "pipeline": pipeline.measure,
    "latency": latency.measure,
    "accept": accept.measure,
    "noisy": noisy.measure,
    "queue": lambda: queue.measure(deep=True),
    "memory": memory.measure,
}


def main() -> None:
    """Measures all and writes the results."""
    for kind, install in (("Node", node_peers), ("Python", python_peers)):
        say(f"{kind} peers: {install() or 'ready'}")
    parts = [f"# Benchmarks\n\n{_machine()}"]
    for name in sys.argv[1:] or BENCHMARKS:
        module = __import__(f"benchmarks.{name}", fromlist=["__doc__"])
        try:
            found = BENCHMARKS[name]()
        except (RuntimeError, OSError) as error:
            found = f"failed: {error}"
        parts.append(f"## {name}\n\n{module.__doc__.strip()}\n\n{found}")
        say(f"{parts[-1]}\n")
    RESULTS.write_text("\n\n".join(parts) + "\n")
    say(f"wrote {RESULTS}")


def _machine() -> str:
    model = next(
        (line.partition(":")[2].strip() for line in _read("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    memory_kb = next((int(line.split()[1]) for line in _read("/proc/meminfo") if "MemTotal" in line), 0)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {model}, {memory_kb / 1e6:.0f} GB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, Node {node}. "
        f"Load of the machine before the run: {load}.\n\n"
        "`make bench` ran everything in one go. Every system used the same Redis binary with its append-only "
        "file synced at every write. Figures are medians of the rounds, with the lowest and the highest.\n\n"
        f"Peers: {', '.join(_peers())}."
    )


def _peers() -> list[str]:
    python = [line for line in _read(str(HERE / "requirements.txt")) if "==" in line]
    node = [line.strip(' ,"').replace('": "', " ") for line in _read(str(HERE / "node" / "package.json"))]
    return [*python, *(line for line in node if line[-1:].isdigit())]


def _read(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


if __name__ == "__main__":
    main()

"""`python -m benchmarks.peers.python.contestant MODULE DOCUMENT`: renders it again for each line it is given.

Each line of the standard input names the file to write; the answer is the seconds it took, as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Answers until the input ends."""
    render = importlib.import_module(sys.argv[1]).render
    document = json.loads(Path(sys.argv[2]).read_text())
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        began = time.perf_counter()
        render(document, line.strip())
        sys.stdout.write(json.dumps({"seconds": time.perf_counter() - began}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""`python -m shared.datasets.intake TARGET WANTED`: the process that takes one dataset in.

It reads the dataset from stdin, writes it to TARGET, and parses it on the way, so that its sender waits for
neither. It answers with one JSON line on stdout; it has no secrets, and a limit on memory. WANTED is a
`Wanted` as JSON. When nobody takes the answer, or the dataset is refused, TARGET is removed again.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from shared.datasets.parse import Wanted, parse
from shared.datasets.source import Readable, Source
from shared.errors import FieldError, ValidationFailed

#: address space, in MB: a row of the longest kind needs a part of it
MEMORY_MB = 768


def main(arguments: list[str]) -> None:
    """Takes stdin in and answers."""
    target, wanted = Path(arguments[0]), Wanted(**json.loads(arguments[1]))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB << 20, MEMORY_MB << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        answer = take_in(stdin, target, wanted)
    try:
        os.write(1, json.dumps(answer).encode() + b"\n")
    except OSError:
        answer = {}
    if "dataset" not in answer:
        with suppress(OSError):
            target.unlink()


def take_in(stream: Readable, target: Path, wanted: Wanted) -> dict[str, Any]:
    """The answer: `{dataset: {dialect, rows, columns, bytes, sha256}}`, `{errors: …}` or `{storage: …}`."""
    try:
        with target.open("wb") as copy:
            source = Source(stream, copy)
            parsed = parse(source, wanted, _reopener(copy, target))
            source.drain()
            copy.flush()
            os.fsync(copy.fileno())
    except ValidationFailed as error:
        return {"errors": [asdict(item) for item in error.errors]}
    except UnicodeError:  # its mark is that of another encoding than the named one
        message = f"is not {wanted.encoding or 'of the encoding that it seems to have'}; name another one"
        return {"errors": [asdict(FieldError("body", message))]}
    except MemoryError:
        return {"errors": [asdict(FieldError("body", "has a row that needs too much memory"))]}
    except OSError as error:
        return {"storage": {"errno": error.errno or 0, "message": os.strerror(error.errno or 0)}}
    return {"dataset": {**asdict(parsed), "bytes": source.size, "sha256": source.sha256}}


def _reopener(copy: BinaryIO, target: Path) -> Callable[[], BinaryIO]:
    def reopen() -> BinaryIO:
        copy.flush()
        return target.open("rb", buffering=0)

    return reopen


if __name__ == "__main__":
    main(sys.argv[1:])

"""What a render child reads is the same however its bytes are cut."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.children import assignments as assignments_module
from worker.children.assignments import Assignments
from worker.children.protocol import DatasetFile, Task, render_message, revoke_message


class Pieces:
    """A socket whose bytes come in pieces of given sizes, and who waits for more is told the end."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        self._content, self._sizes = content, sizes

    def recv_into(self, buffer: memoryview, _size: int, flags: int) -> int:
        size = self._sizes.pop(0) if self._sizes else len(buffer)
        if not (size and self._content) and flags == socket.MSG_DONTWAIT:
            raise BlockingIOError
        piece, self._content = self._content[: max(1, size)], self._content[max(1, size) :]
        buffer[: len(piece)] = piece
        return len(piece)


def job(number: int) -> Task:
    files = (DatasetFile("/data/ü", {"rows": number}),) if number % 2 else ()
    return Task(f"job-{number}", 1, f"/tmp/{number}.pdf", 2, 3, 4, 0.5, files)


payloads = st.lists(st.one_of(st.binary(max_size=40), st.binary(min_size=500, max_size=900)), max_size=6)


@given(payloads, st.lists(st.integers(0, 300), max_size=300), st.booleans())
def test_jobs_come_in_order_and_whole(contents: list[bytes], sizes: list[int], revoked: bool) -> None:
    sent = b"".join(
        render_message(job(n), content) + (revoke_message(f"/tmp/{n}.pdf") if revoked else b"")
        for n, content in enumerate(contents)
    )
    connection: Any = Pieces(sent, sizes)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(assignments_module, "_CHUNK_BYTES", 300)
        assignments = Assignments(connection)
    read = [assignments.next() for _ in contents]
    assert [(each.task, each.payload) for each in read] == [(job(n), c) for n, c in enumerate(contents)]
    with pytest.raises(EOFError):
        assignments.next()
    if not revoked:
        assert not any(each.revoked for each in read)


@given(payloads.filter(bool), st.data())
def test_what_was_revoked_in_time_says_so_and_nothing_else_does(contents: list[bytes], data: Any) -> None:
    taken_back = data.draw(st.sets(st.sampled_from(range(len(contents)))))
    sent = b"".join(render_message(job(n), content) for n, content in enumerate(contents))
    connection: Any = Pieces(sent + b"".join(revoke_message(f"/tmp/{n}.pdf") for n in taken_back), [])
    assignments = Assignments(connection)
    assert {n for n, each in enumerate(assignments.next() for _ in contents) if each.revoked} == taken_back

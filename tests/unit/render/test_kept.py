"""What is kept from one document for the next stays within its bounds."""

from __future__ import annotations

from worker.render.kept import Kept


def test_what_was_used_last_is_kept_up_to_a_number_and_to_bytes() -> None:
    kept: Kept[bytes] = Kept(3, 100, len)
    made: list[str] = []

    def take(name: str, size: int) -> bytes:
        def make() -> bytes:
            made.append(name)
            return name.encode() * size

        return kept.get(name, make)

    for name in ("a", "b", "c", "a", "d", "a", "b"):
        assert take(name, 10) == name.encode() * 10
    assert made == ["a", "b", "c", "d", "b"]
    assert (len(kept), kept.bytes) == (3, 30)
    take("e", 95)
    assert (len(kept), kept.bytes) == (1, 95)
    assert len(take("f", 500)) == 500
    assert (len(kept), kept.bytes) == (0, 0)

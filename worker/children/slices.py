"""When a render child keeps its processor for long."""

from __future__ import annotations

from typing import Final

from worker.children.process_control import OWN_SLICE, set_slice

#: for a row of brief jobs, in milliseconds: some reports of a few milliseconds are rendered in one go, and
#: their worker, woken by each answer, finds them all when its turn comes
LONG_MS: Final = 20


class Slices:
    """The slices of a process that renders brief jobs and long ones.

    Long slices are for brief jobs only: a process that works for seconds is to let others in often.
    """

    def __init__(self) -> None:
        self._long = False

    def job_begins(self) -> None:
        """Every job is a brief one at first."""
        self._set(long=True)

    def job_lasts(self) -> None:
        """The job is no brief one."""
        self._set(long=False)

    def _set(self, *, long: bool) -> None:
        if long != self._long:
            self._long = long
            set_slice(LONG_MS if long else OWN_SLICE)

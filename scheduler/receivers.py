"""Which receivers of webhooks get how much at a time. Pure decisions, no I/O."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from shared.pace import UNKNOWN, next_pace

#: messages under way at a time, to all receivers
AT_ONCE: Final = 32
#: to one that answers slowly, or has not answered yet
SLOW_AT_ONCE: Final = 4
#: to all of these together: the rest is for those that answer
ALL_SLOW_AT_ONCE: Final = AT_ONCE // 2
#: a receiver whose last answers took longer on average is slow, in seconds
SLOW_SECONDS: Final = 1.0
#: how long a message waits for its turn at least, and at most, until it is looked at again, in seconds
SHORTEST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 60.0
#: how much the last answer counts in the average
_WEIGHT: Final = 0.3
#: receivers with nothing under way that are remembered
_MOST_REMEMBERED: Final = 1000


@dataclass(slots=True)
class _Receiver:
    under_way: int = 0
    #: how long answers took lately, in seconds
    pace: float = UNKNOWN

    @property
    def is_slow(self) -> bool:
        return self.pace > SLOW_SECONDS


class Receivers:
    """Counts what is under way, and remembers how fast each receiver is."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Receiver] = OrderedDict()
        #: how many messages are under way, and how many of them to slow receivers
        self._under_way = self._under_way_to_slow = 0

    @property
    def are_full(self) -> bool:
        """Whether nothing may go to anybody now."""
        return self._under_way >= AT_ONCE

    def begin(self, host: str) -> bool:
        """Whether a message may go to it now; from then on it counts, until `end`."""
        receiver = self._known.setdefault(host, _Receiver())
        if not self._has_room(receiver):
            return False
        receiver.under_way += 1
        self._under_way += 1
        self._under_way_to_slow += receiver.is_slow
        return True

    def end(self, host: str, took_seconds: float) -> None:
        """A message to it was answered, or given up."""
        receiver = self._known[host]
        self._under_way -= 1
        self._under_way_to_slow -= receiver.under_way if receiver.is_slow else 0
        receiver.under_way -= 1
        receiver.pace = next_pace(receiver.pace, took_seconds, _WEIGHT)
        self._under_way_to_slow += receiver.under_way if receiver.is_slow else 0
        self._known.move_to_end(host)
        self._forget_the_oldest()

    def wait_seconds(self, host: str, behind: int) -> float:
        """About how long until a message gets its turn that `behind` others to the same host wait before."""
        receiver = self._known.get(host, _Receiver())
        if receiver.pace == UNKNOWN:
            return SHORTEST_WAIT_SECONDS
        at_once = SLOW_AT_ONCE if receiver.is_slow else AT_ONCE
        wait = receiver.pace * (1 + behind // at_once)
        return min(LONGEST_WAIT_SECONDS, max(SHORTEST_WAIT_SECONDS, wait))

    def _has_room(self, receiver: _Receiver) -> bool:
        if self.are_full:
            return False
        if not receiver.is_slow:
            return True
        return receiver.under_way < SLOW_AT_ONCE and self._under_way_to_slow < ALL_SLOW_AT_ONCE

    def _forget_the_oldest(self) -> None:
        idle = [host for host, receiver in self._known.items() if not receiver.under_way]
        for host in idle[: max(0, len(idle) - _MOST_REMEMBERED)]:
            del self._known[host]

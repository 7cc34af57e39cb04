"""What a block needs to know of its document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.reports.datasets import RowSource
from shared.reports.locales import Formats


@dataclass(frozen=True, slots=True)
class Making:
    """Handed to each block as it is made."""

    formats: Formats
    #: of amounts whose own is not named
    currency: str | None
    #: the rows of a dataset by its id
    source: Callable[[str], RowSource]

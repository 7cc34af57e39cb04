"""Where text without spaces may be broken, and what belongs together in any script: both known to ICU.

ICU is loaded by the first text that needs it. Its dictionaries find words of Thai, Lao, Khmer and Burmese.
"""

from __future__ import annotations

import re

# Scripts of class SA in UAX #14: Thai, Lao, Myanmar, Khmer, Tai Le, New Tai Lue, Tai Tham.
_BY_WORDS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf]"
)
# Blocks with characters that may join the one before them; in all others a character is a cluster.
_JOINING = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u109f\u1100-\u11ff\u135d-\u135f\u1700-\u1cff\u1dc0-\u1dff\u200d"
    "\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ua66f-\ua69f\ua6f0-\uabff\ud7b0-\ud7ff\ufe00-\ufe2f"
    "\U00010000-\U0001ffff\U000e0000-\U000fffff]"
)
# A rule set of ICU; dictionaries are chosen by script, whatever the language.
_RULES = "en"


def needs_dictionary(text: str) -> bool:
    """Whether the text has letters of a script in which words are not told apart by spaces."""
    return not text.isascii() and _BY_WORDS.search(text) is not None


def words_by_dictionary(text: str) -> list[str]:
    """Parts between which the text may be broken (UAX #14); together they are the text."""
    from icu4py.breakers import LineBreaker

    return list(LineBreaker(text, _RULES))


def cluster_starts(text: str) -> frozenset[int] | None:
    """Indexes at which a grapheme cluster (UAX #29) begins; None when each character is one."""
    if text.isascii() or _JOINING.search(text) is None:
        return None
    from icu4py.breakers import CharacterBreaker

    starts, index = [], 0
    for cluster in CharacterBreaker(text, _RULES):
        starts.append(index)
        index += len(cluster)
    return frozenset(starts)

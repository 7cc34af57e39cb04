"""Which links a document may hold: web pages and mail addresses, nothing that runs or reads files."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

_SCHEMES = frozenset({"http", "https", "mailto"})
_MAX_LENGTH = 2000
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def web_link(target: str) -> str | None:
    """The target as an ASCII URI, or None when it is no http, https or mailto link.

    Anything hidden in it (controls, spaces, direction marks) makes it None too, so that a scheme can't be
    disguised.
    """
    target = target.strip()
    if len(target) > _MAX_LENGTH or _UNSEEN.search(target):
        return None
    try:
        parts = urlsplit(target)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in _SCHEMES:
        return None
    if not ("@" in parts.path if parts.scheme.lower() == "mailto" else host):
        return None
    try:
        return quote(target, safe="!#$%&'*+,-./:;=?@_~[]")
    except UnicodeEncodeError:
        return None

"""The session cookie of the web UI: signed, not stored, so every service and replica can read it."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import Final

from starlette.requests import cookie_parser

from shared.http.identity import Identity, KeyRing

COOKIE: Final = "pressroom_session"
#: after this long a person signs in again
SESSION_SECONDS: Final = 12 * 3600
#: a write under a cookie must carry this header, which no form and no other site can send
CSRF_HEADER: Final = "x-pressroom-request"


class Sessions:
    """Makes and reads sessions. One ends by itself, by signing out, or when the keys change."""

    def __init__(self, keys: KeyRing, clock: Callable[[], float] = time.time) -> None:
        self._keys, self._clock = keys, clock

    def issue(self, identity: Identity) -> str:
        """The cookie's value."""
        message = f"{identity.name}|{int(self._clock()) + SESSION_SECONDS}"
        return f"{message}|{self._keys.sign(message)}"

    def read(self, cookie_header: str) -> Identity | None:
        """Whose session a `Cookie` header holds; None when it holds no valid one."""
        name, _, rest = _value(cookie_header).partition("|")
        expiry, _, signature = rest.partition("|")
        if not expiry.isdecimal() or len(expiry) > 12 or int(expiry) < self._clock():
            return None
        if not _same(signature, self._keys.sign(f"{name}|{expiry}")):
            return None
        return self._keys.named(name)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _value(cookie_header: str) -> str:
    # not the standard library's, which drops ours behind another app's cookie that it dislikes
    return cookie_parser(cookie_header).get(COOKIE, "")


def cookie(value: str, *, secure: bool, max_age: int = SESSION_SECONDS) -> str:
    """The `Set-Cookie` header; an empty value with `max_age` 0 ends the session."""
    parts = [f"{COOKIE}={value}", "Path=/", f"Max-Age={max_age}", "HttpOnly", "SameSite=Strict"]
    return "; ".join([*parts, "Secure"] if secure else parts)

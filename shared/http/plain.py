"""The head of a plain request, read in one pass: what the guards would let through without a word.

Anything unusual is left to the app and its guards, which know what to say of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shared.http.guards import is_known_host, request_id_for
from shared.http.identity import KeyRing, Role
from shared.settings import Settings

#: headers that the guards or the endpoint look at; twice the same is unusual
_LOOKED_AT: Final = frozenset(
    {b"host", b"content-type", b"x-request-id", b"x-api-key", b"authorization", b"idempotency-key"}
)
#: headers that say that the request is not plain
_UNUSUAL: Final = frozenset({b"origin", b"content-encoding", b"transfer-encoding", b"expect", b"upgrade"})
_JSON: Final = frozenset(
    {b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"}
)
#: names that were found good are remembered, this many at most
_MAX_HOSTS: Final = 64


@dataclass(frozen=True, slots=True)
class PlainHead:
    """What the endpoint needs of a request that was let through."""

    request_id: str
    idempotency_key: str | None


class PlainHeads:
    """Reads heads by the rules of `RequestIds`, `Access`, `KnownHosts` and `SameOriginWrites`."""

    def __init__(self, settings: Settings) -> None:
        self._keys = KeyRing.parse(settings.api_keys)
        self._hosts = settings.known_hosts
        self._good_hosts: set[bytes] = set()

    def of_write(self, headers: Iterable[tuple[bytes, bytes]]) -> PlainHead | None:
        """The head of a POST of JSON; None: the app must see to it. Names of headers are in small letters."""
        found: dict[bytes, bytes] = {}
        for name, value in headers:
            if name in _LOOKED_AT:
                if name in found:
                    return None
                found[name] = value
            elif name in _UNUSUAL:
                return None
        if found.get(b"content-type") not in _JSON or not self._knows(found.get(b"host", b"")):
            return None
        if self._keys and not self._may_write(found):
            return None
        key = found.get(b"idempotency-key")
        request_id = request_id_for(found.get(b"x-request-id", b"").decode("latin-1"))
        return PlainHead(request_id, None if key is None else key.decode("latin-1"))

    def _knows(self, host: bytes) -> bool:
        if self._hosts is None or host in self._good_hosts:
            return True
        if not is_known_host(host.decode("latin-1"), self._hosts):
            return False
        if len(self._good_hosts) < _MAX_HOSTS:
            self._good_hosts.add(host)
        return True

    def _may_write(self, found: dict[bytes, bytes]) -> bool:
        """Whether the one key that is presented in a usual way is that of somebody who may write."""
        key, line = found.get(b"x-api-key"), found.get(b"authorization")
        if line is not None:
            scheme, _, value = line.partition(b" ")
            if key is not None or scheme.lower() != b"bearer":
                return False
            key = value.strip()
        identity = None if key is None else self._keys.identify(key)
        return identity is not None and identity.role >= Role.OPERATOR

"""Who calls, and what they may do: API keys with roles."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from shared.errors import SettingsError


class Role(IntEnum):
    """Each role may do what the ones before it may."""

    #: reads
    VIEWER = 1
    #: submits, retries, cancels, pauses
    OPERATOR = 2
    #: deletes
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller."""

    #: what timelines and logs say
    name: str
    role: Role


#: whoever calls a service that has no keys: only this machine, or a network that something else guards
ANYONE = Identity("", Role.ADMIN)


@dataclass(frozen=True, slots=True)
class _Known:
    digest: bytes
    identity: Identity


class KeyRing:
    """The keys that are accepted, as hashes; the keys themselves are not kept."""

    def __init__(self, known: list[_Known], signing_key: bytes) -> None:
        self._known, self._signing_key = known, signing_key

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Reads `PRESSROOM_API_KEYS`: comma-separated `name:role:key`, or a plain key, which is an admin's.

        Raises:
            SettingsError: names what is wrong with which entry, never the key.
        """
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        known = [_read(number, entry) for number, entry in enumerate(entries, start=1)]
        names = [item.identity.name for item in known]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise SettingsError(f"PRESSROOM_API_KEYS: the name {doubled[0]} is given twice")
        digests = b"".join(sorted(item.digest for item in known))
        # slow on purpose: a stolen session must not be a way to guess a short key
        signing_key = hashlib.scrypt(digests, salt=b"pressroom session", n=2**13, r=8, p=1) if known else b""
        return cls(known, signing_key)

    def __bool__(self) -> bool:
        return bool(self._known)

    def identify_any(self, keys: Iterable[bytes]) -> Identity | None:
        """Whose keys these are: of several good ones the last counts."""
        found = [identity for key in keys if (identity := self.identify(key))]
        return found[-1] if found else None

    def identify(self, key: bytes) -> Identity | None:
        """Whose key this is. Takes the same time whichever key it is."""
        digest = _digest(key)
        found = None
        for item in self._known:
            if hmac.compare_digest(item.digest, digest):
                found = item.identity
        return found

    def named(self, name: str) -> Identity | None:
        """The caller of this name, while its key is accepted."""
        return next((item.identity for item in self._known if item.identity.name == name), None)

    def sign(self, message: str) -> str:
        """A signature that only services with the same keys can make."""
        return hmac.new(self._signing_key, message.encode(), hashlib.sha256).hexdigest()


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _read(number: int, entry: str) -> _Known:
    parts = entry.split(":")
    if len(parts) == 1:
        return _Known(_digest(entry.encode()), Identity(f"key-{number}", Role.ADMIN))
    if len(parts) != 3 or not parts[0] or not parts[2]:
        raise SettingsError(
            f"PRESSROOM_API_KEYS: entry {number} must be name:role:key or a key without colons"
        )
    name, role, key = parts
    if role.upper() not in Role.__members__:
        raise SettingsError(f"PRESSROOM_API_KEYS: the role of {name} must be viewer, operator or admin")
    if not name.isascii() or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise SettingsError(
            f"PRESSROOM_API_KEYS: the name in entry {number} may have letters, digits and - _ ."
        )
    return _Known(_digest(key.encode()), Identity(name, Role[role.upper()]))

"""Where a webhook of a job may be sent: addresses that are public, and those that a setting allows.

Anybody who may submit a report names the URL. Without this check the service would post into the network that
it stands in: to itself, to a cloud's metadata service, to a database.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from shared.errors import PressroomError

Address = IPv4Address | IPv6Address

MAX_URL: Final = 2_000
#: IPv6 addresses that stand for an IPv4 address in their last 32 bits (RFC 6052)
_NAT64: Final = IPv6Network("64:ff9b::/96")


class AddressRefused(PressroomError):
    """Nothing is sent there; the text says why."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be reached although it is not public."""

    hosts: frozenset[str]
    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def parse(cls, text: str) -> Allowed:
        """Reads `PRESSROOM_WEBHOOK_ALLOW`: comma-separated hosts, addresses and networks.

        Raises:
            ValueError: an entry is none of them.
        """
        hosts, networks = set(), []
        for entry in (item.strip().lower() for item in text.split(",")):
            if not entry:
                continue
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if not entry.replace("-", "").replace(".", "").replace("_", "").isalnum():
                    raise ValueError(f"{entry} is neither a host nor a network such as 10.1.0.0/16") from None
                hosts.add(entry)
        return cls(frozenset(hosts), tuple(networks))

    def check(self, host: str, address: str) -> None:
        """Raises `AddressRefused` when nothing may be sent to `address`, one of `host`'s."""
        plain = _plain(ip_address(address.partition("%")[0]))
        if host.lower() in self.hosts or any(plain in network for network in self.networks):
            return
        if not plain.is_global or plain.is_multicast or plain.is_reserved:
            raise AddressRefused(
                f"{host} is {plain}, which is not a public address (PRESSROOM_WEBHOOK_ALLOW may allow it)"
            )


def check_url(url: str, allowed: Allowed) -> None:
    """Refuses a URL that nothing can be posted to, as far as the URL itself tells.

    Raises:
        ValueError: not http(s), without a host that can be a name, or with a name and password.
        AddressRefused: it names an address that is not allowed.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError("must start with http:// or https://")
    if not parts.hostname or any(character <= " " for character in url) or not url.isprintable():
        raise ValueError("must be a URL such as https://example.com/hook")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a name or a password: the signature tells who sends")
    if parts.port == 0:  # reading the port raises ValueError when it is none
        raise ValueError("the port must not be 0")
    try:
        literal = str(ip_address(parts.hostname))
    except ValueError:
        check_name(parts.hostname)
        return
    allowed.check(parts.hostname, literal)


def check_name(host: str) -> None:
    """Raises ValueError when the system could not even be asked for the addresses of that name."""
    try:
        host.encode("idna")  # as `getaddrinfo` does
    except UnicodeError:
        raise ValueError(f"the host {host[:100]} can't be a name") from None


async def resolve(host: str, port: int, allowed: Allowed) -> str:
    """An address of `host` to connect to. Whoever connects to it by name again may reach another one.

    Raises:
        AddressRefused: one of its addresses is not allowed.
        OSError: it has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        allowed.check(host, address)
    return addresses[0]


def _plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, where there is one."""
    if isinstance(address, IPv6Address):
        if inner := address.ipv4_mapped or address.sixtofour:
            return inner
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address

from __future__ import annotations

import pytest

from shared.outbound import AddressRefused, Allowed, check_url, resolve

NOBODY = Allowed.parse("")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:169.254.169.254"),
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused, match="not a public address"):
        NOBODY.check("hook.test", address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_a_public_address_is_not(address: str) -> None:
    NOBODY.check("hook.test", address)


def test_hosts_and_networks_may_be_allowed() -> None:
    allowed = Allowed.parse("Hooks.internal, 10.1.0.0/16,::1")
    allowed.check("hooks.internal", "192.168.0.1")
    allowed.check("other", "10.1.9.9")
    allowed.check("other", "::1")
    for address in ("10.2.0.1", "127.0.0.1"):
        with pytest.raises(AddressRefused):
            allowed.check("other", address)


@pytest.mark.parametrize("text", ["10.0.0.0/33", "a b", "http://x", "*"])
def test_what_is_neither_host_nor_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither a host nor a network"):
        Allowed.parse(text)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://x/", "file:///etc/passwd", "//x", "https://", "https:///x", "http://a:b@x/", "http://a@x/"),
        *("http://x:0/", "http://x:99999/", "http://x y/", "http://x/\n", "javascript:alert(1)", "x", ""),
        *("https://a..b/", "https://.a/", f"https://{'a' * 64}.test/"),
    ],
)
def test_a_url_that_nothing_can_be_posted_to_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        check_url(url, NOBODY)


@pytest.mark.parametrize(
    "url", ["https://a.test.:8443/x?y#z", "http://bücher.test/", "http://under_score.test", "http://a"]
)
def test_a_name_is_not_looked_up_before_something_is_sent(url: str) -> None:
    check_url(url, NOBODY)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "https://[::1]:8443/x", "http://169.254.169.254/latest"]
)
def test_a_url_that_names_a_private_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, NOBODY)


async def test_a_name_is_refused_when_one_of_its_addresses_is() -> None:
    with pytest.raises(AddressRefused):
        await resolve("localhost", 80, NOBODY)
    assert await resolve("localhost", 80, Allowed.parse("localhost")) in ("127.0.0.1", "::1")
    for disguised in ("127.1", "0x7f000001", "2130706433"):
        with pytest.raises((AddressRefused, OSError)):
            await resolve(disguised, 80, NOBODY)

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from shared.errors import SettingsError
from shared.http import create_app
from shared.http.identity import Identity, KeyRing, Role
from shared.http.sessions import COOKIE, CSRF_HEADER, SESSION_SECONDS, Sessions
from shared.redis import connect
from shared.settings import Settings

KEYS = "ann:viewer:k-view,bob:operator:k-work,eve:admin:k-all,plain-key"
WRITE = {CSRF_HEADER: "1"}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(redis_url="redis://127.0.0.1:1/0", api_keys=KEYS)
    redis = connect(settings, "test")
    app = create_app(service="test", title="Test", settings=settings, redis=redis)
    _add_routes(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here.test") as client:
        yield client
    await redis.aclose()


def _add_routes(app: FastAPI) -> None:
    @app.get("/who")
    @app.post("/who")
    async def who(request: Request) -> str:
        return f"{request.state.identity.name} {request.state.identity.role.name}"


@pytest.mark.parametrize("before", ['theme={"dark":true}; ', "a=b c; ", "foo[bar]=1; ", "=; ; ,;"])
def test_a_session_is_read_behind_whatever_cookies_other_apps_have(before: str) -> None:
    sessions = Sessions(KeyRing.parse(KEYS))
    value = sessions.issue(Identity("bob", Role.OPERATOR))
    assert sessions.read(f"{before}{COOKIE}={value}; last=1") == Identity("bob", Role.OPERATOR)


@pytest.mark.parametrize(
    ("headers", "who"),
    [
        ({"Authorization": "Bearer k-work"}, "bob OPERATOR"),
        ({"X-API-Key": "k-all"}, "eve ADMIN"),
        ({"X-API-Key": "plain-key"}, "key-4 ADMIN"),
    ],
)
async def test_a_key_says_who_calls(http: httpx.AsyncClient, headers: dict[str, str], who: str) -> None:
    assert (await http.post("/who", headers=headers)).json() == who


async def test_basic_takes_the_key_as_the_password(http: httpx.AsyncClient) -> None:
    assert (await http.get("/who", auth=("anyone", "k-view"))).json() == "ann VIEWER"


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": "k-vie"}, {"X-API-Key": ""}, {"Cookie": f"{COOKIE}=x"}]
)
async def test_without_a_known_key_nothing_is_answered(
    http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    response = await http.get("/who", headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert (await http.get("/ready", headers=headers)).status_code == 503


async def test_a_browser_is_sent_to_sign_in_and_back(http: httpx.AsyncClient) -> None:
    response = await http.get("/who?a=1", headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["location"]) == (303, "/login?next=%2Fwho%3Fa%3D1")


async def test_a_viewer_reads_and_does_not_write(http: httpx.AsyncClient) -> None:
    viewer = {"X-API-Key": "k-view"}
    assert (await http.get("/who", headers=viewer)).status_code == 200
    assert (await http.post("/who", headers=viewer)).status_code == 403


async def test_a_write_under_a_session_needs_the_header_that_no_other_site_can_send(
    http: httpx.AsyncClient,
) -> None:
    cookie = {"Cookie": f"{COOKIE}={Sessions(KeyRing.parse(KEYS)).issue(Identity('bob', Role.OPERATOR))}"}
    assert (await http.get("/who", headers=cookie)).json() == "bob OPERATOR"
    assert (await http.post("/who", headers=cookie)).status_code == 403
    assert (await http.post("/who", headers=cookie | WRITE)).json() == "bob OPERATOR"


def test_a_session_ends_by_time_by_change_and_by_new_keys() -> None:
    now = 1_000_000.0
    keys = KeyRing.parse(KEYS)
    sessions = Sessions(keys, lambda: now)
    value = sessions.issue(Identity("ann", Role.VIEWER))
    assert sessions.read(f"other=1; {COOKIE}={value}") == Identity("ann", Role.VIEWER)
    assert sessions.read(f"{COOKIE}={value.replace('ann', 'eve')}") is None
    assert Sessions(KeyRing.parse(f"{KEYS},more"), lambda: now).read(f"{COOKIE}={value}") is None
    now += SESSION_SECONDS + 1
    assert sessions.read(f"{COOKIE}={value}") is None


@pytest.mark.parametrize(
    "header", ["", "\x00", f"{COOKIE}=", f"{COOKIE}=a|b|c", f"{COOKIE}=a|9999999999|" + "0" * 64]
)
def test_a_forged_session_is_none(header: str) -> None:
    assert Sessions(KeyRing.parse(KEYS)).read(header) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ann:viewer", "name:role:key"),
        ("ann:boss:key-1", "role of ann"),
        ("an n:viewer:key-1", "name in entry 1"),
        ("ann:viewer:a,ann:admin:b", "given twice"),
    ],
)
def test_keys_that_make_no_sense_are_refused_without_showing_them(text: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as caught:
        KeyRing.parse(text)
    assert "key-1" not in str(caught.value)


def test_the_keys_themselves_are_not_kept() -> None:
    ring = KeyRing.parse(KEYS)
    assert "k-view" not in repr(vars(ring))

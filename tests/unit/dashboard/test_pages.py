from __future__ import annotations

import re

import httpx
import pytest

from dashboard.routes.pages import WEB
from tests.unit.dashboard.fakes import FakeQueue

SCREENS = [
    "/",
    "/jobs",
    "/jobs?state=failed",
    "/jobs/some-id",
    "/workers",
    "/new",
    "/system",
    "/docs",
    "/login",
]
WEB_FILES = sorted(path for path in WEB.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", SCREENS)
async def test_every_screen_comes_without_redis(
    client: httpx.AsyncClient, queue: FakeQueue, path: str
) -> None:
    queue.down = True
    response = await client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")


async def test_pages_have_a_policy_without_exceptions(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/")).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_answers_that_are_no_pages_may_load_nothing(client: httpx.AsyncClient) -> None:
    for path in ("/api/stats", "/health", "/no-such-path", "/assets/js/main.js"):
        headers = (await client.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert headers["x-content-type-options"] == "nosniff", path


@pytest.mark.parametrize("path", WEB_FILES, ids=lambda path: path.name)
async def test_every_web_file_is_served_and_stays_on_this_machine(client: httpx.AsyncClient, path) -> None:  # type: ignore[no-untyped-def]
    response = await client.get(f"/assets/{path.relative_to(WEB).as_posix()}")
    assert response.status_code == 200
    text = path.read_text()
    foreign = [url for url in re.findall(r"https?://[^\s\"'`<]+", text) if "localhost" not in url]
    assert foreign in ([], ["http://www.w3.org/2000/svg"])


@pytest.mark.parametrize(
    "path", [path for path in WEB_FILES if path.suffix == ".js"], ids=lambda path: path.name
)
def test_scripts_never_turn_text_into_markup(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )
    for name in re.findall(r'from "(\.[^"]+)"', text):
        assert (path.parent / name).is_file(), name


def test_the_page_has_nothing_inline() -> None:
    html = (WEB / "index.html").read_text() + (WEB / "login.html").read_text()
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", html)


async def test_unknown_paths_are_404_problems(client: httpx.AsyncClient) -> None:
    for path in (
        "/nothing",
        "/assets/nothing.js",
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
        "/api/nothing",
    ):
        response = await client.get(path)
        assert response.status_code == 404, path
        assert response.headers["content-type"] == "application/problem+json"


async def test_openapi_describes_every_call_with_its_answer(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    answers = {
        "/api/stats": "Stats",
        "/api/workers": "Workers",
        "/api/jobs": "JobsPage",
        "/api/jobs/completed": "CompletedPage",
        "/api/jobs/failed": "FailedPage",
        "/api/jobs/{job_id}": "JobDocument",
    }
    for path, model in answers.items():
        content = paths[path]["get"]["responses"]["200"]["content"]["application/json"]
        assert content["schema"]["$ref"].endswith(f"/{model}")
    assert "/api/queue/pause" in paths
    assert "/" not in paths


async def test_openapi_describes_the_problems_of_every_call(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path, methods in paths.items():
        for method, call in methods.items():
            for group, status in (("4XX", "401"), ("4XX", "422"), ("5XX", "503")):
                examples = call["responses"][group]["content"]["application/problem+json"]["examples"]
                assert examples[status]["value"]["status"] == int(status), (path, method)
    assert "409" in paths["/api/jobs/{job_id}/retry"]["post"]["responses"]
    assert "404" in paths["/api/jobs/{job_id}"]["get"]["responses"]

"""The web UI: one page for every screen's path, and the files it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

WEB: Final = Path(__file__).resolve().parent.parent / "web"
#: the browser keeps files but asks each time whether they are still current
CACHE_CONTROL: Final = "no-cache"

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
@router.api_route("/jobs", methods=["GET", "HEAD"])
@router.api_route("/jobs/{job_id}", methods=["GET", "HEAD"])
@router.api_route("/workers", methods=["GET", "HEAD"])
@router.api_route("/new", methods=["GET", "HEAD"])
@router.api_route("/system", methods=["GET", "HEAD"])
@router.api_route("/docs", methods=["GET", "HEAD"])
async def page() -> Response:
    """The same page for every screen; its script reads the path. Needs no Redis."""
    return FileResponse(
        WEB / "index.html", media_type="text/html; charset=utf-8", headers={"Cache-Control": CACHE_CONTROL}
    )


@router.api_route("/login", methods=["GET", "HEAD"])
async def login() -> Response:
    """Where a person signs in with a key."""
    return FileResponse(
        WEB / "login.html", media_type="text/html; charset=utf-8", headers={"Cache-Control": CACHE_CONTROL}
    )


class WebFiles(StaticFiles):
    """The styles and scripts."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file, to be revalidated at each use."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = CACHE_CONTROL
        return response


def mount_files(app: FastAPI) -> None:
    """Serves the UI's files under /assets."""
    app.mount("/assets", WebFiles(directory=WEB), name="assets")

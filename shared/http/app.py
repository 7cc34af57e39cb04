"""What every web app of Pressroom has in common."""

from __future__ import annotations

from arq.connections import ArqRedis
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import StatelessLifespan

from shared.http.guards import Access, KnownHosts, RequestIds, SameOriginWrites
from shared.http.head import HeadRequests
from shared.http.health import ReadyCheck, health_router
from shared.http.identity import KeyRing
from shared.http.measure import RequestMetrics
from shared.http.problems import PROBLEM_RESPONSES, Failures, install_problem_handlers
from shared.settings import Settings
from shared.version import VERSION


def create_app(
    *,
    service: str,
    title: str,
    settings: Settings,
    redis: ArqRedis,
    is_ready: ReadyCheck | None = None,
    lifespan: StatelessLifespan[FastAPI] | None = None,
) -> FastAPI:
    """An app with problem documents, request ids, API keys, CORS, metrics and the health endpoints.

    FastAPI's own API pages are off: they would load their scripts from another host.
    """
    app = FastAPI(
        title=title,
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=PROBLEM_RESPONSES,
    )
    install_problem_handlers(app)
    app.include_router(health_router(service, redis, is_ready))
    # The middleware added last runs first.
    app.add_middleware(HeadRequests)
    app.add_middleware(SameOriginWrites, origins=[*settings.cors_origin_list, *settings.own_origins])
    if settings.known_hosts is not None:
        app.add_middleware(KnownHosts, hosts=settings.known_hosts)
    keys = KeyRing.parse(settings.api_keys)
    app.state.keys = keys
    if keys:
        app.add_middleware(Access, keys=keys)
    app.add_middleware(Failures)
    if settings.cors_origin_list:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origin_list,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["Location", "ETag", "Retry-After", "X-Request-ID"],
        )
    app.add_middleware(RequestMetrics)
    app.add_middleware(RequestIds)
    return app

"""What the routes work with, and how they get it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from dashboard.live import Hub
from shared.queue.commands import QueueCommands
from shared.queue.reads import QueueReads
from shared.queue.watch import AlertLog
from shared.settings import Settings
from shared.storage import ReportStorage


@dataclass(frozen=True, slots=True)
class Services:
    """The dashboard's view of the rest of Pressroom."""

    #: the queue as it is
    reads: QueueReads
    #: what a person may do to jobs and to the queue
    commands: QueueCommands
    #: the PDFs
    storage: ReportStorage
    #: live changes
    hub: Hub
    #: since when alerts fire
    alerts: AlertLog
    #: the thresholds, and where the producer is
    settings: Settings


def services_of(request: Request) -> Services:
    """The services that `dashboard.app.build_app` put into the app."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(services_of)]

"""`python -m producer`"""

from __future__ import annotations

from producer.app import make_app
from shared.entry import main_with_settings
from shared.http.server import serve
from shared.logs import get_logger
from shared.redis import connect
from shared.settings import Settings


def run(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM."""
    app = make_app(settings, connect(settings, "pressroom:producer"))
    get_logger(__name__).info("producer started", host=settings.host, port=settings.producer_port)
    serve(app, settings, settings.producer_port, "PRESSROOM_PRODUCER_PORT")


if __name__ == "__main__":
    main_with_settings("producer", run)

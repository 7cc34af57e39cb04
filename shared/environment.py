"""From environment variables to settings. The only module that reads the environment."""

from __future__ import annotations

import os
from difflib import get_close_matches

from pydantic import ValidationError

from shared.errors import SettingsError
from shared.object_address import refused_variables
from shared.settings import Settings

#: read by docker-compose.yml alone
_OF_COMPOSE = frozenset({"PRESSROOM_UPLOADS"})


def load_settings() -> Settings:
    """Reads the environment once.

    Raises:
        SettingsError: one line per setting that makes no sense, naming its variable.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    refused = refused_variables(os.environ) if settings.object_store else []
    if refused:
        raise SettingsError("\n".join(refused))
    return settings


def _explain(error: ValidationError) -> str:
    lines = []
    for item in error.errors():
        field = str(item["loc"][0]) if item["loc"] else ""
        name = field if field.isupper() else f"PRESSROOM_{field.upper()}"
        text = item["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {text}" if field else text)
    return "\n".join(lines)


def unknown_variables() -> list[tuple[str, str]]:
    """Variables that look like settings and are none, each with a hint at the one that may be meant."""
    prefix = "PRESSROOM_"
    known = [
        f"{prefix}{name.upper()}"
        for name, field in Settings.model_fields.items()
        if not field.validation_alias
    ]
    strange = [name for name in os.environ if name.startswith(prefix) and name not in {*known, *_OF_COMPOSE}]
    return [(name, _hint(name, known)) for name in sorted(strange)]


def _hint(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.85)
    return f" (is {near[0]} meant?)" if near else ""

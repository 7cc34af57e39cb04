"""`.env.example` names every setting. `python -m tests.unit.test_env_example` writes it anew."""

from __future__ import annotations

from typing import Any

from pydantic.fields import FieldInfo

from shared.settings import CHECKOUT, Settings

ENV_EXAMPLE = CHECKOUT / ".env.example"
HEADER = """\
# Every setting, with its default. Copy this file to .env and uncomment what you change, then:
#
#   set -a; . ./.env; set +a; make run
#
# docker-compose reads .env by itself; docker-compose.yml names the settings that it passes on.
"""
FOOTER = """\
# Of docker-compose alone: the folder on this machine that holds the PDFs.
#PRESSROOM_UPLOADS=./uploads
"""


def variable(name: str, field: FieldInfo) -> str:
    return str(field.validation_alias or f"PRESSROOM_{name.upper()}")


def shown(default: Any) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def rendered() -> str:
    blocks = [
        f"# {field.description}\n#{variable(name, field)}={shown(field.default)}\n"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join([HEADER, *blocks, FOOTER])


def test_env_example_names_every_setting_with_its_default_and_meaning() -> None:
    assert ENV_EXAMPLE.read_text() == rendered(), "run: python -m tests.unit.test_env_example"


if __name__ == "__main__":
    ENV_EXAMPLE.write_text(rendered())

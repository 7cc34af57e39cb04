"""Signed webhooks, as standardwebhooks.com describes them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import orjson

from shared.errors import SettingsError

PREFIX: Final = "whsec_"


def secret_bytes(secret: str) -> bytes:
    """The key of a secret `whsec_…`.

    Raises:
        SettingsError: it is not base64 behind its prefix, or shorter than 24 or longer than 64 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError("a webhook secret must be whsec_ and base64") from None
    if not secret.startswith(PREFIX) or not 24 <= len(key) <= 64:
        raise SettingsError("a webhook secret must be whsec_ and base64 of 24 to 64 bytes")
    return key


def signed(
    secret: str, message_id: str, body: Mapping[str, Any], timestamp_seconds: int
) -> tuple[dict[str, str], bytes]:
    """Headers and content of a message. The receiver checks HMAC-SHA256 over `id.timestamp.content`.

    Args:
        secret: `whsec_…`.
        message_id: the same for every try, so that a receiver can tell a repetition.
        body: `{type, timestamp, data}`.
        timestamp_seconds: when this try is made.
    """
    content = orjson.dumps(dict(body))
    message = f"{message_id}.{timestamp_seconds}.".encode() + content
    signature = base64.b64encode(hmac.new(secret_bytes(secret), message, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_seconds),
        "webhook-signature": f"v1,{signature}",
    }
    return headers, content

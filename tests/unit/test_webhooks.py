from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from typing import Any

import pytest

from shared.errors import SettingsError
from shared.settings import CHECKOUT
from shared.webhooks import signed

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def test_the_signature_is_the_one_of_the_standard() -> None:
    headers, content = signed(SECRET, "msg-1", {"type": "alert.firing"}, 1_790_000_000)
    message = b"msg-1.1790000000." + content
    digest = base64.b64encode(hmac.new(b"k" * 32, message, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg-1", "1790000000")
    assert content == b'{"type":"alert.firing"}'


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_%%%", "whsec_c2hvcnQ=", base64.b64encode(b"k" * 32).decode()]
)
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(SettingsError, match="whsec_"):
        signed(secret, "m", {}, 0)


def test_what_the_documentation_tells_receivers_to_do_works() -> None:
    text = (CHECKOUT / "docs" / "webhooks.md").read_text()
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    room: dict[str, Any] = {}
    exec(snippet, room)
    headers, content = signed(SECRET, "msg-1", {"type": "report.completed"}, int(time.time()))
    assert room["verify"](SECRET, headers, content)
    assert not room["verify"](SECRET, headers, content + b" ")
    assert not room["verify"](SECRET, {**headers, "webhook-id": "msg-2"}, content)
    old, content = signed(SECRET, "msg-1", {}, int(time.time()) - 1000)
    assert not room["verify"](SECRET, old, content)

"""What no report can print is found in JSON's text as it is in its values, however the text was written."""

from __future__ import annotations

import json

import pytest

from shared.errors import ValidationFailed
from shared.reports import jsoncheck
from shared.reports.jsoncheck import check_json


def is_refused(data: object, text: bytes = b"") -> bool:
    try:
        check_json(data, text)
    except ValidationFailed:
        return True
    return False


@pytest.mark.parametrize("form", ["\\u%04x", "\\u%04X"])
def test_an_escaped_character_is_refused_just_when_it_is_refused_itself(form: str) -> None:
    for code in range(0x200):
        text = '{"x":"a' + form % code + 'b"}'
        data = json.loads(text)
        assert is_refused(data, text.encode()) == is_refused(data), text


@pytest.mark.parametrize("text", ['{"é":"Grüße à la carte, 5 × 3 °C"}', '["\\t\\n\\r\\"\\\\ \\/"]'])
def test_a_text_with_escaped_letters_is_not_walked_through(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def walked(*_: object) -> None:
        pytest.fail("each value was looked at")

    data = json.loads(text)
    monkeypatch.setattr(jsoncheck, "_walk", walked)
    check_json(data, json.dumps(data).encode())
    check_json(data)

from __future__ import annotations

from shared.redact import HIDDEN, SAMPLE_LENGTH, Redactor

REDACT = Redactor(frozenset({"password", "api_key"}))


def test_values_of_secret_keys_are_hidden_at_any_depth() -> None:
    data = {"rows": [{"dbPassword": "x", "a": {"API-Key": ["y"], "b": 1}}], "passwordless": {"deep": "z"}}
    hidden = {"rows": [{"dbPassword": HIDDEN, "a": {"API-Key": HIDDEN, "b": 1}}], "passwordless": HIDDEN}
    assert REDACT.mapping(data) == hidden
    assert data["rows"][0]["dbPassword"] == "x"  # type: ignore[index]


def test_without_names_nothing_is_copied() -> None:
    data = {"password": "x"}
    assert Redactor(frozenset({""})).mapping(data) is data


def test_a_sample_holds_the_first_texts_and_no_secret() -> None:
    data = {
        "period": "2026-Q1",
        "password": "hunter2",
        "rows": [{"name": "Anna", "n": 3, "ok": True, "x": None}],
    }
    assert REDACT.sample(data) == "2026-Q1 Anna 3"


def test_a_sample_is_short_whatever_the_data() -> None:
    assert len(REDACT.sample({"rows": [{"text": "x" * 90}] * 10_000})) == SAMPLE_LENGTH
    assert REDACT.sample([[[[]]]]) == ""

"""Settings that make no sense are refused by name; the defaults work."""

from __future__ import annotations

import pytest

from shared.errors import SettingsError
from shared.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(Settings.model_fields):
        monkeypatch.delenv(f"PRESSROOM_{name.upper()}", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def test_the_defaults_work() -> None:
    settings = load_settings()
    assert (settings.producer_port, settings.worker_port, settings.dashboard_port) == (5001, 5002, 5003)
    assert settings.worker_concurrency == 2
    assert settings.storage_path.name == "uploads"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("PRESSROOM_LEASE_SECONDS", "0", "greater than or equal to 0.5"),
        ("PRESSROOM_WORKER_CONCURRENCY", "two", "valid integer"),
        ("PRESSROOM_STORAGE_URL", "uploads", "file:///"),
        ("PRESSROOM_STORAGE_URL", "file://elsewhere/data", "absolute path"),
        ("REDIS_URL", "http://127.0.0.1", "redis://"),
        ("PRESSROOM_PRODUCER_PORT", "70000", "less than or equal to 65535"),
        ("PRESSROOM_LOG_LEVEL", "loud", "'debug', 'info'"),
        ("PRESSROOM_DASHBOARD_URL", "dashboard.local", "http://"),
    ],
)
def test_nonsense_is_refused_with_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"{name}: ")
    assert why in str(refused.value)


def test_beyond_loopback_needs_keys_or_a_guarded_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSROOM_HOST", "192.0.2.1")
    with pytest.raises(SettingsError, match="set PRESSROOM_API_KEYS"):
        load_settings()
    monkeypatch.setenv("PRESSROOM_API_KEYS", "a-long-enough-key")
    assert load_settings().host == "192.0.2.1"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://user:hunter2@127.0.0.1/0")
    monkeypatch.setenv("PRESSROOM_API_KEYS", "hunter3")
    assert "hunter" not in repr(load_settings())


def test_a_sweep_longer_than_the_lease_makes_no_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSROOM_LEASE_SECONDS", "2")
    monkeypatch.setenv("PRESSROOM_SWEEP_SECONDS", "3")
    with pytest.raises(SettingsError, match="sweep_seconds must not be longer"):
        load_settings()

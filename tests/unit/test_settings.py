"""Settings that make no sense are refused by name; the defaults work."""

from __future__ import annotations

import pytest

from shared.environment import load_settings, unknown_variables
from shared.errors import SettingsError
from shared.settings import Settings


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
        ("PRESSROOM_STORAGE_URL", "gs://bucket/a", "s3://bucket/prefix"),
        ("PRESSROOM_STORAGE_URL", "s3://", "must name a bucket"),
        ("PRESSROOM_STORAGE_URL", "s3://key:secret@bucket", "AWS_* variables"),
        ("REDIS_URL", "http://127.0.0.1", "redis://"),
        ("REDIS_URL", "redis://127.0.0.1:abc/0", "port must be a number"),
        ("REDIS_URL", "redis://127.0.0.1:99999/0", "port must be a number"),
        ("REDIS_URL", "redis://127.0.0.1:6379/first", "number of a database"),
        ("PRESSROOM_API_KEYS", " , ", "holds no key"),
        ("PRESSROOM_CORS_ORIGINS", "https://a.example, localhost:3000", "localhost:3000 is not an origin"),
        ("PRESSROOM_CORS_ORIGINS", "https://a.example/reports", "is not an origin"),
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
    with pytest.raises(
        SettingsError, match="PRESSROOM_SWEEP_SECONDS: must not be longer than PRESSROOM_LEASE_SECONDS"
    ):
        load_settings()


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STORAGE_URL", "WORKER_ID", "DATA_DIR", "WORKERS"):
        monkeypatch.setenv(f"PRESSROOM_{name}", "")
    monkeypatch.setenv("REDIS_URL", "")
    settings = load_settings()
    assert settings == Settings()
    assert not {"redis_url", "data_dir"} & settings.model_fields_set
    assert settings.data_dir.name == ".data"


def test_origins_are_compared_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSROOM_CORS_ORIGINS", "https://App.example/ , http://localhost:3000,*")
    assert load_settings().cors_origin_list == ["https://app.example", "http://localhost:3000", "*"]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:5003"),
        ("0.0.0.0", "http://localhost:5003"),
        ("192.0.2.1", "http://192.0.2.1:5003"),
        ("2001:db8::1", "http://[2001:db8::1]:5003"),
    ],
)
def test_the_dashboards_url_names_a_host_that_it_listens_on(host: str, url: str) -> None:
    assert Settings(host=host, trusted_network=True).public_dashboard_url == url


@pytest.mark.parametrize("name", ["PRESSROOM_LOG_LEVEL", "PRESSROOM_LOG_FORMAT"])
def test_words_may_be_in_capitals(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, {"PRESSROOM_LOG_LEVEL": "WARNING", "PRESSROOM_LOG_FORMAT": "Json"}[name])
    settings = load_settings()
    assert settings.log_level in ("warning", "info")
    assert settings.log_format == "json"


def test_a_variable_that_is_no_setting_is_told_with_the_one_that_may_be_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = unknown_variables()
    monkeypatch.setenv("PRESSROOM_WORKRES", "3")
    monkeypatch.setenv("PRESSROOM_COLOUR", "blue")
    monkeypatch.setenv("PRESSROOM_WORKERS", "3")
    monkeypatch.setenv("PRESSROOM_UPLOADS", "/srv")
    new = [entry for entry in unknown_variables() if entry not in before]
    assert new == [("PRESSROOM_COLOUR", ""), ("PRESSROOM_WORKRES", " (is PRESSROOM_WORKERS meant?)")]


@pytest.mark.parametrize("url", ["http://", "https:///path", "http://:80"])
def test_a_url_without_a_host_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PRESSROOM_DASHBOARD_URL", url)
    with pytest.raises(SettingsError, match="PRESSROOM_DASHBOARD_URL: names no host"):
        load_settings()


@pytest.mark.parametrize(
    "url",
    [
        *("http://alerts.test:port/", "http://alerts.test:80a/", "http://alerts.test:99999/"),
        *("http://alerts..test/", "http://[::1/", "http://alerts.test:0/", "http://alerts.test/a b"),
    ],
)
def test_a_url_that_nothing_can_be_sent_to_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSROOM_ALERT_WEBHOOK_URL", url)
    monkeypatch.setenv("PRESSROOM_ALERT_WEBHOOK_SECRET", "whsec_" + "a" * 32)
    with pytest.raises(SettingsError, match=r"^PRESSROOM_ALERT_WEBHOOK_URL: .+"):
        load_settings()

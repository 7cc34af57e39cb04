"""Which URLs name a bucket and a prefix."""

from __future__ import annotations

import pytest

from shared.environment import load_settings
from shared.errors import SettingsError
from shared.object_address import ObjectAddress, refused_variables
from shared.settings import Settings


@pytest.mark.parametrize(
    ("url", "bucket", "prefix"),
    [
        ("s3://reports", "reports", ""),
        ("s3://reports/", "reports", ""),
        ("s3://reports/a", "reports", "a"),
        ("s3://reports/a/b.c/", "reports", "a/b.c"),
        ("s3://my.bucket-1/a=b@c+d!e_f", "my.bucket-1", "a=b@c+d!e_f"),
    ],
)
def test_a_bucket_and_a_prefix(url: str, bucket: str, prefix: str) -> None:
    address = ObjectAddress.parse(url)
    assert (address.bucket, address.prefix) == (bucket, prefix)
    assert ObjectAddress.parse(str(address)) == address
    settings = Settings(storage_url=url)
    assert settings.object_store == address
    assert settings.reports_folder is None
    with pytest.raises(ValueError, match="is no folder"):
        _ = settings.storage_path


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("s3://", "name a bucket"),
        ("s3:///prefix", "name a bucket"),
        ("s3:bucket/prefix", "name a bucket"),
        ("s3://b", "name a bucket"),
        ("s3://bucket:9000/a", "name a bucket"),
        ("s3://büro/a", "name a bucket"),
        ("s3://key:hunter2@bucket/a", "AWS_* variables"),
        ("s3://bucket/a?endpoint=hunter2", "AWS_* variables"),
        ("s3://bucket/a?", "AWS_* variables"),
        ("s3://bucket/a#hunter2", "AWS_* variables"),
        ("s3://bucket/a//b", "prefix may have"),
        ("s3://bucket/../b", "prefix may have"),
        ("s3://bucket/.", "prefix may have"),
        ("s3://bucket/a b", "prefix may have"),
        ("s3://bucket/a%20b", "prefix may have"),
        ("s3://bucket/ä", "prefix may have"),
        ("http://bucket/a", "s3://"),
    ],
)
def test_what_can_not_be_is_refused_and_no_secret_repeated(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"must|may|holds") as refused:
        ObjectAddress.parse(url)
    assert why in str(refused.value)
    assert "hunter2" not in str(refused.value)


KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "hunter2"}


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, []),
        (KEYS, []),
        ({"AWS_ENDPOINT_URL": "https://minio.example.com:9000"}, []),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9000", "AWS_ALLOW_HTTP": "true"}, []),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"}, ["AWS_ENDPOINT_URL: is not encrypted"]),
        ({"AWS_ENDPOINT_URL_S3": "minio:9000"}, ["AWS_ENDPOINT_URL_S3: must be a URL"]),
        ({"AWS_ENDPOINT": "https://"}, ["AWS_ENDPOINT: must be a URL"]),
        ({"AWS_ENDPOINT_URL": "https://minio:port"}, ["AWS_ENDPOINT_URL: must be a URL"]),
        ({"AWS_ENDPOINT_URL": "https://min io"}, ["AWS_ENDPOINT_URL: must be a URL"]),
        ({"AWS_ACCESS_KEY_ID": "id"}, ["AWS_ACCESS_KEY_ID: "]),
        ({"AWS_SECRET_ACCESS_KEY": "hunter2"}, ["AWS_SECRET_ACCESS_KEY: "]),
    ],
)
def test_variables_that_make_no_sense_are_named(variables: dict[str, str], why: list[str]) -> None:
    lines = refused_variables(variables)
    assert len(lines) == len(why)
    for line, start in zip(lines, why, strict=True):
        assert line.startswith(start)
        assert "hunter2" not in line


def test_the_variables_are_looked_at_only_for_an_object_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    monkeypatch.delenv("PRESSROOM_STORAGE_URL", raising=False)
    assert load_settings().object_store is None
    monkeypatch.setenv("PRESSROOM_STORAGE_URL", "s3://bucket/a")
    with pytest.raises(SettingsError, match="AWS_ENDPOINT_URL: must be a URL"):
        load_settings()


@pytest.mark.parametrize(
    ("environment", "refused"),
    [
        ({"AWS_ENDPOINT_URL": "http://a.test", "AWS_ALLOW_HTTP": "false"}, True),
        ({"AWS_ENDPOINT_URL": "http://a.test", "AWS_ALLOW_HTTP": "True"}, False),
        ({"AWS_ENDPOINT_URL": "https://user:password@a.test"}, True),
    ],
)
def test_an_endpoint_is_encrypted_or_allowed_not_to_be_and_holds_no_password(
    environment: dict[str, str], refused: bool
) -> None:
    assert bool(refused_variables(environment)) is refused

"""Every setting of every service, what it means and what it may be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import SettingsError
from shared.object_address import ObjectAddress
from shared.outbound import Allowed, check_name
from shared.webhooks import secret_bytes

CHECKOUT = Path(__file__).resolve().parent.parent
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s?#@]+/?")


class Settings(BaseSettings):
    """The configuration of one process. Services take it from shared/environment.py; tests construct it."""

    model_config = SettingsConfigDict(
        env_prefix="PRESSROOM_",
        env_ignore_empty=True,  # `NAME=` in a file means the default, as compose files have it
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    redis_url: str = Field(
        "redis://127.0.0.1:6379/0",
        repr=False,
        validation_alias="REDIS_URL",
        description="Redis, Valkey or a managed one. `make run` starts its own when this is unset.",
    )
    host: str = Field("127.0.0.1", description="Address the services listen on.")
    trusted_network: bool = Field(
        False,
        description="Allows `host` beyond loopback without API keys: something else guards the ports.",
    )
    producer_port: int = Field(5001, ge=1, le=65535, description="Port of the producer.")
    worker_port: int = Field(5002, ge=1, le=65535, description="Port of the worker's health and files.")
    dashboard_port: int = Field(5003, ge=1, le=65535, description="Port of the dashboard.")
    producer_url: str | None = Field(
        None, description="Base URL of the producer as clients see it; default http://localhost:<its port>."
    )
    dashboard_url: str | None = Field(
        None, description="Base URL of the dashboard as clients see it; default http://localhost:<its port>."
    )
    producer_internal_url: str | None = Field(
        None,
        description="Base URL where the dashboard reaches the producer; default: its port here.",
    )
    api_keys: str = Field(
        "",
        repr=False,
        description="Comma-separated name:role:key (viewer, operator, admin) or plain keys; empty: none.",
    )
    redact_keys: str = Field(
        "password,passwd,secret,token,apikey,authorization,credential",
        description="Comma-separated; values of payload keys that hold one of these are hidden.",
    )
    allowed_hosts: str = Field(
        "",
        description="Comma-separated host names that requests may be for where no key is needed; *: any.",
    )
    cors_origins: str = Field("", description="Comma-separated origins that browsers may call from.")

    workers: int = Field(2, ge=1, le=64, description="How many workers `make run` starts.")
    worker_concurrency: int = Field(2, ge=1, le=64, description="Jobs one worker runs at a time.")
    large_job_slots: int | None = Field(
        None,
        ge=1,
        le=64,
        description="How many of a worker's slots large jobs may take; default all but one, at least one.",
    )
    large_job_rows: int = Field(
        20_000, ge=1, description="Rows in a job's datasets from which on it counts as large."
    )
    large_job_bytes: int = Field(
        1_048_576, ge=1, description="Size of a job's payload from which on it counts as large, in bytes."
    )
    worker_id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Name of this worker; default host-pid-random."
    )

    lease_seconds: float = Field(
        10.0, ge=0.5, le=3600, description="How long a claim is owned without a heartbeat, in seconds."
    )
    sweep_seconds: float = Field(
        1.0, ge=0.1, le=60, description="How often the scheduler looks for stalled jobs, in seconds."
    )
    mend_seconds: float = Field(
        30.0, ge=1, le=3600, description="How often the scheduler compares records and queue, in seconds."
    )
    grace_seconds: float = Field(
        20.0, ge=0, le=3600, description="How long running jobs may finish after SIGTERM, in seconds."
    )
    reconnect_grace_seconds: float = Field(
        1.0,
        ge=0.1,
        le=3600,
        description="A worker without any connection to Redis for this long is taken for lost, in seconds.",
    )
    poison_limit: int = Field(
        2, ge=1, le=100, description="A job whose worker was lost this many times while it ran ends failed."
    )
    retry_base_seconds: float = Field(
        2.0, ge=0, le=3600, description="Wait before the second attempt, in seconds; doubles with each one."
    )
    retry_max_seconds: float = Field(
        300.0, ge=0, le=86400, description="Longest wait between two attempts, in seconds."
    )
    default_timeout_seconds: float = Field(
        300.0, ge=1, le=86400, description="Time one attempt may take when the job names none, in seconds."
    )

    keep_completed_days: float = Field(
        30.0, ge=0, le=36500, description="Completed jobs and their PDFs are kept this long; 0: for ever."
    )
    keep_failed_days: float = Field(
        30.0, ge=0, le=36500, description="Failed jobs are kept this long; 0: for ever."
    )
    keep_cancelled_days: float = Field(
        7.0, ge=0, le=36500, description="Cancelled jobs are kept this long; 0: for ever."
    )
    keep_completed_jobs: int = Field(
        100_000, ge=0, description="Most completed jobs kept, the newest ones; 0: all."
    )
    keep_failed_jobs: int = Field(100_000, ge=0, description="Most failed jobs kept; 0: all.")
    keep_cancelled_jobs: int = Field(100_000, ge=0, description="Most cancelled jobs kept; 0: all.")
    orphan_seconds: float = Field(
        3600.0,
        ge=60,
        le=31_536_000,
        description="Files that no job names are removed when they are older than this, in seconds.",
    )
    cleanup_seconds: float = Field(
        60.0, ge=1, le=86400, description="How often old jobs and orphan files are looked for, in seconds."
    )

    max_body_bytes: int = Field(
        5 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024, description="Largest request body, in bytes."
    )
    max_dataset_bytes: int = Field(
        1024 * 1024 * 1024, ge=1024, description="Largest dataset, in bytes as uploaded."
    )
    dataset_uploads: int = Field(
        8, ge=1, le=256, description="Datasets that may be uploaded at a time; further clients get a 503."
    )
    dataset_idle_seconds: float = Field(
        30.0, ge=1, le=3600, description="Longest pause within an upload before it is dropped, in seconds."
    )
    dataset_retention_days: float = Field(
        30.0,
        ge=0.01,
        le=36500,
        description="How long a dataset is kept after its upload or the last report that named it, in days.",
    )
    render_memory_mb: int = Field(
        1024, ge=128, le=65536, description="Address space one render child may use, in MB."
    )
    render_jobs_per_child: int = Field(
        2_000, ge=1, description="Jobs after which a render child is replaced by a fresh one."
    )
    render_cpu_seconds: float = Field(
        600.0, ge=1, le=86400, description="Processor time one render may use, in seconds."
    )
    max_pages: int = Field(50_000, ge=1, description="Most pages one report may have.")
    max_rows: int = Field(5_000_000, ge=1, description="Most rows one report may have.")
    max_image_pixels: int = Field(
        25_000_000, ge=1, le=1_000_000_000, description="Most pixels of all pictures of one report together."
    )

    alert_waiting_seconds: float = Field(
        600.0, ge=0, description="Alert when a job has waited this long, in seconds; 0: never."
    )
    alert_failure_ratio: float = Field(
        0.2, ge=0, le=1, description="Alert when this share of an hour's jobs failed, at least 5; 0: never."
    )
    alert_stalls: int = Field(5, ge=0, description="Alert at this many stalled jobs in an hour; 0: never.")
    alert_disk_mb: int = Field(
        1024, ge=0, description="Alert when the reports' disk has less free, in MB; 0: never."
    )
    alert_webhook_url: str | None = Field(
        None, description="Alerts are posted there, signed; default: nowhere."
    )
    alert_webhook_secret: str = Field(
        "", repr=False, description="whsec_ and base64: signs the alerts (standardwebhooks.com)."
    )

    webhook_allow: str = Field(
        "",
        description="Comma-separated hosts and networks that jobs' webhooks may go to though not public.",
    )

    storage_url: str | None = Field(
        None,
        description="Where PDFs and datasets are: file:///… or s3://bucket/prefix; default: folder uploads/.",
    )
    cache_dir: Path | None = Field(
        None,
        description="With s3://, this host's folder for work files and copies; default: in the data folder.",
    )
    cache_bytes: int = Field(
        1024 * 1024 * 1024,
        ge=1024 * 1024,
        description="With s3://, how much of this host's disk copies may take, in bytes.",
    )
    data_dir: Path = Field(Path(".data"), description="Folder of the embedded Redis and of locks.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    no_color: str = Field("", validation_alias="NO_COLOR", description="Not empty: logs without colour.")
    force_color: str = Field(
        "",
        validation_alias="FORCE_COLOR",
        description="Not empty: colour console logs even without a terminal.",
    )
    log_format: Literal["json", "console"] = Field("json", description="json: a line per event; console.")

    @field_validator("storage_url")
    @classmethod
    def _storage_is_a_folder_or_a_bucket(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme == "s3":
            return str(ObjectAddress.parse(value))
        if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise ValueError("must be a file:/// URL with an absolute path, or s3://bucket/prefix")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_url_has_a_known_scheme(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise ValueError("must start with redis://, rediss:// or unix://")
        try:
            number = parts.port
        except ValueError:
            raise ValueError("the port must be a number up to 65535") from None
        if number == 0:
            raise ValueError("the port must not be 0")
        if parts.scheme != "unix" and not parts.path.strip("/").isdecimal() and parts.path.strip("/"):
            raise ValueError("after the host and the slash comes the number of a database, 0 for example")
        return value

    @field_validator("api_keys")
    @classmethod
    def _there_is_a_key(cls, value: str) -> str:
        if value and not any(key.strip() for key in value.split(",")):
            raise ValueError("holds no key")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_origins(cls, value: str) -> str:
        for origin in _listed(value):
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin} is not an origin such as https://reports.example.com:8443, nor *")
        return value

    @field_validator("webhook_allow")
    @classmethod
    def _webhook_targets_are_hosts_or_networks(cls, value: str) -> str:
        Allowed.parse(value)
        return value

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _small_letters(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("producer_url", "dashboard_url", "producer_internal_url", "alert_webhook_url")
    @classmethod
    def _url_is_http(cls, value: str | None) -> str | None:
        if value is None:
            return None
        url = urlsplit(value)
        if url.scheme not in ("http", "https"):
            raise ValueError("must start with http:// or https://")
        if not url.hostname:
            raise ValueError("names no host")
        if not value.isprintable() or " " in value or url.port == 0:  # a port that is none raises ValueError
            raise ValueError("must be a URL such as https://example.com/hook")
        check_name(url.hostname)
        return value.rstrip("/")

    @model_validator(mode="after")
    def _unguarded_services_stay_on_loopback(self) -> Settings:
        if self.host not in LOOPBACK_HOSTS and not self.api_key_set and not self.trusted_network:
            raise ValueError(
                f"PRESSROOM_HOST: {self.host} is reachable from other machines: set PRESSROOM_API_KEYS, "
                "or set PRESSROOM_TRUSTED_NETWORK=true if something else guards the ports"
            )
        return self

    @model_validator(mode="after")
    def _alerts_are_signed(self) -> Settings:
        if self.alert_webhook_url:
            try:
                secret_bytes(self.alert_webhook_secret)
            except SettingsError as error:
                raise ValueError(f"PRESSROOM_ALERT_WEBHOOK_SECRET: {error}") from None
        return self

    @model_validator(mode="after")
    def _sweep_is_shorter_than_lease(self) -> Settings:
        if self.sweep_seconds > self.lease_seconds:
            raise ValueError("PRESSROOM_SWEEP_SECONDS: must not be longer than PRESSROOM_LEASE_SECONDS")
        return self

    @property
    def api_key_set(self) -> frozenset[str]:
        """The accepted API keys; empty when callers need none."""
        return frozenset(_listed(self.api_keys))

    @property
    def webhook_allowed(self) -> Allowed:
        """Where jobs' webhooks may go although it is not public."""
        return Allowed.parse(self.webhook_allow)

    @property
    def known_hosts(self) -> frozenset[str] | None:
        """The names that requests may be for; None: any, since keys or something else guard the services."""
        listed = {name.lower() for name in _listed(self.allowed_hosts)}
        if self.api_key_set or (self.host not in LOOPBACK_HOSTS and not listed):
            return None
        urls = (self.producer_url, self.dashboard_url, self.producer_internal_url)
        return frozenset(
            {*listed, "localhost", self.host, *(urlsplit(url).hostname or "" for url in urls if url)}
        )

    @property
    def redacted(self) -> frozenset[str]:
        """The names of payload keys whose values are hidden."""
        return frozenset(name.strip() for name in self.redact_keys.split(",") if name.strip())

    @property
    def local_producer_url(self) -> str:
        """Where the dashboard reaches the producer, without a slash at the end."""
        if self.producer_internal_url:
            return self.producer_internal_url
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared
        return (
            f"http://[{host}]:{self.producer_port}" if ":" in host else f"http://{host}:{self.producer_port}"
        )

    @property
    def cors_origin_list(self) -> list[str]:
        """The origins that browsers may call from."""
        return [origin.rstrip("/").lower() for origin in _listed(self.cors_origins)]

    @property
    def own_origins(self) -> list[str]:
        """The origins of our own pages as browsers know them: a proxy in front may change the host name."""
        urls = (urlsplit(url) for url in (self.producer_url, self.dashboard_url) if url)
        return [f"{url.scheme}://{url.netloc}".lower() for url in urls]

    @property
    def slots_for_large_jobs(self) -> int:
        """How many of its slots a worker gives to large jobs at a time."""
        if self.large_job_slots is not None:
            return min(self.large_job_slots, self.worker_concurrency)
        return max(1, self.worker_concurrency - 1)

    @property
    def storage_path(self) -> Path:
        """The folder that holds the PDFs.

        Raises:
            ValueError: an object store holds them.
        """
        if self.storage_url is None:
            return CHECKOUT / "uploads"
        if self.object_store is not None:
            raise ValueError(f"{self.object_store} is no folder")
        return Path(unquote(urlsplit(self.storage_url).path))

    @property
    def object_store(self) -> ObjectAddress | None:
        """Where the PDFs and datasets are; None: in folders."""
        url = self.storage_url
        return ObjectAddress.parse(url) if url is not None and url.startswith("s3:") else None

    @property
    def reports_folder(self) -> Path | None:
        """The folder that holds the PDFs; None: an object store does."""
        return None if self.object_store is not None else self.storage_path

    @property
    def dataset_path(self) -> Path:
        """The folder that holds the datasets."""
        return self.storage_path / "datasets"

    @property
    def public_producer_url(self) -> str:
        """Base URL of the producer as clients see it, without a slash at the end."""
        return self.producer_url or self._own_url(self.producer_port)

    @property
    def public_dashboard_url(self) -> str:
        """Base URL of the dashboard as clients see it, without a slash at the end."""
        return self.dashboard_url or self._own_url(self.dashboard_port)

    def _own_url(self, port: int) -> str:
        if self.host in LOOPBACK_HOSTS or self.host in _EVERY_ADDRESS:
            return f"http://localhost:{port}"
        return f"http://[{self.host}]:{port}" if ":" in self.host else f"http://{self.host}:{port}"

    @property
    def lease_ms(self) -> int:
        """The lease in milliseconds."""
        return round(self.lease_seconds * 1000)


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]

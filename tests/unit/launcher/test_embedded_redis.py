"""The embedded Redis keeps what it accepted, whatever ends it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from shared.launcher.embedded_redis import EmbeddedRedis, EmbeddedRedisError


def test_an_accepted_write_survives_a_kill_on_the_same_address(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path / "with space") as server:
        url = server.url
        with Redis.from_url(url) as client:
            client.set("key", "value")
        server.kill()
        assert server.pid is None
        server.start()
        assert server.url == url
        with Redis.from_url(url) as client:
            assert client.get("key") == b"value"


def test_a_half_written_command_at_the_end_of_the_file_does_not_stop_the_start(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        with Redis.from_url(server.url) as client:
            client.set("key", "value")
        server.kill()
        log = next(tmp_path.glob("appendonlydir/*.incr.aof"))
        with log.open("ab") as file:
            file.write(b"*3\r\n$3\r\nSET\r\n$5\r\not")
        server.start()
        with Redis.from_url(server.url) as client:
            assert client.get("key") == b"value"


def test_a_server_without_a_folder_leaves_nothing_behind() -> None:
    with EmbeddedRedis(None, append_only=False) as server:
        folder, pid = server.log_path.parent, server.pid
        assert folder.is_dir()
        assert pid
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_nobody_gets_in_without_the_password(tmp_path: Path) -> None:
    with (
        EmbeddedRedis(tmp_path) as server,
        Redis(port=server.port or 0) as client,
        pytest.raises(AuthenticationError),
    ):
        client.ping()


def test_a_server_that_can_not_start_says_why(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    (tmp_path / "appendonlydir").write_text("in the way")
    with pytest.raises(EmbeddedRedisError, match="ended at once"):
        server.start()


@pytest.mark.skipif(sys.platform != "linux", reason="the policy is Linux's")
def test_the_server_does_not_interrupt_who_works(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path, append_only=False) as server:
        assert server.pid is not None
        assert os.sched_getscheduler(server.pid) == os.SCHED_BATCH

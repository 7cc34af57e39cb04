"""Ports are checked before anything is started."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator

import pytest

from shared.launcher.ports import PortTaken, choose_ports, is_free, port_holder
from shared.settings import Settings
from tests.e2e.client import free_ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield listener.getsockname()[1]


def settings(**changes: object) -> Settings:
    producer, worker, dashboard = free_ports(3)
    ports = {"producer_port": producer, "worker_port": worker, "dashboard_port": dashboard}
    return Settings.model_validate({**ports, **changes})


def test_further_workers_get_the_next_free_ports_and_never_anothers() -> None:
    first = settings().worker_port
    chosen = choose_ports(settings(worker_port=first, dashboard_port=first + 1, workers=4))
    assert chosen[0] == first
    assert len(set(chosen)) == 4
    assert first + 1 not in chosen


def test_a_taken_port_is_named_with_its_setting_and_its_holder(taken: int) -> None:
    with pytest.raises(PortTaken, match=f"port {taken} is taken.*PRESSROOM_PRODUCER_PORT") as caught:
        choose_ports(settings(producer_port=taken))
    if sys.platform == "linux":
        assert f"(process {os.getpid()})" in str(caught.value)


def test_two_services_on_one_port_are_refused() -> None:
    with pytest.raises(PortTaken, match="PRESSROOM_PRODUCER_PORT and PRESSROOM_WORKER_PORT are both 7001"):
        choose_ports(settings(producer_port=7001, worker_port=7001))


def test_a_port_that_nobody_has_is_free_and_has_no_holder(taken: int) -> None:
    (port,) = free_ports(1)
    assert is_free("127.0.0.1", port)
    assert port_holder(port) is None
    assert not is_free("127.0.0.1", taken)


def test_a_host_that_is_not_this_machines_is_not_called_a_taken_port() -> None:
    with pytest.raises(PortTaken, match=r"PRESSROOM_HOST: listening on 192\.0\.2\.1 fails"):
        choose_ports(settings(host="192.0.2.1", trusted_network=True))

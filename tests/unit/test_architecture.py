"""The import rules of the design: data flows one way, and each key of the queue has one room."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.settings import CHECKOUT

SERVICES = ("producer", "worker", "scheduler", "dashboard")
PACKAGES = (*SERVICES, "shared")
MODULES = sorted(path for package in PACKAGES for path in (CHECKOUT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    """`worker/render/table.py` → `worker.render`."""
    return ".".join(path.relative_to(CHECKOUT).parent.parts)


def offenders(within: str, forbidden: str) -> list[str]:
    """Modules of a room that import what matches the pattern."""
    return [
        f"{path.relative_to(CHECKOUT)} imports {name}"
        for path in MODULES
        if room(path).startswith(within)
        for name in imported(path)
        if re.match(forbidden, name)
    ]


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 50
    assert "shared.queue.commands" in set(imported(CHECKOUT / "producer" / "app.py"))


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_imports_another(service: str) -> None:
    others = "|".join(name for name in SERVICES if name != service)
    assert offenders(service, rf"({others})(\.|$)") == []


def test_shared_imports_no_service() -> None:
    assert offenders("shared", rf"({'|'.join(SERVICES)})(\.|$)") == []


def test_no_package_imports_tests_or_benchmarks() -> None:
    for package in PACKAGES:
        assert offenders(package, r"(tests|benchmarks)(\.|$)") == []


def test_rendering_knows_neither_redis_nor_the_network_nor_the_settings() -> None:
    network = (
        r"(redis|arq|httpx|urllib\.request|http\.client|socket|fastapi|shared\.(redis|settings|http))(\.|$)"
    )
    assert offenders("worker.render", network) == []
    assert offenders("shared.reports", network) == []


def test_only_the_queue_package_names_job_keys() -> None:
    key = re.compile(
        r"""["'](arq:job:|arq:result:|report:(?:job|log|index|queue|wake|idem|paused|events)\b)"""
    )
    found = [
        str(path.relative_to(CHECKOUT))
        for path in MODULES
        if room(path) != "shared.queue" and not room(path).startswith("shared.queue.")
        if key.search(path.read_text())
    ]
    assert found == []


def test_one_module_reads_the_environment() -> None:
    reading = re.compile(r"os\.(environ\b|getenv\b)")
    found = [str(path.relative_to(CHECKOUT)) for path in MODULES if reading.search(path.read_text())]
    # the launcher passes its own environment on to the services, and reads nothing from it
    allowed = ("shared/environment.py", "shared/launcher/")
    assert [name for name in found if not name.startswith(allowed)] == []


def test_nothing_unpickles() -> None:
    for package in PACKAGES:
        assert offenders(package, r"(pickle|dill|cloudpickle|marshal|shelve)(\.|$)") == []


def test_every_lua_script_has_a_header_and_is_run_by_name() -> None:
    folder = CHECKOUT / "shared" / "queue" / "lua"
    python = "\n".join(path.read_text() for path in (CHECKOUT / "shared" / "queue").rglob("*.py"))
    for script in sorted(folder.glob("[!_]*.lua")):
        head = script.read_text().split("\nlocal ", 1)[0]
        for word in ("-- KEYS", "-- ARGV", "-- Returns"):
            assert word in head, f"{script.name} lacks {word}"
        assert f'"{script.stem}"' in python, f"nobody runs {script.name}"


def test_entrypoints_stay_small() -> None:
    for service in SERVICES:
        assert len((CHECKOUT / service / "__main__.py").read_text().splitlines()) <= 30


@pytest.mark.parametrize("service", SERVICES)
def test_services_start_programs_in_the_way_that_no_lock_of_a_thread_can_stop(service: str) -> None:
    pattern = re.compile(
        r"create_subprocess_|subprocess_exec|subprocess\.(Popen|run|call|check_)|os\.(system|popen|spawn)"
    )
    found = [path for path in MODULES if room(path).startswith(service) and pattern.search(path.read_text())]
    assert found == []

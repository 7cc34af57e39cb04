"""The ways to hurt the stack. Each is a context: entered, the fault is there; left, its cause is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from typing import Final

from tests.e2e.faults.scene import Body, FaultKind, NotNow, Scene
from tests.e2e.faults.volume import CantRemount

#: every kind, by name
FAULTS: Final[dict[str, FaultKind]] = {}

#: nobody listens there
DEAD_PORT = "9"
WRONG_PASSWORD = "not-the-password"


def fault(
    lane: str, low: float = 0.0, high: float = 0.0, *, needs_mount: bool = False
) -> Callable[[Body], FaultKind]:
    """Registers a fault of a lane that lasts `low` to `high` seconds."""

    def register(body: Body) -> FaultKind:
        name = body.__name__.replace("_", "-")
        kind = FaultKind(name, lane, (low, high), contextlib.asynccontextmanager(body), needs_mount)
        FAULTS[name] = kind
        return kind

    return register


# --- processes ----------------------------------------------------------------------------------------------


@fault("processes")
async def worker_killed(scene: Scene) -> AsyncIterator[str]:
    worker = scene.any_worker()
    scene.cluster.kill(worker)
    yield worker.name


@fault("processes", 3.5, 6.0)
async def worker_frozen(scene: Scene) -> AsyncIterator[str]:
    """A zombie: it wakes up after its lease and goes on as if nothing had happened."""
    worker = scene.any_worker()
    async with scene.cluster.frozen(worker.pid):
        yield worker.name


@fault("processes", 3.5, 6.0)
async def worker_cut_off(scene: Scene) -> AsyncIterator[str]:
    """Its network goes dark for longer than its lease; then everything that was on its way arrives, late."""
    worker = scene.any_worker()
    assert worker.link is not None
    async with worker.link.dark():
        yield worker.name


@fault("processes", 0.5, 2.0)
async def answers_to_worker_lost(scene: Scene) -> AsyncIterator[str]:
    worker = scene.any_worker()
    assert worker.link is not None
    async with worker.link.without_replies():
        yield worker.name


@fault("processes", 0.5, 2.0)
async def answers_to_producer_lost(scene: Scene) -> AsyncIterator[str]:
    """Redis takes jobs in, and no client is told."""
    link = scene.cluster.producer.link
    assert link is not None
    async with link.without_replies():
        yield "producer"


@fault("processes")
async def worker_terminated(scene: Scene) -> AsyncIterator[str]:
    worker = scene.any_worker()
    scene.cluster.terminate(worker)
    yield worker.name


@fault("processes", 0.2, 1.0)
async def all_workers_killed(scene: Scene) -> AsyncIterator[str]:
    for worker in scene.cluster.workers:
        scene.cluster.kill(worker)
    yield "all"


@fault("processes")
async def child_killed(scene: Scene) -> AsyncIterator[str]:
    """What the kernel does when memory runs out."""
    pid = scene.any_child()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    yield "a child"


@fault("processes", 1.0, 4.0)
async def child_frozen(scene: Scene) -> AsyncIterator[str]:
    async with scene.cluster.frozen(scene.any_child()):
        yield "a child"


@fault("processes")
async def scheduler_killed(scene: Scene) -> AsyncIterator[str]:
    scheduler = scene.rng.choice(scene.cluster.schedulers)
    scene.cluster.kill(scheduler)
    yield scheduler.name


@fault("processes", 2.0, 5.0)
async def scheduler_frozen(scene: Scene) -> AsyncIterator[str]:
    scheduler = scene.rng.choice(scene.cluster.schedulers)
    async with scene.cluster.frozen(scheduler.pid):
        yield scheduler.name


@fault("processes")
async def producer_killed(scene: Scene) -> AsyncIterator[str]:
    scene.cluster.kill(scene.cluster.producer)
    yield "producer"


@fault("processes", 1.0, 3.0)
async def producer_frozen(scene: Scene) -> AsyncIterator[str]:
    async with scene.cluster.frozen(scene.cluster.producer.pid):
        yield "producer"


@fault("processes")
async def dashboard_killed(scene: Scene) -> AsyncIterator[str]:
    scene.cluster.kill(scene.cluster.dashboard)
    yield "dashboard"


@fault("processes", 1.0, 3.0)
async def queue_paused(scene: Scene) -> AsyncIterator[str]:
    """Not a fault in itself; nothing may be claimed meanwhile, whatever else goes on."""
    await scene.switch_queue("pause")
    try:
        yield "queue"
    finally:
        await scene.switch_queue("resume")


# --- Redis --------------------------------------------------------------------------------------------------


@fault("redis", 0.2, 3.0)
async def redis_killed(scene: Scene) -> AsyncIterator[str]:
    """Started again on its append-only file."""
    scene.cluster.redis.kill()
    try:
        yield "redis"
    finally:
        scene.cluster.redis.spawn()
        await asyncio.to_thread(scene.cluster.redis.wait_ready)


@fault("redis", 3.5, 7.0)
async def redis_frozen(scene: Scene) -> AsyncIterator[str]:
    pid = scene.cluster.redis.pid
    assert pid is not None
    async with scene.cluster.frozen(pid):
        yield "redis"


@fault("redis")
async def connections_cut(scene: Scene) -> AsyncIterator[str]:
    killed = await scene.admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    yield f"{killed} connections"


@fault("redis", 1.0, 4.0)
async def redis_out_of_memory(scene: Scene) -> AsyncIterator[str]:
    await scene.admin.config_set("maxmemory", "1mb")
    try:
        yield "maxmemory 1mb"
    finally:
        await scene.admin.config_set("maxmemory", "0")


@fault("redis", 1.0, 4.0)
async def redis_read_only(scene: Scene) -> AsyncIterator[str]:
    """As after a failover: this server is a replica now."""
    await scene.admin.execute_command("REPLICAOF", "127.0.0.1", DEAD_PORT)
    try:
        yield "replicaof"
    finally:
        await scene.admin.execute_command("REPLICAOF", "NO", "ONE")


@fault("redis", 1.0, 4.0)
async def redis_without_replicas(scene: Scene) -> AsyncIterator[str]:
    await scene.admin.config_set("min-replicas-to-write", "1")
    try:
        yield "min-replicas-to-write 1"
    finally:
        await scene.admin.config_set("min-replicas-to-write", "0")


@fault("redis")
async def scripts_flushed(scene: Scene) -> AsyncIterator[str]:
    await scene.admin.script_flush()
    yield "all scripts"


@fault("redis", 1.0, 4.0)
async def password_changed(scene: Scene) -> AsyncIterator[str]:
    """Everybody has to log in again, with a password that is wrong for a while."""
    right = (await scene.admin.config_get("requirepass"))["requirepass"]
    await scene.admin.config_set("requirepass", WRONG_PASSWORD)
    await scene.admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    try:
        yield "requirepass"
    finally:
        await scene.admin.config_set("requirepass", right)


# --- storage ------------------------------------------------------------------------------------------------


@fault("storage", 1.0, 3.0, needs_mount=True)
async def volume_full(scene: Scene) -> AsyncIterator[str]:
    async with scene.cluster.volume.full():
        yield "ENOSPC"


@fault("storage", 1.0, 3.0, needs_mount=True)
async def volume_read_only(scene: Scene) -> AsyncIterator[str]:
    try:
        async with scene.cluster.volume.read_only():
            yield "EROFS"
    except CantRemount:
        raise NotNow("a file was open for writing at every try") from None


@fault("storage", 1.0, 3.0)
async def volume_slow(scene: Scene) -> AsyncIterator[str]:
    scene.cluster.slow_flag.touch()
    try:
        yield "slow fsync"
    finally:
        scene.cluster.slow_flag.unlink()


@fault("storage")
async def torn_file_left(scene: Scene) -> AsyncIterator[str]:
    """Half a PDF, as a worker leaves it that dies in mid-write, and as a copy between file systems does."""
    folder, torn = scene.cluster.volume.folder, f"torn{scene.rng.randrange(10**9)}"
    for place in (f".tmp/{torn}.1.pdf", f".test-{torn}-f1.pdf.1", f"test-{torn}-f1.pdf"):
        path = folder / place
        path.write_bytes(b"%PDF-1.7\nhalf of it")
        os.utime(path, (0, 0))  # as if it had been there for long
    yield torn


@fault("storage")
async def pdf_deleted(scene: Scene) -> AsyncIterator[str]:
    name = scene.any_pdf()
    scene.destroyed.append(name)
    (scene.cluster.volume.folder / name).unlink()
    yield name


@fault("storage")
async def pdf_damaged(scene: Scene) -> AsyncIterator[str]:
    """One byte of it is another one, or its end is missing."""
    name = scene.any_pdf()
    path = scene.cluster.volume.folder / name
    scene.destroyed.append(name)
    content = bytearray(path.read_bytes())
    if scene.rng.random() < 0.5:
        content[scene.rng.randrange(len(content))] ^= 0x20
    else:
        del content[len(content) // 2 :]
    path.write_bytes(content)
    yield name

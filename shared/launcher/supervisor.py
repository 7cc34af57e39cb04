"""The life of the whole stack: Redis first, then the services; the services end first, then Redis."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from shared.errors import QueueUnavailable
from shared.launcher.banner import banner
from shared.launcher.embedded_redis import EmbeddedRedis, EmbeddedRedisError
from shared.launcher.output import COLOURS, Terminal
from shared.launcher.processes import Keeper
from shared.launcher.services import Service, local_url, shared_env
from shared.launcher.signals import on_stop_signals
from shared.redis import connect, unavailable_on_redis_errors
from shared.settings import Settings

REDIS_POLL_SECONDS = 0.2
REDIS_BACKOFF_SECONDS = 0.5
MAX_REDIS_FAILURES = 4
#: services get this long on top of their own grace before they are killed
STOP_MARGIN_SECONDS = 5.0
SLOW_START_SECONDS = 20.0


class Supervisor:
    """Runs the services until a signal comes or one of them can't be kept alive."""

    def __init__(
        self,
        settings: Settings,
        services: list[Service],
        data_dir: Path,
        redis: EmbeddedRedis | None,
        terminal: Terminal,
    ) -> None:
        self._settings = settings
        self._redis = redis
        self._data_dir = data_dir
        self._terminal = terminal
        self._services = services
        self._keepers: list[Keeper] = []
        self._signals = 0
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Returns after a signal, with everything stopped.

        Raises:
            PressroomError: Redis or a service could not be kept running; everything is stopped.
        """
        on_stop_signals(self._on_signal)
        try:
            redis_url = await self._start_redis()
            if not self._stop.is_set():
                await self._run_services(redis_url)
        finally:
            if self._redis is not None:
                await asyncio.to_thread(self._redis.stop)
                (self._data_dir / "redis-url").unlink(missing_ok=True)

    async def _run_services(self, redis_url: str) -> None:
        env = shared_env(self._settings, redis_url, str(self._data_dir), self._terminal.colour)
        self._keepers = [self._keeper(number, service, env) for number, service in enumerate(self._services)]
        keeping = [asyncio.create_task(keeper.keep_running()) for keeper in self._keepers]
        helpers = [asyncio.create_task(self._greet())]
        watched = [*keeping, asyncio.create_task(self._stop.wait())]
        if self._redis is not None:
            watched.append(asyncio.create_task(self._keep_redis(self._redis)))
        try:
            done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            failures = [error for task in done if (error := task.exception()) is not None]
        finally:
            for task in [*helpers, *watched[len(keeping) :]]:
                task.cancel()
            await self._stop_services(keeping)
        if failures:
            raise failures[0]

    def _keeper(self, number: int, service: Service, env: dict[str, str]) -> Keeper:
        url = None if service.port is None else local_url(self._settings, service.port)
        return Keeper(service, env, url, self._terminal, COLOURS[number % len(COLOURS)])

    async def _stop_services(self, keeping: list[asyncio.Task[None]]) -> None:
        self._terminal.say(
            f"Stopping: running jobs have {self._settings.grace_seconds:g} s to finish. "
            "Ctrl-C again does not wait for them."
        )
        for keeper in self._keepers:
            keeper.ask_to_stop()
        ending: asyncio.Future[Any] = asyncio.gather(*keeping, return_exceptions=True)
        hurry: asyncio.Future[Any] = asyncio.create_task(self._hurry.wait())
        grace_seconds = self._settings.grace_seconds + STOP_MARGIN_SECONDS
        await asyncio.wait({ending, hurry}, timeout=grace_seconds, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not ending.done():
            self._terminal.say("Not waiting any longer.")
            for keeper in self._keepers:
                keeper.kill()
        await ending

    def _on_signal(self) -> None:
        self._signals += 1
        self._stop.set()
        if self._signals > 1:
            self._hurry.set()

    async def _start_redis(self) -> str:
        if self._redis is None:
            await self._try_given_redis()
            return self._settings.redis_url
        self._redis.spawn()
        await self._redis_answers(self._redis)
        address = self._data_dir / "redis-url"
        address.touch(mode=0o600)
        address.write_text(f"{self._redis.url}\n")
        return self._redis.url

    async def _try_given_redis(self) -> None:
        """Says so when it does not answer; the services wait for it."""
        client = connect(self._settings, "pressroom:launcher", max_connections=1)
        try:
            with unavailable_on_redis_errors():
                await client.ping()
        except (QueueUnavailable, RedisError) as error:
            self._terminal.say(f"REDIS_URL: {error}\nThe services wait for it.")
        finally:
            await client.aclose()

    async def _redis_answers(self, redis: EmbeddedRedis) -> None:
        """Waits until it answers or a signal comes: loading much data takes a while."""
        waiting = asyncio.create_task(asyncio.to_thread(redis.wait_ready))
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait({waiting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self._stop.is_set() and not waiting.done():
            redis.kill()  # ends the waiting thread; nothing was written yet
            await asyncio.gather(waiting, return_exceptions=True)
            return
        await waiting

    async def _keep_redis(self, redis: EmbeddedRedis) -> None:
        """Starts Redis again on the same port when it ends; the services reconnect by themselves."""
        while True:
            if redis.is_alive:
                await asyncio.sleep(REDIS_POLL_SECONDS)
                continue
            self._terminal.say("Redis ended; starting it again")
            for failure in range(1, MAX_REDIS_FAILURES + 1):
                try:
                    redis.spawn()
                    await self._redis_answers(redis)
                    break
                except EmbeddedRedisError:
                    if failure == MAX_REDIS_FAILURES:
                        raise
                    await asyncio.sleep(REDIS_BACKOFF_SECONDS * 2**failure)

    async def _greet(self) -> None:
        """Prints the banner once everything is ready; says what is missing when that takes long."""
        try:
            await asyncio.wait_for(self._all_ready(), SLOW_START_SECONDS)
        except TimeoutError:
            missing = ", ".join(keeper.service.name for keeper in self._keepers if not keeper.ready.is_set())
            self._terminal.say(f"Still waiting for: {missing}")
            await self._all_ready()
        urls = [
            local_url(self._settings, service.port)
            for service in self._services
            if service.module == "worker" and service.port is not None
        ]
        self._terminal.say(banner(self._settings, urls, self._redis_words()))

    async def _all_ready(self) -> None:
        for keeper in self._keepers:
            await keeper.ready.wait()

    def _redis_words(self) -> str:
        if self._redis is None:
            return "yours, from REDIS_URL"
        return f"embedded, its address is in {self._data_dir / 'redis-url'}"

"""One client in a process of its own: `python -m benchmarks.a2a.worker NAME URL`.

Reads commands from standard input and prints one line of JSON for each, as `benchmarks.worker`.
contestants/js10.mjs does the same in JavaScript.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.a2a.contestants import CONTESTANTS
from benchmarks.a2a.contestants.client import Client

Answer = dict[str, Any]
TICK = 0.001


class Stopwatch:
    """Wall time and the CPU time of all threads of this process."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def read(self) -> Answer:
        return {
            "seconds": time.perf_counter() - self._wall,
            "cpu": time.process_time() - self._cpu,
        }


async def tick(worst: list[float]) -> None:
    """Sleeps again and again; by how much the loop overslept goes into `worst`."""
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(TICK)
        worst[0] = max(worst[0], loop.time() - before - TICK)


class Worker:
    """Each public method is a command; arguments and answers are JSON."""

    def __init__(self, name: str, server: str) -> None:
        entry = CONTESTANTS[name]
        module = importlib.import_module(f"benchmarks.a2a.contestants.{entry.module}")
        self._make: Callable[[], Client] = module.Contestant
        self._server = server

    @asynccontextmanager
    async def _client(self, path: str, connections: int = 1) -> AsyncIterator[Client]:
        client = self._make()
        await client.open(f"{self._server}/{client.dialect}/{path}", connections)
        try:
            yield client
        finally:
            await client.close()

    async def stream(self, events: int) -> Answer:
        """One stream, as fast as it can be read."""
        async with self._client(f"stream/{events}") as client:
            watch = Stopwatch()
            count = await client.stream()
            return {**watch.read(), "events": checked(count, events)}

    async def many(self, streams: int, events: int) -> Answer:
        """Streams side by side."""
        async with self._client(f"stream/{events}", streams) as client:
            watch = Stopwatch()
            counts = await asyncio.gather(*(client.stream() for _ in range(streams)))
            found = watch.read()
        return {**found, "events": checked(sum(counts), streams * events)}

    async def send(self, calls: int) -> Answer:
        """Round trips, one after the other on one connection."""
        clock, took = time.perf_counter_ns, []
        async with self._client("send") as client:
            await client.send()
            watch = Stopwatch()
            for _ in range(calls):
                begin = clock()
                await client.send()
                took.append(clock() - begin)
            return {**watch.read(), "microseconds": [nanos / 1e3 for nanos in took]}

    async def paced(self, events: int, microseconds: int) -> Answer:
        """One stream at a pace; the loop has nothing else to do."""
        async with self._client(f"paced/{events}/{microseconds}") as client:
            watch = Stopwatch()
            count = await client.stream()
            return {**watch.read(), "events": checked(count, events)}

    async def lag(self, events: int, microseconds: int) -> Answer:
        """How late the loop is beside such a stream, and beside nothing."""
        idle, busy = [0.0], [0.0]
        ticker = asyncio.create_task(tick(idle))
        await asyncio.sleep(events * microseconds / 1e6)
        ticker.cancel()
        async with self._client(f"paced/{events}/{microseconds}") as client:
            ticker = asyncio.create_task(tick(busy))
            await client.stream()
            ticker.cancel()
        return {"idle_ms": 1e3 * idle[0], "busy_ms": 1e3 * busy[0]}


def checked(count: int, wanted: int) -> int:
    if count != wanted:
        raise ValueError(f"{count} events came, not {wanted}")
    return count


def loop_factory(name: str) -> Callable[[], asyncio.AbstractEventLoop]:
    if name == "uvloop":
        made: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module(name).new_event_loop
        return made
    return asyncio.new_event_loop


def main() -> None:
    name, server = sys.argv[1:]
    worker = Worker(name, server)
    with asyncio.Runner(loop_factory=loop_factory(CONTESTANTS[name].loop)) as runner:
        print(json.dumps({}), flush=True)
        for line in sys.stdin:
            command = json.loads(line)
            answer = runner.run(getattr(worker, command["do"])(**command["with"]))
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

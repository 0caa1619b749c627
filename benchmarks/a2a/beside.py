"""One loop reads a stream beside two searches: `beside.py LOOP URL ROWS EVENTS ROUNDS`.

Each search is one call that keeps one thread busy; the stream is paced, so that it takes about as
long. In every round each of the three runs alone, then all three, then nothing but the ticker.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np

import ruvector
from benchmarks.a2a.contestants.ours import Contestant
from benchmarks.a2a.worker import loop_factory, tick

DIM = 1_024
RERANK = 1_000
STREAM_SECONDS = 0.5


def make_lake(rows: int) -> tuple[ruvector.RuLake, Any]:
    """A cached collection, and two queries."""
    vectors = np.random.default_rng(1).standard_normal((rows, DIM), dtype=np.float32)
    backend = ruvector.LocalBackend("hot")
    backend.upsert("docs", ids=np.arange(rows, dtype=np.uint64), vectors=vectors)
    lake = ruvector.RuLake()
    lake.register_backend(backend)
    lake.search_one("docs", vectors[0], k=1)
    return lake, vectors[:2].copy()


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


class Round:
    """The three that run alone and together."""

    def __init__(self, lake: ruvector.RuLake, queries: Any, rows: int, client: Contestant) -> None:
        self._lake, self._queries, self._client = lake, queries, client
        # So many candidates that every row is compared exactly: long, and on one thread.
        self._k = max(1, rows // RERANK)

    async def search(self, number: int) -> None:
        query = self._queries[number]
        hits = await self._lake.search_one_async("docs", query, k=self._k, rerank_factor=RERANK)
        if len(hits) != self._k:
            raise ValueError(f"{len(hits)} hits, not {self._k}")

    async def measure(self) -> dict[str, float]:
        stream = await timed(self._client.stream)
        first = await timed(lambda: self.search(0))
        second = await timed(lambda: self.search(1))
        both = await timed(lambda: asyncio.gather(self.search(0), self.search(1)))
        busy, idle = [0.0], [0.0]
        ticker = asyncio.create_task(tick(busy))
        together = await timed(
            lambda: asyncio.gather(self._client.stream(), self.search(0), self.search(1))
        )
        ticker.cancel()
        ticker = asyncio.create_task(tick(idle))
        await asyncio.sleep(together)
        ticker.cancel()
        return {
            "stream": stream,
            "search": min(first, second),
            "both_searches": both,
            "slowest": max(stream, first, second),
            "together": together,
            "busy_ms": 1e3 * busy[0],
            "idle_ms": 1e3 * idle[0],
        }


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    begin = time.perf_counter()
    await work()
    return time.perf_counter() - begin


async def main(url: str, rows: int, events: int, rounds: int) -> dict[str, Any]:
    lake, queries = make_lake(rows)
    pace = round(1e6 * STREAM_SECONDS / events)
    client = Contestant()
    runs = Round(lake, queries, rows, client)
    await runs.search(0)  # starts the runtime's own threads, which the client uses, too
    before_client = threads()
    await client.open(f"{url}/10/paced/{events}/{pace}", 1)
    await client.stream()
    after_stream = threads()
    found = [await runs.measure() for _ in range(rounds)]
    await client.close()
    return {"runs": found, "io_threads": after_stream - before_client, "events": events}


if __name__ == "__main__":
    assert Path("/proc/self/task").is_dir()
    kind, address, *sizes = sys.argv[1:]
    with asyncio.Runner(loop_factory=loop_factory(kind)) as runner:
        print(json.dumps(runner.run(main(address, *map(int, sizes)))))

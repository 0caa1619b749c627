"""How old answers are and how many there are, for each consistency over stores of several costs.

A writer replaces the collection four times a second while clients search. Row 0 is the query, and
its id tells the version, so each answer shows what it was made of. An answer is as stale as the
time between the moment when a newer version was there and the moment of the question; an answer
from the version that was current when it was asked for is not stale at all.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import ruvector
from benchmarks.arrays import Rows

ROWS, DIM = 5_000, 64
CLIENTS = 2
WRITE_EVERY_SECONDS = 0.25
FIRST_ID = 1_000_000  # of row 0 in version 0; above the ids of the other rows
CHECK_SECONDS = 0.005


@dataclass(frozen=True)
class Mode:
    """A consistency as the plot names it."""

    name: str
    consistency: ruvector.Consistency
    ttl_ms: int = 0


MODES = (
    Mode("FRESH", ruvector.Consistency.FRESH),
    *(
        Mode(f"EVENTUAL {ttl_ms} ms", ruvector.Consistency.EVENTUAL, ttl_ms)
        for ttl_ms in (10, 100, 1_000)
    ),
    Mode("FROZEN", ruvector.Consistency.FROZEN),
)


class Store:
    """A collection of which new versions are published; knows when each was there."""

    def __init__(self, backend: Any, write: Callable[[list[int], Rows], object]) -> None:
        self.backend = backend
        self._write = write
        rng = np.random.default_rng(11)
        self._rows = rng.standard_normal((ROWS, DIM), dtype=np.float32)
        self.query = self._rows[0].copy()
        self.since: list[float] = []

    def publish(self) -> None:
        ids = [FIRST_ID + len(self.since), *range(1, ROWS)]
        self._write(ids, self._rows)
        self.since.append(time.perf_counter())

    def staleness(self, version: int, asked: float) -> float:
        """Seconds by which an answer from `version` was behind when it was asked for."""
        newer = version + 1
        if newer >= len(self.since):
            return 0.0
        return max(0.0, asked - self.since[newer])


class Remote(ruvector.BackendAdapter):
    """A store behind a network: each question for the version takes 5 ms."""

    id = "remote"

    def __init__(self) -> None:
        self._now: tuple[int, list[int], Rows] = (0, [], np.empty((0, DIM), np.float32))

    def replace(self, ids: list[int], rows: Rows) -> None:
        self._now = (self._now[0] + 1, ids, rows)

    def list_collections(self) -> list[str]:
        return ["c"]

    def generation(self, collection: str) -> int:
        time.sleep(CHECK_SECONDS)
        return self._now[0]

    def pull_vectors(self, collection: str) -> ruvector.PulledBatch:
        version, ids, rows = self._now
        return ruvector.PulledBatch(ids, rows, version)


@contextmanager
def local_file() -> Iterator[Store]:
    with tempfile.TemporaryDirectory(prefix="ruvector-bench-") as root:
        backend = ruvector.FsBackend("disk", Path(root))
        yield Store(backend, lambda ids, rows: backend.write("c", ids=ids, vectors=rows))


@contextmanager
def remote() -> Iterator[Store]:
    backend = Remote()
    yield Store(backend, backend.replace)


STORES = {
    "file on this machine": local_file,
    f"store whose check takes {1e3 * CHECK_SECONDS:.0f} ms": remote,
}


def point(mode: Mode, store: Store, seconds: float) -> dict[str, Any]:
    builder = ruvector.RuLake.builder().consistency(mode.consistency)
    lake = (builder.ttl_ms(mode.ttl_ms) if mode.ttl_ms else builder).build()
    lake.register_backend(store.backend)
    store.publish()
    lake.search_one("c", store.query, 1)
    behind: list[list[float]] = [[] for _ in range(CLIENTS)]
    start = time.perf_counter()
    end = start + seconds
    backend = store.backend.id

    def client(number: int) -> None:
        mine = behind[number]
        while (asked := time.perf_counter()) < end:
            hit = lake.search_one("c", store.query, 1, backend=backend)[0]
            mine.append(store.staleness(hit.id - FIRST_ID, asked))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    following = start + WRITE_EVERY_SECONDS
    while (now := time.perf_counter()) < end:
        time.sleep(max(0.0, min(following, end) - now))
        if time.perf_counter() < end:
            store.publish()
            following += WRITE_EVERY_SECONDS
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    ages = np.concatenate([np.asarray(ages) for ages in behind])
    stats = lake.cache_stats()
    return {
        "mode": mode.name,
        "qps": len(ages) / took,
        "mean_ms": 1e3 * float(ages.mean()),
        "p99_ms": 1e3 * float(np.percentile(ages, 99)),
        "max_ms": 1e3 * float(ages.max()),
        "stale_part": float((ages > 0).mean()),
        "checks": stats.checks,
        "pulls": stats.pulls,
    }


def staleness(seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """The points of each store, {store: [points]}."""
    points: dict[str, Any] = {}
    for name, opened in STORES.items():
        points[name] = []
        for mode in MODES:
            with opened() as store:
                points[name].append(point(mode, store, seconds))
            last = points[name][-1]
            say(f"{name}, {mode.name}: {last['qps']:,.0f} q/s, p99 {last['p99_ms']:,.1f} ms stale")
    return points

"""Latency of one query per call, and throughput of a batch."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from benchmarks.arrays import Rows
    from benchmarks.peers.peer import Peer


@dataclass(frozen=True)
class Latency:
    """One pass over the queries, one call each; microseconds."""

    p50_us: float
    p99_us: float
    qps: float
    queries: int

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def measure_latency(peer: Peer, queries: Rows, budget_seconds: float) -> tuple[Latency, list[Any]]:
    """Times each call alone; stops after `budget_seconds`, but never below 30 queries.

    Returns the raw results too: what they name is worked out after the clock has stopped.
    """
    inputs = [peer.as_query(query) for query in queries]
    clock = time.perf_counter_ns
    search = peer.search
    search(inputs[0])
    took: list[int] = []
    results: list[Any] = []
    deadline = clock() + int(budget_seconds * 1e9)
    for query in inputs:
        start = clock()
        result = search(query)
        end = clock()
        took.append(end - start)
        results.append(result)
        if end > deadline and len(took) >= 30:
            break
    micros = np.asarray(took, dtype=np.float64) / 1e3
    p50, p99 = np.percentile(micros, [50, 99])
    return Latency(float(p50), float(p99), 1e6 / float(micros.mean()), len(took)), results


def measure_batch(peer: Peer, queries: Rows) -> tuple[float, Any]:
    """Queries per second of one call with all `queries`, and its raw result."""
    start = time.perf_counter()
    result = peer.search_batch(queries)
    return len(queries) / (time.perf_counter() - start), result


def stream_seconds(byte_count: int, passes: int = 15) -> float:
    """The time one thread needs to read `byte_count` bytes once, the best of `passes`.

    numpy's maximum over 64-bit integers does next to nothing per byte, so this is the speed of
    memory (or of the cache that the bytes fit in).
    """
    block = np.ones(max(1, byte_count // 8), np.int64)
    best = float("inf")
    for _ in range(passes):
        start = time.perf_counter()
        block.max()
        best = min(best, time.perf_counter() - start)
    return best

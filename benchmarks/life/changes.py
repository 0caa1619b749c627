"""An index that was changed beside one that was built from the same rows, in the same process."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import ruvector
from benchmarks.arrays import Distances, Ids, Rows
from benchmarks.datasets import Prepared
from benchmarks.truth import exact_neighbours, recall

K = 10
ASKED = (0.9, 0.95, 0.99)
CENTRES = 10  # that rows are ordered by
Say = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    batches: int = 36
    rounds: int = 7
    queries: int = 1_000


QUICK = Effort(batches=9, rounds=2, queries=100)


def suitable_lists(rows: int) -> int:
    """What "auto" takes where it divides; it does not divide a tenth of these sets."""
    return int(2 * np.sqrt(rows))


def by_cluster(base: Rows) -> Ids:
    """An order in which clusters come one after another: late rows lie where early ones do not."""
    rng = np.random.default_rng(11)
    centres = base[rng.choice(len(base), CENTRES, replace=False)]
    nearest = np.empty(len(base), np.int64)
    for start in range(0, len(base), 10_000):
        block = base[start : start + 10_000]
        distances = (centres**2).sum(axis=1) - 2 * (block @ centres.T)
        nearest[start : start + 10_000] = distances.argmin(axis=1)
    return np.argsort(nearest, kind="stable")


def at_random(base: Rows) -> Ids:
    return np.random.default_rng(12).permutation(len(base))


ORDERS: dict[str, Callable[[Rows], Ids]] = {"random": at_random, "by cluster": by_cluster}


def build(base: Rows, ids: Ids) -> Any:
    return ruvector.RabitqPlusIndex.build(
        base[ids], ids=ids.astype(np.uint64), partitions=suitable_lists(len(ids))
    )


def grow(base: Rows, order: Ids, batches: int) -> tuple[Any, dict[str, float]]:
    """From a tenth of the rows to all of them, and what that took."""
    first = len(base) // 10
    index = build(base, order[:first])
    longest = total = 0.0
    for batch in np.array_split(order[first:], batches):
        start = time.perf_counter()
        index.add_batch(batch.astype(np.uint64), base[batch])
        took = time.perf_counter() - start
        total, longest = total + took, max(longest, took)
    return index, {"seconds": total, "longest_call_seconds": longest}


def search_all(index: Any, queries: Rows, asked: float) -> tuple[float, list[Ids]]:
    """The p50 in microseconds of one query a call, and what was found."""
    took, found = [], []
    for query in queries:
        start = time.perf_counter_ns()
        hits = index.search(query, K, recall=asked, threads=1)
        took.append(time.perf_counter_ns() - start)
        found.append(np.array([hit.id for hit in hits], np.int64))
    return float(np.median(took)) / 1e3, found


def compare(
    changed: Any, fresh: Any, base: Rows, queries: Rows, truth: Distances, rounds: int
) -> list[dict[str, float]]:
    """Both in turn, on one core; ratios are of passes that follow each other."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        return [_compare_at(asked, changed, fresh, base, queries, truth, rounds) for asked in ASKED]
    finally:
        os.sched_setaffinity(0, allowed)


def _compare_at(
    asked: float, changed: Any, fresh: Any, base: Rows, queries: Rows, truth: Distances, rounds: int
) -> dict[str, float]:
    times: dict[str, list[float]] = {"changed": [], "fresh": []}
    found: dict[str, list[Ids]] = {}
    indexes = {"changed": changed, "fresh": fresh}
    for number in range(rounds + 1):  # the first warms up
        for name in sorted(indexes, reverse=number % 2 == 1):
            micros, found[name] = search_all(indexes[name], queries, asked)
            if number > 0:
                times[name].append(micros)
    return {
        "asked": asked,
        **{f"{name}_recall": recall(base, queries, truth, found[name], K) for name in indexes},
        **{f"{name}_us": min(times[name]) for name in indexes},
        "ratio": statistics.median(
            a / b for a, b in zip(times["changed"], times["fresh"], strict=True)
        ),
    }


def life(data: Prepared, order_name: str, effort: Effort, say: Say) -> dict[str, Any]:
    """One index through growth and removal, compared after each."""
    base, queries = data.base, data.queries[: effort.queries]
    order = ORDERS[order_name](base)
    index, grown = grow(base, order, effort.batches)
    say(f"grown in {grown['seconds']:.1f} s, the longest call {grown['longest_call_seconds']:.2f}")
    start = time.perf_counter()
    fresh = build(base, np.arange(len(base)))
    result: dict[str, Any] = {"growth": grown, "build_seconds": time.perf_counter() - start}
    truth = data.truth_distances[: effort.queries]
    result["grown"] = {
        "rows": len(index),
        "lists": index.partitions,
        "fresh_lists": fresh.partitions,
        "points": compare(index, fresh, base, queries, truth, effort.rounds),
    }
    say("grown is compared")

    shuffled = np.random.default_rng(13).permutation(len(base))
    gone, left = shuffled[: len(base) // 2], np.sort(shuffled[len(base) // 2 :])
    start = time.perf_counter()
    for batch in np.array_split(gone, effort.batches):
        index.remove(batch.astype(np.uint64))
    result["removal"] = {"seconds": time.perf_counter() - start}
    fresh = build(base, left)
    _, truth = exact_neighbours(base[left], queries, K)
    result["halved"] = {
        "rows": len(index),
        "lists": index.partitions,
        "fresh_lists": fresh.partitions,
        "points": compare(index, fresh, base, queries, truth, effort.rounds),
    }
    say("halved is compared")
    return result

"""Our side, in a process of its own: `python -m benchmarks.large.ours MODE ...` prints JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import ruvector
from benchmarks.large.paging import cpu_seconds, mapped_bytes, own_bytes, page_ins
from benchmarks.large.passes import timed_passes
from benchmarks.timing.memory import resident_bytes

K = 10
ASKED = (0.9, 0.95, 0.97, 0.98, 0.99)
ASKED_COLD = 0.97
COLD_QUERIES = 100

Answer = dict[str, Any]


def build(base: str, index_file: str, threads: str) -> Answer:
    """From the mapped `.npy` to a file; how much memory of its own the process took for it."""
    rows = np.load(base, mmap_mode="r")
    before = most = resident_bytes()

    def watch(_done: int, _total: int) -> None:
        nonlocal most
        most = max(most, own_bytes())

    start, cpu = time.perf_counter(), cpu_seconds()
    index = ruvector.RabitqPlusIndex.build_from(
        rows, rows="mapped", partitions="auto", bits=1, threads=int(threads), progress=watch
    )
    built, built_cpu = time.perf_counter() - start, cpu_seconds() - cpu
    kept = resident_bytes() - before
    start = time.perf_counter()
    index.save(index_file)
    return {
        "build_seconds": built,
        "build_cpu_seconds": built_cpu,
        "save_seconds": time.perf_counter() - start,
        "file_bytes": Path(index_file).stat().st_size,
        "most_bytes": max(most - before, kept),
        "kept_bytes": kept,
        "lists": index.partitions,
        "regions": index.memory_usage(),
    }


def cold(index_file: str, queries: str) -> Answer:
    """Searches of a file that is not in the page cache, each for the first time."""
    asked = list(np.load(queries))
    own, mapped = resident_bytes(), mapped_bytes()
    start = time.perf_counter()
    index = ruvector.RabitqPlusIndex.load(index_file)
    loaded = time.perf_counter() - start
    load_page_ins = page_ins()
    times, faults, read = [], [], []
    for query in asked[:COLD_QUERIES]:
        before = page_ins()
        start = time.perf_counter()
        index.search(query, K, recall=ASKED_COLD, threads=1)
        times.append(time.perf_counter() - start)
        after = page_ins()
        faults.append(after[0] - before[0])
        read.append(after[1] - before[1])
    for query in asked:
        index.search(query, K, recall=ASKED_COLD, threads=1)
    return {
        "asked": ASKED_COLD,
        "load_ms": 1e3 * loaded,
        "load_faults": load_page_ins[0],
        "query_ms": [1e3 * seconds for seconds in times],
        "query_faults": faults,
        "query_read_bytes": read,
        "queries_so_far": len(asked),
        "own_bytes": resident_bytes() - own,
        "mapped_bytes": mapped_bytes() - mapped,
    }


def warm(index_file: str, queries: str) -> Answer:
    """Searches of what is in memory, over the recall that is asked for."""
    asked = list(np.load(queries))
    index = ruvector.RabitqPlusIndex.load(index_file)
    points = []
    for recall in ASKED:

        def search(query: Any, recall: float = recall) -> Any:
            return index.search(query, K, recall=recall, threads=1)

        times, found = timed_passes(search, asked)
        _, _, stats = index.search_batch(np.stack(asked), K, recall=recall, threads=1, stats=True)
        read = {
            name: getattr(stats, name) / len(asked)
            for name in ("lists_visited", "codes_scanned", "codes_refined", "rows_read")
        }
        ids = [[hit.id for hit in hits] for hits in found]
        points.append({"setting": f"recall={recall}", "p50_us": times, "ids": ids, "read": read})
    return {"points": points, "threads": len(os.sched_getaffinity(0))}


MODES: dict[str, Callable[..., Answer]] = {"build": build, "cold": cold, "warm": warm}

if __name__ == "__main__":
    print(json.dumps(MODES[sys.argv[1]](*sys.argv[2:])))

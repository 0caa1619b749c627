"""hnswlib, in a process of its own: `python -m benchmarks.large.graph MODE ...` prints JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.large.paging import cpu_seconds
from benchmarks.large.passes import timed_passes
from benchmarks.peers.hnswlib import Graph
from benchmarks.timing.memory import resident_bytes

K = 10

Answer = dict[str, Any]


def build(base: str, index_file: str, threads: str) -> Answer:
    graph = Graph(np.load(base, mmap_mode="r"), int(threads))
    before = resident_bytes()
    start, cpu = time.perf_counter(), cpu_seconds()
    graph.build()
    built, built_cpu = time.perf_counter() - start, cpu_seconds() - cpu
    kept = resident_bytes() - before
    graph.save(Path(index_file))
    return {
        "build_seconds": built,
        "build_cpu_seconds": built_cpu,
        "kept_bytes": kept,
        "version": graph.version(),
    }


def warm(base: str, index_file: str, queries: str) -> Answer:
    graph = Graph(np.load(base, mmap_mode="r"), 1)
    graph.load(Path(index_file))
    asked = [graph.as_query(query) for query in np.load(queries)]
    points = []
    for setting in graph.settings(K):
        graph.apply(setting, K)
        times, found = timed_passes(graph.search, asked)
        ids = [graph.ids(result)[0].tolist() for result in found]
        points.append({"setting": f"ef={setting['ef']}", "p50_us": times, "ids": ids})
    return {"points": points}


MODES: dict[str, Callable[..., Answer]] = {"build": build, "warm": warm}

if __name__ == "__main__":
    print(json.dumps(MODES[sys.argv[1]](*sys.argv[2:])))

"""How well and how fast an index answers."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ruvector import _native
from ruvector.index import AnyIndex, FlatF32Index

_WARM_UP = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: recall against exact search, and times."""

    k: int
    queries: int
    recall: float
    """Of the k true neighbours of each query, the part that was found."""
    threads: int
    """Of the single queries."""
    p50_us: float
    p99_us: float
    batch_threads: int
    batch_queries_per_s: float


def measure(
    index: AnyIndex,
    exact: FlatF32Index,
    queries: NDArray[np.float32],
    k: int,
    *,
    threads: int,
    search: Mapping[str, Any],
) -> Measured:
    """Search for each query alone, then for all at once, and compare with the exact answers.
    ``search`` are further arguments of the index's searches.
    """
    k = min(k, len(index))
    truth, _ = exact.search_batch(queries, k)
    for query in queries[:_WARM_UP]:
        index.search(query, k, threads=threads, **search)
    found, times = [], []
    for query in queries:
        start = time.perf_counter_ns()
        hits = index.search(query, k, threads=threads, **search)
        times.append((time.perf_counter_ns() - start) / 1e3)
        found.append({hit.id for hit in hits})
    common = sum(len(ids & set(row)) for ids, row in zip(found, truth.tolist(), strict=True))
    start = time.perf_counter_ns()
    index.search_batch(queries, k, **search)
    batch_seconds = (time.perf_counter_ns() - start) / 1e9
    return Measured(
        k=k,
        queries=len(queries),
        recall=common / truth.size,
        threads=threads,
        p50_us=float(np.percentile(times, 50)),
        p99_us=float(np.percentile(times, 99)),
        batch_threads=_native.num_threads(),
        batch_queries_per_s=len(queries) / batch_seconds,
    )


def machine() -> dict[str, Any]:
    """What the figures were measured on; nothing that names the host."""
    features = _native.cpu_features()
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "simd": features.simd_level,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "ruvector": _native.__version__,
    }


def _cpu_name() -> str:
    file = Path("/proc/cpuinfo")
    if file.is_file():
        for line in file.read_text("utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()

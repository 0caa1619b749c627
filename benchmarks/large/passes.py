"""How single queries are timed here, ours and the others' alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

PASSES = 3


def timed_passes(search: Callable[[Any], Any], queries: list[Any]) -> tuple[list[float], list[Any]]:
    """The median microseconds of a query in each of some passes, and what each query found.

    One pass comes first that is not timed.
    """
    found = [search(query) for query in queries]
    medians = []
    clock = time.perf_counter_ns
    for _ in range(PASSES):
        times = []
        for query in queries:
            begin = clock()
            search(query)
            times.append(clock() - begin)
        medians.append(statistics.median(times) / 1e3)
    return medians, found

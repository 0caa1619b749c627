"""The process in which one library runs: reads commands from stdin, answers on stdout.

Both are lines of JSON. It lives as long as its case, so that passes of different libraries can
take turns. Run as `python -m benchmarks.worker JOB`, where JOB is the JSON of a `session.Job`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.datasets import Prepared
from benchmarks.timing.measure import measure_batch, measure_latency, stream_seconds
from benchmarks.timing.memory import resident_bytes
from benchmarks.truth import recall


def pin(threads: int) -> None:
    """Keeps the process on as many cores as it has threads, so that none uses more in secret."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-threads:])


class Worker:
    """Answers commands about one peer; each public method is one command."""

    def __init__(self, peer: str, folder: str, threads: int) -> None:
        data = Prepared(Path(folder))
        self.base, self.queries, self.truth = data.base, data.queries, data.truth_distances
        self.base.max()  # brings every page in before anything is timed
        self.peer = peers.create(peer, self.base, threads)

    def build(self) -> dict[str, Any]:
        before = resident_bytes()
        start = time.perf_counter()
        self.peer.build()
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "rss_growth": resident_bytes() - before}

    def describe(self) -> dict[str, Any]:
        facts = {"version": self.peer.version(), "bytes": self.peer.index_bytes()}
        return {**facts, "has_batch": self.peer.has_batch}

    def settings(self, k: int) -> list[dict[str, Any]]:
        return self.peer.settings(k)

    def latency(self, k: int, setting: dict[str, Any], queries: int, budget: float) -> Any:
        self.peer.apply(setting, k)
        timing, _ = measure_latency(self.peer, self.queries[:queries], budget)
        return timing.as_json()

    def accuracy(self, k: int, setting: dict[str, Any], queries: int, budget: float) -> Any:
        """A latency pass whose results are also judged."""
        self.peer.apply(setting, k)
        timing, raw = measure_latency(self.peer, self.queries[:queries], budget)
        found = [self.peer.ids(result)[0] for result in raw]
        judged = self.queries[: len(found)]
        counters = [self.peer.counters(self.peer.as_query(query)) for query in judged[:200]]
        means = {name: float(np.mean([c[name] for c in counters])) for name in counters[0]}
        answer = {**timing.as_json(), "counters": means}
        return {**answer, "recall": recall(self.base, judged, self.truth, found, k)}

    def batch(self, k: int, setting: dict[str, Any]) -> dict[str, float]:
        self.peer.apply(setting, k)
        qps, raw = measure_batch(self.peer, self.queries)
        found = list(self.peer.ids(raw))
        return {"qps": qps, "recall": recall(self.base, self.queries, self.truth, found, k)}

    def persist(self, path: str) -> dict[str, float] | None:
        """Saves, reads the file's bytes, loads it three times and asks one query each time."""
        target = Path(path)
        try:
            start = time.perf_counter()
            self.peer.save(target)
        except NotImplementedError:
            return None
        answer = {"save_seconds": time.perf_counter() - start}
        answer["file_bytes"] = target.stat().st_size
        answer["read_seconds"] = min(self._read(target) for _ in range(3))
        loads = [self._load(target) for _ in range(3)]
        answer["load_seconds"] = min(load for load, _ in loads)
        answer["first_query_seconds"] = min(first for _, first in loads)
        target.unlink()
        return answer

    def _load(self, path: Path) -> tuple[float, float]:
        query = self.peer.as_query(self.queries[0])
        self.peer.release()
        start = time.perf_counter()
        self.peer.load(path)
        loaded = time.perf_counter()
        self.peer.apply(self.peer.settings(10)[-1], 10)
        begin = time.perf_counter()
        self.peer.search(query)
        return loaded - start, time.perf_counter() - begin

    @staticmethod
    def _read(path: Path) -> float:
        # Into one small buffer: fresh pages for the whole file would cost more than reading it.
        buffer = bytearray(1 << 20)
        start = time.perf_counter()
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
        return time.perf_counter() - start

    def stream(self, byte_count: int) -> float:
        return stream_seconds(byte_count)


def main() -> None:
    job = json.loads(sys.argv[1])
    # Libraries print: what they write goes to the log, and the answers to a private copy.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    pin(job["threads"])
    worker = Worker(job["peer"], job["folder"], job["threads"])
    answers.write(json.dumps("ready") + "\n")
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(worker, command["do"])(**command["with"])
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()

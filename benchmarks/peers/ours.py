"""This package, through the Python calls that its users write."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import Ids, Rows, Setting
from benchmarks.peers.peer import Peer


class Ours(Peer):
    """An index class of the package, built with its defaults."""

    distribution = "ruvector"
    index_class = "RabitqPlusIndex"

    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.library: Any = importlib.import_module("ruvector")
        self.library.set_num_threads(threads)
        self.kind: Any = getattr(self.library, self.index_class)
        self.options: Setting = {}

    def version(self) -> str:
        return str(self.library.__version__)

    def build(self) -> None:
        self.index = None
        self.index = self.kind.build(self.rows, seed=42, metric="l2")

    def settings(self, k: int) -> list[Setting]:
        return [{}]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.options = setting

    def as_query(self, query: Rows) -> Rows:
        return np.ascontiguousarray(query)

    def search(self, query: Rows) -> Any:
        return self.index.search(query, self.k, **self.options)

    def search_batch(self, queries: Rows) -> Any:
        return self.index.search_batch(queries, self.k, threads=self.threads, **self.options)

    def ids(self, result: Any) -> Ids:
        if isinstance(result, tuple):
            return super().ids(result[0])
        return super().ids([hit.id for hit in result])

    def index_bytes(self) -> dict[str, int]:
        account = {str(name): int(size) for name, size in self.index.memory_usage().items()}
        return {**account, "total": int(self.index.memory_bytes)}

    def save(self, path: Path) -> None:
        self.index.save(str(path))

    def load(self, path: Path) -> None:
        self.index = None
        self.index = self.kind.load(str(path))


class Plus(Ours):
    """The default index; the sweep is over the confidence of its bound."""

    def settings(self, k: int) -> list[Setting]:
        return [{"confidence": c} for c in (0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)]

    def counters(self, query: Rows) -> dict[str, float]:
        _, stats = self.index.search(query, self.k, stats=True, **self.options)
        return {name: float(value) for name, value in dataclasses.asdict(stats).items()}


class Lists(Plus):
    """Divided into lists; the sweep is over the recall that is asked for.

    What a search reads for it was learned from rows of the index, never from the case's queries.
    """

    def build(self) -> None:
        self.index = None
        self.index = self.kind.build(self.rows, seed=42, metric="l2", partitions="auto")

    def settings(self, k: int) -> list[Setting]:
        return [
            {"recall": r}
            for r in (0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999)
        ]


class OneBit(Ours):
    """One-bit codes, estimates only."""

    index_class = "RabitqIndex"

    def build(self) -> None:
        self.index = None
        self.index = self.kind.build(self.rows, seed=42, metric="l2", bits=1)


class Flat(Ours):
    index_class = "FlatF32Index"

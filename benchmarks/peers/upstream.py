"""The original ruvector 0.1.4 (sign codes, fixed rerank factor); it has no batch search."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import Ids, Rows, Setting
from benchmarks.peers.peer import Peer


class Upstream(Peer):
    distribution = "ruvector"
    has_batch = False

    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.library: Any = importlib.import_module("ruvector")
        self.rerank_factor = 20

    def build(self) -> None:
        self.index = None
        self.index = self.library.RabitqIndex.build(self.rows, seed=42)

    def settings(self, k: int) -> list[Setting]:
        factors = (5, 8, 10, 12, 15, 20, 40, 60, 80, 100, 120, 150, 200, 500, 1_000)
        return [{"rerank_factor": factor} for factor in factors if factor * k <= 10_000]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.rerank_factor = setting["rerank_factor"]

    def as_query(self, query: Rows) -> Rows:
        return np.ascontiguousarray(query)

    def search(self, query: Rows) -> Any:
        return [self.index.search(query, self.k, rerank_factor=self.rerank_factor)]

    def search_batch(self, queries: Rows) -> Any:
        return [self.index.search(q, self.k, rerank_factor=self.rerank_factor) for q in queries]

    def ids(self, result: Any) -> Ids:
        return super().ids([[key for key, _ in hits] for hits in result])

    def index_bytes(self) -> dict[str, int]:
        return {"total": int(self.index.memory_bytes)}

    def save(self, path: Path) -> None:
        self.index.save(str(path))

    def load(self, path: Path) -> None:
        self.index = None
        self.index = self.library.RabitqIndex.load(str(path))

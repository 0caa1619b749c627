"""usearch: a graph over f32 rows (its i8 rows are normalised, which is another metric)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import Ids, Rows, Setting
from benchmarks.peers.peer import Peer


class Graph(Peer):
    distribution = "usearch"

    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.library: Any = importlib.import_module("usearch.index")

    def _empty(self) -> Any:
        return self.library.Index(
            ndim=self.dim, metric="l2sq", dtype="f32", connectivity=16, expansion_add=200
        )

    def build(self) -> None:
        self.index = None
        self.index = self._empty()
        self.index.add(np.arange(self.count), self.rows, threads=self.threads)

    def settings(self, k: int) -> list[Setting]:
        widths = (20, 40, 60, 80, 120, 200, 300, 400, 600, 800)
        return [{"ef": width} for width in widths if width >= k]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.index.expansion_search = setting["ef"]

    def as_query(self, query: Rows) -> Rows:
        return np.ascontiguousarray(query)

    def search(self, query: Rows) -> Any:
        return self.index.search(query, self.k, threads=self.threads)

    def search_batch(self, queries: Rows) -> Any:
        return self.index.search(queries, self.k, threads=self.threads)

    def ids(self, result: Any) -> Ids:
        return super().ids(result.keys)

    def index_bytes(self) -> dict[str, int]:
        return {"total": int(self.index.memory_usage)}

    def save(self, path: Path) -> None:
        self.index.save(str(path))

    def load(self, path: Path) -> None:
        self.index = None
        self.index = self._empty()
        self.index.load(str(path))

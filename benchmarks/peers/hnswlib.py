"""hnswlib: the reference graph; capacity is declared in advance."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from benchmarks.arrays import Ids, Rows, Setting
from benchmarks.peers.peer import Peer


class Graph(Peer):
    distribution = "hnswlib"

    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.library: Any = importlib.import_module("hnswlib")

    def build(self) -> None:
        self.index = None
        self.index = self.library.Index("l2", self.dim)
        self.index.init_index(self.count, ef_construction=200, M=16)
        self.index.set_num_threads(self.threads)
        self.index.add_items(self.rows)

    def settings(self, k: int) -> list[Setting]:
        widths = (20, 40, 60, 80, 100, 120, 150, 200, 300, 400, 600, 800)
        return [{"ef": width} for width in widths if width >= k]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.index.set_ef(setting["ef"])

    def search(self, query: Rows) -> Any:
        return self.index.knn_query(query, self.k)

    def search_batch(self, queries: Rows) -> Any:
        return self.index.knn_query(queries, self.k)

    def ids(self, result: Any) -> Ids:
        return super().ids(result[0])

    def save(self, path: Path) -> None:
        self.index.save_index(str(path))

    def load(self, path: Path) -> None:
        self.index = None
        self.index = self.library.Index("l2", self.dim)
        self.index.load_index(str(path), max_elements=self.count)
        self.index.set_num_threads(self.threads)

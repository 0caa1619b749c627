"""rabitqlib, the library of the RaBitQ authors, as one cluster: an exhaustive scan.

The caller owns the clustering; the centre is the mean of the rows. `bits` is 1 or 9 (codes only)
or 32 (codes and rows, exact distances while scanning). The rotation cannot be seeded.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import Ids, Rows, Setting
from benchmarks.peers.peer import Peer


class OneCluster(Peer):
    distribution = "rabitqlib"

    def __init__(self, rows: Rows, threads: int, bits: int) -> None:
        super().__init__(rows, threads)
        self.library: Any = importlib.import_module("rabitqlib")
        self.bits = bits
        self.high_accuracy: bool | None = None

    def build(self) -> None:
        self.index = None
        self.index = self.library.IvfIndex(self.dim, self.count, 1, self.bits, "l2")
        self.index.build(
            self.rows,
            self.rows.mean(axis=0, keepdims=True),
            np.zeros(self.count, np.uint32),
            num_threads=self.threads,
            # With the exact search for the scale, nine bits took about nine times as long.
            fast_quantization=self.bits == 9,
        )

    def settings(self, k: int) -> list[Setting]:
        return [{"high_accuracy": None}, {"high_accuracy": True}]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.high_accuracy = setting["high_accuracy"]

    def search(self, query: Rows) -> Any:
        return self.index.search(
            query, self.k, 1, high_accuracy=self.high_accuracy, num_threads=self.threads
        )

    def search_batch(self, queries: Rows) -> Any:
        return self.search(queries)

    def ids(self, result: Any) -> Ids:
        return super().ids(result[0])

    def save(self, path: Path) -> None:
        self.index.save(str(path))

    def load(self, path: Path) -> None:
        self.index = None
        self.index = self.library.IvfIndex.load(str(path))

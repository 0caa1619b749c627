"""rabitqlib, the library of the RaBitQ authors: one cluster, an exhaustive scan; or many.

The caller owns the clustering. `bits` is 1 or 9 (codes only) or 32 (codes and rows, exact distances
while scanning). The rotation cannot be seeded.
"""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import Ids, Rows, Setting
from benchmarks.peers.peer import Peer


class OneCluster(Peer):
    """The centre is the mean of the rows."""

    distribution = "rabitqlib"

    def __init__(self, rows: Rows, threads: int, bits: int) -> None:
        super().__init__(rows, threads)
        self.library: Any = importlib.import_module("rabitqlib")
        self.bits = bits
        self.nprobe = 1
        self.high_accuracy: bool | None = None

    def clusters(self) -> tuple[Rows, Any]:
        """The centres, and the number of each row's."""
        return self.rows.mean(axis=0, keepdims=True), np.zeros(self.count, np.uint32)

    def build(self) -> None:
        self.index = None
        centres, members = self.clusters()
        self.index = self.library.IvfIndex(self.dim, self.count, len(centres), self.bits, "l2")
        self.index.build(
            self.rows,
            centres,
            members,
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
            query, self.k, self.nprobe, high_accuracy=self.high_accuracy, num_threads=self.threads
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


class ManyClusters(OneCluster):
    """About as many clusters as the root of the number of rows, by the k-means of faiss."""

    def clusters(self) -> tuple[Rows, Any]:
        faiss: Any = importlib.import_module("faiss")
        faiss.omp_set_num_threads(self.threads)
        means = faiss.Kmeans(self.dim, round(math.sqrt(self.count)), niter=20, seed=42)
        means.train(self.rows)
        _, members = means.index.search(self.rows, 1)
        return means.centroids, members.ravel().astype(np.uint32)

    def settings(self, k: int) -> list[Setting]:
        probes = (1, 2, 3, 4, 6, 8, 10, 14, 20, 28, 40, 56, 80, 110, 160)
        return [
            {"nprobe": probe, "high_accuracy": accuracy}
            for accuracy in (None, True)
            for probe in probes
        ]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.nprobe = setting["nprobe"]

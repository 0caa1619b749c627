"""rabitqlib, the library of the RaBitQ authors: lists (one of all rows, or many) and two graphs.

The caller owns the clustering of lists. Their `bits` are 1 or 9 (codes only) or 32 (codes and rows,
exact distances while scanning). The rotation cannot be seeded. Graphs are set up as in the authors'
own benchmark of graphs.
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


class SymphonyQg(Peer):
    """A graph over raw rows, whose nodes hold the 1-bit codes of their 32 neighbours."""

    distribution = "rabitqlib"

    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.library: Any = importlib.import_module("rabitqlib")
        self.width = 0

    def build(self) -> None:
        self.index = None
        self.index = self.library.SymqgIndex(self.dim, 32, "l2", quantization_bits=0)
        self.index.build(self.rows, ef_construction=200, num_threads=self.threads, init="pipnn")

    def settings(self, k: int) -> list[Setting]:
        widths = (10, 16, 24, 32, 40, 50, 64, 80, 100, 128, 160, 200, 256, 400, 512, 1024)
        return [{"ef": width} for width in widths if width >= k]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.width = setting["ef"]

    def search(self, query: Rows) -> Any:
        return self.index.search(query, self.k, self.width, num_threads=self.threads)

    def search_batch(self, queries: Rows) -> Any:
        return self.index.search_batch(queries, self.k, self.width, num_threads=self.threads)

    def ids(self, result: Any) -> Ids:
        return super().ids(result[0])

    def save(self, path: Path) -> None:
        self.index.save(str(path))

    def load(self, path: Path) -> None:
        self.index = None
        self.index = self.library.SymqgIndex.load(str(path))


class Hnsw(SymphonyQg):
    """A graph over codes of 1 + 8 bits around 16 centres of its own k-means; it keeps no rows."""

    def build(self) -> None:
        self.index = None
        means = self.library.RaBitQKMeans(
            self.dim,
            16,
            niter=10,
            seed=42,
            num_threads=self.threads,
            final_assignment=self.library.FinalAssignmentMode.Exact,
        )
        means.train(self.rows)
        self.index = self.library.HnswIndex(
            self.dim, self.count, M=16, ef_construction=200, nbits=9, metric="l2", random_seed=42
        )
        self.index.build(self.rows, means.centroids, means.assignments, num_threads=self.threads)

    def search_batch(self, queries: Rows) -> Any:
        return self.search(queries)

    def load(self, path: Path) -> None:
        self.index = None
        self.index = self.library.HnswIndex.load(str(path))

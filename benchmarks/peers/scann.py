"""scann: brute force; 4-bit asymmetric hashing of two dimensions each with reordering; its tree."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from benchmarks.arrays import Ids, Rows, Setting
from benchmarks.peers.peer import Peer


class ScannPeer(Peer):
    distribution = "scann"

    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.library: Any = importlib.import_module("scann").scann_ops_pybind

    def builder(self) -> Any:
        return self.library.builder(self.rows, 10, "squared_l2").set_n_training_threads(
            self.threads
        )

    def finish(self, builder: Any) -> None:
        self.index = builder.build()
        self.index.set_num_threads(self.threads)

    def as_query(self, query: Rows) -> Rows:
        return np.ascontiguousarray(query)

    def ids(self, result: Any) -> Ids:
        return super().ids(result[0])


class BruteForce(ScannPeer):
    def build(self) -> None:
        self.index = None
        self.finish(self.builder().score_brute_force())

    def settings(self, k: int) -> list[Setting]:
        return [{}]

    def search(self, query: Rows) -> Any:
        return self.index.search(query, self.k)

    def search_batch(self, queries: Rows) -> Any:
        if self.threads > 1:
            return self.index.search_batched_parallel(queries, self.k)
        return self.index.search_batched(queries, self.k)


class HashReorder(ScannPeer):
    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.candidates = 100

    def build(self) -> None:
        self.index = None
        # NaN: no anisotropic loss, which is meant for inner products of unit rows.
        hashing = self.builder().score_ah(2, anisotropic_quantization_threshold=float("nan"))
        self.finish(hashing.reorder(100))

    def settings(self, k: int) -> list[Setting]:
        counts = (30, 60, 100, 200, 300, 400, 600, 800, 1_000, 1_200, 1_600)
        return [{"candidates": count} for count in counts if count >= 2 * k]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.candidates = setting["candidates"]

    def search(self, query: Rows) -> Any:
        return self.index.search(query, self.k, self.candidates)

    def search_batch(self, queries: Rows) -> Any:
        if self.threads > 1:
            return self.index.search_batched_parallel(queries, self.k, self.candidates)
        return self.index.search_batched(queries, self.k, self.candidates)


class Tree(ScannPeer):
    """The hashing within leaves, about as many as the root of the number of rows."""

    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.leaves = 1
        self.candidates = 100

    def build(self) -> None:
        self.index = None
        tree = self.builder().tree(
            round(math.sqrt(self.count)), 10, training_sample_size=self.count
        )
        hashing = tree.score_ah(2, anisotropic_quantization_threshold=float("nan"))
        self.finish(hashing.reorder(100))

    def settings(self, k: int) -> list[Setting]:
        counts = (
            (3, 5),
            (4, 10),
            (6, 10),
            (10, 10),
            (16, 15),
            (25, 20),
            (40, 30),
            (70, 40),
            (110, 60),
        )
        return [{"leaves": leaves, "candidates": few * k} for leaves, few in counts]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.leaves, self.candidates = setting["leaves"], setting["candidates"]

    def search(self, query: Rows) -> Any:
        return self.index.search(query, self.k, self.candidates, self.leaves)

    def search_batch(self, queries: Rows) -> Any:
        if self.threads > 1:
            return self.index.search_batched_parallel(queries, self.k, self.candidates, self.leaves)
        return self.index.search_batched(queries, self.k, self.candidates, self.leaves)

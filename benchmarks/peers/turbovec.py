"""turbovec, 4 bits, with the exact rerank that its users write in NumPy.

The library scores inner products only. Unit rows need no change: both metrics rank alike. Other
rows are centred and lifted by one coordinate, -|x|^2 / (2 s), against the constant s in the query,
which turns the nearest row into the one of the largest inner product.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import Ids, Rows, Setting
from benchmarks.peers.peer import Peer

PAD = 8  # dimensions must be multiples of 8


class Rerank(Peer):
    distribution = "turbovec"

    def __init__(self, rows: Rows, threads: int) -> None:
        super().__init__(rows, threads)
        self.library: Any = importlib.import_module("turbovec")
        self.candidates = 0
        half = (rows * rows).sum(axis=1, dtype=np.float32) * np.float32(0.5)
        self.unit = bool(np.allclose(half, 0.5, atol=1e-4))
        self.half_norms: Rows | None = None if self.unit else half
        self.centre: Rows = rows.mean(axis=0)
        self.scale = np.float32(0)

    def _lifted(self) -> Rows:
        """The rows in which inner product ranks as L2 distance does."""
        width = (self.dim + 1 + PAD - 1) // PAD * PAD
        lifted = np.zeros((self.count, width), np.float32)
        np.subtract(self.rows, self.centre, out=lifted[:, : self.dim])
        half = (lifted * lifted).sum(axis=1) / 2
        half -= half.mean()
        self.scale = np.sqrt(half.std())
        lifted[:, self.dim] = -half / self.scale
        return lifted

    def build(self) -> None:
        self.index = None
        rows = self.rows if self.unit else self._lifted()
        sample = np.random.default_rng(0).choice(self.count, min(2_048, self.count), replace=False)
        self.index = self.library.TurboQuantIndex(rows.shape[1], 4)
        self.index.calibrate(rows[sample])
        self.index.add(rows, chunk_size=0)
        self.index.prepare()

    def settings(self, k: int) -> list[Setting]:
        factors = (1.2, 1.5, 2, 2.5, 3, 4, 6, 8, 12, 20)
        return [{"candidates": round(k * factor)} for factor in factors]

    def apply(self, setting: Setting, k: int) -> None:
        super().apply(setting, k)
        self.candidates = setting["candidates"]

    def _as_indexed(self, queries: Rows) -> Rows:
        if self.unit:
            return queries
        lifted = np.zeros((len(queries), self.index.dim), np.float32)
        np.subtract(queries, self.centre, out=lifted[:, : self.dim])
        lifted[:, self.dim] = self.scale
        return lifted

    def _rerank(self, query: Rows, candidates: Ids) -> Ids:
        scores = self.rows[candidates] @ query
        if self.half_norms is not None:
            scores -= self.half_norms[candidates]
        best = np.argpartition(scores, -self.k)[-self.k :]
        return candidates[best[np.argsort(-scores[best])]]

    def search(self, query: Rows) -> Ids:
        found = self.index.search(self._as_indexed(query), self.candidates)[1]
        return self._rerank(query[0], found[0])

    def search_batch(self, queries: Rows) -> Ids:
        found = self.index.search(self._as_indexed(queries), self.candidates)[1]
        out = np.empty((len(queries), self.k), np.int64)
        for row, query in enumerate(queries):
            out[row] = self._rerank(query, found[row])
        return out

    def save(self, path: Path) -> None:
        self.index.write(str(path), durable=False)

    def load(self, path: Path) -> None:
        self.index = None
        self.index = self.library.TurboQuantIndex.load(str(path))
        self.index.prepare()

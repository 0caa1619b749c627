"""The rows: made in chunks, so that no more than one is in memory.

Each row lies amid a SIFT descriptor and four of its sixteen nearest, at random weights, which on
average leave nothing of the first: rows are spread over the neighbourhoods of real descriptors, and
not gathered around each. Ten million real ones are not here. Queries are
drawn alike.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import ruvector
from benchmarks.arrays import Distances, Ids, Rows
from benchmarks.datasets import real
from benchmarks.truth import exact_neighbours

CHUNK = 100_000
DESCRIPTORS = 100_000  # of those there are
NEAREST, CORNERS = 16, 4
K = 10


@functools.cache
def neighbourhoods() -> tuple[Rows, Ids]:
    """The descriptors, and the numbers of the nearest ones of each."""
    descriptors = real("sift_base.u8.npy")[:DESCRIPTORS]
    nearest, _ = ruvector.FlatF32Index.build(descriptors).search_batch(descriptors, NEAREST + 1)
    return descriptors, nearest[:, 1:].astype(np.int64)


def draw(count: int, *seed: int) -> Rows:
    descriptors, nearest = neighbourhoods()
    rng = np.random.default_rng(seed)
    begins = rng.integers(0, len(descriptors), count)
    corners = rng.integers(0, NEAREST, (count, CORNERS))
    weights = rng.uniform(0, 2 / CORNERS, (count, CORNERS)).astype(np.float32)
    out: Rows = descriptors[begins] * (1 - weights.sum(axis=1, keepdims=True))
    for corner in range(CORNERS):
        out += weights[:, corner, None] * descriptors[nearest[begins, corners[:, corner]]]
    return out


def chunks(count: int) -> Iterator[Rows]:
    """The first rows of the set: the same ones whatever the count."""
    for number, begin in enumerate(range(0, count, CHUNK)):
        yield draw(CHUNK, 7, number)[: count - begin]


def queries(count: int) -> Rows:
    return draw(count, 8)


@dataclass(frozen=True)
class Files:
    """Where the arrays of a number of rows lie."""

    folder: Path
    rows: int

    @property
    def base(self) -> Path:
        return self.folder / f"base-{self.rows}.npy"

    @property
    def queries(self) -> Path:
        return self.folder / "queries.npy"

    @property
    def truth(self) -> Path:
        return self.folder / f"truth-{self.rows}.npy"

    def index(self, name: str) -> Path:
        return self.folder / f"{name}-{self.rows}.index"

    def read_base(self) -> Rows:
        rows: Rows = np.load(self.base, mmap_mode="r")
        return rows

    def read_queries(self) -> Rows:
        rows: Rows = np.load(self.queries)
        return rows

    def read_truth(self) -> Distances:
        distances: Distances = np.load(self.truth)
        return distances

    def make(self, query_count: int) -> None:
        """Writes what is not there yet."""
        if not self.queries.exists():
            np.save(self.queries, queries(query_count))
        if not self.base.exists():
            partial = self.base.with_suffix(".partial")
            dim = self.read_queries().shape[1]
            out = np.lib.format.open_memmap(
                partial, mode="w+", dtype=np.float32, shape=(self.rows, dim)
            )
            begin = 0
            for chunk in chunks(self.rows):
                out[begin : begin + len(chunk)] = chunk
                begin += len(chunk)
            out.flush()
            del out
            partial.rename(self.base)
        if not self.truth.exists():
            _, distances = exact_neighbours(self.read_base(), self.read_queries(), K)
            np.save(self.truth, distances)

"""The rows: made in chunks, so that no more than one is in memory.

Each row is a SIFT descriptor, moved up to a quarter of the way towards another one; so are the
queries, which begin at descriptors that no row begins at. Distances between neighbours are those of
real descriptors, and so are the directions in which they lie; ten million real ones are not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.arrays import Distances, Rows
from benchmarks.datasets import real
from benchmarks.truth import exact_neighbours

CHUNK = 100_000
FARTHEST = 0.25
K = 10


def moved(begins: Rows, descriptors: Rows, rng: np.random.Generator) -> Rows:
    towards = descriptors[rng.integers(0, len(descriptors), len(begins))]
    part = rng.uniform(0, FARTHEST, (len(begins), 1)).astype(np.float32)
    out: Rows = begins + part * (towards - begins)
    return out


def chunks(count: int) -> Iterator[Rows]:
    """The first rows of the set: the same ones whatever the count."""
    descriptors = real("sift_base.u8.npy")
    for number, begin in enumerate(range(0, count, CHUNK)):
        rng = np.random.default_rng([7, number])
        begins = descriptors[rng.integers(0, len(descriptors), CHUNK)]
        yield moved(begins, descriptors, rng)[: count - begin]


def queries(count: int) -> Rows:
    descriptors = real("sift_base.u8.npy")
    return moved(real("sift_queries.u8.npy")[:count], descriptors, np.random.default_rng(8))


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
            partial.rename(self.base)
        if not self.truth.exists():
            _, distances = exact_neighbours(self.read_base(), self.read_queries(), K)
            np.save(self.truth, distances)

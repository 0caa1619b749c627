"""The vectors that are searched: made or converted once, then read from `.npy` files.

Each prepared folder holds `base.npy`, `queries.npy` (float32) and the exact 100 nearest rows of
each query by squared L2 distance (`truth_ids.npy`, `truth_distances.npy`, float64).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import Distances, Rows
from benchmarks.truth import exact_neighbours

ROOT = Path(__file__).resolve().parents[1]
PREPARED = ROOT / "build" / "bench-data"
REAL_DATA = ROOT / ".." / "shared" / "data"
FORMAT = 1  # raised when a generator changes, so that old folders are made again


class MissingDataError(Exception):
    """The set needs files that this machine does not have."""


@dataclass(frozen=True)
class Dataset:
    """A named set of vectors with queries; `make` returns (base, queries)."""

    name: str
    title: str
    make: Callable[[], tuple[Rows, Rows]]


@dataclass(frozen=True)
class Prepared:
    """The arrays of a set, mapped from its folder."""

    folder: Path

    def _array(self, name: str) -> Any:
        # Copy on write: peers that insist on a writeable array get one without a copy.
        return np.asarray(np.load(self.folder / f"{name}.npy", mmap_mode="c"))

    @property
    def base(self) -> Rows:
        rows: Rows = self._array("base")
        return rows

    @property
    def queries(self) -> Rows:
        rows: Rows = self._array("queries")
        return rows

    @property
    def truth_distances(self) -> Distances:
        distances: Distances = self._array("truth_distances")
        return distances


def clusters(rows: int, dim: int, queries: int) -> tuple[Rows, Rows]:
    """Upstream's own set: 100 Gaussian clusters, centres uniform in [-2, 2]^dim, sigma 0.6."""
    rng = np.random.default_rng(7)
    centres = rng.uniform(-2.0, 2.0, (100, dim)).astype(np.float32)

    def draw(count: int) -> Rows:
        noise = rng.standard_normal((count, dim), dtype=np.float32)
        return centres[rng.integers(0, len(centres), count)] + np.float32(0.6) * noise

    return draw(rows), draw(queries)


def gaussian(rows: int, dim: int, queries: int) -> tuple[Rows, Rows]:
    rng = np.random.default_rng(8)
    base = rng.standard_normal((rows, dim), dtype=np.float32)
    return base, rng.standard_normal((queries, dim), dtype=np.float32)


def unit(rows: Rows) -> Rows:
    unit_rows: Rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit_rows


def real(name: str) -> Rows:
    path = REAL_DATA / name
    if not path.is_file():
        raise MissingDataError(f"{name} is not in ../shared/data")
    rows: Rows = np.load(path).astype(np.float32)
    return rows


def minilm(queries: int) -> tuple[Rows, Rows]:
    """Sentence embeddings of dictionary glosses, searched with example sentences.

    Rows are normalised again after the conversion from float16, so that inner product (turbovec)
    and squared L2 distance rank alike.
    """
    base = unit(real("minilm_wordnet.f16.npy"))
    return base, unit(real("minilm_wordnet_queries.f16.npy"))[:queries]


def minilm_repeated(rows: int, queries: int) -> tuple[Rows, Rows]:
    """The glosses, then as many of them again as are wanted, moved by noise of norm 0.1."""
    base, asked = minilm(queries)
    rng = np.random.default_rng(10)
    again = base[: rows - len(base)]
    noise = rng.standard_normal(again.shape, dtype=np.float32)
    noise *= np.float32(0.1 / np.sqrt(base.shape[1]))
    return np.concatenate([base, unit(again + noise)]), asked


def sift(queries: int) -> tuple[Rows, Rows]:
    return real("sift_base.u8.npy"), real("sift_queries.u8.npy")[:queries]


def mixture(rows: int, queries: int) -> tuple[Rows, Rows]:
    """A 1,000-cluster mixture around real sentence embeddings, noise of norm 0.5, unit rows."""
    rng = np.random.default_rng(9)
    glosses = real("minilm_wordnet.f16.npy")
    centres = unit(glosses[rng.choice(len(glosses), 1_000, replace=False)])
    sigma = np.float32(0.5 / np.sqrt(centres.shape[1]))

    def draw(count: int) -> Rows:
        out = rng.standard_normal((count, centres.shape[1]), dtype=np.float32)
        out *= sigma
        out += centres[rng.integers(0, len(centres), count)]
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return out

    return draw(rows), draw(queries)


def clusters_set(rows: int, dim: int, queries: int = 1_000) -> Dataset:
    title = f"upstream's clusters, {rows:,} x {dim}"
    return Dataset(f"u{dim}-{rows}", title, lambda: clusters(rows, dim, queries))


DATASETS = {
    "u128": clusters_set(100_000, 128),
    "u128-1k": clusters_set(1_000, 128),
    "u128-10k": clusters_set(10_000, 128),
    "u100": clusters_set(100_000, 100),
    "quick": clusters_set(5_000, 128, 200),
    "g128": Dataset("g128", "pure Gaussian, 100,000 x 128", lambda: gaussian(100_000, 128, 1_000)),
    "minilm": Dataset("minilm", "MiniLM glosses, 117,659 x 384", lambda: minilm(1_000)),
    "quick-384": clusters_set(3_000, 384, 100),
    "minilm-200k": Dataset(
        "minilm-200k",
        "MiniLM glosses, 117,659 and 82,341 again with noise, 200,000 x 384",
        lambda: minilm_repeated(200_000, 200),
    ),
    "sift": Dataset("sift", "SIFT descriptors, 256,000 x 128", lambda: sift(1_000)),
    "m1": Dataset("m1", "mixture around MiniLM, 1,000,000 x 384", lambda: mixture(1_000_000, 200)),
}


def prepare(dataset: Dataset) -> Prepared:
    """Returns the folder of `dataset`, filling it first where it is absent or out of date."""
    folder = PREPARED / dataset.name
    stamp = folder / "stamp.json"
    if stamp.is_file() and json.loads(stamp.read_text()).get("format") == FORMAT:
        return Prepared(folder)
    base, queries = dataset.make()
    ids, distances = exact_neighbours(base, queries, min(100, len(base)))
    fresh = PREPARED / f"{dataset.name}.partial"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    arrays: dict[str, Any] = {
        "base": np.ascontiguousarray(base),
        "queries": np.ascontiguousarray(queries),
        "truth_ids": ids,
        "truth_distances": distances,
    }
    for name, array in arrays.items():
        np.save(fresh / f"{name}.npy", array)
    (fresh / "stamp.json").write_text(json.dumps({"format": FORMAT, "title": dataset.title}))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return Prepared(folder)

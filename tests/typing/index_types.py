"""Types that a user's checker sees; checked by mypy --strict and pyright, never run."""

from __future__ import annotations

from typing import Any, Literal, assert_type

import numpy as np
from numpy.typing import NDArray

import ruvector


def search_results(index: ruvector.RabitqPlusIndex, query: NDArray[np.float32], ask: bool) -> None:
    hits = index.search(query, 10)
    assert_type(hits, list[ruvector.Hit])
    assert_type(hits[0].id, int)
    assert_type(hits[0].score, float)
    id, score = hits[0]
    assert_type(id, int)
    assert_type(score, float)
    with_stats = index.search(query, 10, stats=True)
    assert_type(with_stats, tuple[list[ruvector.Hit], ruvector.SearchStats])
    either = index.search(query, 10, stats=ask)
    assert_type(either, list[ruvector.Hit] | tuple[list[ruvector.Hit], ruvector.SearchStats])


def batch_results(index: ruvector.FlatF32Index, queries: NDArray[np.float32]) -> None:
    ids, scores = index.search_batch(queries, 10)
    assert_type(ids, NDArray[np.uint64])
    assert_type(scores, NDArray[np.float32])
    *_, stats = index.search_batch(queries, 10, stats=True)
    assert_type(stats.rows_read, int)


def builders(vectors: NDArray[np.float32], ids: NDArray[np.uint64]) -> None:
    assert_type(ruvector.FlatF32Index.build(vectors), ruvector.FlatF32Index)
    assert_type(ruvector.RabitqIndex.build(vectors, ids=ids, bits=4), ruvector.RabitqIndex)
    assert_type(ruvector.RabitqPlusIndex.build(vectors, metric="ip"), ruvector.RabitqPlusIndex)
    assert_type(ruvector.RabitqAsymIndex.load("x.rbpx"), ruvector.RabitqAsymIndex)
    ruvector.FlatF32Index.build(vectors, metric="hamming")  # type: ignore[arg-type]  # pyright: ignore
    ruvector.FlatF32Index.build(vectors, 42)  # type: ignore[call-arg, arg-type]  # pyright: ignore
    ruvector.FlatF32Index.build(vectors, progress=lambda done, total: done < total)


def container(index: ruvector.RabitqPlusIndex) -> None:
    assert_type(len(index), int)
    assert_type(3 in index, bool)
    assert_type(index[3], NDArray[np.float32])
    for id, vector in index:
        assert_type(id, int)
        assert_type(vector, NDArray[np.float32])
    assert_type(index.dim, int)
    assert_type(index.metric, Literal["l2", "ip", "cosine"])
    assert_type(index.rerank_factor, int | None)
    assert_type(index.memory_usage(), dict[str, int])
    assert_type(index.ids, NDArray[np.uint64])
    assert_type(index.codes, ruvector.BinaryCodes)
    assert_type(index.codes.packed, NDArray[np.uint8])
    assert_type(index.rotation().kind, Literal["dense", "fht_kac"])
    index.dim = 3  # type: ignore[misc]  # pyright: ignore


def any_index(index: ruvector.AnyIndex, query: NDArray[np.float32]) -> list[ruvector.Hit]:
    assert_type(index.search(query, 3, filter=np.ones(3, np.bool_)), list[ruvector.Hit])
    return index.search([0.5, 1, 2], 3)


def every_class_is_any_index(vectors: NDArray[np.float32]) -> None:
    indexes: list[ruvector.AnyIndex] = [
        ruvector.FlatF32Index.build(vectors),
        ruvector.RabitqIndex.build(vectors),
        ruvector.RabitqPlusIndex.build(vectors),
        ruvector.RabitqAsymIndex.build(vectors),
    ]
    any_index(indexes[0], vectors[0])
    kind: type[ruvector.AnyIndex] = ruvector.RabitqPlusIndex
    any_index(kind.build(vectors), vectors[0])


def errors(error: ruvector.DimensionMismatch, other: ruvector.PersistError) -> None:
    assert_type(error.expected, int)
    broad: ValueError = error
    io: OSError = other
    print(broad, io, other.path.name)


def advice() -> None:
    recommendation = ruvector.recommend(1000, 64, 0.9)
    assert_type(recommendation.build_kwargs, dict[str, Any])
    assert_type(ruvector.cpu_features().simd_level, Literal["scalar", "avx2", "avx512", "neon"])

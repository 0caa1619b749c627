"""Hits, counters and recommendations are plain values."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector


def found(vectors: NDArray[np.float32]) -> ruvector.Hit:
    return ruvector.FlatF32Index.build(vectors).search(vectors[5], 1)[0]


def test_a_hit_unpacks_and_has_names(vectors: NDArray[np.float32]) -> None:
    hit = found(vectors)
    id, score = hit
    assert (id, score) == (5, 0.0) == (hit.id, hit.score)
    assert type(hit.id) is int
    assert type(hit.score) is float


def test_a_native_hit_is_the_same_as_one_made_in_python(vectors: NDArray[np.float32]) -> None:
    hit = found(vectors)
    made = ruvector.Hit(id=5, score=0.0)
    assert type(hit) is ruvector.Hit
    assert hit == made
    assert hash(hit) == hash(made)
    assert len({hit, made}) == 1
    assert repr(hit) == "Hit(id=5, score=0.0)"
    assert hit._replace(score=1.0) == ruvector.Hit(5, 1.0)


def test_a_hit_matches_patterns(vectors: NDArray[np.float32]) -> None:
    match found(vectors):
        case ruvector.Hit(id=5, score=score):
            assert score == 0.0
        case other:
            pytest.fail(f"{other} did not match")


def test_hits_pickle_and_copy(vectors: NDArray[np.float32]) -> None:
    hits = ruvector.FlatF32Index.build(vectors).search(vectors[5], 10)
    assert pickle.loads(pickle.dumps(hits)) == hits
    assert copy.deepcopy(hits) == hits


def test_an_id_above_63_bits_comes_back_whole(vectors: NDArray[np.float32]) -> None:
    ids = np.arange(2**64 - 301, 2**64 - 1, dtype=np.uint64)
    index = ruvector.FlatF32Index.build(vectors, ids=ids)
    assert index.search(vectors[299], 1)[0].id == 2**64 - 2


def test_counters_are_frozen_and_count_a_full_scan(vectors: NDArray[np.float32]) -> None:
    hits, stats = ruvector.FlatF32Index.build(vectors).search(vectors[5], 3, stats=True)
    assert len(hits) == 3
    assert stats.rows_read == len(vectors)
    assert stats.codes_scanned == stats.codes_refined == 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        stats.rows_read = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert pickle.loads(pickle.dumps(stats)) == stats


def test_the_cascade_reads_few_rows(vectors: NDArray[np.float32]) -> None:
    _, stats = ruvector.RabitqPlusIndex.build(vectors).search(vectors[5], 1, stats=True)
    assert stats.codes_scanned == len(vectors)
    assert 1 <= stats.rows_read < len(vectors)


def test_the_counters_of_a_batch_are_summed(vectors: NDArray[np.float32]) -> None:
    index = ruvector.RabitqPlusIndex.build(vectors)
    *_, stats = index.search_batch(vectors[:7], 3, stats=True)
    assert stats.codes_scanned == 7 * len(vectors)


def test_a_recommendation_can_be_followed(vectors: NDArray[np.float32]) -> None:
    advice = ruvector.recommend(len(vectors), vectors.shape[1], 0.99)
    index = getattr(ruvector, advice.index).build(vectors, **advice.build_kwargs)
    hits = index.search(vectors[3], 1, **advice.search_kwargs)
    assert hits[0].id == 3
    assert advice.bytes_per_vector > 0
    assert len(advice.reason) > 20
    assert pickle.loads(pickle.dumps(advice)) == advice
    with pytest.raises(dataclasses.FrozenInstanceError):
        advice.index = "FlatF32Index"  # type: ignore[misc]  # pyright: ignore


def test_many_vectors_are_to_be_divided() -> None:
    advice = ruvector.recommend(1_000_000, 128, 0.95)
    assert advice.index == "RabitqPlusIndex"
    assert advice.build_kwargs == {"partitions": "auto"}
    assert advice.search_kwargs == {"recall": pytest.approx(0.95)}


def test_cpu_features_name_a_level_that_is_there() -> None:
    features = ruvector.cpu_features()
    assert features.simd_level in features.available
    assert features.available[0] == "scalar"


def test_set_num_threads_changes_num_threads() -> None:
    before = ruvector.num_threads()
    try:
        ruvector.set_num_threads(3)
        assert ruvector.num_threads() == 3
    finally:
        ruvector.set_num_threads(before)

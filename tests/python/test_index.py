"""The surface that all indexes share."""

from __future__ import annotations

import copy
import pickle
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from ruvector._typing import MetricName


def exact_scores(vectors: NDArray[np.float32], query: NDArray[np.float32], metric: str) -> Any:
    v, q = vectors.astype(np.float64), query.astype(np.float64)
    if metric == "l2":
        return ((v - q) ** 2).sum(axis=1)
    if metric == "ip":
        return -(v @ q)
    return 1 - v @ q / (np.linalg.norm(v, axis=1) * np.linalg.norm(q))


def test_every_class_is_any_index(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    assert isinstance(index_class.build(vectors), ruvector.AnyIndex)
    assert not isinstance(vectors, ruvector.AnyIndex)


@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
def test_exact_classes_give_the_scores_that_numpy_gives(
    exact_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32], metric: MetricName
) -> None:
    index = exact_class.build(vectors, metric=metric)
    query = np.random.default_rng(3).standard_normal(64, dtype=np.float32)
    scores = exact_scores(vectors, query, metric)
    hits = index.search(query, 10)
    assert [hit.id for hit in hits] == np.argsort(scores, kind="stable")[:10].tolist()
    np.testing.assert_allclose(
        [hit.score for hit in hits], np.sort(scores)[:10], rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("bits", [1, 4, 8])
def test_estimates_find_most_of_the_true_neighbours(bits: int) -> None:
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((2000, 128), dtype=np.float32)
    queries = rng.standard_normal((50, 128), dtype=np.float32)
    truth, _ = ruvector.FlatF32Index.build(vectors).search_batch(queries, 10)
    wanted = {1: 0.25, 4: 0.85, 8: 0.97}[bits]
    for cls in (ruvector.RabitqIndex, ruvector.RabitqAsymIndex):
        ids, _ = cls.build(vectors, bits=bits).search_batch(queries, 10)
        shares = [len(set(a) & set(b)) / 10 for a, b in zip(ids, truth, strict=True)]
        assert np.mean(shares) >= wanted


def test_properties_say_how_the_index_was_built(vectors: NDArray[np.float32]) -> None:
    index = ruvector.RabitqPlusIndex.build(
        vectors, seed=5, metric="cosine", rerank_factor=7, bits=3
    )
    assert (index.dim, index.metric, index.seed, index.bits) == (64, "cosine", 5, 3)
    assert index.rerank_factor == 7
    assert index.keeps_rows
    assert len(index) == 300
    assert ruvector.RabitqPlusIndex.build(vectors).rerank_factor is None
    assert ruvector.FlatF32Index.build(vectors).bits == 32
    assert not ruvector.RabitqIndex.build(vectors).keeps_rows


def test_repr_is_one_line_that_says_what_it_is(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    text = repr(index_class.build(vectors, metric="ip", bits=2))
    assert text.startswith(f"{index_class.__name__}(n=300, dim=64, metric='ip', bits=")
    assert "memory_bytes=" in text
    assert "\n" not in text


def test_search_gives_at_most_n_hits_ordered_by_score_then_id(
    index_class: type[ruvector.RabitqPlusIndex],
) -> None:
    vectors = np.repeat(np.eye(4, 16, dtype=np.float32), 3, axis=0)
    hits = index_class.build(vectors).search(vectors[4], 100)
    assert len(hits) == 12
    assert [(hit.score, hit.id) for hit in hits] == sorted((hit.score, hit.id) for hit in hits)
    assert sorted(hit.id for hit in hits) == list(range(12))


def test_equal_scores_come_by_the_smaller_id(
    exact_class: type[ruvector.RabitqPlusIndex],
) -> None:
    vectors = np.ones((70, 8), dtype=np.float32)
    ids = np.random.default_rng(1).permutation(70).astype(np.uint64)
    hits = exact_class.build(vectors, ids=ids).search(vectors[0], 5)
    assert [hit.id for hit in hits] == [0, 1, 2, 3, 4]


def test_search_batch_gives_the_hits_of_search(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    index = index_class.build(vectors)
    ids, scores = index.search_batch(vectors[:40], 7)
    assert ids.dtype == np.uint64
    assert scores.dtype == np.float32
    for row in range(40):
        hits = index.search(vectors[row], 7)
        assert [hit.id for hit in hits] == ids[row].tolist()
        assert [hit.score for hit in hits] == scores[row].tolist()


def test_short_rows_of_a_batch_are_padded(vectors: NDArray[np.float32]) -> None:
    index = ruvector.FlatF32Index.build(vectors[:3])
    ids, scores = index.search_batch(vectors[:2], 5)
    assert ids.shape == scores.shape == (2, 5)
    assert (ids[:, 3:] == np.uint64(2**64 - 1)).all()
    assert np.isposinf(scores[:, 3:]).all()
    assert np.isfinite(scores[:, :3]).all()


def test_radius_keeps_the_hits_within_it(
    exact_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    index = exact_class.build(vectors)
    all_hits = index.search(vectors[0], 300)
    radius = all_hits[20].score
    assert index.search(vectors[0], 300, radius=radius) == all_hits[:21]
    assert index.search(vectors[0], 300, radius=-1.0) == []


@pytest.mark.parametrize("kind", ["mask", "bitmap", "uint64", "int64"])
def test_a_filter_lets_only_what_it_names_through(
    exact_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32], kind: str
) -> None:
    ids = np.arange(1000, 1300, dtype=np.uint64)
    index = exact_class.build(vectors, ids=ids)
    mask = np.random.default_rng(2).random(300) < 0.1
    allowed = {
        "mask": mask,
        "bitmap": np.packbits(mask, bitorder="little"),
        "uint64": ids[mask],
        "int64": np.append(ids[mask].astype(np.int64), 5),  # id 5 is not there, and ignored
    }[kind]
    hits = index.search(vectors[0], 300, filter=allowed)
    everything = index.search(vectors[0], 300)
    assert hits == [hit for hit in everything if mask[hit.id - 1000]]
    assert len(hits) == mask.sum() > 0
    batch_ids, _ = index.search_batch(vectors[:1], int(mask.sum()), filter=allowed)
    assert batch_ids[0].tolist() == [hit.id for hit in hits]


def test_an_empty_filter_finds_nothing(vectors: NDArray[np.float32]) -> None:
    index = ruvector.RabitqPlusIndex.build(vectors)
    assert index.search(vectors[0], 5, filter=np.zeros(300, bool)) == []
    assert index.search(vectors[0], 5, filter=np.empty(0, np.uint64)) == []


def test_rerank_factor_reads_that_many_rows(vectors: NDArray[np.float32]) -> None:
    index = ruvector.RabitqPlusIndex.build(vectors)
    _, stats = index.search(vectors[0], 5, rerank_factor=4, stats=True)
    assert stats.rows_read == 20


def test_added_vectors_are_found_and_removed_ones_are_not(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    index = index_class.build(vectors[:100])
    index.add(id=5000, vector=vectors[200])
    index.add_batch(np.arange(100, 200, dtype=np.uint64), vectors[100:200])
    assert len(index) == 201
    assert index.search(vectors[200], 1)[0].id == 5000
    assert index.search(vectors[150], 1)[0].id == 150
    index.remove([5000, 150])
    assert len(index) == 199
    assert 150 not in index
    assert index.search(vectors[150], 1)[0].id != 150
    index.remove(np.array([3, 4], dtype=np.uint64))
    index.compact()
    assert len(index) == 197
    assert index.search(vectors[10], 1)[0].id == 10


def test_compact_gives_memory_back(vectors: NDArray[np.float32]) -> None:
    index = ruvector.RabitqPlusIndex.build(np.tile(vectors, (20, 1)))
    full = index.memory_bytes
    index.remove(np.arange(100, 6000))
    index.compact()
    assert index.memory_bytes < full / 10


def test_memory_usage_sums_to_memory_bytes(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    index = index_class.build(vectors)
    assert sum(index.memory_usage().values()) == index.memory_bytes
    if index.keeps_rows:
        assert index.memory_bytes >= vectors.nbytes


def test_contains_takes_any_object(vectors: NDArray[np.float32]) -> None:
    index = ruvector.FlatF32Index.build(vectors)
    assert 299 in index
    assert np.uint64(299) in index
    for stranger in (300, -1, 2**64, "3", None, 3.0):
        assert stranger not in index


def test_getitem_gives_a_copy_of_the_vector(
    exact_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    index = exact_class.build(vectors)
    vector = index[17]
    np.testing.assert_array_equal(vector, vectors[17])
    vector[:] = 0
    np.testing.assert_array_equal(index[17], vectors[17])


def test_iteration_gives_pairs_of_the_moment_it_began(
    exact_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    index = exact_class.build(vectors)
    pairs = iter(index)
    index.remove([0, 7, 299])
    index.add(900, vectors[0])
    seen = list(pairs)
    assert [id for id, _ in seen] == list(range(300))
    assert all(type(id) is int for id, _ in seen)
    np.testing.assert_array_equal([vector for _, vector in seen], vectors)


def test_asymmetric_index_keeps_rows_only_for_reranking(vectors: NDArray[np.float32]) -> None:
    plain = ruvector.RabitqAsymIndex.build(vectors)
    reranking = ruvector.RabitqAsymIndex.build(vectors, rerank_factor=3)
    assert not plain.keeps_rows
    with pytest.raises(LookupError):
        plain[0]
    np.testing.assert_array_equal(reranking[9], vectors[9])


def test_equality_is_about_contents(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    index = index_class.build(vectors)
    assert index == index_class.build(vectors)
    assert index != index_class.build(vectors, metric="ip")
    assert index != index_class.build(vectors[:299])
    assert index != index_class.build(vectors, ids=np.arange(1, 301))
    assert index != vectors.shape
    assert index != "index"
    with pytest.raises(TypeError, match="unhashable"):
        hash(index)


def test_different_classes_are_not_equal(vectors: NDArray[np.float32]) -> None:
    flat = ruvector.FlatF32Index.build(vectors)
    plus = ruvector.RabitqPlusIndex.build(vectors)
    assert flat != plus


@pytest.mark.parametrize("protocol", [2, 5])
def test_a_pickled_index_is_the_same_index(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32], protocol: int
) -> None:
    index = index_class.build(vectors, metric="ip", seed=3)
    data = pickle.dumps(index, protocol)
    again = pickle.loads(data)
    assert type(again) is index_class
    assert again == index
    assert again.search(vectors[0], 9) == index.search(vectors[0], 9)
    assert b"_native" not in data


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
def test_a_copy_lives_its_own_life(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32], copier: object
) -> None:
    index = index_class.build(vectors)
    twin = copier(index)  # type: ignore[operator]  # pyright: ignore
    assert twin == index
    twin.remove([0])
    assert len(index) == 300
    assert len(twin) == 299
    assert 0 in index


def test_codes_are_a_view_by_slot(vectors: NDArray[np.float32]) -> None:
    index = ruvector.RabitqPlusIndex.build(vectors, ids=np.arange(50, 350), bits=1)
    codes = index.codes
    assert len(codes) == 300
    assert codes.bits == 1
    assert codes.padded_dim == 64
    np.testing.assert_array_equal(codes.ids, np.arange(50, 350, dtype=np.uint64))
    distances = np.linalg.norm(vectors - vectors.mean(axis=0), axis=1)
    np.testing.assert_allclose(codes.norms, distances, rtol=1e-4)
    assert codes.packed.dtype == np.uint8
    assert codes.packed.ndim == 2
    assert repr(codes) == "BinaryCodes(n=300, bits=1, padded_dim=64)"
    rotation = index.rotation()
    assert rotation.dim >= 64
    assert rotation.kind in ("dense", "fht_kac")
    assert rotation.nbytes > 0


def test_views_are_read_only_without_a_copy_and_outlive_changes(
    vectors: NDArray[np.float32],
) -> None:
    index = ruvector.RabitqPlusIndex.build(vectors)
    for view in (
        index.ids,
        np.asarray(index),
        index.codes.ids,
        index.codes.norms,
        index.codes.packed,
    ):
        assert not view.flags.writeable
        assert not view.flags.owndata
    assert np.shares_memory(np.asarray(index), np.asarray(index))
    assert np.shares_memory(index.codes.packed, index.codes.packed)
    codes, rows, before = index.codes, np.asarray(index), index.codes.packed.copy()
    index.remove(np.arange(200))
    index.compact()
    del index
    np.testing.assert_array_equal(codes.packed, before)
    np.testing.assert_array_equal(rows, vectors)


@pytest.mark.parametrize(
    "name", ["BinaryCodes", "Rotation", "FlatF32Index", "RabitqIndex", "RabitqPlusIndex"]
)
def test_there_is_no_public_constructor(name: str) -> None:
    with pytest.raises(TypeError, match="no constructor"):
        getattr(ruvector, name)()


def test_array_protocol_converts_only_when_asked(vectors: NDArray[np.float32]) -> None:
    index = ruvector.FlatF32Index.build(vectors)
    assert np.asarray(index).dtype == np.float32
    np.testing.assert_array_equal(np.asarray(index, dtype=np.float64), vectors)
    copied = np.array(index, copy=True)
    assert copied.flags.writeable
    np.testing.assert_array_equal(copied, vectors)
    with pytest.raises(ValueError, match="needs a copy"):
        index.__array__(np.float64, copy=False)


def test_a_huge_k_costs_no_memory(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    index = index_class.build(vectors)
    assert len(index.search(vectors[0], 2**62)) == 300
    with pytest.raises(MemoryError, match=r"no memory for .* hits of each of"):
        index.search_batch(vectors, 2**62)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="/proc is not mounted")
def test_repeated_calls_keep_no_memory(vectors: NDArray[np.float32]) -> None:
    index = ruvector.RabitqPlusIndex.build(vectors)
    wrong = vectors[0].astype(np.float64)
    ids = np.arange(300)

    def calls() -> None:
        for _ in range(500):
            index.search(vectors[0], 10, filter=ids, stats=True)
            index.search_batch(vectors[:4], 10)
            index.search(memoryview(vectors[0]), 5)
            assert index.codes.packed.size > index[5].size == 64
            with pytest.raises(TypeError):
                index.search(wrong, 1)
            with pytest.raises(LookupError):
                index[1000]

    calls()
    before = resident_bytes()
    calls()
    calls()
    assert resident_bytes() - before < 500_000  # a lost kilobyte for each round would show


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def test_public_names_are_all_there() -> None:
    assert all(hasattr(ruvector, name) for name in ruvector.__all__)
    assert ruvector.__version__.count(".") == 2


def test_the_extension_uses_the_stable_abi() -> None:
    from ruvector import _native

    assert _native.__file__ is not None
    assert _native.__file__.endswith(".abi3.so")

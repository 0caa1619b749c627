"""Indexes that are divided into lists, against NumPy."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import ruvector
from ruvector import FlatF32Index, RabitqAsymIndex, RabitqIndex, RabitqPlusIndex

Rows = NDArray[np.float32]


def clusters(rows: int, dim: int, seed: int) -> Rows:
    rng = np.random.default_rng(7)
    centres = rng.uniform(-2, 2, (50, dim)).astype(np.float32)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((rows, dim), dtype=np.float32)
    drawn = centres[rng.integers(0, 50, rows)] + np.float32(0.6) * noise
    return drawn.astype(np.float32, copy=False)


def nearest(rows: Rows, query: Rows, k: int) -> set[int]:
    distances = ((rows.astype(np.float64) - query) ** 2).sum(axis=1)
    return set(np.argsort(distances, kind="stable")[:k].tolist())


def recall(index: RabitqPlusIndex, rows: Rows, queries: Rows, **how: Any) -> tuple[float, int]:
    """The share of the ten nearest that is found, and how many lists were visited."""
    found = lists = 0
    for query in queries:
        hits, stats = index.search(query, 10, stats=True, **how)
        found += len(nearest(rows, query, 10) & {hit.id for hit in hits})
        lists += stats.lists_visited
    return found / (10 * len(queries)), lists


def test_the_asked_recall_is_kept_and_more_of_it_visits_more_lists() -> None:
    rows, queries = clusters(20_000, 32, 1), clusters(200, 32, 2)
    index = RabitqPlusIndex.build(rows, partitions=128)
    assert index.partitions == 128
    before = 0
    for asked in (0.9, 0.95, 0.99):
        got, lists = recall(index, rows, queries, recall=asked)
        assert got >= asked - 0.01
        assert lists > before
        before = lists
    assert before < 200 * 64
    by_default, lists = recall(index, rows, queries)
    assert (by_default >= 0.98, lists) == (True, before)


def test_queries_of_another_kind_are_learned_from() -> None:
    rows = clusters(20_000, 32, 1)
    rng = np.random.default_rng(3)
    queries = rng.standard_normal((400, 32), dtype=np.float32)
    index = RabitqPlusIndex.build(rows, partitions=128)
    index.calibrate(queries[:200])
    got, _ = recall(index, rows, queries[200:], recall=0.9)
    assert got >= 0.88


def test_a_search_through_all_lists_is_that_of_an_undivided_index() -> None:
    rows, queries = clusters(5_000, 48, 4), clusters(50, 48, 5)
    whole = RabitqPlusIndex.build(rows)
    parts = RabitqPlusIndex.build(rows, partitions=40)
    for query in queries:
        assert parts.search(query, 10, recall=1, confidence=1) == whole.search(
            query, 10, confidence=1
        )
    ids, scores = parts.search_batch(queries, 10, recall=1, confidence=1)
    exact_ids, exact_scores = whole.search_batch(queries, 10, confidence=1)
    assert np.array_equal(ids, exact_ids)
    assert np.array_equal(scores, exact_scores)


def test_nprobe_is_a_number_of_lists() -> None:
    rows = clusters(3_000, 16, 6)
    index = RabitqPlusIndex.build(rows, partitions=30)
    for probes in (1, 7, 30):
        _, stats = index.search(rows[0], 1, nprobe=probes, stats=True)
        assert stats.lists_visited == probes
    undivided = RabitqPlusIndex.build(rows)
    hits, stats = undivided.search(rows[0], 1, nprobe=1, stats=True)
    assert (hits[0].id, stats.lists_visited, stats.expected_recall) == (0, 0, 1.0)


def test_the_expected_recall_is_at_least_the_asked_one_and_that_of_the_neighbours() -> None:
    rows, queries = clusters(8000, 32, 1), clusters(200, 32, 2)
    index = RabitqPlusIndex.build(rows, partitions=100)
    for recall in (0.8, 0.9, 0.95, 0.99):
        ids, _, stats = index.search_batch(queries, 10, recall=recall, stats=True)
        assert recall <= stats.expected_recall <= 1
        found = [
            len(nearest(rows, query, 10) & set(row.tolist()))
            for query, row in zip(queries, ids, strict=True)
        ]
        assert sum(found) / 2000 >= stats.expected_recall - 0.02
    alone = [index.search(query, 10, nprobe=3, stats=True)[1] for query in queries]
    _, _, stats = index.search_batch(queries, 10, nprobe=3, stats=True)
    mean = sum(one.expected_recall for one in alone) / 200
    assert stats.expected_recall == pytest.approx(mean, abs=1e-4)
    _, stats = index.search(rows[0], 10, recall=1.0, stats=True)
    assert (stats.lists_visited, stats.expected_recall) == (100, 1.0)


def test_auto_divides_what_is_worth_it() -> None:
    assert RabitqPlusIndex.build(clusters(2_000, 8, 1), partitions="auto").partitions is None
    assert RabitqPlusIndex.build(clusters(100_000, 8, 1), partitions="auto").partitions == 632
    assert RabitqPlusIndex.build(clusters(2_000, 8, 1)).partitions is None


@pytest.mark.parametrize("kind", [RabitqIndex, RabitqPlusIndex, RabitqAsymIndex])
@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
def test_files_pickles_and_copies_are_the_same_index(
    kind: Any, metric: str, tmp_path: Path
) -> None:
    rows = clusters(1_500, 24, 7)
    index = kind.build(rows, metric=metric, partitions=20, bits=4)
    expected = index.search_batch(rows[:20], 5)
    path = tmp_path / "index.rbpx"
    index.save(path)
    for other in (
        kind.load(path),
        kind.load(path, verify=True),
        pickle.loads(pickle.dumps(index)),
        index.__copy__(),
    ):
        assert other == index
        assert other.partitions == 20
        for got, wanted in zip(other.search_batch(rows[:20], 5), expected, strict=True):
            assert np.array_equal(got, wanted)
    loaded = kind.load(path)
    loaded.add(5_000, rows[0] * np.float32(1.01))
    loaded.remove([3])
    assert len(loaded) == 1_500
    assert index == kind.load(path)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "remove"]), st.integers(1, 150)), min_size=1, max_size=12
    ),
    lists=st.integers(1, 20),
    metric=st.sampled_from(["l2", "ip", "cosine"]),
)
@settings(max_examples=40, deadline=None)
def test_any_changes_leave_what_an_exact_index_has(
    steps: list[tuple[str, int]], lists: int, metric: Any
) -> None:
    rng = np.random.default_rng(len(steps))
    rows = rng.standard_normal((80, 12), dtype=np.float32)
    index = RabitqPlusIndex.build(rows, partitions=lists, metric=metric)
    exact = FlatF32Index.build(rows, metric=metric)
    held, fresh = list(range(80)), 80
    for step, count in steps:
        if step == "add":
            more = rng.standard_normal((count, 12), dtype=np.float32)
            ids = np.arange(fresh, fresh + count, dtype=np.uint64)
            index.add_batch(ids, more)
            exact.add_batch(ids, more)
            held += ids.tolist()
            fresh += count
        else:
            gone = [
                held.pop(int(rng.integers(len(held)))) for _ in range(min(count, len(held) - 1))
            ]
            index.remove(gone)
            exact.remove(gone)
    query = rng.standard_normal(12, dtype=np.float32)
    assert index.search(query, 10, recall=1, confidence=1) == exact.search(query, 10)
    assert len(index) == len(held)
    index.compact()
    assert index.search(query, 10, recall=1, confidence=1) == exact.search(query, 10)
    again = RabitqPlusIndex.deserialize(index.serialize())
    assert again.search(query, 10, recall=1, confidence=1) == exact.search(query, 10)


def grown(rows: Rows, first: int, lists: int, batch: int = 500, **how: Any) -> RabitqPlusIndex:
    index = RabitqPlusIndex.build(rows[:first], partitions=lists, **how)
    for start in range(first, len(rows), batch):
        more = rows[start : start + batch]
        index.add_batch(np.arange(start, start + len(more), dtype=np.uint64), more)
    return index


def one_cluster_after_another(rows: Rows) -> Rows:
    return np.ascontiguousarray(rows[np.argsort(rows[:, 0], kind="stable")])


def test_lists_follow_the_size_and_keep_the_asked_recall() -> None:
    rows, queries = one_cluster_after_another(clusters(20_000, 32, 1)), clusters(200, 32, 2)
    index = grown(rows, 2_000, 40)
    assert index.partitions == pytest.approx(40 * 10**0.5, rel=0.07)
    for asked in (0.9, 0.95, 0.99):
        got, _ = recall(index, rows, queries, recall=asked)
        assert got >= asked - 0.01
    index.remove(np.arange(0, 20_000, 2, dtype=np.uint64))
    assert index.partitions == pytest.approx(40 * 5**0.5, rel=0.07)
    found = 0
    for query in queries:
        true = {2 * row + 1 for row in nearest(rows[1::2], query, 10)}
        found += len(true & {hit.id for hit in index.search(query, 10, recall=0.95)})
    assert found / 2_000 >= 0.94


def test_grown_lists_are_searched_through_for_as_little_as_new_ones() -> None:
    rows, queries = one_cluster_after_another(clusters(20_000, 32, 1)), clusters(200, 32, 2)
    index = grown(rows, 2_000, 40)
    fresh = RabitqPlusIndex.build(rows, partitions=126)
    codes = []
    for each in (index, fresh):
        *_, stats = each.search_batch(queries, 10, recall=0.95, stats=True)
        codes.append(stats.codes_scanned)
    assert codes[0] <= 1.3 * codes[1]


def test_lists_of_codes_alone_stay_as_they_are() -> None:
    rows = clusters(4_000, 16, 3)
    index = RabitqIndex.build(rows[:1_000], partitions=20, bits=4)
    index.add_batch(np.arange(1_000, 4_000, dtype=np.uint64), rows[1_000:])
    assert index.partitions == 20
    index.remove(np.arange(0, 3_000, dtype=np.uint64))
    assert index.partitions == 20


def test_a_calibration_holds_through_growth_and_files(tmp_path: Path) -> None:
    rows = clusters(20_000, 32, 1)
    rng = np.random.default_rng(3)
    queries = rng.standard_normal((400, 32), dtype=np.float32)
    index = RabitqPlusIndex.build(rows[:5_000], partitions=64)
    index.calibrate(queries[:200])
    index.save(tmp_path / "index.rbpx")
    index = RabitqPlusIndex.load(tmp_path / "index.rbpx")
    index.add_batch(np.arange(5_000, 20_000, dtype=np.uint64), rows[5_000:])
    assert index.partitions == 128
    got, _ = recall(index, rows, queries[200:], recall=0.9)
    assert got >= 0.88


@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
def test_files_of_lists_that_divided_and_merged_are_the_same_index(
    metric: str, tmp_path: Path
) -> None:
    rows = clusters(4_000, 24, 7)
    index: Any = grown(rows, 800, 20, metric=metric)
    index.remove(np.arange(0, 3_000, dtype=np.uint64))
    assert index.partitions != 20
    expected = index.search_batch(rows[:20], 5)
    index.save(tmp_path / "index.rbpx")
    for other in (
        RabitqPlusIndex.load(tmp_path / "index.rbpx", verify=True),
        pickle.loads(pickle.dumps(index)),
    ):
        assert other == index
        for got, wanted in zip(other.search_batch(rows[:20], 5), expected, strict=True):
            assert np.array_equal(got, wanted)
    index.compact()
    for got, wanted in zip(index.search_batch(rows[:20], 5), expected, strict=True):
        assert np.array_equal(got, wanted)


def test_a_cancelled_addition_leaves_lists_as_they_were() -> None:
    rows = clusters(6_000, 24, 7)
    index = RabitqPlusIndex.build(rows[:2_000], partitions=40)
    before = index.serialize()
    for after in range(12):
        calls = 0

        def stop(done: int, total: int, after: int = after) -> bool:
            nonlocal calls
            calls += 1
            return calls <= after

        try:
            index.add_batch(np.arange(2_000, 6_000, dtype=np.uint64), rows[2_000:], progress=stop)
        except ruvector.RuVectorError:
            assert index.serialize() == before
            continue
        index = RabitqPlusIndex.deserialize(before)


GROWTH = """
import hashlib
import numpy as np, ruvector
rng = np.random.default_rng(0)
rows = rng.standard_normal((1500, 33), dtype=np.float32)
images = set()
for threads in (1, 3):
    ruvector.set_num_threads(threads)
    index = ruvector.RabitqPlusIndex.build(rows[:600], partitions=24)
    for first in range(600, 1500, 300):
        ids = np.arange(first, first + 300, dtype=np.uint64)
        index.add_batch(ids, rows[first : first + 300])
    assert index.partitions > 30
    index.remove(np.arange(0, 1000, dtype=np.uint64))
    assert index.partitions < 24
    images.add(index.serialize())
assert len(images) == 1
print(hashlib.sha256(images.pop()).hexdigest())
"""


def test_lists_divide_and_merge_alike_on_every_level_and_thread_count(
    run_script: Callable[..., str],
) -> None:
    levels = ruvector.cpu_features().available
    assert len({run_script(GROWTH, RUVECTOR_SIMD=level) for level in levels}) == 1


def test_searches_go_on_while_the_index_changes() -> None:
    rows = clusters(4_000, 24, 8)
    index = RabitqPlusIndex.build(rows[:2_000], partitions=32)
    done = threading.Event()
    wrong: list[object] = []

    def search() -> None:
        while not done.is_set():
            hits = index.search(rows[5], 3)
            if hits[0].id != 5 or hits[0].score != 0:
                wrong.append(hits)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for first in range(2_000, 4_000, 100):  # lists divide meanwhile
        index.add_batch(np.arange(first, first + 100, dtype=np.uint64), rows[first : first + 100])
        index.remove(np.arange(first, first + 50, dtype=np.uint64))
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(index) == 3_000
    assert index.partitions is not None
    assert index.partitions > 32


def test_a_build_can_be_cancelled() -> None:
    def stop(done: int, total: int) -> bool:
        assert 0 <= done <= total
        return False

    with pytest.raises(ruvector.RuVectorError, match="build"):
        RabitqPlusIndex.build(clusters(50_000, 32, 9), partitions=200, progress=stop)


def test_memory_is_accounted_for() -> None:
    index = RabitqPlusIndex.build(clusters(10_000, 32, 10), partitions=100)
    usage = index.memory_usage()
    assert usage["lists"] >= 10_000 * 8
    assert usage["centroids"] >= 100 * 32 * 4
    assert sum(usage.values()) == index.memory_bytes


@pytest.mark.parametrize(
    ("build", "message"),
    [
        ({"partitions": 0}, "partitions is 0, not in 1..1000000"),
        ({"partitions": 1_000_001}, "partitions is 1000001, not in 1..1000000"),
        ({"partitions": -1}, "partitions"),
        ({"partitions": "autos"}, "partitions is 'autos', neither a number nor 'auto'"),
    ],
)
def test_a_wrong_number_of_lists_is_named(build: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RabitqPlusIndex.build(clusters(10, 4, 1), **build)


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"recall": 0}, r"recall is 0, not in \(0, 1\]"),
        ({"recall": 1.5}, r"recall is 1.5, not in \(0, 1\]"),
        ({"recall": float("nan")}, "recall is nan"),
        ({"nprobe": 0}, "nprobe is 0, not at least 1"),
        ({"recall": 0.9, "nprobe": 3}, "recall is 0.9 and nprobe is 3"),
    ],
)
def test_a_wrong_effort_is_named(search: dict[str, Any], message: str) -> None:
    index = RabitqPlusIndex.build(clusters(100, 4, 1), partitions=4)
    with pytest.raises(ValueError, match=message):
        index.search(np.zeros(4, np.float32), 1, **search)


def test_wrong_types_and_what_cannot_be_divided_are_named() -> None:
    rows = clusters(100, 4, 1)
    wrong: Any = 1.5
    with pytest.raises(TypeError, match="partitions"):
        RabitqPlusIndex.build(rows, partitions=wrong)
    with pytest.raises(ValueError, match="FlatF32Index has no codes to divide"):
        FlatF32Index.build(rows, partitions=3)
    with pytest.raises(ValueError, match="calibrate: the index is not divided"):
        RabitqPlusIndex.build(rows).calibrate(rows)
    with pytest.raises(ruvector.RowsNotKept, match="calibrate"):
        RabitqIndex.build(rows, partitions=3).calibrate(rows)
    divided = RabitqPlusIndex.build(rows, partitions=3)
    with pytest.raises(ruvector.DimensionMismatch):
        divided.calibrate(np.zeros((3, 5), np.float32))
    with pytest.raises(ValueError, match="queries: 0 rows"):
        divided.calibrate(np.zeros((0, 4), np.float32))

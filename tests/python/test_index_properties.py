"""What holds for inputs of any shape, type and stride."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

import ruvector

METRICS = st.sampled_from(["l2", "ip", "cosine"])
CLASSES = st.sampled_from(
    [
        ruvector.FlatF32Index,
        ruvector.RabitqIndex,
        ruvector.RabitqPlusIndex,
        ruvector.RabitqAsymIndex,
    ]
)
EXACT = st.sampled_from([ruvector.FlatF32Index, ruvector.RabitqPlusIndex])


def random_vectors(n: int, dim: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((n, dim), dtype=np.float32)


def scores_of(vectors: NDArray[np.float32], query: NDArray[np.float32], metric: str) -> Any:
    v, q = vectors.astype(np.float64), query.astype(np.float64)
    if metric == "l2":
        return ((v - q) ** 2).sum(axis=1)
    if metric == "ip":
        return -(v @ q)
    return 1 - v @ q / (np.linalg.norm(v, axis=1) * np.linalg.norm(q))


@given(EXACT, st.integers(1, 150), st.integers(1, 130), METRICS, st.integers(0, 99))
def test_exact_scores_are_numpys_at_every_shape(
    cls: Any, n: int, dim: int, metric: str, seed: int
) -> None:
    vectors = random_vectors(n + 1, dim, seed)
    index = cls.build(vectors[:n], metric=metric)
    hits = index.search(vectors[n], n)
    expected = np.sort(scores_of(vectors[:n], vectors[n], metric))
    scale = 1 + float((vectors**2).sum(axis=1).max())
    np.testing.assert_allclose([hit.score for hit in hits], expected, rtol=0, atol=1e-5 * scale)
    assert sorted(hit.id for hit in hits) == list(range(n))


@given(CLASSES, st.integers(1, 150), st.integers(1, 100), METRICS, st.integers(1, 8), st.data())
@settings(max_examples=60)
def test_every_build_survives_a_round_trip(
    cls: Any, n: int, dim: int, metric: str, bits: int, data: st.DataObject
) -> None:
    ids = data.draw(
        st.lists(st.integers(0, 2**64 - 2), min_size=n, max_size=n, unique=True), label="ids"
    )
    vectors = random_vectors(n, dim, 1)
    index = cls.build(vectors, ids=np.array(ids, dtype=np.uint64), metric=metric, bits=bits)
    again = cls.deserialize(index.serialize())
    assert again == index
    assert again.ids.tolist() == ids
    k = data.draw(st.integers(1, n + 3), label="k")
    assert again.search(vectors[0], k) == index.search(vectors[0], k)
    assert len(index.search(vectors[0], k)) == min(k, n)


@given(
    arrays.arrays(
        dtype=arrays.scalar_dtypes(),
        shape=arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
        fill=st.nothing(),
    )
)
@settings(max_examples=200)
def test_an_array_is_either_read_or_refused_by_its_type_or_shape(array: NDArray[Any]) -> None:
    index = ruvector.FlatF32Index.build(np.eye(4, dtype=np.float32))
    fits = array.dtype == np.dtype("=f4") and array.ndim == 2 and array.shape[1] == 4
    if fits and np.isfinite(array).all() and (np.abs(array) < 1e15).all():
        assert index.search_batch(array, 1)[0].shape == (len(array), 1)
        return
    with pytest.raises((TypeError, ValueError)) as caught:
        index.search_batch(array, 1)
    if array.dtype != np.dtype("=f4"):
        assert type(caught.value) is TypeError


@given(st.integers(1, 5), st.integers(1, 5), st.integers(-3, 3), st.integers(-3, 3))
def test_strided_rows_are_refused_and_contiguous_ones_read(
    n: int, dim: int, row_step: int, column_step: int
) -> None:
    if 0 in (row_step, column_step):
        return
    base = random_vectors(n * 3, dim * 3, 0)
    view = base[::row_step, ::column_step][:n, :dim]
    if view.flags.c_contiguous:
        assert len(ruvector.FlatF32Index.build(view)) == n
    else:
        with pytest.raises(TypeError, match="strided"):
            ruvector.FlatF32Index.build(view)


@given(EXACT, st.integers(1, 120), st.data())
@settings(max_examples=60)
def test_a_filter_equals_removing_what_it_forbids(cls: Any, n: int, data: st.DataObject) -> None:
    vectors = random_vectors(n, 24, 2)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n), label="mask"))
    index = cls.build(vectors)
    everything = index.search(vectors[0], n)
    allowed = [hit for hit in everything if mask[hit.id]]
    assert index.search(vectors[0], n, filter=mask) == allowed
    assert index.search(vectors[0], n, filter=np.packbits(mask, bitorder="little")) == allowed
    assert index.search(vectors[0], n, filter=np.flatnonzero(mask)) == allowed


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=40))
@settings(max_examples=60)
def test_any_order_of_adding_and_removing_keeps_a_dictionary(
    steps: list[tuple[bool, int]],
) -> None:
    vectors = random_vectors(31, 8, 4)
    index = ruvector.RabitqPlusIndex.build(vectors[:0])
    model: dict[int, NDArray[np.float32]] = {}
    for adding, id in steps:
        if adding and id not in model:
            index.add(id, vectors[id])
            model[id] = vectors[id]
        elif not adding and id in model:
            index.remove([id])
            del model[id]
    assert sorted(index.ids.tolist()) == sorted(model)
    assert {id: row.tolist() for id, row in index} == {id: v.tolist() for id, v in model.items()}
    for id in model:
        assert index.search(vectors[id], 1)[0].id == id

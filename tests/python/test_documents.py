"""The store of documents, against plain Python over the same documents."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from ruvector.documents import Document, DocumentStore, similarity

N, DIM = 400, 24
COLOURS = ("red", "green", "blue")


def metadata(i: int) -> dict[str, Any]:
    return {"n": i, "colour": COLOURS[i % 3], "nested": {"tens": i // 10}, "tags": [i % 2, "all"]}


@pytest.fixture
def rows() -> NDArray[np.float32]:
    return np.random.default_rng(5).standard_normal((N, DIM), dtype=np.float32)


@pytest.fixture
def store(rows: NDArray[np.float32]) -> DocumentStore:
    store = DocumentStore()
    ids = [f"doc {i}" for i in range(N)]
    store.add(ids, rows, [f"text {i}" for i in range(N)], [metadata(i) for i in range(N)])
    return store


def nearest(
    rows: NDArray[np.float32], query: NDArray[np.float32], chosen: list[int], k: int, metric: str
) -> list[int]:
    """By plain arithmetic in double precision."""
    x, q = rows[chosen].astype(np.float64), query.astype(np.float64)
    distances = {
        "cosine": 1 - x @ q / (np.linalg.norm(x, axis=1) * np.linalg.norm(q)),
        "ip": -(x @ q),
        "l2": ((x - q) ** 2).sum(axis=1),
    }[metric]
    return [chosen[i] for i in np.argsort(distances, kind="stable")[:k]]


@pytest.mark.parametrize("metric", ["cosine", "ip", "l2"])
def test_a_search_finds_the_nearest(rows: NDArray[np.float32], metric: Any) -> None:
    store = DocumentStore(metric=metric)
    store.add([str(i) for i in range(N)], rows, [""] * N)
    query = rows[0] + rows[1]
    hits = store.search(query, 12)
    assert [int(hit.document.id) for hit in hits] == nearest(
        rows, query, list(range(N)), 12, metric
    )
    assert (store.metric, store.dim, len(store)) == (metric, DIM, N)


@pytest.mark.parametrize(
    ("tree", "holds"),
    [
        ({"colour": "red"}, lambda m: m["colour"] == "red"),
        (
            {"nested.tens": {"$lt": 2}, "tags": {"$contains": 1}},
            lambda m: m["n"] in range(1, 20, 2),
        ),
        ({"$or": [{"n": 7}, {"n": {"$gt": 395}}]}, lambda m: m["n"] == 7 or m["n"] > 395),
        ({"n": {"$gte": N}}, lambda m: False),
        ({}, lambda m: True),
    ],
)
def test_a_filtered_search_finds_k_of_what_is_allowed(
    store: DocumentStore, rows: NDArray[np.float32], tree: dict[str, Any], holds: Any
) -> None:
    allowed = [i for i in range(N) if holds(metadata(i))]
    hits = store.search(rows[3], 10, filter=tree)
    assert len(hits) == min(10, len(allowed))
    assert [hit.document.metadata["n"] for hit in hits] == nearest(
        rows, rows[3], allowed, 10, "cosine"
    )
    assert [one.metadata["n"] for one in store.find(tree)] == allowed
    by_function = store.search(rows[3], 10, filter=lambda one: holds(one.metadata))
    assert by_function == hits


def test_a_search_of_some_ids_finds_only_those(
    store: DocumentStore, rows: NDArray[np.float32]
) -> None:
    wanted = ["doc 5", "doc 6", "doc 6", "missing"]
    hits = store.search(rows[5], 10, ids=wanted, with_vectors=True)
    assert [hit.document.id for hit in hits] == ["doc 5", "doc 6"]
    for hit, row in zip(hits, rows[5:7], strict=True):
        assert hit.vector is not None
        assert np.array_equal(hit.vector, row)
    assert store.search(rows[5], 10, ids=[]) == []
    assert [one.id for one in store.find({"colour": "red"}, ids=wanted)] == ["doc 6"]


def test_adding_an_id_again_replaces_its_document(
    store: DocumentStore, rows: NDArray[np.float32]
) -> None:
    store.add(["doc 3", "new"], -rows[3:5], ["other", "text"], [None, {"n": 1}])
    assert len(store) == N + 1
    assert store.get(["doc 3"]) == [Document("doc 3", "other", {})]
    best = store.search(-rows[3], 1)[0]
    assert (best.document.id, best.document.text) == ("doc 3", "other")
    assert store.search(rows[3], 1)[0].document.id != "doc 3"


def test_deleted_documents_are_gone(store: DocumentStore, rows: NDArray[np.float32]) -> None:
    assert store.delete(["doc 3", "doc 3", "missing"]) == 1
    assert ("doc 3" in store, "doc 4" in store) == (False, True)
    assert store.get(["doc 4", "doc 3", "doc 2"]) == store.get(["doc 4", "doc 2"])
    assert store.search(rows[3], 1)[0].document.id != "doc 3"
    assert store.delete([f"doc {i}" for i in range(N)]) == N - 1
    assert store.search(rows[3], 1) == []
    with pytest.raises(ruvector.DimensionMismatch):
        store.add(["x"], np.ones((1, 3), dtype=np.float32), [""])
    store.clear()
    store.add(["x"], np.ones((1, 3), dtype=np.float32), [""])
    assert store.dim == 3


def test_documents_are_deleted_by_a_filter(store: DocumentStore) -> None:
    green, tagged = {"colour": "green"}, {"tags": {"$contains": 1}}
    assert (len(store.find(green)), len(store.find(tagged))) == (133, 200)
    assert store.delete_matching({"colour": "red"}, ids=["doc 0", "doc 1", "doc 3"]) == 2
    assert store.delete_matching(lambda one: one.metadata["n"] >= 10) == N - 10
    assert [one.metadata["n"] for one in store.find()] == [1, 2, 4, 5, 6, 7, 8, 9]
    assert [one.metadata["n"] for one in store.find(green)] == [1, 4, 7]
    assert [one.metadata["n"] for one in store.find(tagged)] == [1, 5, 7, 9]
    assert store.delete_matching({}) == 8
    assert len(store) == 0


def test_an_index_that_grew_is_built_anew_and_finds_the_same(rows: NDArray[np.float32]) -> None:
    store = DocumentStore(metric="l2")
    many = np.random.default_rng(9).standard_normal((1_500, DIM), dtype=np.float32)
    for i in range(0, 1_500, 50):
        store.add([str(n) for n in range(i, i + 50)], many[i : i + 50], [""] * 50)
    assert store._built_of > 1_000
    found = [int(hit.document.id) for hit in store.search(rows[0], 20)]
    assert found == nearest(many, rows[0], list(range(1_500)), 20, "l2")


def test_what_goes_in_and_out_is_copied(store: DocumentStore, rows: NDArray[np.float32]) -> None:
    given: dict[str, Any] = {"list": [1]}
    store.add(["x"], rows[:1], ["text"], [given])
    given["list"].append(2)
    store.get(["x"])[0].metadata["list"].append(3)
    store.search(rows[0], 1, ids=["x"])[0].document.metadata.clear()
    assert store.get(["x"])[0].metadata == {"list": [1]}


@pytest.mark.parametrize(
    ("ids", "texts", "metadatas", "error", "message"),
    [
        (["a", "a"], ["", ""], None, ValueError, "'a' is given twice"),
        (["a", 1], ["", ""], None, TypeError, "1 is int, not str"),
        ("ab", ["", ""], None, TypeError, "got the one string 'ab'"),
        (["a", "b"], ["", None], None, TypeError, "that of 'b' is NoneType"),
        (["a", "b"], [""], None, ValueError, "2 ids, but 1 texts"),
        (["a", "b"], ["", ""], [{}], ValueError, "2 ids, but 1 metadatas"),
        (["a"], [""], None, ValueError, r"shape \(2, 24\), expected \(1, dim\)"),
        (["a", "b"], ["", ""], [{}, []], TypeError, "metadata of 'b': list is no mapping"),
        (["a", "b"], ["", ""], [{}, {"x": {2: 3}}], TypeError, r"'b'\['x'\]: key 2 is int"),
        (["a", "b"], ["", ""], [{}, {"x": [{1}]}], TypeError, r"\['x'\]\[0\]: set is none of"),
        (["a", "b"], ["", ""], [{}, {"x": float("inf")}], ValueError, "inf is not finite"),
    ],
)
def test_wrong_documents_are_refused_and_change_nothing(
    store: DocumentStore, rows: NDArray[np.float32], ids: Any, texts: Any, metadatas: Any,
    error: Any, message: str,
) -> None:  # fmt: skip
    with pytest.raises(error, match=message):
        store.add(ids, rows[:2], texts, metadatas)
    assert (len(store), "a" in store) == (N, False)


def test_metadata_without_end_are_refused(rows: NDArray[np.float32]) -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    with pytest.raises(ValueError, match="deeper than the limit of 64"):
        DocumentStore().add(["a"], rows[:1], [""], [endless])


def test_a_vector_that_the_index_refuses_changes_nothing(
    store: DocumentStore, rows: NDArray[np.float32]
) -> None:
    wrong = rows[:2].copy()
    wrong[1, 4] = np.nan
    with pytest.raises(ValueError, match="row 1"):
        store.add(["doc 0", "new"], wrong, ["changed", ""])
    assert store.get(["doc 0", "new"]) == [Document("doc 0", "text 0", metadata(0))]
    doubles: Any = rows[:1].astype(np.float64)
    with pytest.raises(TypeError, match="float32"):
        store.add(["new"], doubles, [""])
    with pytest.raises(ValueError, match="metric"):
        DocumentStore(metric="manhattan")  # type: ignore[arg-type]


@pytest.mark.parametrize("k", [0, -1, True, 2.0, "3"])
def test_k_is_checked_even_of_an_empty_store(k: Any) -> None:
    with pytest.raises(ValueError, match="k is"):
        DocumentStore().search(np.ones(3, dtype=np.float32), k)


def test_a_filter_that_is_none_is_refused(store: DocumentStore, rows: NDArray[np.float32]) -> None:
    with pytest.raises(TypeError, match="got int"):
        store.search(rows[0], 1, filter=7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="one string"):
        store.get("doc 1")


def test_another_encoder_is_refused() -> None:
    store = DocumentStore(encoder="mine")
    store.require_encoder("mine")
    store.require_encoder(None)
    with pytest.raises(ruvector.EncoderMismatch, match="mine, not of another"):
        store.require_encoder("another")


def test_similarities_are_those_of_plain_arithmetic() -> None:
    a, b = np.array([3.0, 4.0]), np.array([1.0, 0.0])
    assert similarity("cosine", 1 - 0.6) == pytest.approx(a @ b / 5)
    assert similarity("ip", -3.0) == a @ b
    assert similarity("l2", 20.0) == 1 / 21


def test_threads_see_whole_changes(store: DocumentStore, rows: NDArray[np.float32]) -> None:
    """Two documents are replaced together, again and again: no reader sees only one changed."""
    failures: list[object] = []
    end = threading.Event()
    store.add(["x", "y"], rows[:2], ["0", "0"], [{"pair": True}] * 2)

    def read() -> None:
        while not end.is_set():
            found = {hit.document.text for hit in store.search(rows[0], 2, filter={"pair": True})}
            texts = {one.text for one in store.get(["x", "y"])}
            if len(found) != 1 or len(texts) != 1:
                failures.append((found, texts))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for i in range(200):
        store.add(["x", "y"], rows[:2], [str(i)] * 2, [{"pair": True}] * 2)
    end.set()
    for thread in threads:
        thread.join()
    assert failures == []

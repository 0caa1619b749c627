"""Every error of ruLake: its message, its attributes, and wrong arguments."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ruvector
from ruvector import Consistency
from tests.python.lake_stores import Shelf, lake_with, rows_of

KEY = ("hot", "docs")
QUERY = rows_of(1)[0]


def lake() -> ruvector.RuLake:
    hot = ruvector.LocalBackend("hot")
    hot.upsert("docs", [1, 2], rows_of(2))
    return lake_with(hot)


def bundle(**changes: Any) -> ruvector.RuLakeBundle:
    fields = {"data_ref": "x", "dim": 8, "rotation_seed": 42, "rerank_factor": 20, "generation": 1}
    return ruvector.RuLakeBundle(**{**fields, **changes})


def tampered() -> ruvector.RuLakeBundle:
    return ruvector.RuLakeBundle.from_json(bundle().to_json().replace('"dim": 8', '"dim": 9'))


def failing_lake() -> ruvector.RuLake:
    return lake_with(Shelf(before_pull=lambda: 1 / 0))


RAISERS: list[tuple[Callable[[], Any], type[Exception], str, dict[str, Any]]] = [
    (
        lambda: lake().search_one("docs", QUERY, 1, backend="cold"),
        ruvector.UnknownBackend,
        "no backend 'cold' is registered",
        {},
    ),
    (
        lambda: lake().publish_bundle(("cold", "docs"), "/nowhere"),
        ruvector.UnknownBackend,
        "no backend 'cold' is registered",
        {},
    ),
    (
        lambda: lake().unregister_backend("cold"),
        ruvector.UnknownBackend,
        "no backend 'cold' is registered",
        {},
    ),
    (
        lambda: lake().search_one("books", QUERY, 1),
        ruvector.UnknownCollection,
        "backend 'hot' has no collection 'books'",
        {},
    ),
    (
        lambda: lake().search_federated("books", QUERY, 1),
        ruvector.UnknownCollection,
        "'books'",
        {},
    ),
    (
        lambda: failing_lake().search_one("docs", QUERY, 1),
        ruvector.BackendError,
        "backend 'shelf': pull_vectors('docs') raised ZeroDivisionError: division by zero",
        {"backend": "shelf"},
    ),
    (
        lambda: lake().save_cache_to_dir(KEY, "/nowhere"),
        ruvector.CacheMissError,
        "collection 'docs' of backend 'hot' is not cached",
        {},
    ),
    (
        lambda: tampered().require_witness(),
        ruvector.WitnessMismatch,
        bundle().rvf_witness,
        {"expected": bundle(dim=9).rvf_witness, "actual": bundle().rvf_witness},
    ),
    (lambda: ruvector.RuLakeBundle.from_json("{"), ruvector.BundleError, "JSON", {}),
    (lambda: bundle(data_ref="x" * 5000).to_json(), ruvector.BundleError, "4096", {}),
    (
        lambda: ruvector.RuLakeBundle.read_from_dir("/nowhere"),
        ruvector.PersistError,
        "/nowhere/table.rulake.json: ",
        {"path": Path("/nowhere/table.rulake.json")},
    ),
    (
        lambda: lake().search_one("docs", QUERY[:3], 1),
        ruvector.DimensionMismatch,
        "dimension 3, expected 16",
        {"expected": 16, "actual": 3},
    ),
    (
        lambda: ruvector.LocalBackend("hot").upsert("docs", [3, 3], rows_of(2)),
        ruvector.DuplicateId,
        "id 3",
        {"id": 3},
    ),
    (
        lambda: ruvector.LocalBackend("hot").pull_vectors("docs"),
        ruvector.UnknownCollection,
        "backend 'hot' has no collection 'docs'",
        {},
    ),
]


@pytest.mark.parametrize(("call", "error", "message", "attributes"), RAISERS)
def test_an_error_names_the_thing_has_its_attributes_and_pickles(
    call: Callable[[], Any], error: type[Exception], message: str, attributes: dict[str, Any]
) -> None:
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert message in str(caught.value)
    assert vars(caught.value) == attributes
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), vars(again)) == (error, str(caught.value), attributes)


def builder() -> ruvector.RuLakeBuilder:
    return ruvector.RuLake.builder()


# A wrong argument, the call that gets it, and the message.
WRONG_TYPES: list[tuple[Any, Callable[[Any], Any], str]] = [
    (
        QUERY.astype(float),
        lambda x: lake().search_one("docs", x, 1),
        "query: dtype is float64, not",
    ),
    (QUERY[::2], lambda x: lake().search_one("docs", x, 1), "query: the array is strided"),
    ([[1.0]], lambda x: lake().search_batch("docs", x, 1), "queries: expected an array of float32"),
    (3, lambda x: lake().search_one(x, QUERY, 1), "collection: expected a str, got int"),
    (3, lambda x: lake().search_one("docs", QUERY, 1, backend=x), "backend: expected a str, got"),
    (3, lambda x: lake().search_federated(x, QUERY, 1), "targets: expected a collection or a list"),
    (["docs"], lambda x: lake().search_federated(x, QUERY, 1), "targets: expected a pair"),
    (3, lambda x: lake().invalidate_cache(x), r"key: expected a pair \(backend, coll.*, got int"),
    ("docs", lambda x: lake().invalidate_cache(x), r"key: expected a pair .*, got str"),
    (("a", "b", "c"), lambda x: lake().invalidate_cache(x), "key: expected a pair"),
    (("a", 3), lambda x: lake().invalidate_cache(x), "key: expected a str, got int"),
    (
        "fresh",
        lambda x: builder().consistency(x),
        r"consistency: expected ruvector.Consistency.FRESH, EVENTUAL or FROZEN, got str",
    ),
    ("frozen", lambda x: lake().set_consistency(KEY, x), "expected ruvector.Consistency.FRESH, EV"),
    (0.5, lambda x: builder().ttl_ms(x), "ttl_ms: expected an int, got float"),
    ("secret", lambda x: builder().signing_key(x), "signing_key: expected 32 bytes, got str"),
    (bytes(32), lambda x: builder().trusted_keys(x), "trusted_keys: expected a list of keys"),
    (3, lambda x: builder().metric(x), "metric: expected a str, got int"),
    ([1.5], lambda x: lake().search_one("docs", QUERY, 1, allowed_ids=x), "allowed_ids: expected"),
    (None, lambda x: bundle(generation=x), "generation: expected an int or a str, got NoneType"),
]


@pytest.mark.parametrize(("argument", "call", "message"), WRONG_TYPES)
def test_an_argument_of_another_type_is_named_with_what_is_expected(
    argument: Any, call: Callable[[Any], Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        call(argument)


NAN = np.full(16, np.nan, np.float32)

WRONG_VALUES: list[tuple[Callable[[], Any], str]] = [
    (lambda: lake().search_one("docs", NAN, 1), "query is not finite: nan at position 0"),
    (lambda: lake().search_batch("docs", NAN[None], 1), "row 0 is not finite"),
    (lambda: lake().search_one("docs", QUERY, -1), "k: -1 is outside 0.."),
    (lambda: lake().search_one("docs", QUERY, 1, rerank_factor=0), "rerank_factor is 0, not in 1"),
    (lambda: lake().search_one("docs", QUERY, 1, confidence=2), "confidence is 2"),
    (lambda: lake().search_one("docs", QUERY, 1, radius=float("nan")), "radius is NaN"),
    (
        lambda: lake().search_federated("docs", QUERY, 1, partial="some"),  # type: ignore[arg-type]
        "partial: 'some' is none of 'error', 'allow'",
    ),
    (
        lambda: lake().search_federated("docs", QUERY, 1, deadline_ms=-1),
        "deadline_ms: -1 is outside",
    ),
    (lambda: builder().ttl_ms(2**63), "ttl_ms: 9223372036854775808 is outside 0..3153600000000"),
    (lambda: builder().metric("hamming"), "'hamming' is none of 'l2', "),  # type: ignore[arg-type]
    (lambda: builder().rerank_factor(2000).build(), "rerank_factor: 2000 is not in 1..1024"),
    (lambda: builder().signing_key(b"short"), "signing_key: 5 bytes, not 32"),
    (lambda: lake().register_backend(ruvector.LocalBackend("hot")), "'hot'"),
    (lambda: ruvector.LocalBackend(""), "empty"),
    (lambda: ruvector.LocalBackend("hot").upsert("docs", [1], rows_of(2)), "1 ids for 2 vectors"),
    (lambda: ruvector.LocalBackend("hot").upsert("docs", [1], NAN[None]), "not finite"),
]


@pytest.mark.parametrize(("call", "message"), WRONG_VALUES)
def test_a_wrong_value_is_a_value_error_that_names_it(
    call: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the message is checked below
        call()
    assert type(caught.value) is ValueError
    assert message in str(caught.value)


def test_a_collection_that_several_backends_have_must_be_named_with_its_backend() -> None:
    both = lake_with(Shelf(id="a"), Shelf(id="b"))
    with pytest.raises(ValueError, match="'docs' is in the backends 'a' and 'b'"):
        both.search_one("docs", QUERY, 1)
    assert both.search_one("docs", QUERY, 1, backend="b")[0].backend == "b"


def test_what_cannot_be_trusted_changes_nothing(tmp_path: Path) -> None:
    warm = lake()
    warm.search_one("docs", QUERY, 1)
    warm.save_cache_to_dir(KEY, tmp_path)
    index = next(tmp_path.glob("*.rbpx"))
    image = bytearray(index.read_bytes())
    image[len(image) // 2] ^= 1
    index.write_bytes(image)
    cold = ruvector.RuLake.builder().consistency(Consistency.FROZEN).build()
    with pytest.raises((ruvector.WitnessMismatch, ruvector.BundleError, ruvector.PersistError)):
        cold.warm_from_dir(KEY, tmp_path, verify=True)
    assert KEY not in cold

    path = tmp_path / "table.rulake.json"
    path.write_text(path.read_text().replace('"dim": 16', '"dim": 17'))
    with pytest.raises(ruvector.WitnessMismatch):
        warm.refresh_from_bundle_dir(KEY, tmp_path)
    assert KEY in warm

"""Every error: its place in the tree, its builtin base, its message and its attributes."""

from __future__ import annotations

import builtins
import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (ruvector.RuVectorError, (Exception,)),
        (ruvector.IndexError, (ruvector.RuVectorError,)),
        (ruvector.DimensionMismatch, (ruvector.IndexError, ValueError)),
        (ruvector.EmptyIndex, (ruvector.IndexError,)),
        (ruvector.PersistError, (ruvector.IndexError, OSError)),
        (ruvector.DuplicateId, (ruvector.IndexError, ValueError)),
        (ruvector.IdNotFound, (ruvector.IndexError, LookupError)),
        (ruvector.RowsNotKept, (ruvector.IndexError, LookupError)),
        (ruvector.LakeError, (ruvector.RuVectorError,)),
        (ruvector.BackendError, (ruvector.LakeError,)),
        (ruvector.UnknownBackend, (ruvector.LakeError, LookupError)),
        (ruvector.UnknownCollection, (ruvector.LakeError, LookupError)),
        (ruvector.CacheMissError, (ruvector.LakeError, LookupError)),
        (ruvector.WitnessMismatch, (ruvector.LakeError, ValueError)),
        (ruvector.EncoderMismatch, (ruvector.LakeError, ValueError)),
        (ruvector.BundleError, (ruvector.LakeError, ValueError)),
        (ruvector.EmbedError, (ruvector.RuVectorError,)),
        (ruvector.ModelNotFound, (ruvector.EmbedError, LookupError)),
        (ruvector.ModelDigestMismatch, (ruvector.EmbedError, ValueError)),
        (ruvector.MissingExtra, (ruvector.EmbedError, ImportError)),
        (ruvector.A2aError, (ruvector.RuVectorError,)),
        (ruvector.CardSignatureInvalid, (ruvector.A2aError,)),
        (ruvector.PolicyViolation, (ruvector.A2aError, ValueError)),
        (ruvector.RecursionLimit, (ruvector.PolicyViolation,)),
        (ruvector.BudgetExceeded, (ruvector.A2aError,)),
        (ruvector.TransportError, (ruvector.A2aError, ConnectionError)),
        (ruvector.StreamInterrupted, (ruvector.TransportError,)),
        (ruvector.Timeout, (ruvector.TransportError, TimeoutError)),
        (ruvector.ProtocolError, (ruvector.TransportError,)),
        (ruvector.TaskNotFound, (ruvector.A2aError, LookupError)),
        (ruvector.TaskNotCancelable, (ruvector.A2aError,)),
        (ruvector.UnsupportedOperation, (ruvector.A2aError,)),
        (ruvector.VersionNotSupported, (ruvector.A2aError,)),
        (ruvector.AuthRequired, (ruvector.A2aError, PermissionError)),
    ],
)
def test_the_tree_is_that_of_the_contract(
    error: type[Exception], bases: tuple[type[Exception], ...]
) -> None:
    assert error.__bases__ == bases
    assert error.__module__ == "ruvector"


def test_index_error_is_not_the_builtin() -> None:
    assert not issubclass(ruvector.IndexError, builtins.IndexError)


def flat(count: int = 3) -> ruvector.FlatF32Index:
    return ruvector.FlatF32Index.build(np.ones((count, 4), dtype=np.float32))


def codes_only() -> ruvector.RabitqIndex:
    return ruvector.RabitqIndex.build(np.eye(3, 64, dtype=np.float32))


def vector(dim: int = 4) -> NDArray[np.float32]:
    return np.ones(dim, dtype=np.float32)


RAISERS: list[tuple[Callable[[], Any], type[Exception], str, dict[str, Any]]] = [
    (
        lambda: flat().search(vector(3), 1),
        ruvector.DimensionMismatch,
        "query has dimension 3, expected 4",
        {"expected": 4, "actual": 3},
    ),
    (
        lambda: flat().search_batch(np.ones((2, 5), np.float32), 1),
        ruvector.DimensionMismatch,
        "dimension 5, expected 4",
        {"expected": 4, "actual": 5},
    ),
    (
        lambda: flat().add(9, vector(2)),
        ruvector.DimensionMismatch,
        "dimension 2, expected 4",
        {"expected": 4, "actual": 2},
    ),
    (
        lambda: flat().add_batch([9], np.ones((1, 6), np.float32)),
        ruvector.DimensionMismatch,
        "dimension 6, expected 4",
        {"expected": 4, "actual": 6},
    ),
    (lambda: flat(0).search(vector(), 1), ruvector.EmptyIndex, "no vector", {}),
    (lambda: flat().add(1, vector()), ruvector.DuplicateId, "id 1 is already", {"id": 1}),
    (
        lambda: ruvector.FlatF32Index.build(np.ones((3, 4), np.float32), ids=[2**63, 5, 2**63]),
        ruvector.DuplicateId,
        f"id {2**63} is already",
        {"id": 2**63},
    ),
    (
        lambda: flat().add_batch([7, 7], np.ones((2, 4), np.float32)),
        ruvector.DuplicateId,
        "id 7 is already",
        {"id": 7},
    ),
    (lambda: flat().remove([77]), ruvector.IdNotFound, "id 77 is not in the index", {"id": 77}),
    (lambda: flat()[12], ruvector.IdNotFound, "id 12 is not in the index", {"id": 12}),
    (lambda: codes_only()[0], ruvector.RowsNotKept, "keeps codes only", {}),
    (lambda: np.asarray(codes_only()), ruvector.RowsNotKept, "keeps codes only", {}),
    (lambda: iter(codes_only()), ruvector.RowsNotKept, "keeps codes only", {}),
    (
        lambda: ruvector.FlatF32Index.load("/nowhere/at all.rbpx"),
        ruvector.PersistError,
        "/nowhere/at all.rbpx: ",
        {"path": Path("/nowhere/at all.rbpx")},
    ),
    (
        lambda: flat().save("/nowhere/x.rbpx"),
        ruvector.PersistError,
        "/nowhere/x.rbpx: ",
        {"path": Path("/nowhere/x.rbpx")},
    ),
    (
        lambda: ruvector.FlatF32Index.build(np.ones((3, 4), np.float32), progress=lambda *_: False),
        ruvector.RuVectorError,
        "build cancelled at 3 of 3",
        {},
    ),
]


@pytest.mark.parametrize(("call", "error", "message", "attributes"), RAISERS)
def test_an_error_names_the_thing_and_has_its_attributes(
    call: Callable[[], Any], error: type[Exception], message: str, attributes: dict[str, Any]
) -> None:
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert message in str(caught.value)
    assert vars(caught.value) == attributes


@pytest.mark.parametrize(("call", "error", "message", "attributes"), RAISERS)
def test_an_error_pickles_with_its_attributes(
    call: Callable[[], Any], error: type[Exception], message: str, attributes: dict[str, Any]
) -> None:
    with pytest.raises(error) as caught:
        call()
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is error
    assert str(again) == str(caught.value)
    assert vars(again) == attributes


def test_a_missing_extra_says_what_to_install_and_pickles() -> None:
    error = ruvector.MissingExtra("backend='onnx'", package="onnxruntime", extra="text")
    again = pickle.loads(pickle.dumps(error))
    for one in (error, again):
        assert str(one).endswith("needs the package onnxruntime: pip install ruvector[text]")
        assert (one.package, one.extra) == ("onnxruntime", "text")
    assert error.name == "onnxruntime"


DETAILS: dict[str, Any] = {
    "code": -32002,
    "data": {"path": ["a"]},
    "http_status": 429,
    "retryable": True,
    "retry_after": "3",
}


@pytest.mark.parametrize(
    ("error", "own"),
    [
        (ruvector.A2aError, {}),
        (ruvector.PolicyViolation, {"field": "max_tokens", "value": 5, "limit": 4}),
        (ruvector.RecursionLimit, {"field": "depth", "value": 9, "limit": 8}),
        (ruvector.BudgetExceeded, {"dimension": "usd"}),
        (ruvector.TransportError, {}),
        (ruvector.Timeout, {}),
        (ruvector.AuthRequired, {}),
    ],
)
def test_an_error_of_an_agent_pickles_with_its_attributes(error: Any, own: dict[str, Any]) -> None:
    made = error("no", **DETAILS, **own)
    for one in (made, pickle.loads(pickle.dumps(made)), copy.copy(made)):
        assert type(one) is error
        assert str(one) == "no"
        assert vars(one) == {**DETAILS, **own}
    assert error("no").code == 0


def test_a_path_that_is_not_utf8_is_in_the_message_and_the_attribute() -> None:
    name = b"/nowhere/\xff.rbpx".decode("utf-8", "surrogateescape")
    with pytest.raises(ruvector.PersistError, match="nowhere") as caught:
        ruvector.FlatF32Index.load(name)
    assert str(caught.value.path) == name
    assert name in str(caught.value)


ONES = np.ones((3, 4), np.float32)
NAN_ROW = ONES.copy()
NAN_ROW[1, 2] = np.nan

WRONG_VALUES: list[tuple[Callable[[], Any], str]] = [
    (lambda: ruvector.FlatF32Index.build(NAN_ROW), "row 1 is not finite: nan at position 2"),
    (lambda: ruvector.RabitqPlusIndex.build(-np.inf * ONES), "row 0 is not finite: -inf"),
    (lambda: flat().add(9, NAN_ROW[1]), "not finite"),
    (lambda: flat().add_batch([7, 8, 9], NAN_ROW), "row 1 is not finite"),
    (lambda: flat().search(NAN_ROW[1], 1), "query is not finite: nan at position 2"),
    (lambda: flat().search_batch(NAN_ROW, 1), "row 1 is not finite"),
    (lambda: flat().search([1e300, 0, 0, 0], 1), "query is not finite: inf"),
    (lambda: ruvector.FlatF32Index.build(np.ones((1, 8193), np.float32)), "8193, not in 1..8192"),
    (lambda: ruvector.FlatF32Index.build(np.ones((1, 0), np.float32)), "0, not in 1..8192"),
    (
        lambda: ruvector.FlatF32Index.build(np.ones(1, np.float32)),
        "vectors: has 1 dimensions, not 2",
    ),
    (lambda: flat().search(ONES, 1), "query: has 2 dimensions, not 1"),
    (lambda: ruvector.RabitqIndex.build(ONES, bits=9), "bits is 9, not in 1..8"),
    (lambda: ruvector.RabitqIndex.build(ONES, bits=-1), "bits: -1 is outside 0.."),
    (lambda: ruvector.RabitqPlusIndex.build(ONES, rerank_factor=1025), "1025, not in 1..1024"),
    (
        lambda: ruvector.FlatF32Index.build(ONES, metric=cast("Any", "hamming")),
        "'hamming' is none of 'l2', ",
    ),
    (lambda: ruvector.FlatF32Index.build(ONES, seed=-1), "seed: -1 is outside 0.."),
    (lambda: ruvector.FlatF32Index.build(ONES, ids=[]), "ids: 0 ids for 3 vectors"),
    (lambda: ruvector.FlatF32Index.build(ONES, ids=[1, 2]), "2"),
    (lambda: ruvector.FlatF32Index.build(ONES, ids=[1, -2, 3]), "ids: -2 is outside 0.."),
    (
        lambda: ruvector.FlatF32Index.build(ONES, ids=np.array([1, -2, 3])),
        "ids: -2 at position 1 is negative",
    ),
    (lambda: ruvector.FlatF32Index.build(ONES, threads=0), "threads is 0, not in 1.."),
    (lambda: flat().search(vector(), -1), "k: -1 is outside 0.."),
    (lambda: flat().search(vector(), 1, threads=100_000), "threads is 100000, not in 1.."),
    (lambda: flat().search(vector(), 1, rerank_factor=0), "rerank_factor is 0, not in 1..1024"),
    (lambda: flat().search(vector(), 1, confidence=1.5), "confidence is 1.5, not in (0, 1]"),
    (lambda: flat().search(vector(), 1, radius=float("nan")), "radius is NaN"),
    (lambda: flat().search(vector(), 1, filter=np.ones(4, bool)), "4"),
    (lambda: flat().search(vector(), 1, filter=np.ones(2, np.uint8)), "2"),
    (lambda: flat().search(vector(), 1, filter=np.array([-1])), "filter: -1 at position 0 is"),
    (lambda: flat()[-1], "id: -1 is outside 0..18446744073709551615"),
    (lambda: ruvector.set_num_threads(0), "0"),
    (lambda: ruvector.recommend(10, 0, 0.9), "0"),
    (lambda: ruvector.recommend(10, 8, 1.5), "1.5"),
]


@pytest.mark.parametrize(("call", "message"), WRONG_VALUES)
def test_a_wrong_value_is_a_value_error_that_names_it(
    call: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the message is checked below
        call()
    assert type(caught.value) is ValueError
    assert message in str(caught.value)


def test_nothing_is_added_when_a_batch_is_refused() -> None:
    index = flat()
    before = copy.copy(index)
    for ids, rows in (([7, 8, 9], NAN_ROW), ([7, 8, 7], ONES), ([7, 0, 9], ONES), ([7], ONES)):
        with pytest.raises(ValueError):  # noqa: PT011  the messages are tested above
            index.add_batch(ids, rows)
    assert index == before


def test_nothing_is_removed_when_an_id_is_missing_or_given_twice() -> None:
    index = flat()
    with pytest.raises(ruvector.IdNotFound):
        index.remove([0, 5])
    with pytest.raises(ruvector.DuplicateId):
        index.remove([0, 0])
    assert sorted(index.ids) == [0, 1, 2]

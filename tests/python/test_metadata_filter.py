"""Metadata filters: against plain Python, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruvector._metadata_table import MetadataTable
from ruvector.metadata_filter import MetadataFilter

KEYS = ("a", "b", "c")
scalars = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([-1.5, 0.5, 2.0]),
    st.booleans(),
    st.none(),
    st.sampled_from(["", "x", "y", "xy"]),
)
values = st.one_of(scalars, st.lists(scalars, max_size=3))
metadata = st.dictionaries(st.sampled_from(KEYS), values, max_size=3)

Predicate = Callable[[dict[str, Any]], bool]


def kind(value: Any) -> str:
    """Numbers are one kind; what is of different kinds is never equal nor in order."""
    if isinstance(value, bool) or value is None:
        return repr(type(value))
    return "number" if isinstance(value, int | float) else type(value).__name__


def equal(a: Any, b: Any) -> bool:
    if kind(a) != kind(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[dict[str, Any], Predicate]:
    """A filter of one key, and the same as a plain function."""
    key = draw(st.sampled_from(KEYS))
    name = draw(st.sampled_from(["=", "$eq", "$ne", "$in", "$nin", "$exists", "<", "$contains"]))
    if name == "<":
        limit = draw(st.one_of(st.integers(-3, 3), st.sampled_from(["", "x", "xy"])))
        order = draw(st.sampled_from(["$lt", "$lte", "$gt", "$gte"]))
        holds: dict[str, Callable[[Any], bool]] = {
            "$lt": lambda v: v < limit,
            "$lte": lambda v: v <= limit,
            "$gt": lambda v: v > limit,
            "$gte": lambda v: v >= limit,
        }
        return {
            key: {order: limit}
        }, lambda m: key in m and kind(m[key]) == kind(limit) and holds[order](m[key])
    if name == "$exists":
        there = draw(st.booleans())
        return {key: {"$exists": there}}, lambda m: (key in m) is there
    if name in ("$in", "$nin"):
        several = draw(st.lists(scalars, max_size=3))
        wanted = name == "$in"
        return {
            key: {name: several}
        }, lambda m: (key in m and any(equal(m[key], one) for one in several)) is wanted
    one = draw(scalars)
    if name == "$contains":
        return (
            {key: {name: one}},
            lambda m: (
                (isinstance(m.get(key), list) and any(equal(one, x) for x in m[key]))
                or (isinstance(m.get(key), str) and isinstance(one, str) and one in m[key])
            ),
        )
    condition = one if name == "=" else {name: one}
    return {key: condition}, lambda m: (key in m and equal(m[key], one)) is (name != "$ne")


def joined(parts: list[tuple[dict[str, Any], Predicate]], how: str) -> Any:
    trees, predicates = [part[0] for part in parts], [part[1] for part in parts]
    if how == "$not":
        return {"$not": trees[0]}, lambda m: not predicates[0](m)
    if how == "$and":
        return {"$and": trees}, lambda m: all(predicate(m) for predicate in predicates)
    return {"$or": trees}, lambda m: any(predicate(m) for predicate in predicates)


filters = st.recursive(
    comparisons(),
    lambda inner: st.builds(
        joined, st.lists(inner, min_size=1, max_size=3), st.sampled_from(["$and", "$or", "$not"])
    ),
    max_leaves=6,
)


@given(filters, st.lists(metadata, max_size=8))
def test_a_filter_allows_what_a_plain_comprehension_does(
    case: tuple[dict[str, Any], Predicate], rows: list[dict[str, Any]]
) -> None:
    tree, predicate = case
    allowed = MetadataFilter(tree).allowed((100 + i, row) for i, row in enumerate(rows))
    assert allowed.dtype == np.uint64
    expected = [100 + i for i, row in enumerate(rows) if predicate(row)]
    assert allowed.tolist() == expected
    table = MetadataTable()
    for i, row in enumerate(rows):
        table.add(100 + i, row)
    assert sorted(MetadataFilter(tree).allowed_of(table).tolist()) == expected


@pytest.mark.parametrize(
    ("tree", "matching", "other"),
    [
        ({}, {}, None),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}, {"a": 1}),
        ({"a": 1}, {"a": 1.0}, {"a": True}),
        ({"a": True}, {"a": True}, {"a": 1}),
        ({"a": None}, {"a": None}, {}),
        ({"a": {"$gte": 1, "$lt": 3}}, {"a": 2}, {"a": 3}),
        ({"a": {"$not": {"$gt": 3}}}, {}, {"a": 4}),
        ({"a.b": 1}, {"a": {"b": 1}}, {"a": {"b": 2}}),
        ({"a.b": 1}, {"a.b": 1, "a": {"b": 2}}, {"a.b": 2, "a": {"b": 1}}),
        ({"a.b.c": {"$exists": False}}, {"a": {"b": 1}}, {"a": {"b": {"c": 0}}}),
        ({"a": {"b": 1}}, {"a": {"b": 1.0}}, {"a": {"b": 1, "c": 2}}),
        ({"a": [1, "x"]}, {"a": [1, "x"]}, {"a": [1]}),
        ({"a": {"$icontains": "STRASSE"}}, {"a": "die Straße"}, {"a": "der Weg"}),
        ({"a": {"$in": ["x", 1]}}, {"a": 1.0}, {"a": "1"}),
    ],
)
def test_a_filter_holds_for_one_and_not_for_the_other(
    tree: dict[str, Any], matching: dict[str, Any], other: dict[str, Any] | None
) -> None:
    made, table = MetadataFilter(tree), MetadataTable()
    assert made.matches(matching)
    assert other is None or not made.matches(other)
    table.add(1, matching)
    if other is not None:
        table.add(2, other)
    assert made.allowed_of(table).tolist() == [1]


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"$nor": []}, r"unknown operator '\$nor'"),
        ({"a": {"$regex": "x"}}, r"unknown operator '\$regex' of 'a': expected one of \$eq"),
        ({"a": {"$gt": 1, "b": 2}}, "unknown operator 'b' of 'a'"),
        ({"$and": []}, r"\$and takes a list of filters, got \[\]"),
        ({"$or": {"a": 1}}, r"\$or takes a list of filters"),
        ({"a": {"$in": "xy"}}, r"\$in of 'a' takes a list of values, got 'xy'"),
        ({"a": {"$gt": None}}, r"\$gt of 'a' takes a number or a string, got None"),
        ({"a": {"$lte": float("nan")}}, r"\$lte of 'a' takes a number or a string, got nan"),
        ({"a": {"$gt": True}}, r"\$gt of 'a' takes a number"),
        ({"a": {"$exists": 1}}, r"\$exists of 'a' takes True or False, got 1"),
        ({"a": {"$icontains": 1}}, r"\$icontains of 'a' takes a string, got 1"),
        ({"a": {"$not": 1}}, r"\$not of 'a' takes operators, got 1"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(tree: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MetadataFilter(tree)


@pytest.mark.parametrize("tree", [[], "a", {1: 2}, {"$and": [1]}, {"$not": None}])
def test_what_is_no_mapping_of_strings_is_refused(tree: Any) -> None:
    with pytest.raises(TypeError, match=r"mapping|not str"):
        MetadataFilter(tree)


def test_a_filter_that_is_nested_without_end_is_refused() -> None:
    tree: dict[str, Any] = {"a": 1}
    for _ in range(5_000):
        tree = {"$not": tree}
    with pytest.raises(ValueError, match="deeper than the limit of 32"):
        MetadataFilter(tree)

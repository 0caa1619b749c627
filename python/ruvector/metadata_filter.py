"""Filters over metadata: a tree of conditions that becomes a function, and with it an array of ids.

>>> from ruvector.metadata_filter import MetadataFilter
>>> recent = MetadataFilter({"kind": "note", "year": {"$gte": 2020}})
>>> recent.matches({"kind": "note", "year": 2024}), recent.matches({"kind": "note"})
(True, False)
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ruvector._metadata_table import MISSING, MetadataTable

__all__ = ["MetadataFilter"]

# Whether a value, or `MISSING` where there is none, is as wanted.
_Test: TypeAlias = Callable[[Any], bool]

_MAX_DEPTH = 32


class MetadataFilter:
    """A condition on metadata, checked when it is made.

    A mapping asks that all of its entries hold. An entry is a key with a value, which asks for
    equality, or with a mapping of operators; or one of ``$and``, ``$or`` (with a list of filters)
    and ``$not`` (with a filter).

    ========================== ====================================================================
    ``$eq``, ``$ne``           equal or not; numbers by value, ``True`` is no number
    ``$gt $gte $lt $lte``      order between two numbers or two strings, else it does not hold
    ``$in``, ``$nin``          equal to one of a list, or to none
    ``$exists``                True: the key is there; False: it is not
    ``$contains``              a list has an equal element, or a text has the text in it
    ``$icontains``             a text has the text in it, whatever the case
    ``$not``                   a mapping of operators, of which not all hold
    ========================== ====================================================================

    A key that is not there fulfils ``$ne``, ``$nin`` and ``$exists: False`` alone, and what a
    ``$not`` around another makes of it. A key is looked up as it is written; if it is not there,
    its dots lead into nested objects. Of an object of conditions all hold.

    Immutable and thread-safe.

    Raises:
        ValueError: an operator is not known, or has no such operand; the message names it.
        TypeError: it is no mapping, or a key is no string.
    """

    __slots__ = ("_condition",)

    def __init__(self, conditions: Mapping[str, Any]) -> None:
        self._condition = _all_of(conditions, depth=0)

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        """Whether the metadata fulfil the filter."""
        return self._condition.matches(metadata)

    def allowed(self, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> NDArray[np.uint64]:
        """The ids of the rows, pairs of id and metadata, that fulfil it: ``filter=`` of a search.

        >>> from ruvector.metadata_filter import MetadataFilter
        >>> MetadataFilter({"a": 1}).allowed([(7, {"a": 1}), (8, {"a": 2}), (9, {"a": 1.0})])
        array([7, 9], dtype=uint64)
        """
        matches = self._condition.matches
        return np.fromiter((id for id, metadata in rows if matches(metadata)), dtype=np.uint64)

    def allowed_of(self, table: MetadataTable) -> NDArray[np.uint64]:
        """The same of a table, in no order; what a key holds is looked at once for each value."""
        return table.numbers(self._condition.mask(table))


class _Condition(Protocol):
    def matches(self, metadata: Mapping[str, Any]) -> bool: ...
    def mask(self, table: MetadataTable) -> NDArray[np.bool_]:
        """By row of the table, whether it fulfils the condition."""
        ...


@dataclass(frozen=True, slots=True)
class _All:
    parts: list[_Condition]

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        return all(part.matches(metadata) for part in self.parts)

    def mask(self, table: MetadataTable) -> NDArray[np.bool_]:
        found = np.ones(len(table), dtype=np.bool_)
        for part in self.parts:
            found &= part.mask(table)
        return found


@dataclass(frozen=True, slots=True)
class _Any:
    parts: list[_Condition]

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        return any(part.matches(metadata) for part in self.parts)

    def mask(self, table: MetadataTable) -> NDArray[np.bool_]:
        found = np.zeros(len(table), dtype=np.bool_)
        for part in self.parts:
            found |= part.mask(table)
        return found


@dataclass(frozen=True, slots=True)
class _Not:
    part: _Condition

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        return not self.part.matches(metadata)

    def mask(self, table: MetadataTable) -> NDArray[np.bool_]:
        return ~self.part.mask(table)


@dataclass(frozen=True, slots=True)
class _Of:
    """A test of what a key holds."""

    key: str
    test: _Test
    scalars: list[Any] | None  # the test asks for one of these

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        value = metadata.get(self.key, MISSING)
        if value is MISSING and "." in self.key:
            value = _nested(metadata, self.key.split("."))
        return self.test(value)

    def mask(self, table: MetadataTable) -> NDArray[np.bool_]:
        if self.scalars is not None and "." not in self.key:
            return table.equal_to(self.key, self.scalars)
        found = table.tested(self.key, self.test)
        if "." in self.key:
            first, *path = self.key.split(".")
            inner = table.tested(first, lambda value: self.test(_nested(value, path)))
            found = np.where(table.is_there(self.key), found, inner)
        return found


def _nested(value: Any, path: list[str]) -> Any:
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return MISSING
        value = value[part]
    return value


def _all_of(conditions: Any, depth: int) -> _Condition:
    """The condition of a mapping of keys and logical operators."""
    _require_mapping(conditions, "filter", depth)
    parts = [_entry(key, wanted, depth) for key, wanted in conditions.items()]
    return parts[0] if len(parts) == 1 else _All(parts)


def _require_mapping(value: Any, name: str, depth: int) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name}: expected a mapping, got {type(value).__name__}")
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"{name}: key {key!r} is {type(key).__name__}, not str")
    if depth > _MAX_DEPTH:
        raise ValueError(f"{name}: nested deeper than the limit of {_MAX_DEPTH}")


def _entry(key: str, wanted: Any, depth: int) -> _Condition:
    if key == "$not":
        return _Not(_all_of(wanted, depth + 1))
    if key in ("$and", "$or"):
        if not isinstance(wanted, list | tuple) or not wanted:
            raise ValueError(f"filter: {key} takes a list of filters, got {wanted!r}")
        parts = [_all_of(part, depth + 1) for part in wanted]
        return _All(parts) if key == "$and" else _Any(parts)
    if key.startswith("$"):
        raise ValueError(f"filter: unknown operator {key!r}: expected $and, $or or $not, or a key")
    return _Of(key, _test_of(key, wanted, depth), _scalars_of(wanted))


def _scalars_of(wanted: Any) -> list[Any] | None:
    """The values of which a condition asks for one, if that is all and all are scalars."""
    if isinstance(wanted, Mapping):
        if len(wanted) != 1:
            return None
        ((name, operand),) = wanted.items()
        values = [operand] if name == "$eq" else list(operand) if name == "$in" else [wanted]
    else:
        values = [wanted]
    is_scalar = all(
        value is None or isinstance(value, str | bool | int | float) for value in values
    )
    return values if is_scalar else None


# --- tests of one value


def _test_of(key: str, wanted: Any, depth: int) -> _Test:
    """The test of what a key is compared with: operators, or a value that it shall equal."""
    if not isinstance(wanted, Mapping) or not any(str(name).startswith("$") for name in wanted):
        return _equal_to(wanted)
    _require_mapping(wanted, f"filter: {key!r}", depth)
    tests = [_operator(key, name, operand, depth) for name, operand in wanted.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda value: all(test(value) for test in tests)


def _operator(key: str, name: str, operand: Any, depth: int) -> _Test:
    if name == "$not":
        if not isinstance(operand, Mapping):
            raise ValueError(f"filter: $not of {key!r} takes operators, got {operand!r}")
        inner = _test_of(key, operand, depth + 1)
        return lambda value: not inner(value)
    if name not in _OPERATORS:
        known = ", ".join([*_OPERATORS, "$not"])
        raise ValueError(f"filter: unknown operator {name!r} of {key!r}: expected one of {known}")
    try:
        return _OPERATORS[name](operand)
    except _WrongOperand as error:
        raise ValueError(f"filter: {name} of {key!r} takes {error}, got {operand!r}") from None


class _WrongOperand(Exception):
    """What the operator takes instead."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(a: Any, b: Any) -> bool:
    """Equality of JSON: of numbers by value, never between kinds, though Python has True == 1."""
    if _is_number(a) and _is_number(b):
        return bool(a == b)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return type(a) is type(b) and bool(a == b)


def _equal_to(wanted: Any) -> _Test:
    if isinstance(wanted, str):  # the most frequent one
        return lambda value: isinstance(value, str) and value == wanted
    return lambda value: value is not MISSING and _same(value, wanted)


def _not_equal_to(wanted: Any) -> _Test:
    equal = _equal_to(wanted)
    return lambda value: not equal(value)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any], _Test]:
    def make(limit: Any) -> _Test:
        if isinstance(limit, str):
            return lambda value: isinstance(value, str) and compare(value, limit)
        if not _is_number(limit) or math.isnan(limit):
            raise _WrongOperand("a number or a string")
        return lambda value: _is_number(value) and compare(value, limit)

    return make


def _one_of(wanted: Any) -> _Test:
    if not isinstance(wanted, list | tuple | set | frozenset):
        raise _WrongOperand("a list of values")
    values = list(wanted)
    if all(isinstance(value, str) for value in values):
        texts = frozenset(values)
        return lambda value: isinstance(value, str) and value in texts
    return lambda value: value is not MISSING and any(_same(value, one) for one in values)


def _none_of(wanted: Any) -> _Test:
    one = _one_of(wanted)
    return lambda value: not one(value)


def _exists(wanted: Any) -> _Test:
    if not isinstance(wanted, bool):
        raise _WrongOperand("True or False")
    return lambda value: (value is not MISSING) == wanted


def _contains(wanted: Any) -> _Test:
    def test(value: Any) -> bool:
        if isinstance(value, str):
            return isinstance(wanted, str) and wanted in value
        return isinstance(value, list | tuple) and any(_same(one, wanted) for one in value)

    return test


def _contains_any_case(wanted: Any) -> _Test:
    if not isinstance(wanted, str):
        raise _WrongOperand("a string")
    folded = wanted.casefold()
    return lambda value: isinstance(value, str) and folded in value.casefold()


_OPERATORS: dict[str, Callable[[Any], _Test]] = {
    "$eq": _equal_to,
    "$ne": _not_equal_to,
    "$gt": _ordered(operator.gt),
    "$gte": _ordered(operator.ge),
    "$lt": _ordered(operator.lt),
    "$lte": _ordered(operator.le),
    "$in": _one_of,
    "$nin": _none_of,
    "$exists": _exists,
    "$contains": _contains,
    "$icontains": _contains_any_case,
}

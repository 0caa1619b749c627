"""The metadata of many documents by columns, so that a filter looks at each distinct value once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING: Any = object()
"""What stands for the value of a key that is not there."""


def _name_of(value: Any) -> Hashable:
    """Equal for values that no filter tells apart."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return (type(value), value)
    if isinstance(value, int | float):
        return ("number", value)
    return ("json", json.dumps(value, sort_keys=True))


class _Column:
    """The values of one key: a code for each row, which numbers the distinct values. 0: missing."""

    __slots__ = ("_code_of", "_counts", "_free", "codes", "values")

    def __init__(self, capacity: int) -> None:
        self.codes = np.zeros(capacity, dtype=np.uint32)
        self.values: list[Any] = [MISSING]  # by code; MISSING also where a code is free
        self._counts = [0]
        self._code_of: dict[Hashable, int] = {}
        self._free: list[int] = []

    def set(self, row: int, value: Any) -> None:
        """Put a value into a row that holds none."""
        if value is MISSING:
            return
        name = _name_of(value)
        code = self._code_of.get(name)
        if code is None:
            code = self._free.pop() if self._free else len(self.values)
            if code == len(self.values):
                self.values.append(value)
                self._counts.append(0)
            self.values[code] = value
            self._code_of[name] = code
        self._counts[code] += 1
        self.codes[row] = code

    def clear(self, row: int) -> None:
        code = int(self.codes[row])
        self.codes[row] = 0
        if code == 0:
            return
        self._counts[code] -= 1
        if self._counts[code] == 0:
            del self._code_of[_name_of(self.values[code])]
            self.values[code] = MISSING
            self._free.append(code)

    def move(self, source: int, target: int) -> None:
        self.codes[target] = self.codes[source]
        self.codes[source] = 0

    def code_of(self, value: Any) -> int | None:
        return self._code_of.get(_name_of(value))


class MetadataTable:
    """Metadata by number. A column is made when a filter first asks for its key, and kept up.

    Thread-safe for readers; whoever changes it must be alone.
    """

    def __init__(self) -> None:
        self._numbers = np.empty(0, dtype=np.uint64)  # by row, longer than there are rows
        self._metadata: list[Mapping[str, Any]] = []
        self._row_of: dict[int, int] = {}
        self._columns: dict[str, _Column] = {}
        self._making_column = threading.Lock()

    def __len__(self) -> int:
        return len(self._metadata)

    def add(self, number: int, metadata: Mapping[str, Any]) -> None:
        """Put in the metadata of a number that is not there; they must not change later."""
        row = len(self._metadata)
        if row == len(self._numbers):
            self._reserve(max(64, 2 * row))
        self._numbers[row] = number
        self._row_of[number] = row
        self._metadata.append(metadata)
        for key, column in self._columns.items():
            column.set(row, metadata.get(key, MISSING))

    def _reserve(self, capacity: int) -> None:
        self._numbers = np.resize(self._numbers, capacity)
        for column in self._columns.values():
            codes = np.zeros(capacity, dtype=np.uint32)
            codes[: len(column.codes)] = column.codes
            column.codes = codes

    def remove(self, number: int) -> None:
        """Take out a number that is there. The last row moves into its place."""
        row, last = self._row_of.pop(number), len(self._metadata) - 1
        for column in self._columns.values():
            column.clear(row)
            if row != last:
                column.move(last, row)
        if row != last:
            moved = int(self._numbers[last])
            self._numbers[row] = moved
            self._row_of[moved] = row
            self._metadata[row] = self._metadata[last]
        self._metadata.pop()

    def numbers(self, mask: NDArray[np.bool_]) -> NDArray[np.uint64]:
        """The numbers of the rows that are set, in no order."""
        return self._numbers[: len(self._metadata)][mask]

    # --- for filters

    def is_there(self, key: str) -> NDArray[np.bool_]:
        """By row, whether there is such a key."""
        there: NDArray[np.bool_] = self._column(key).codes[: len(self)] != 0
        return there

    def tested(self, key: str, test: Callable[[Any], bool]) -> NDArray[np.bool_]:
        """By row, whether the value of a key, or `MISSING`, passes a test."""
        column = self._column(key)
        passes = np.fromiter(map(test, column.values), dtype=np.bool_, count=len(column.values))
        return passes[column.codes[: len(self)]]

    def equal_to(self, key: str, values: list[Any]) -> NDArray[np.bool_]:
        """By row, whether the value of a key is one of some scalars."""
        column = self._column(key)
        codes = column.codes[: len(self)]
        wanted = [code for value in values if (code := column.code_of(value)) is not None]
        if len(wanted) == 1:
            found: NDArray[np.bool_] = codes == wanted[0]
            return found
        passes = np.zeros(len(column.values), dtype=np.bool_)
        passes[wanted] = True
        return passes[codes]

    def _column(self, key: str) -> _Column:
        column = self._columns.get(key)
        if column is None:
            with self._making_column:
                column = self._columns.get(key)
                if column is None:
                    column = _Column(len(self._numbers))
                    for row, metadata in enumerate(self._metadata):
                        column.set(row, metadata.get(key, MISSING))
                    self._columns[key] = column
        return column

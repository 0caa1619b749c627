"""The metadata by columns, against a plain dict that changes in the same way."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ruvector._metadata_table import MISSING, MetadataTable

KEYS = st.sampled_from(["a", "b"])
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 2),
    st.sampled_from([0.5, 1.0]),
    st.sampled_from(["", "x", '"x"']),
    st.lists(st.integers(0, 1), max_size=2),
    st.dictionaries(st.sampled_from(["x", "y"]), st.integers(0, 1), max_size=2),
)


def same(a: Any, b: Any) -> bool:
    """Equality of JSON, where True is no number."""
    return isinstance(a, bool) is isinstance(b, bool) and bool(a == b)


class TableMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.table = MetadataTable()
        self.model: dict[int, dict[str, Any]] = {}
        self.next = 0

    @rule(metadata=st.dictionaries(KEYS, VALUES))
    def add(self, metadata: dict[str, Any]) -> None:
        self.table.add(self.next, metadata)
        self.model[self.next] = metadata
        self.next += 1

    @rule(choice=st.integers(0, 1_000))
    def remove(self, choice: int) -> None:
        if self.model:
            number = sorted(self.model)[choice % len(self.model)]
            self.table.remove(number)
            del self.model[number]

    @rule(key=KEYS, value=VALUES)
    def ask(self, key: str, value: Any) -> None:
        def equals(found: Any) -> bool:
            return found is not MISSING and same(found, value)

        expected = {n for n, held in self.model.items() if key in held and same(held[key], value)}
        assert set(self.table.numbers(self.table.tested(key, equals)).tolist()) == expected
        if not isinstance(value, list | dict):
            mask = self.table.equal_to(key, [value])
            assert set(self.table.numbers(mask).tolist()) == expected

    @rule(key=KEYS)
    def ask_whether_it_is_there(self, key: str) -> None:
        expected = {number for number, held in self.model.items() if key in held}
        assert set(self.table.numbers(self.table.is_there(key)).tolist()) == expected

    @invariant()
    def has_as_many_rows(self) -> None:
        assert len(self.table) == len(self.model)
        all_rows = np.ones(len(self.table), dtype=np.bool_)
        assert set(self.table.numbers(all_rows).tolist()) == set(self.model)


TestTable = TableMachine.TestCase


@given(st.lists(st.one_of(st.integers(0, 3), st.text(max_size=1)), max_size=6))
def test_values_that_went_away_leave_nothing_behind(values: list[Any]) -> None:
    table = MetadataTable()
    table.is_there("a")  # makes the column
    for _ in range(3):
        for number, value in enumerate(values):
            table.add(number, {"a": value})
        for number in range(len(values)):
            table.remove(number)
    column = table._columns["a"]
    assert len(table) == 0
    assert set(column.values) == {MISSING}
    assert len(column.values) <= 1 + len(values)
    assert column._code_of == {}


def test_threads_that_ask_first_get_one_column() -> None:
    table, start = MetadataTable(), threading.Barrier(4, timeout=20)
    for number in range(5_000):
        table.add(number, {"a": number % 7})
    found: list[list[int]] = []

    def ask() -> None:
        start.wait()
        found.append(sorted(table.numbers(table.equal_to("a", [3, 5])).tolist()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[number for number in range(5_000) if number % 7 in (3, 5)]] * 4

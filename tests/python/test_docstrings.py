"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import ruvector


def documented() -> Iterator[tuple[str, Any]]:
    yield "ruvector", ruvector
    seen: set[str] = set()
    for name in ruvector.__all__:
        value = getattr(ruvector, name)
        yield name, value
        if not inspect.isclass(value):
            continue
        for owner in value.__mro__:
            if not owner.__module__.startswith("ruvector"):
                continue
            for member, attribute in vars(owner).items():
                key = f"{owner.__name__}.{member}"
                if key not in seen:
                    seen.add(key)
                    yield key, attribute


def examples() -> list[Any]:
    found = []
    for name, value in documented():
        text = inspect.getdoc(value) or ""
        if isinstance(value, staticmethod):
            text = inspect.getdoc(value.__func__) or ""
        if ">>>" in text:
            found.append(pytest.param(text, id=name))
    return found


@pytest.mark.parametrize("text", examples())
def test_the_example_runs(text: str) -> None:
    parser = doctest.DocTestParser()
    test = parser.get_doctest(text, {}, "example", None, None)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
    with np.printoptions(legacy=False):
        outcome = doctest.DocTestRunner(optionflags=flags).run(test)
    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("name", ["ruvector.documents", "ruvector.metadata_filter"])
def test_the_examples_of_a_module_run(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_the_important_things_have_examples() -> None:
    names = {example.id for example in examples()}
    assert {"ruvector", "Index.search", "Index.search_batch", "RabitqPlusIndex.build"} <= names


def test_everything_public_has_a_docstring() -> None:
    missing = [
        name
        for name, value in documented()
        if not name.split(".")[-1].startswith("_")
        and (callable(value) or isinstance(value, (property, staticmethod)))
        and not inspect.getdoc(value)
    ]
    # The protocol's members are documented at the classes.
    assert [name for name in missing if not name.startswith("AnyIndex.")] == []

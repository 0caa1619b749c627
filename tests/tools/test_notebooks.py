"""The notebooks are committed as `python -m tests.notebooks --strip` leaves them.

`make notebooks` runs them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks.committed import NOTEBOOKS, strip


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def test_there_are_four() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == strip(text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_have_names_of_their_own(path: Path) -> None:
    names = [cell["id"] for cell in cells(path)]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9-]*", name)] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_words_stand_before_each_cell_of_code(path: Path) -> None:
    before = zip(cells(path), cells(path)[1:], strict=False)
    bare = [
        cell["id"]
        for earlier, cell in before
        if (earlier["cell_type"], cell["cell_type"]) == ("code", "code")
    ]
    assert bare == []
    assert cells(path)[0]["cell_type"] == "markdown"


def test_strip_takes_out_outputs_counts_and_machines() -> None:
    cell = {"cell_type": "code", "execution_count": 3, "id": "a", "metadata": {"x": 1}}
    run = {
        "cells": [{**cell, "outputs": [{"text": "5"}], "source": ["2 + 3"]}],
        "metadata": {"language_info": {"name": "python", "version": "3.11.2"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    stripped = json.loads(strip(json.dumps(run)))
    assert stripped["cells"][0] == {**cell, "execution_count": None, "metadata": {}} | {
        "outputs": [],
        "source": ["2 + 3"],
    }
    assert "version" not in stripped["metadata"]["language_info"]
    assert strip(strip(json.dumps(run))) == strip(json.dumps(run))

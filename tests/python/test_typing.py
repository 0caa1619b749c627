"""The annotations: what type checkers conclude from them."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ruvector import _typing

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "typing"
# The environment's own programs first, whether or not it is activated.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
PYRIGHT = shutil.which("pyright", path=PATH)


def test_the_metric_names_are_those_that_build_takes() -> None:
    import typing

    import ruvector

    for name in typing.get_args(_typing.MetricName):
        index = ruvector.FlatF32Index.build(np.ones((2, 3), np.float32), metric=name)
        assert index.metric == name


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy_concludes_the_asserted_types() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", str(CASES)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.skipif(PYRIGHT is None, reason="pyright is not installed")
def test_pyright_concludes_the_asserted_types() -> None:
    outcome = subprocess.run(
        [str(PYRIGHT), "--pythonpath", sys.executable, str(CASES)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.skipif(PYRIGHT is None, reason="pyright is not installed")
def test_every_public_name_has_a_type(tmp_path: Path) -> None:
    # Elsewhere, or pyright would take the sources for the package, which have no extension.
    outcome = subprocess.run(
        [str(PYRIGHT), "--verifytypes", "ruvector", "--ignoreexternal", "--outputjson"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PATH": PATH},
    )
    report = json.loads(outcome.stdout)["typeCompleteness"]
    untyped = [
        symbol["name"]
        for symbol in report["symbols"]
        if symbol["isExported"] and not symbol["isTypeKnown"]
    ]
    assert untyped == []
    assert report["completenessScore"] == 1
    assert report["exportedSymbolCounts"]["withKnownType"] > 1_000

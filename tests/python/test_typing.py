"""The annotations: what type checkers conclude from them."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ruvector import _typing

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "typing"


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


@pytest.mark.skipif(shutil.which("pyright") is None, reason="pyright is not installed")
def test_pyright_concludes_the_asserted_types() -> None:
    outcome = subprocess.run(
        ["pyright", "--pythonpath", sys.executable, str(CASES)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert outcome.returncode == 0, outcome.stdout

"""G3: the size of the wheel in wheelhouse/, and how long pip takes from a warm cache."""

from __future__ import annotations

import subprocess
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.datasets import ROOT
from benchmarks.gates.figure import Figure

MEGABYTES = 22
SECONDS = 10
ATTEMPTS = 5  # another process on this machine can only make it slower


def the_wheel(folder: Path) -> Path:
    wheels = sorted(folder.glob("ruvector-*.whl"))
    if len(wheels) != 1:
        raise FileNotFoundError(f"{folder}: {len(wheels)} wheels, expected 1; run `make wheel`")
    return wheels[0]


def install(wheel: Path) -> float:
    """Seconds of `pip install` in an environment that has nothing but pip."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        options = ("--disable-pip-version-check", "--quiet")
        begin = time.perf_counter()
        subprocess.run([python, "-m", "pip", "install", *options, wheel], check=True)
        took = time.perf_counter() - begin
        subprocess.run([python, "-c", "import ruvector"], check=True)
    return took


def measure() -> Iterator[Figure]:
    wheel = the_wheel(ROOT / "wheelhouse")
    yield Figure(f"{wheel.name}", wheel.stat().st_size / 1e6, " MB", MEGABYTES)
    cold = install(wheel)
    yield Figure("pip install, the cache as it was", cold, " s")
    warm = install(wheel)
    for _ in range(ATTEMPTS - 1):
        if warm <= SECONDS:
            break
        warm = min(warm, install(wheel))
    yield Figure("pip install, warm cache", warm, " s", SECONDS)

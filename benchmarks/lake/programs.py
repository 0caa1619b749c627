"""The two programs that are measured, ours and the original, and how a mode of one is run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.datasets import ROOT
from benchmarks.environments import variables

SOURCES = Path(__file__).resolve().parent / "upstream"
SCRATCH = ROOT / "build" / "bench-rulake"
BUILD_SECONDS = 900
RUN_SECONDS = 300


class ProgramError(Exception):
    """A program could not be built, or ended before it answered."""


@dataclass(frozen=True)
class Program:
    """Something that takes a mode with arguments and prints a line of JSON."""

    name: str
    command: tuple[str, ...]

    def run(self, mode: str, *arguments: object, threads: int) -> dict[str, Any]:
        """In a process that is pinned to as many cores as it has threads."""
        cores = sorted(os.sched_getaffinity(0))[-threads:]
        process = subprocess.run(
            [*self.command, mode, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            cwd=ROOT,
            env=variables("", threads),
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        if process.returncode != 0:
            last = " ".join(process.stderr.splitlines()[-3:])
            raise ProgramError(f"{self.name} {mode} ended with {process.returncode}: {last}")
        answer: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
        return answer


def ours() -> Program:
    return Program("ruvector", (sys.executable, "-m", "benchmarks.lake.ours"))


def upstream() -> Program:
    """Builds the original with cargo from its registry. Raises ProgramError where that fails."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise ProgramError("cargo is not installed")
    shutil.copytree(SOURCES, SCRATCH / "source", dirs_exist_ok=True)
    print("Building the original ruLake with cargo", flush=True)
    try:
        done = subprocess.run(
            [cargo, "build", "--release", "--quiet", "--target-dir", str(SCRATCH / "target")],
            cwd=SCRATCH / "source",
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"cargo took more than {BUILD_SECONDS} s") from error
    if done.returncode != 0:
        raise ProgramError(f"cargo failed: {done.stderr.strip()[-300:]}")
    return Program("upstream", (str(SCRATCH / "target" / "release" / "rulake-bench"),))

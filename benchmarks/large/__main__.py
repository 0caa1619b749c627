"""`python -m benchmarks.large`: builds, maps and searches ten million vectors.

Beside a graph of the first million of them, which is what hnswlib builds in the same time.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.arrays import Rows
from benchmarks.datasets import ROOT, MissingDataError
from benchmarks.environments import MissingEnvironmentError, interpreter, variables
from benchmarks.large.paging import cached_bytes, drop_from_cache
from benchmarks.large.report import document, with_verdicts
from benchmarks.large.rows import Files, K
from benchmarks.truth import recall

RESULTS = ROOT / "benchmarks" / "results" / "large"
QUICK_RESULTS = ROOT / "build" / "bench-large-quick"
PARTS = ("build", "cold", "beside")
ROWS, ROWS_BESIDE = 10_000_000, 1_000_000
QUICK_ROWS, QUICK_ROWS_BESIDE = 200_000, 100_000
QUERIES = 250
ROUNDS = 2
BUILD_THREADS = 2

Answer = dict[str, Any]
Say = Callable[[str], None]


class ProgramError(Exception):
    """A process of the benchmark ended before it answered."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--only", action="append", metavar="PART", choices=PARTS, default=[])
    parser.add_argument("--quick", action="store_true", help="few rows, to see that it works")
    parser.add_argument("--report", action="store_true", help="tables from old results")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where the results go")
    parser.add_argument(
        "--folder", type=Path, help="keep rows and indexes here (14 GB), and use what is there"
    )
    return parser.parse_args()


def run(environment: str, module: str, mode: str, *arguments: object, threads: int) -> Answer:
    """A mode of a program, in a process that is pinned to as many cores as it has threads."""
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    process = subprocess.run(
        [str(interpreter(environment)), "-m", f"benchmarks.large.{module}", mode]
        + [str(argument) for argument in arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=variables("", threads),
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    if process.returncode != 0:
        raise ProgramError(f"{module} {mode} ended with {process.returncode}")
    answer: Answer = json.loads(process.stdout.splitlines()[-1])
    return answer


def with_recall(points: list[Answer], files: Files) -> list[Answer]:
    base, queries, truth = files.read_base(), files.read_queries(), files.read_truth()
    return [point_with_recall(point, base, queries, truth) for point in points]


def point_with_recall(point: Answer, base: Rows, queries: Rows, truth: Any) -> Answer:
    import numpy as np

    found = [np.asarray(ids, np.int64) for ids in point["ids"]]
    judged = {name: value for name, value in point.items() if name != "ids"}
    return judged | {"recall": recall(base, queries, truth, found, K)}


def merged(rounds: list[list[Answer]]) -> list[Answer]:
    """The points of the first round, with the passes of all."""
    return [
        point | {"p50_us": [us for points in rounds for us in points[number]["p50_us"]]}
        for number, point in enumerate(rounds[0])
    ]


class Bench:
    """The parts of the benchmark, over files in one folder."""

    def __init__(self, folder: Path, quick: bool, say: Say) -> None:
        self.all = Files(folder, QUICK_ROWS if quick else ROWS)
        self.few = Files(folder, QUICK_ROWS_BESIDE if quick else ROWS_BESIDE)
        self.say = say

    def prepare(self, files: Files) -> None:
        self.say(f"rows and true neighbours, {files.rows:,}")
        files.make(QUERIES)

    def build_ours(self, files: Files) -> Answer:
        self.say(f"ruvector builds {files.rows:,}")
        answer = run(
            "ours", "ours", "build", files.base, files.index("ours"), BUILD_THREADS,
            threads=BUILD_THREADS,
        )  # fmt: skip
        return answer | {"rows": files.rows, "threads": BUILD_THREADS}

    def build(self) -> Answer:
        self.prepare(self.all)
        return self.build_ours(self.all)

    def require_index(self, files: Files) -> None:
        self.prepare(files)
        if not files.index("ours").exists():
            self.build_ours(files)

    def cold(self) -> Answer:
        """First a process that finds nothing in memory, then one that finds everything."""
        self.require_index(self.all)
        index = self.all.index("ours")
        drop_from_cache(index)
        left = cached_bytes(index)
        self.say("searches of a file that is not in memory")
        cold = run("ours", "ours", "cold", index, self.all.queries, threads=1)
        cold |= {"cached_before": left, "cached_after": cached_bytes(index)}
        self.say("searches of a file that is in memory")
        warm = run("ours", "ours", "warm", index, self.all.queries, threads=1)
        return {"cold": cold, "points": with_recall(warm["points"], self.all)}

    def beside(self) -> Answer:
        """Ours and the graph over the same rows, in turn."""
        self.prepare(self.few)
        mine = self.build_ours(self.few)
        graph = self.few.index("hnswlib")
        self.say(f"hnswlib builds {self.few.rows:,}")
        theirs = run(
            "peers", "graph", "build", self.few.base, graph, BUILD_THREADS, threads=BUILD_THREADS
        )
        rounds: dict[str, list[list[Answer]]] = {"ruvector": [], "hnswlib": []}
        for _ in range(ROUNDS):
            self.say("ours and hnswlib search in turn")
            ours = run("ours", "ours", "warm", self.few.index("ours"), self.few.queries, threads=1)
            other = run("peers", "graph", "warm", self.few.base, graph, self.few.queries, threads=1)
            rounds["ruvector"].append(ours["points"])
            rounds["hnswlib"].append(other["points"])
        builds = {"ruvector": mine, "hnswlib": theirs}
        return {
            "rows": self.few.rows,
            "libraries": {
                name: {"build": builds[name], "points": with_recall(merged(those), self.few)}
                for name, those in rounds.items()
            },
        }


def measure(options: argparse.Namespace, old: Answer, folder: Path) -> Answer:
    start = time.monotonic()

    def say(message: str) -> None:
        print(f"[{time.monotonic() - start:6.1f} s] {message}", flush=True)

    bench = Bench(folder, options.quick, say)
    parts: Answer = dict(old.get("parts", {}))
    for name in options.only or PARTS:
        parts[name] = getattr(bench, name)()
    return {
        "machine": machine.describe(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "quick": options.quick,
        "queries": QUERIES,
        "k": K,
        "rows": bench.all.rows,
        "parts": {name: parts[name] for name in PARTS if name in parts},
    }


def main() -> int:
    options = arguments()
    output: Path = options.output or (QUICK_RESULTS if options.quick else RESULTS)
    output.mkdir(parents=True, exist_ok=True)
    file = output / "large.json"
    results = json.loads(file.read_text()) if file.is_file() else {}
    if not options.report:
        try:
            if options.folder:
                options.folder.mkdir(parents=True, exist_ok=True)
                results = measure(options, results, options.folder)
            else:
                with tempfile.TemporaryDirectory(prefix="ruvector-large-") as folder:
                    results = measure(options, results, Path(folder))
        except MissingDataError as error:
            print(f"skipped: {error}")
            return 0
        except (ProgramError, MissingEnvironmentError) as error:
            print(error, file=sys.stderr)
            return 1
        file.write_text(json.dumps(results, indent=1) + "\n")
    (output / "README.md").write_text(document(results))
    if output == RESULTS:
        page = ROOT / "README.md"
        page.write_text(with_verdicts(page.read_text(), results))
    print(f"Wrote {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

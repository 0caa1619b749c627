"""What is measured, one function for each part of the table; each returns its part of the JSON.

Both programs run in turn, in processes of their own and with equal threads.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.datasets import DATASETS, Prepared, prepare
from benchmarks.lake.programs import SCRATCH, Program
from benchmarks.truth import recall

K = 10


@dataclass(frozen=True)
class Effort:
    """How much is measured; the quick one shows that it works, no more."""

    small: str = "u128"
    storm: str = "u128-10k"
    large: str = "minilm-200k"
    processes: int = 3
    blocks: int = 60
    seconds: float = 3.0
    clients: int = 8
    stormers: int = 64
    scratch: Path = field(default=SCRATCH / "data")


QUICK = Effort("quick", "u128-1k", "quick-384", 1, 4, 0.3, 8, 16, SCRATCH / "quick")

Run = Callable[..., dict[str, Any]]
Part = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """The programs and the effort of a run; `programs` lacks the original when it is not built."""

    effort: Effort
    programs: list[Program]
    say: Callable[[str], None]

    def each(self, mode: str, *arguments: object, threads: int, times: int = 1) -> Part:
        """`times` runs of a mode by each program in turn, {program: [answers]}."""
        answers: Part = {program.name: [] for program in self.programs}
        for _ in range(times):
            for program in self.programs:
                answer = program.run(mode, *arguments, threads=threads)
                answers[program.name].append(answer)
                self.say(f"{mode}: {program.name} {brief(answer)}")
        return answers

    def data(self, name: str) -> Prepared:
        return prepare(DATASETS[name])

    def fresh(self, name: str) -> Path:
        """An empty folder below the scratch."""
        folder = self.effort.scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def brief(answer: dict[str, Any]) -> str:
    shown = {name: value for name, value in answer.items() if not isinstance(value, list)}
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in shown.items()
    )


def judge(data: Prepared, answers: Part) -> None:
    """Replaces the ids in the answers by their recall."""
    base, queries, truth = data.base, data.queries, data.truth_distances
    for runs in answers.values():
        for answer in runs:
            for ids, name in (("ids", "recall"), ("equal_ids", "equal_recall")):
                if ids in answer:
                    found = [np.asarray(row, np.int64) for row in answer.pop(ids)]
                    answer[name] = recall(base, queries[: len(found)], truth, found, K)


def overhead(bench: Bench) -> Part:
    """A search through the lake beside one of the index itself."""
    data, effort = bench.data(bench.effort.small), bench.effort
    files = data.folder / "base.npy", data.folder / "queries.npy"
    part: Part = {program.name: [] for program in bench.programs}
    for _ in range(effort.processes):
        for program in bench.programs:
            # The original's searches take longer, so that fewer blocks are as much time.
            blocks = effort.blocks if program is bench.programs[0] else effort.blocks // 3
            answer = program.run("overhead", *files, max(4, blocks), threads=1)
            part[program.name].append(answer)
            bench.say(f"overhead: {program.name} {np.median(answer['direct_us']):,.1f} us direct")
    judge(data, part)
    return part


def storm(bench: Bench) -> Part:
    base = bench.data(bench.effort.storm).folder / "base.npy"
    return bench.each("storm", base, bench.effort.stormers, threads=2)


def large_file(bench: Bench, data: Prepared) -> Path:
    """A folder with the large set as a file that both programs read."""
    import ruvector

    root = bench.effort.scratch / "large"
    file, source = root / "c.ruvec1", data.folder / "base.npy"
    if not file.is_file() or file.stat().st_mtime < source.stat().st_mtime:
        rows = np.ascontiguousarray(data.base)
        ruvector.FsBackend("b", root).write("c", ids=np.arange(len(rows)), vectors=rows)
    return root


def cold(bench: Bench) -> Part:
    """The first query of a file in the page cache."""
    data = bench.data(bench.effort.large)
    root = large_file(bench, data)
    part = bench.each("cold", root, data.folder / "queries.npy", threads=2)
    again = min(bench.effort.processes, 3) - 1
    mine = bench.programs[0]
    for _ in range(again):  # the original takes so long that noise does not matter
        part[mine.name].append(mine.run("cold", root, data.folder / "queries.npy", threads=2))
    judge(data, part)
    return part


def warm(bench: Bench) -> Part:
    """The first answer of a new process that maps a snapshot."""
    data = bench.data(bench.effort.large)
    root, queries = large_file(bench, data), data.folder / "queries.npy"
    part: Part = {}
    for program in bench.programs:
        directory = bench.fresh(f"snapshot-{program.name}")
        program.run("save", root, queries, directory, threads=2)
        times = 5 if program is bench.programs[0] else 1
        runs = [program.run("warm", directory, queries, threads=2) for _ in range(times)]
        part[program.name] = runs
        bench.say(f"warm: {program.name} {brief(runs[0])}")
    judge(data, part)
    return part


def memory(bench: Bench) -> Part:
    """Resident bytes after all queries; the original's are those of its cold start."""
    data = bench.data(bench.effort.large)
    root, queries = large_file(bench, data), data.folder / "queries.npy"
    folder = bench.fresh("cache_dir")
    mine = bench.programs[0]
    snapshot = bench.fresh("snapshot-memory")
    mine.run("save", root, queries, snapshot, threads=2)
    part: Part = {}
    for kind, source in (("warm", snapshot), ("cache_dir", root), ("memory", root)):
        part[kind] = [mine.run("memory", kind, source, queries, folder, threads=2)]
        bench.say(f"memory: {kind} {brief(part[kind][0])}")
    judge(data, part)
    return {"rows": len(data.base), **part}


def clients(bench: Bench) -> Part:
    data, effort = bench.data(bench.effort.small), bench.effort
    files = data.folder / "base.npy", data.folder / "queries.npy"
    part: Part = {}
    for shards in (1, 4):
        rest = (*files, shards, effort.clients, effort.seconds)
        runs = bench.each("clients", *rest, threads=2, times=effort.processes)
        for other in bench.programs[1:]:
            runs["upstream_equal"] = [other.run("clients", *rest, "equal", threads=2)]
            bench.say(f"clients: {other.name} at equal recall {brief(runs['upstream_equal'][0])}")
        judge(data, runs)
        part[str(shards)] = runs
    return part


def refresh(bench: Bench) -> Part:
    base = bench.data(bench.effort.small).folder / "base.npy"
    part: Part = {}
    for program in bench.programs:
        folder = (bench.fresh("parquet"),) if program is bench.programs[0] else ()
        part[program.name] = [program.run("refresh", base, *folder, threads=2)]
        bench.say(f"refresh: {program.name} {brief(part[program.name][0])}")
    return part


ROWS: dict[str, Callable[[Bench], Part]] = {
    row.__name__: row for row in (overhead, storm, cold, warm, memory, clients, refresh)
}

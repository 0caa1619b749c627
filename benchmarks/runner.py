"""Runs a case: workers side by side, passes in turn.

The machine is shared, so nothing is measured in one stretch: after a sweep has found the settings
that reach each recall, the libraries take turns, one pass each, for several rounds.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from benchmarks import machine
from benchmarks.cases import Case
from benchmarks.contestant import Contestant, Point
from benchmarks.datasets import DATASETS, Prepared, prepare
from benchmarks.environments import MissingEnvironmentError
from benchmarks.peers import PEERS
from benchmarks.session import Job, Session, scratch_file
from benchmarks.worker_process import WorkerError

Say = Callable[[str], None]
Heat = dict[int, list[Point]]  # the settings in a round, by the identity of their contestant
HEATS = 2  # rounds with two settings per recall, as a sweep pass alone is noisy; then the winner


def each(contestants: list[Contestant], say: Say, do: Callable[[Contestant], None]) -> None:
    """Runs `do` for every library; takes a peer whose process dies out of the run, aloud."""
    for contestant in list(contestants):
        try:
            do(contestant)
        except WorkerError as error:
            if contestant.session.job.peer.startswith("ours"):
                raise
            say(f"out of the run: {error}")
            contestants.remove(contestant)


def start(case: Case, data: Prepared, threads: int, stack: ExitStack, say: Say) -> list[Contestant]:
    """Starts the workers; a peer that cannot be installed or started is left out, aloud."""
    contestants = []
    for name in case.peers if threads == 1 else case.two_threads:
        try:
            session = Session(Job(name, str(data.folder), threads))
        except (WorkerError, MissingEnvironmentError) as error:
            if name.startswith("ours"):
                raise
            say(f"skipped {name}: {error}")
            continue
        stack.callback(session.close)
        contestants.append(Contestant(session))
    return contestants


def build_all(case: Case, contestants: list[Contestant], say: Say) -> None:
    def build(contestant: Contestant) -> None:
        contestant.build()
        contestant.facts.update(contestant.session.ask("describe"))
        took = contestant.builds[0]["seconds"]
        say(f"{contestant.session.job.peer}: built in {took:.2f} s")

    def build_again(contestant: Contestant) -> None:
        if contestant.builds_fast:
            contestant.build()

    each(contestants, say, build)
    for _ in range(case.rounds - 1):
        each(contestants, say, build_again)


def sweep_all(case: Case, contestants: list[Contestant], say: Say) -> None:
    def sweep(contestant: Contestant) -> None:
        for k in case.recalls:
            contestant.sweep(case, k, contestant.session.ask("settings", k=k))
        say(f"{contestant.session.job.peer}: swept")

    each(contestants, say, sweep)


def persist_all(contestants: list[Contestant], say: Say) -> None:
    def persist(contestant: Contestant) -> None:
        job = contestant.session.job
        answer = contestant.session.ask("persist", path=str(scratch_file(job)))
        if answer is not None:
            contestant.facts["file"] = answer
            say(f"{job.peer}: loaded in {1e3 * answer['load_seconds']:.2f} ms")

    each(contestants, say, persist)


def race_all(case: Case, contestants: list[Contestant], say: Say) -> None:
    """The rounds; every other one runs in the opposite order, and has no batches."""
    for turn in range(case.rounds):
        if turn in (0, HEATS):
            heat = {id(c): c.finalists(case, 2 if turn < HEATS else 1) for c in contestants}
        say(f"round {turn + 1} of {case.rounds}, {sum(map(len, heat.values()))} settings")

        def race(contestant: Contestant, turn: int = turn, heat: Heat = heat) -> None:
            for point in heat[id(contestant)]:
                contestant.race(case, point, turn % 2 == 0)

        contestants.reverse()
        each(contestants, say, race)
    for contestant in contestants:
        for point in heat[id(contestant)]:
            point["final"] = True


def add_stream(contestants: list[Contestant]) -> None:
    """The time to read our first-stage codes once: the floor of an exhaustive search."""
    for contestant in contestants:
        codes = contestant.facts["bytes"].get("scan_codes")
        if contestant.session.job.peer == "ours" and codes:
            contestant.facts["stream_seconds"] = contestant.session.ask("stream", byte_count=codes)


def run_threads(case: Case, data: Prepared, threads: int, say: Say) -> list[Contestant]:
    with ExitStack() as stack:
        contestants = start(case, data, threads, stack, say)
        build_all(case, contestants, say)
        sweep_all(case, contestants, say)
        race_all(case, contestants, say)
        if threads == 1:
            add_stream(contestants)
            if case.persist:
                persist_all(contestants, say)
        return sorted(contestants, key=lambda one: list(PEERS).index(one.session.job.peer))


def run(case: Case, say: Say) -> dict[str, Any]:
    """Measures `case` and returns its JSON. Raises MissingDataError if its set is absent."""
    dataset = DATASETS[case.dataset]
    data = prepare(dataset)
    contestants = run_threads(case, data, 1, say)
    if case.two_threads and machine.cores() > 1:
        contestants += run_threads(case, data, 2, say)
    rows, dim = data.base.shape
    return {
        "case": case.name,
        "title": dataset.title,
        "rows": rows,
        "dim": dim,
        "queries": len(data.queries),
        "machine": machine.describe(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "recalls": {str(k): recalls for k, recalls in case.recalls.items()},
        "runs": [contestant.as_json() for contestant in contestants],
    }

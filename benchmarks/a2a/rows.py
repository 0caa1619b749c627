"""What is measured, part by part; each returns its part of the JSON."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from benchmarks.a2a.contestants import CONTESTANTS, Part
from benchmarks.a2a.session import ERRORS, Session, server
from benchmarks.datasets import ROOT
from benchmarks.worker_process import WorkerError

Runs = dict[str, list[dict[str, Any]]]
LOOPS = ("asyncio", "uvloop")


@dataclass(frozen=True)
class Effort:
    """How much is measured; the quick one shows that it works, no more."""

    rounds: int = 5
    stream: int = 20_000
    streams: int = 200
    short: int = 102
    calls: int = 1_000
    paced: int = 1_000
    beside_rounds: int = 5
    beside_rows: int = 600_000


QUICK = Effort(1, 1_000, 20, 102, 100, 200, 1, 20_000)


@dataclass
class Bench:
    """The clients of a run; `missing` says why others could not be measured."""

    effort: Effort
    names: list[str]
    say: Callable[[str], None]
    missing: dict[str, str] = field(default_factory=dict)

    def leave_out(self, name: str, error: Exception) -> None:
        self.missing[name] = str(error)
        self.say(f"{name} is left out: {error}")


def ask(effort: Effort, part: Part, session: Session) -> dict[str, Any]:
    """One run of a part by one client."""
    if part == "stream":
        return dict(session.ask("stream", events=effort.stream))
    if part == "many":
        streams, events = effort.streams, effort.short
        return dict(session.ask_watched("many", streams=streams, events=events))
    if part == "send":
        answer = session.ask("send", calls=effort.calls)
        times = sorted(answer.pop("microseconds"))
        p50, p99 = statistics.median(times), times[len(times) * 99 // 100]
        return {**answer, "calls": effort.calls, "p50_us": p50, "p99_us": p99}
    return dict(session.ask(part, events=effort.paced, microseconds=1_000))


def clients(bench: Bench, parts: Sequence[Part]) -> dict[str, Runs]:
    """All clients alive at once; each round asks them in turn, every other one backwards."""
    out: dict[str, Runs] = {part: {} for part in parts}
    with ExitStack() as stack:
        url = stack.enter_context(server())
        sessions: dict[str, Session] = {}
        for name in bench.names:
            try:
                sessions[name] = stack.enter_context(Session(name, url))
            except ERRORS as error:
                bench.leave_out(name, error)
        for part in parts:
            # The first round warms up: imports, code paths, the server's frames.
            for number in range(-1, bench.effort.rounds):
                order = [name for name in sessions if part in CONTESTANTS[name].parts]
                for name in order if number % 2 == 0 else reversed(order):
                    try:
                        answer = ask(bench.effort if number >= 0 else QUICK, part, sessions[name])
                    except WorkerError as error:
                        bench.leave_out(name, error)
                        del sessions[name]
                        continue
                    if number >= 0:
                        out[part].setdefault(name, []).append(answer)
            for name, runs in out[part].items():
                bench.say(f"{part}: {name} {brief(runs)}")
    return out


def brief(runs: list[dict[str, Any]]) -> str:
    """The medians of a client's runs, for the one who waits."""
    return ", ".join(f"{key} {statistics.median(run[key] for run in runs):.4g}" for key in runs[0])


def beside(bench: Bench, loops: Sequence[str] = LOOPS) -> dict[str, Any]:
    """A paced stream beside two searches, on each kind of loop; nothing is pinned."""
    out: dict[str, Any] = {}
    for loop in loops:
        with server(pinned=False) as url:
            effort = bench.effort
            sizes = (effort.beside_rows, effort.paced, effort.beside_rounds)
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.a2a.beside", loop, url, *map(str, sizes)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                env={**os.environ, "RUVECTOR_THREADS": "2"},
            )
        if done.returncode != 0:
            bench.leave_out("beside", WorkerError(done.stderr.strip()[-300:]))
            return out
        out[loop] = json.loads(done.stdout)
        bench.say(f"beside, {loop}: {brief(out[loop]['runs'])}")
    return out

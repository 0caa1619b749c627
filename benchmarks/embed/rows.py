"""What is measured, one function for each part of the table; each returns its part of the JSON."""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.arrays import Rows
from benchmarks.datasets import REAL_DATA, ROOT, MissingDataError
from benchmarks.embed import retrieval, texts
from benchmarks.embed.encoders import ENCODERS, PRECISIONS, SAME_VECTORS
from benchmarks.embed.encoders.files import SCRATCH
from benchmarks.embed.session import Session, cores, environment
from benchmarks.environments import HERE, REQUIREMENTS, MissingEnvironmentError, interpreter
from benchmarks.worker_process import WorkerError

THREADS = (1, 2)
OURS = tuple(f"ours-{precision}" for precision in PRECISIONS)
Part = dict[str, Any]


@dataclass(frozen=True)
class Effort:
    """How much is measured; the quick one shows that it works, no more."""

    rounds: int = 5
    short: int = 1_000
    mixed: int = 512
    queries: int = 100
    starts: int = 5
    documents: int = 20_000
    searches: int = 1_000
    images: int = 32


QUICK = Effort(1, 64, 32, 10, 1, 300, 50, 4)


@dataclass
class Bench:
    """The encoders of a run; `missing` says why others could not be measured."""

    effort: Effort
    names: list[str]
    say: Callable[[str], None]
    missing: dict[str, str]

    def file(self, name: str, content: list[str]) -> Path:
        file = SCRATCH / "texts" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content), encoding="utf-8")
        return file

    @contextmanager
    def session(self, name: str, threads: int) -> Iterator[Session | None]:
        """None, with a word to the user, for what cannot be started."""
        if name in self.missing:
            yield None
            return
        try:
            session = Session(name, threads)
        except (WorkerError, MissingEnvironmentError) as error:
            self.missing[name] = str(error)
            self.say(f"{name} is left out: {error}")
            yield None
            return
        with session:
            yield session


def turns(names: list[str], number: int) -> list[str]:
    """The order of a round: every other one is the other way round, slow ones sit it out."""
    if number % 2 == 0:
        return names
    return [name for name in reversed(names) if not ENCODERS[name].slow]


def speed(bench: Bench, parts: list[str]) -> dict[str, Part]:
    """short, mixed, query, tokens: all encoders alive at once, in turn, with equal threads."""
    short, mixed = texts.short(bench.effort.short), texts.mixed(bench.effort.mixed)
    out: dict[str, Part] = {part: {} for part in parts}
    for threads in THREADS:
        with ExitStack() as stack:
            opened = {
                name: stack.enter_context(bench.session(name, threads)) for name in bench.names
            }
            sessions = {name: session for name, session in opened.items() if session is not None}
            for part in parts:
                runs = rounds(bench, part, sessions, short, mixed)
                out[part][str(threads)] = runs
                for name, answers in runs.items():
                    bench.say(f"{part}, {threads} threads: {name} {brief(answers)}")
    return out


def rounds(
    bench: Bench, part: str, sessions: dict[str, Session], short: list[str], mixed: list[str]
) -> dict[str, list[Part]]:
    """One part with one number of threads; an encoder that dies of it is taken out."""
    runs: dict[str, list[Part]] = {name: [] for name in sessions}
    sample = {"short": short, "mixed": mixed[::2]}.get(part, short[:64])
    for number in range(-1, 1 if part == "tokens" else bench.effort.rounds):
        for name in turns(list(sessions), max(0, number)):
            try:
                if number < 0:
                    sessions[name].ask("tune", texts=str(bench.file("sample", sample)))
                elif answer := measured(bench, part, sessions[name], short, mixed):
                    runs[name].append(answer)
            except WorkerError as error:
                bench.missing[name] = str(error)
                bench.say(f"{name} is left out: {error}")
                del sessions[name], runs[name]
    return runs


def measured(bench: Bench, part: str, session: Session, short: list[str], mixed: list[str]) -> Any:
    entry = ENCODERS[session.name]
    if part == "query":
        count = bench.effort.queries // (10 if entry.slow else 1)
        file = bench.file(f"query-{session.name}", short[: max(5, count)])
        return session.ask("latency", texts=str(file))
    if part == "tokens":
        return session.ask("tokens", texts=str(bench.file("short", short)))
    given, share = (short, entry.short_part) if part == "short" else (mixed, entry.mixed_part)
    file = bench.file(f"{part}-{session.name}", texts.every(given, share))
    if part == "mixed" and session.threads == 1:  # the harness watches from another core
        return session.ask_watched("rate", texts=str(file))
    return session.ask("rate", texts=str(file))


def brief(answers: list[Part]) -> str:
    if not answers:
        return "-"
    if "milliseconds" in answers[0]:
        return f"{statistics.median(x for run in answers for x in run['milliseconds']):.3f} ms"
    if "seconds" not in answers[0]:
        return "-"
    rate = statistics.median(run["texts"] / run["seconds"] for run in answers)
    return f"{rate:,.0f} texts/s"


def start(bench: Bench) -> Part:
    """From the first import to the first vector, in fresh processes, files in the page cache."""
    part: Part = {name: [] for name in bench.names if name not in bench.missing}
    for number in range(bench.effort.starts + 1):
        for name in list(part):
            if number > 1 and ENCODERS[name].slow and number % 2 == 0:
                continue
            command = [interpreter(ENCODERS[name].environment), "-m"]
            command += ["benchmarks.embed.first_vector", name, "1"]
            done = subprocess.run(
                [*map(str, command)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                env=environment(1),
                preexec_fn=lambda: os.sched_setaffinity(0, cores(1)),
            )
            if done.returncode != 0:
                bench.missing[name] = f"it ended with {done.returncode}: {done.stderr[-200:]}"
                bench.say(f"{name} is left out: {bench.missing[name]}")
                del part[name]
            elif number > 0:  # the first run fills the page cache
                part[name].append(json.loads(done.stdout))
    for name, runs in part.items():
        bench.say(f"start: {name} {statistics.median(run['seconds'] for run in runs):.3f} s")
    return part


def digest(name: str, content: list[str]) -> str:
    """What a peer's vectors depend on."""
    requirements = (HERE / REQUIREMENTS[ENCODERS[name].environment]).read_bytes()
    key = [name, hashlib.sha256(requirements).hexdigest(), content]
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]


def vectors(bench: Bench, name: str, label: str, content: list[str]) -> Rows | None:
    """Vectors by an encoder on two threads. Those of peers are kept: their versions are pinned."""
    mine = name in OURS
    key = "latest" if mine else digest(name, content)
    output = SCRATCH / "vectors" / f"{label}-{name}-{key}.npy"
    output.parent.mkdir(parents=True, exist_ok=True)
    if mine or not output.is_file():
        with bench.session(name, THREADS[-1]) as session:
            if session is None:
                return None
            partial = output.with_suffix(".partial.npy")
            file = bench.file(f"{label}-vectors", content)
            answer = session.ask("vectors", texts=str(file), output=str(partial))
            partial.rename(output)
        rate = answer["texts"] / answer["seconds"]
        bench.say(f"{label}: {name} embedded {answer['texts']:,} texts, {rate:,.0f} a second")
    rows: Rows = np.load(output)
    return rows


JUDGED = [name for name in ENCODERS if name not in SAME_VECTORS]


def quality(bench: Bench) -> Part:
    """Searches with known answers, and how far our smaller precisions are from float32."""
    effort = bench.effort
    part: Part = {}
    for label, make in retrieval.SETS.items():
        searches = make(effort.documents, effort.searches)
        count = len(searches.documents)
        part[label] = {"documents": count, "queries": len(searches.queries), "encoders": {}}
        reference: tuple[str, Rows, Any] | None = None
        for name in [name for name in JUDGED if name in bench.names]:
            rows = vectors(bench, name, label, searches.texts)
            if rows is None:
                continue
            found = retrieval.nearest(rows[:count], rows[count:], retrieval.K)
            reference = reference or (name, rows, found)
            part[label]["encoders"][name] = {
                **retrieval.quality(found, searches.answers),
                "reference": reference[0],
                "overlap": retrieval.overlap(found, reference[2]),
                **retrieval.cosines(rows, reference[1]),
            }
            bench.say(f"quality: {label} {name} {part[label]['encoders'][name]}")
            if label == "wordnet" and name == "ours-float32":
                part["kept_vectors"] = kept_vectors(rows[:count], searches.places)
                bench.say(f"quality: {part['kept_vectors']}")
    return part


def kept_vectors(rows: Rows, places: list[int]) -> Part:
    """Against vectors of the same glosses that sentence-transformers made on another machine."""
    file = REAL_DATA / "minilm_wordnet.f16.npy"
    if not file.is_file():
        return {"missing": "minilm_wordnet.f16.npy is not in ../shared/data"}
    return dict(retrieval.cosines(rows, np.load(file, mmap_mode="r")[places]))


def parity(bench: Bench) -> Part:
    """Vectors of odd texts beside those of sentence-transformers."""
    odd = texts.odd()
    reference = vectors(bench, "sentence-transformers", "odd", odd)
    if reference is None:
        raise MissingDataError("sentence-transformers is not there")
    part: Part = {"texts": len(odd), "encoders": {}}
    for name in bench.names:
        rows = vectors(bench, name, "odd", odd)
        if rows is not None:
            part["encoders"][name] = retrieval.cosines(rows, reference)
            bench.say(f"parity: {name} {part['encoders'][name]}")
    return part


SPEED = ("short", "mixed", "query", "tokens")

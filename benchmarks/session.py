"""The processes of the libraries that hold vectors."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.datasets import ROOT
from benchmarks.environments import interpreter, variables
from benchmarks.peers import PEERS
from benchmarks.worker_process import WorkerProcess


@dataclass(frozen=True)
class Job:
    """What a worker is started with: a name of PEERS, a prepared folder, a thread count."""

    peer: str
    folder: str
    threads: int


class Session(WorkerProcess):
    """One library at work; its commands are those of `worker.Worker`."""

    def __init__(self, job: Job) -> None:
        entry = PEERS[job.peer]
        super().__init__(
            job.peer,
            [interpreter(entry.environment), "-m", "benchmarks.worker", json.dumps(asdict(job))],
            variables(entry.module, job.threads),
            ROOT / "build" / "bench-data" / f"{job.peer}-{job.threads}.log",
        )
        self.job = job


def scratch_file(job: Job) -> Path:
    """Where a worker may save its index."""
    return ROOT / "build" / "bench-data" / f"{job.peer}-{job.threads}.index"

"""The harness's end of a worker process."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.datasets import ROOT
from benchmarks.environments import interpreter, variables
from benchmarks.peers import PEERS


@dataclass(frozen=True)
class Job:
    """What a worker is started with: a name of PEERS, a prepared folder, a thread count."""

    peer: str
    folder: str
    threads: int


class WorkerError(Exception):
    """A worker ended before it answered; the message holds the end of its log."""


class Session:
    """A running worker. Not thread-safe: one command at a time."""

    def __init__(self, job: Job) -> None:
        self.job = job
        entry = PEERS[job.peer]
        self._log = ROOT / "build" / "bench-data" / f"{job.peer}-{job.threads}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    interpreter(entry.environment),
                    "-m",
                    "benchmarks.worker",
                    json.dumps(asdict(job)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env=variables(entry.module, job.threads),
            )
        self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            tail = " ".join(self._log.read_text().splitlines()[-3:])
            raise WorkerError(f"{self.job.peer} ended with status {code}: {tail}")
        return json.loads(line)

    def ask(self, command: str, **arguments: Any) -> Any:
        """Runs a method of `worker.Worker`; raises WorkerError if the process dies of it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": command, "with": arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer below says why
        return self._answer()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def scratch_file(job: Job) -> Path:
    """Where a worker may save its index."""
    return ROOT / "build" / "bench-data" / f"{job.peer}-{job.threads}.index"

"""The harness's end of a process that reads commands and prints answers, both lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.datasets import ROOT


class WorkerError(Exception):
    """A worker ended before it answered; the message holds the end of its log."""


class WorkerProcess:
    """A running worker. Not thread-safe: one command at a time.

    ``cores`` are those that it may run on, all by default; what it says of itself goes to ``log``.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: dict[str, str],
        log: Path,
        cores: set[int] | None = None,
    ) -> None:
        self.name, self._log = name, log
        allowed = cores or os.sched_getaffinity(0)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                cwd=ROOT,
                env=environment,
                preexec_fn=lambda: os.sched_setaffinity(0, allowed),
            )
        self._answer()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            tail = " ".join(self._log.read_text().splitlines()[-3:])
            raise WorkerError(f"{self.name} ended with status {code}: {tail}")
        return json.loads(line)

    def ask(self, command: str, **arguments: Any) -> Any:
        """Runs a method of the program's `Worker`; raises WorkerError if the process dies of it."""
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

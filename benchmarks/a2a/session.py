"""The harness's end of a client's process, and of the server's: pinned, watched while they work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.a2a.contestants import CONTESTANTS
from benchmarks.datasets import ROOT
from benchmarks.embed.session import resident
from benchmarks.environments import MissingEnvironmentError, interpreter, variables
from benchmarks.worker_process import WorkerError
from tests.interop import environments as interop

SCRATCH = ROOT / "build" / "bench-a2a"
ERRORS = (WorkerError, MissingEnvironmentError, interop.MissingPeerError)


def cores() -> tuple[set[int], set[int]]:
    """The server's core and the one that every client gets in its turn."""
    every = sorted(os.sched_getaffinity(0))
    return {every[0]}, {every[-1]}


def command(name: str, server: str) -> list[str]:
    """How a client is started. Raises one of ERRORS if what it needs cannot be had."""
    entry = CONTESTANTS[name]
    if entry.environment != "node":
        python = str(interpreter(entry.environment))
        return [python, "-m", "benchmarks.a2a.worker", name, server]
    folder = interop.node_folder(entry.module)
    program = folder / "bench.mjs"
    shutil.copy(Path(__file__).parent / "contestants" / f"{entry.module}.mjs", program)
    return [shutil.which("node") or "node", str(program), server]


class Session:
    """A running client. Not thread-safe: one command at a time."""

    def __init__(self, name: str, server: str) -> None:
        self.name = name
        self._log = SCRATCH / "logs" / f"{name}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        arguments, core = command(name, server), cores()[1]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env=variables("", 1),
                preexec_fn=lambda: os.sched_setaffinity(0, core),
            )
        self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            tail = " ".join(self._log.read_text().splitlines()[-3:])
            raise WorkerError(f"{self.name} ended with status {code}: {tail}")
        return json.loads(line)

    def ask(self, what: str, **arguments: Any) -> Any:
        """Runs a method of `worker.Worker`; raises WorkerError if the process dies of it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": what, "with": arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer below says why
        return self._answer()

    def ask_watched(self, what: str, **arguments: Any) -> Any:
        """As `ask`; the answer also has by how much private memory grew at its largest."""
        done, before = threading.Event(), resident(self._process.pid).get("RssAnon", 0)
        peak = [before]

        def watch() -> None:
            while not done.wait(0.01):
                peak[0] = max(peak[0], resident(self._process.pid).get("RssAnon", 0))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            answer = self.ask(what, **arguments)
        finally:
            done.set()
            watcher.join()
        return {**answer, "grown_bytes": peak[0] - before}

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


@contextmanager
def server(*, pinned: bool = True) -> Iterator[str]:
    """Runs the server; its address. Pinned to the core that no client gets."""
    log_path = SCRATCH / "logs" / "server.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    core = cores()[0]
    with log_path.open("w") as log:
        process = subprocess.Popen(
            [str(interpreter("a2a-bench")), "-m", "benchmarks.a2a.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            preexec_fn=(lambda: os.sched_setaffinity(0, core)) if pinned else None,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        if not line:
            raise WorkerError(f"the server did not start: {log_path.read_text()[-300:]}")
        yield json.loads(line)["url"]
    finally:
        process.kill()
        process.communicate()

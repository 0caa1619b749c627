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
from typing import Any

from benchmarks.a2a.contestants import CONTESTANTS
from benchmarks.datasets import ROOT
from benchmarks.embed.session import resident
from benchmarks.environments import MissingEnvironmentError, interpreter, variables
from benchmarks.worker_process import WorkerError, WorkerProcess
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


class Session(WorkerProcess):
    """One client at work; its commands are those of `worker.Worker`."""

    def __init__(self, name: str, server: str) -> None:
        log = SCRATCH / "logs" / f"{name}.log"
        super().__init__(name, command(name, server), variables("", 1), log, cores()[1])

    def ask_watched(self, command: str, **arguments: Any) -> Any:
        """As `ask`; the answer also has by how much private memory grew at its largest."""
        done, before = threading.Event(), resident(self.pid).get("RssAnon", 0)
        peak = [before]

        def watch() -> None:
            while not done.wait(0.01):
                peak[0] = max(peak[0], resident(self.pid).get("RssAnon", 0))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            answer = self.ask(command, **arguments)
        finally:
            done.set()
            watcher.join()
        return {**answer, "grown_bytes": peak[0] - before}


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

"""The harness's end of a worker process: pinned, watched while it works."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.datasets import ROOT
from benchmarks.embed.encoders import ENCODERS, IMAGE_ENCODERS
from benchmarks.embed.encoders.files import SCRATCH
from benchmarks.environments import interpreter, variables

# Nothing may ask the network: what a library needs was made beforehand.
OFFLINE = {
    "ANONYMIZED_TELEMETRY": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
}


class WorkerError(Exception):
    """A worker ended before it answered; the message holds the end of its log."""


def cores(threads: int) -> set[int]:
    """As many cores as threads, the same ones for everybody."""
    return set(sorted(os.sched_getaffinity(0))[-threads:])


def environment(threads: int) -> dict[str, str]:
    return {**variables("", threads), **OFFLINE}


class Session:
    """A running worker. Not thread-safe: one command at a time."""

    def __init__(self, name: str, threads: int) -> None:
        self.name, self.threads = name, threads
        self._log = SCRATCH / "logs" / f"{name}-{threads}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        entry = {**ENCODERS, **IMAGE_ENCODERS}[name]
        command = [interpreter(entry.environment), "-m", "benchmarks.embed.worker"]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [*map(str, command), name, str(threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env=environment(threads),
                preexec_fn=lambda: os.sched_setaffinity(0, cores(threads)),
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

    def ask(self, command: str, **arguments: Any) -> Any:
        """Runs a method of `worker.Worker`; raises WorkerError if the process dies of it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": command, "with": arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer below says why
        return self._answer()

    def ask_watched(self, command: str, **arguments: Any) -> Any:
        """As `ask`; the answer also has the largest private and mapped memory seen meanwhile."""
        done, peak = threading.Event(), {"RssAnon": 0, "RssFile": 0}

        def watch() -> None:
            while True:
                for name, size in resident(self._process.pid).items():
                    peak[name] = max(peak[name], size)
                if done.wait(0.05):
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            answer = self.ask(command, **arguments)
        finally:
            done.set()
            watcher.join()
        return {**answer, "anonymous_bytes": peak["RssAnon"], "mapped_bytes": peak["RssFile"]}

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


def resident(process: int) -> dict[str, int]:
    """Private memory of a process, and what it has mapped of files. Empty once it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    fields = (line.split() for line in lines if line.startswith(("RssAnon:", "RssFile:")))
    return {name.rstrip(":"): int(size) * 1024 for name, size, _ in fields}

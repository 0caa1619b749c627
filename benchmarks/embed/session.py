"""The processes of the encoders: pinned, watched while they work."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from benchmarks.embed.encoders import ENCODERS, IMAGE_ENCODERS
from benchmarks.embed.encoders.files import SCRATCH
from benchmarks.environments import interpreter, variables
from benchmarks.worker_process import WorkerProcess

# Nothing may ask the network: what a library needs was made beforehand.
OFFLINE = {
    "ANONYMIZED_TELEMETRY": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
}


def cores(threads: int) -> set[int]:
    """As many cores as threads, the same ones for everybody."""
    return set(sorted(os.sched_getaffinity(0))[-threads:])


def environment(threads: int) -> dict[str, str]:
    return {**variables("", threads), **OFFLINE}


class Session(WorkerProcess):
    """One encoder at work; its commands are those of `worker.Worker`."""

    def __init__(self, name: str, threads: int) -> None:
        entry = {**ENCODERS, **IMAGE_ENCODERS}[name]
        module = "benchmarks.embed.worker"
        super().__init__(
            name,
            [interpreter(entry.environment), "-m", module, name, str(threads)],
            environment(threads),
            SCRATCH / "logs" / f"{name}-{threads}.log",
            cores(threads),
        )
        self.threads = threads

    def ask_watched(self, command: str, **arguments: Any) -> Any:
        """As `ask`; the answer also has the largest private and mapped memory seen meanwhile."""
        done, peak = threading.Event(), {"RssAnon": 0, "RssFile": 0}

        def watch() -> None:
            while True:
                for name, size in resident(self.pid).items():
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


def resident(process: int) -> dict[str, int]:
    """Private memory of a process, and what it has mapped of files. Empty once it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    fields = (line.split() for line in lines if line.startswith(("RssAnon:", "RssFile:")))
    return {name.rstrip(":"): int(size) * 1024 for name, size, _ in fields}

"""The examples that dispatch a task to an agent on the official SDK."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.interop import environments
from tests.interop.environments import ROOT, MissingPeerError
from tests.interop.matrix import Cell
from tests.interop.peer import stop, text_line

PYTHON = ROOT / "examples" / "python" / "dispatch_task.py"
AGENT = ROOT / "examples" / "python" / "rag_agent.py"
CPP = ROOT / "build" / "examples" / "dispatch_task"  # `make check-examples` builds it
QUESTION = "How do I delete a whole directory tree?"
SECONDS = 120
WANTED = ("signed by rag-agent", "rmtree: Recursively delete a directory tree", "refused: ")


def run_python() -> Cell:
    try:
        interpreter = environments.python_with_package("py10")
    except MissingPeerError as reason:
        return Cell("missing", str(reason))
    return judged([sys.executable, str(PYTHON), interpreter])


def run_cpp() -> Cell:
    if not CPP.is_file():
        return Cell("missing", "`make check-examples` builds it")
    with tempfile.TemporaryDirectory() as folder:
        keys, log = Path(folder) / "keys.json", Path(folder) / "log"
        try:
            interpreter = environments.python_with_package("py10")
            with log.open("w") as errors:
                agent = subprocess.Popen(
                    [interpreter, str(AGENT), str(keys)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                )
            try:
                url = text_line(agent, log).strip()
                return judged([str(CPP), url, str(keys), "rag.query", QUESTION])
            finally:
                stop(agent)
        except MissingPeerError as reason:
            return Cell("missing", str(reason))


def judged(command: list[str]) -> Cell:
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        return Cell("failed", done.stderr.strip()[-300:])
    missing = [words for words in WANTED if words not in done.stdout]
    if missing:
        return Cell("failed", f"it did not say {missing}, but: {done.stdout}")
    return Cell("ok")

"""The example that dispatches a task to an agent on the official SDK."""

from __future__ import annotations

import subprocess
import sys

from tests.interop import environments
from tests.interop.environments import ROOT
from tests.interop.matrix import Cell

PROGRAM = ROOT / "examples" / "python" / "dispatch_task.py"
SECONDS = 120
WANTED = ("signed by rag-agent", "rmtree: Recursively delete a directory tree", "completed")
REFUSED = "refused: "


def run() -> Cell:
    try:
        interpreter = environments.python_with_package("py10")
    except environments.MissingPeerError as reason:
        return Cell("missing", str(reason))
    done = subprocess.run(
        [sys.executable, str(PROGRAM), interpreter],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        return Cell("failed", done.stderr.strip()[-300:])
    missing = [words for words in (*WANTED, REFUSED) if words not in done.stdout]
    if missing:
        return Cell("failed", f"it did not say {missing}, but: {done.stdout}")
    return Cell("ok")

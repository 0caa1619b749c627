"""`python -m tests.notebooks`: runs docs/notebooks, and keeps them with their outputs.

Each runs in a process of its own, in the folder where it lies. The exit status is 1 if a cell
raised, or a notebook took too long. `--strip` takes the outputs out of the notebooks instead, as
they are committed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from traitlets.config import Config

from tests.interop.environments import ROOT, MissingPeerError, python_with_package
from tests.notebooks.committed import NOTEBOOKS, strip

EXECUTED = ROOT / "build" / "notebooks"
SECONDS = 120  # of a notebook, whichever machine


def variables() -> dict[str, str]:
    """What the kernels get: an interpreter that has the agent's packages, and no hub."""
    return {"RUVECTOR_AGENT_PYTHON": python_with_package("py10"), "HF_HUB_OFFLINE": "1"}


def run(path: Path, extra: dict[str, str]) -> str:
    """Runs one and writes it with its outputs; what went wrong, or nothing."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
        config = Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"})
        lies = {"metadata": {"path": str(path.parent)}}
        client = NotebookClient(
            notebook, config=config, kernel_name="python3", timeout=SECONDS, resources=lies
        )
        try:
            client.execute(env={**os.environ, **extra})
        except (CellExecutionError, CellTimeoutError) as error:
            return str(error)
    EXECUTED.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, EXECUTED / path.name)  # type: ignore[no-untyped-call]
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks", description=__doc__)
    parser.add_argument("--only", metavar="WORD", default="", help="those whose name has the word")
    parser.add_argument("--strip", action="store_true", help="take outputs out, run nothing")
    options = parser.parse_args()
    if options.strip:
        for path in NOTEBOOKS:
            path.write_text(strip(path.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    try:
        extra = variables()
    except MissingPeerError as reason:
        print(f"the agent's environment cannot be set up: {reason}", file=sys.stderr)
        return 1
    failed = False
    for path in NOTEBOOKS:
        if options.only in path.name:
            start = time.monotonic()
            wrong = run(path, extra)
            took = time.monotonic() - start
            if not wrong and took > SECONDS:
                wrong = f"{path.name}: {took:.0f} s are above the limit of {SECONDS} s"
            print(f"{path.name}: {'failed' if wrong else 'ran'} in {took:.0f} s", flush=True)
            if wrong:
                print(wrong, file=sys.stderr)
            failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

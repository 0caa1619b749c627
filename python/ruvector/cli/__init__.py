"""The command ``ruvector``.

Exit status: 0 fine, 1 something is damaged, missing or not what it claims to be, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from ruvector._native import __version__
from ruvector.cli import a2a, bench, index, lake, models

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ruvector", description="Vector indexes, snapshots, models and agents."
    )
    parser.add_argument("--version", action="version", version=f"ruvector {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for area in (index, bench, lake, models, a2a):
        area.add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments`, by default those of the process; gives the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status

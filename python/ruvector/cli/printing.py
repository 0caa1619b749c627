"""What the commands print with."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ruvector.errors import RuVectorError

if TYPE_CHECKING:
    from rich.table import Table


def print_json(value: object) -> None:
    print(json.dumps(value, indent=2))


def safe(value: object) -> str:
    """`value` as text that cannot move the cursor: files may hold anything."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value)
    )


def cell(value: object) -> Any:
    from rich.text import Text

    return Text(safe(value), overflow="fold")  # a Text is not searched for markup


def make_table(*header: str, title: str | None = None) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    return Table(*header, box=SIMPLE, title=cell(title) if title else None, title_justify="left")


def print_table(table: Table) -> None:
    from rich.console import Console

    # A pipe has no width: nothing is cut for it.
    width = None if sys.stdout.isatty() else 180
    console = Console(width=width, highlight=False)
    with console.capture() as captured:  # by itself it ends the process when a pipe breaks
        console.print(table)
    print(captured.get(), end="")


def complain(error: Exception | str) -> None:
    """Say on stderr, in one line, what went wrong."""
    text = str(error)
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        text = f"{error.filename}: {error.strerror}"
    print(f"ruvector: {safe(' '.join(text.split()))}", file=sys.stderr)


def reporting_errors(run: Callable[[argparse.Namespace], int]) -> Callable[..., int]:
    """`run` with a line on stderr and status 1 in place of the errors that files, agents and
    values raise.
    """

    def reporting(options: argparse.Namespace) -> int:
        try:
            return run(options)
        except BrokenPipeError:
            raise
        except (RuVectorError, OSError, ValueError) as error:
            complain(error)
            return 1

    return reporting

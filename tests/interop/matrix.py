"""The matrix as text: a mark in each cell, and below it what there is to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MARKS = {"ok": "ok", "none": "-", "failed": "FAILED", "missing": "?"}


@dataclass(frozen=True)
class Cell:
    """What came of one check."""

    state: Literal["ok", "none", "failed", "missing"]
    words: str = ""


@dataclass(frozen=True)
class Row:
    """An agent with one binding."""

    agent: str
    binding: str
    cells: dict[str, Cell]


def table(rows: list[Row], names: list[str]) -> str:
    """A mark with a number points to a note; equal notes share their number."""
    notes: list[str] = []

    def mark(cell: Cell) -> str:
        if not cell.words:
            return MARKS[cell.state]
        if cell.words not in notes:
            notes.append(cell.words)
        return f"{MARKS[cell.state]} [{notes.index(cell.words) + 1}]"

    lines = [["agent", "binding", *names]]
    lines += [[row.agent, row.binding, *(mark(row.cells[name]) for name in names)] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    text = [
        "| "
        + " | ".join(word.ljust(width) for word, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
    text += ["", "ok: as it should be; -: the agent has no such thing; ?: not here"]
    text += [f"[{number}] {note}" for number, note in enumerate(notes, 1)]
    return "\n".join(text)

"""Looks figures up in the JSON of the cases."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Run = dict[str, Any]
Point = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A quantity: its best value and its median over the passes, and how it was reached."""

    best: float
    median: float
    recall: float | None = None
    setting: str = ""

    def ratio_to(self, other: Figure, larger: bool) -> float:
        """How many times better this is, by medians; `larger` says which direction is better."""
        return self.median / other.median if larger else other.median / self.median


def describe_setting(setting: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in setting.items() if value is not None)


class Results:
    """All cases of a results folder."""

    def __init__(self, cases: dict[str, dict[str, Any]]) -> None:
        self.cases = cases

    @classmethod
    def read(cls, folder: Path) -> Results:
        files = sorted(folder.glob("*.json"))
        return cls({file.stem: json.loads(file.read_text()) for file in files})

    def run(self, case: str, peer: str, threads: int = 1) -> Run | None:
        for run in self.cases.get(case, {}).get("runs", []):
            if run["peer"] == peer and run["threads"] == threads:
                return dict(run)
        return None

    def search(
        self, case: str, peer: str, k: int, recall: float, *, batch: bool, threads: int = 1
    ) -> Figure | None:
        """The cheapest measured setting that reaches `recall`; None where none does."""
        run = self.run(case, peer, threads)
        if run is None:
            return None
        figures = [
            search_figure(point, batch)
            for point in run["points"]
            if point["k"] == k and point["recall"] >= recall and point["final"]
        ]
        usable = [figure for figure in figures if figure is not None]
        if not usable:
            return None
        usable.sort(key=lambda figure: figure.best, reverse=batch)
        return usable[0]

    def best_recall(self, case: str, peer: str, k: int) -> float | None:
        run = self.run(case, peer)
        recalls = (
            [float(point["recall"]) for point in run["points"] if point["k"] == k] if run else []
        )
        return max(recalls, default=None)

    def build(self, case: str, peer: str, threads: int = 1) -> Figure | None:
        run = self.run(case, peer, threads)
        if run is None:
            return None
        return Figure(min(run["build_seconds"]), statistics.median(run["build_seconds"]))


def search_figure(point: Point, batch: bool) -> Figure | None:
    """Microseconds of one query, or queries per second of a batch."""
    setting = describe_setting(point["setting"])
    if batch:
        if not point["batches"]:
            return None
        values = point["batches"]
        return Figure(max(values), statistics.median(values), point["batch_recall"], setting)
    values = [timing["p50_us"] for timing in point["passes"]]
    return Figure(min(values), statistics.median(values), point["recall"], setting)


def code_bytes_per_vector(case: dict[str, Any], run: Run) -> float | None:
    """Codes and factors of every stage; full rows and ids apart.

    By the library's own account where it keeps one, else by the size of its file.
    """
    account = run["bytes"]
    count, dim = int(case["rows"]), int(case["dim"])
    if "scan_codes" in account:
        return float(account["scan_codes"] + account["refine_codes"] + account["norms"]) / count
    if "codes" in account:
        return float(account["codes"]) / count
    if "file" in run and run["peer"] in ("rabitqlib", "rabitqlib-9bit", "rabitqlib-1bit"):
        rows = count * dim * 4 if run["peer"] == "rabitqlib" else 0
        return float(run["file"]["file_bytes"] - rows) / count
    return None

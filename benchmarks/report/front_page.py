"""The tables on the project's front page, each between two marks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.cases import LISTS
from benchmarks.report.results import Results
from benchmarks.report.tables import lists_table, targets_table

BEGIN = "<!-- targets: written by make bench -->"
END = "<!-- end of targets -->"
BEGIN_LISTS = "<!-- lists: written by make bench -->"
END_LISTS = "<!-- end of lists -->"


def machine_line(cases: list[dict[str, Any]]) -> str:
    if not cases:
        return "Not measured."
    machine = cases[0]["machine"]
    return (
        f"Measured by `make bench` on {machine['cpu']}, {machine['cores']} cores, "
        f"{cases[0]['date']}."
    )


def between(page: str, begin: str, end: str, text: str) -> str:
    """`page` with `text` between two marks. ValueError without both marks."""
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"the front page lacks '{begin}' or '{end}'")
    return f"{before}{begin}\n{text}\n{end}{after}"


def with_targets(page: str, results: Results) -> str:
    cases = [case for name, case in results.cases.items() if name not in LISTS]
    return between(page, BEGIN, END, f"{machine_line(cases)}\n\n{targets_table(results)}")


def with_lists(page: str, results: Results) -> str:
    cases = [case for name, case in results.cases.items() if name in LISTS]
    return between(page, BEGIN_LISTS, END_LISTS, f"{machine_line(cases)}\n\n{lists_table(results)}")


def renew(page: Path, results: Results) -> None:
    page.write_text(with_lists(with_targets(page.read_text(), results), results))

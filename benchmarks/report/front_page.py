"""The tables on the project's front page, each between two marks."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report.results import Results
from benchmarks.report.tables import targets_table

BEGIN = "<!-- targets: written by make bench -->"
END = "<!-- end of targets -->"


def machine_line(results: Results) -> str:
    case = next(iter(results.cases.values()))
    machine = case["machine"]
    return (
        f"Measured by `make bench` on {machine['cpu']}, {machine['cores']} cores, {case['date']}."
    )


def between(page: str, begin: str, end: str, text: str) -> str:
    """`page` with `text` between two marks. ValueError without both marks."""
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"the front page lacks '{begin}' or '{end}'")
    return f"{before}{begin}\n{text}\n{end}{after}"


def with_targets(page: str, results: Results) -> str:
    table = f"{machine_line(results)}\n\n{targets_table(results)}"
    return between(page, BEGIN, END, table)


def renew(page: Path, results: Results) -> None:
    page.write_text(with_targets(page.read_text(), results))

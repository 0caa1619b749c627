"""The targets' table on the project's front page, between two marks."""

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


def with_targets(page: str, results: Results) -> str:
    """`page` with the present table between its marks. ValueError without both marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the front page lacks '{BEGIN}' or '{END}'")
    table = f"{machine_line(results)}\n\n{targets_table(results)}"
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def renew(page: Path, results: Results) -> None:
    page.write_text(with_targets(page.read_text(), results))

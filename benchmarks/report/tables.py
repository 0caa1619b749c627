"""Markdown: the verdicts, then one table for each case."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.report.results import Results, code_bytes_per_vector, describe_setting
from benchmarks.targets import LIST_TARGETS, Verdict, judge_all


def markdown(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def value_text(verdict: Verdict) -> str:
    return "-" if verdict.value is None else f"{verdict.value:.3g}{verdict.unit}"


def targets_table(results: Results) -> str:
    return verdicts_table("claim (1 thread)", judge_all(results))


def lists_table(results: Results) -> str:
    return verdicts_table("claim (1 thread, k=10)", judge_all(results, LIST_TARGETS))


def verdicts_table(claim: str, verdicts: list[Verdict]) -> str:
    header = [claim, "against", "ruvector", "peer", "ratio", "target", "outcome"]
    rows = [
        [
            verdict.claim,
            verdict.peer,
            verdict.ours_text,
            verdict.peer_text,
            value_text(verdict),
            verdict.target_text(),
            verdict.outcome_text(),
        ]
        for verdict in verdicts
    ]
    return markdown(header, rows)


def point_row(run: dict[str, Any], point: dict[str, Any]) -> list[str]:
    p50 = min(timing["p50_us"] for timing in point["passes"])
    median = statistics.median(timing["p50_us"] for timing in point["passes"])
    p99 = min(timing["p99_us"] for timing in point["passes"])
    exact = point["counters"].get("rows_read")
    return [
        run["title"],
        describe_setting(point["setting"]) or "-",
        str(run["threads"]),
        f"{point['recall']:.4f}",
        f"{p50:,.0f}",
        f"{median:,.0f}",
        f"{p99:,.0f}",
        f"{1e6 / median:,.0f}",
        f"{max(point['batches']):,.0f}" if point["batches"] else "-",
        f"{exact:,.0f}" if exact is not None else "-",
    ]


def search_table(case: dict[str, Any], k: int) -> str:
    header = [
        "library",
        "setting",
        "threads",
        f"recall@{k}",
        "p50 us",
        "median of p50",
        "p99 us",
        "q/s, single",
        "q/s, batch",
        "exact rows",
    ]
    measured = [
        (run, point)
        for run in case["runs"]
        for point in run["points"]
        if point["k"] == k and point["final"]
    ]
    return markdown(header, [point_row(run, point) for run, point in measured])


def index_row(case: dict[str, Any], run: dict[str, Any]) -> list[str]:
    count = case["rows"]
    codes = code_bytes_per_vector(case, run)
    total = run["bytes"].get("total")
    file = run.get("file")
    return [
        run["title"],
        run["version"],
        str(run["threads"]),
        f"{min(run['build_seconds']):.3f}",
        f"{codes:.0f}" if codes is not None else "-",
        f"{total / count:.0f}" if total is not None else "-",
        f"{run['rss_growth'] / count:.0f}",
        f"{1e3 * file['load_seconds']:.2f}" if file else "-",
        f"{1e3 * file['first_query_seconds']:.2f}" if file else "-",
        f"{1e3 * file['read_seconds']:.2f}" if file else "-",
    ]


def index_table(case: dict[str, Any]) -> str:
    header = [
        "library",
        "version",
        "threads",
        "build s",
        "codes B/vector",
        "own account B/vector",
        "resident B/vector",
        "load ms",
        "first query ms",
        "read file ms",
    ]
    return markdown(header, [index_row(case, run) for run in case["runs"]])


def case_section(case: dict[str, Any]) -> str:
    machine = case["machine"]
    parts = [
        f"## {case['title']}",
        f"{case['queries']} queries; {machine['cpu']}, {machine['cores']} cores, {case['date']}.",
        f"![recall against speed]({case['case']}.svg)",
    ]
    for k in case["recalls"]:
        parts += [f"### k={k}", search_table(case, int(k))]
    return "\n\n".join([*parts, "### Index", index_table(case)])


def document(results: Results) -> str:
    """The whole of `results/README.md`."""
    parts = ["# Results", "Written by `make bench`; the method is in [../README.md](../README.md)."]
    parts += ["## Targets", targets_table(results)]
    parts += ["## Targets of lists", lists_table(results)]
    parts += [case_section(case) for case in results.cases.values()]
    return "\n\n".join(parts) + "\n"

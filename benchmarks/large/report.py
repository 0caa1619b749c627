"""From the measurements to the claims, and the tables."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.report.front_page import between
from benchmarks.report.tables import markdown, verdicts_table
from benchmarks.targets import Verdict

BEGIN = "<!-- large: written by make bench-large -->"
END = "<!-- end of large -->"
WANTED = 0.95
# What every search may read whole; second codes and rows are read here and there.
SCANNED = ("scan_codes", "lists")

Answer = dict[str, Any]


def cheapest(points: list[Answer], wanted: float = WANTED) -> Answer | None:
    """Of the settings that reach a recall, the fastest; nothing is interpolated."""
    enough = [point for point in points if point["recall"] >= wanted]
    return min(enough, key=median_us) if enough else None


def median_us(point: Answer) -> float:
    return float(statistics.median(point["p50_us"]))


def speed_text(point: Answer | None) -> str:
    return "-" if point is None else f"{min(point['p50_us']):,.0f} us at {point['recall']:.4f}"


def seconds_text(build: Answer) -> str:
    """Of the clock, and of the processors where that was measured: they may be shared."""
    text = f"{build['build_seconds']:,.0f} s"
    cpu = build.get("build_cpu_seconds")
    return text if cpu is None else f"{text} ({cpu:,.0f} s of CPU)"


def megabytes(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"


def kept_per_vector(build: Answer, cold: Answer) -> float:
    """The process's own memory and all that is scanned, of each vector."""
    scanned = sum(build["regions"][name] for name in SCANNED)
    return float((cold["own_bytes"] + scanned) / build["rows"])


def judge(results: Answer) -> list[Verdict]:
    parts = results["parts"]
    build, searched, beside = parts.get("build"), parts.get("cold"), parts.get("beside")
    verdicts = []
    rows = f"{results['rows']:,} x 128"
    if searched:
        best = cheapest(searched["points"])
        ms = None if best is None else median_us(best) / 1e3
        claim = f"{rows}, recall@{results['k']} >= {WANTED}, a query on 1 thread"
        verdicts.append(
            Verdict(claim, "-", speed_text(best), "-", ms, 1.0, at_least=False, unit=" ms")
        )
    if build and searched:
        kept = kept_per_vector(build, searched["cold"])
        claim = f"{rows}, resident for each vector, beside touched pages"
        text = f"{kept:.1f} B"
        verdicts.append(Verdict(claim, "-", text, "-", kept, 40.0, at_least=False, unit=" B"))
    if build:
        seconds = build["build_seconds"]
        text = seconds_text(build)
        claim = f"{rows}, built on {build['threads']} threads"
        verdicts.append(Verdict(claim, "-", text, "-", seconds, 600.0, at_least=False, unit=" s"))
    if beside:
        verdicts += judge_beside(beside)
    return verdicts


def judge_beside(beside: Answer) -> list[Verdict]:
    libraries = beside["libraries"]
    rows = f"{beside['rows']:,} x 128"
    mine, theirs = (cheapest(libraries[name]["points"]) for name in ("ruvector", "hnswlib"))
    ratio = None if mine is None or theirs is None else median_us(theirs) / median_us(mine)
    ours, other = (libraries[name]["build"] for name in ("ruvector", "hnswlib"))
    claim = f"{rows} of the same, recall@10 >= {WANTED}, a query on 1 thread"
    return [
        Verdict(claim, "hnswlib", speed_text(mine), speed_text(theirs), ratio, 1.0, at_least=True),
        Verdict(
            f"{rows} of the same, built on 2 threads",
            "hnswlib",
            seconds_text(ours),
            seconds_text(other),
            other["build_seconds"] / ours["build_seconds"],
            1.0,
            at_least=True,
        ),
    ]


def machine_line(results: Answer) -> str:
    machine = results["machine"]
    line = f"Measured by `make bench-large` on {machine['cpu']}, {machine['cores']} cores, "
    gibibytes = int(machine["memory"].split()[0]) / 2**20  # of kB
    line += f"{gibibytes:,.1f} GiB of memory, {results['date']}."
    if results["quick"]:
        line += " A quick run: the sets are smaller than the claims say."
    return line


def verdicts(results: Answer) -> str:
    if not results.get("parts"):
        return "Not measured."
    return f"{machine_line(results)}\n\n{verdicts_table('claim', judge(results))}"


def build_table(build: Answer) -> str:
    rows = build["rows"]
    lines = [
        ["lists", f"{build['lists']:,}"],
        ["build, seconds (and of CPU)", f"{build['build_seconds']:,.0f}"],
        ["save, seconds", f"{build['save_seconds']:,.1f}"],
        ["private memory at most while building", megabytes(build["most_bytes"])],
        ["private memory afterwards, before the save", megabytes(build["kept_bytes"])],
        ["file", megabytes(build["file_bytes"])],
    ]
    lines[1][1] += f" ({build['build_cpu_seconds']:,.0f})"
    lines += [
        [f"of it: {name}", f"{megabytes(size)}, {size / rows:.1f} B for each vector"]
        for name, size in build["regions"].items()
        if size
    ]
    return markdown(["what", "how much"], lines)


def cold_table(cold: Answer, rows: int) -> str:
    ms, faults, read = cold["query_ms"], cold["query_faults"], cold["query_read_bytes"]
    later = slice(1, None)
    lines = [
        ["of the file in memory before", megabytes(cold["cached_before"])],
        ["load", f"{cold['load_ms']:.2f} ms"],
        ["first query", f"{ms[0]:.1f} ms, {faults[0]:,} page-ins, {megabytes(read[0])} read"],
        [
            f"median of the next {len(ms) - 1}",
            f"{statistics.median(ms[later]):.1f} ms, {statistics.median(faults[later]):,.0f} "
            f"page-ins, {megabytes(statistics.median(read[later]))} read",
        ],
        [
            f"private memory after {cold['queries_so_far']} queries",
            f"{megabytes(cold['own_bytes'])}, {cold['own_bytes'] / rows:.1f} B for each vector",
        ],
        [
            "pages of the file that they touched",
            f"{megabytes(cold['mapped_bytes'])}, {cold['mapped_bytes'] / rows:.1f} B for each "
            "vector",
        ],
        ["of the file in memory then, read ahead included", megabytes(cold["cached_after"])],
    ]
    return markdown([f"asked for recall {cold['asked']}", "how much"], lines)


def points_table(points: list[Answer]) -> str:
    header = ["setting", "recall", "p50 us", "lists", "codes", "second codes", "rows"]
    names = ("lists_visited", "codes_scanned", "codes_refined", "rows_read")
    rows = []
    for point in points:
        read = point.get("read")
        counts = [f"{read[name]:,.0f}" for name in names] if read else ["-"] * len(names)
        speed = f"{min(point['p50_us']):,.0f}"
        rows.append([point["setting"], f"{point['recall']:.4f}", speed, *counts])
    return markdown(header, rows)


def document(results: Answer) -> str:
    """The whole of `results/large/README.md`."""
    parts = ["# Results of ten million vectors", "Written by `make bench-large`."]
    parts += [verdicts(results)]
    measured = results.get("parts", {})
    if "build" in measured:
        parts += [f"## {measured['build']['rows']:,} vectors: build"]
        parts += [build_table(measured["build"])]
    if "cold" in measured:
        parts += ["## Searches of a file that is not in memory"]
        parts += [cold_table(measured["cold"]["cold"], results["rows"])]
        parts += ["## Searches of a file that is", points_table(measured["cold"]["points"])]
    if "beside" in measured:
        for name, library in measured["beside"]["libraries"].items():
            build = library["build"]
            parts += [f"## {measured['beside']['rows']:,} vectors: {name}"]
            parts += [
                f"Built in {build['build_seconds']:,.1f} s on 2 threads; private memory "
                f"{megabytes(build['kept_bytes'])}."
            ]
            parts += [points_table(library["points"])]
    return "\n\n".join(parts) + "\n"


def with_verdicts(page: str, results: Answer) -> str:
    return between(page, BEGIN, END, verdicts(results))

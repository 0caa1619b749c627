"""The clients' tables."""

from __future__ import annotations

from typing import Any

from benchmarks.a2a.contestants import CONTESTANTS
from benchmarks.a2a.verdicts import (
    cpu_per_event,
    events_per_second,
    judge_all,
    median,
    megabytes,
    text,
)
from benchmarks.report.front_page import between
from benchmarks.report.tables import markdown, verdicts_table

BEGIN = "<!-- a2a: written by make bench-a2a -->"
END = "<!-- end of a2a -->"
Results = dict[str, Any]


def machine_line(results: Results) -> str:
    machine = results["machine"]
    line = f"Measured by `make bench-a2a` on {machine['cpu']}, {machine['cores']} cores, "
    line += f"{results['date']}; all in the same run, in turn, each on one core."
    missing = [CONTESTANTS[name].title for name in results["missing"] if name in CONTESTANTS]
    if missing:
        line += f" Not measured here: {', '.join(missing)}."
    if results.get("quick"):
        line += " A quick run: fewer events than the claims say; the figures mean nothing."
    return line


def verdicts(results: Results) -> str:
    return f"{machine_line(results)}\n\n{verdicts_table('claim', judge_all(results))}"


def clients_table(parts: dict[str, Any]) -> str:
    header = ["client", "events/s", "CPU us/event", "many streams s", "CPU s", "memory MB"]
    header += ["round trip p50 us", "p99 us", "CPU us", "paced CPU s", "lag ms", "idle lag ms"]
    rows = []
    for name, entry in CONTESTANTS.items():
        runs = {part: parts.get(part, {}).get(name, []) for part in entry.parts}
        if not any(runs.values()):
            continue
        one, some = runs.get("stream", []), runs.get("many", [])
        send, paced, lag = (runs.get(part, []) for part in ("send", "paced", "lag"))
        calls = [{"cpu_us": 1e6 * run["cpu"] / run["calls"]} for run in send]
        rows.append(
            [
                entry.title,
                text(events_per_second(one), ""),
                text(cpu_per_event(one), "", 1),
                text(median(some, "seconds"), "", 3),
                text(median(some, "cpu"), "", 3),
                text(megabytes(some), "", 1),
                text(median(send, "p50_us"), ""),
                text(median(send, "p99_us"), ""),
                text(median(calls, "cpu_us"), ""),
                text(median(paced, "cpu"), "", 3),
                text(median(lag, "busy_ms"), "", 1),
                text(median(lag, "idle_ms"), "", 1),
            ]
        )
    return markdown(header, rows)


def beside_table(part: dict[str, Any]) -> str:
    keys = ("stream", "search", "both_searches", "slowest", "together", "busy_ms", "idle_ms")
    header = ["loop", "stream alone s", "one search alone s", "both searches s", "slowest alone s"]
    header += ["all three s", "worst lag ms", "idle lag ms", "threads added"]
    rows = []
    for loop, found in part.items():
        row = [text(median(found["runs"], key), "", 1 if "ms" in key else 3) for key in keys]
        rows.append([loop, *row, str(found["io_threads"])])
    return markdown(header, rows)


def document(results: Results) -> str:
    """The whole of `results/a2a/README.md`."""
    parts = ["# Results of the clients of agents"]
    parts += ["Written by `make bench-a2a`; the method is in [../../README.md](../../README.md)."]
    parts += [verdicts(results), "## The clients", clients_table(results["parts"])]
    if results["parts"].get("beside"):
        parts += ["## Beside two searches", beside_table(results["parts"]["beside"])]
    if results["missing"]:
        parts += ["## Not measured"]
        titles = {name: entry.title for name, entry in CONTESTANTS.items()}
        parts += [f"- {titles.get(name, name)}: {why}" for name, why in results["missing"].items()]
    return "\n\n".join(parts) + "\n"


def with_verdicts(page: str, results: Results) -> str:
    return between(page, BEGIN, END, verdicts(results))

"""The lake's tables and its plot."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from benchmarks.lake.verdicts import judge_all
from benchmarks.report.front_page import between
from benchmarks.report.tables import markdown, verdicts_table

BEGIN = "<!-- lake: written by make bench-lake -->"
END = "<!-- end of lake -->"
PLOT = "staleness"
FLOOR_MS = 0.1  # what is fresher is drawn here: the axis is logarithmic


def machine_line(results: dict[str, Any]) -> str:
    machine = results["machine"]
    line = f"Measured by `make bench-lake` on {machine['cpu']}, {machine['cores']} cores, "
    line += f"{results['date']}; both sides in the same run, with equal threads."
    if results["upstream_missing"]:
        line += f" The original was not measured here ({results['upstream_missing']})."
    if results.get("quick"):
        line += (
            " A quick run: the sets are smaller than the claims say, and the figures mean nothing."
        )
    return line


def verdicts(results: dict[str, Any]) -> str:
    return f"{machine_line(results)}\n\n{verdicts_table('claim', judge_all(results))}"


def staleness_table(points: dict[str, Any]) -> str:
    header = ["store", "consistency", "q/s", "stale answers", "p99 stale ms", "max stale ms"]
    header += ["checks", "pulls"]
    rows = [
        [
            store,
            point["mode"],
            f"{point['qps']:,.0f}",
            f"{100 * point['stale_part']:.1f} %",
            f"{point['p99_ms']:,.1f}",
            f"{point['max_ms']:,.1f}",
            f"{point['checks']:,}",
            f"{point['pulls']:,}",
        ]
        for store, those in points.items()
        for point in those
    ]
    return markdown(header, rows)


def document(results: dict[str, Any]) -> str:
    """The whole of `results/lake/README.md`."""
    parts = ["# Results of the lake", "Written by `make bench-lake`."]
    parts += [verdicts(results)]
    data = "; ".join(results["data"])
    parts += [f"Data: {data}."]
    points = results["parts"].get("staleness")
    if points:
        parts += ["## Staleness against speed"]
        parts += ["A writer replaces the collection (5,000 x 64) four times a second while two"]
        parts[-1] += " threads search it."
        parts += [f"![staleness against queries per second]({PLOT}.svg)", staleness_table(points)]
    return "\n\n".join(parts) + "\n"


def with_verdicts(page: str, results: dict[str, Any]) -> str:
    return between(page, BEGIN, END, verdicts(results))


def draw(results: dict[str, Any], folder: Path) -> None:
    points = results["parts"].get("staleness")
    if not points:
        return
    # The SVG must not change when the figures do not.
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "ruvector", "font.size": 9})
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(figsize=(8.2, 4.6), layout="constrained")
    # Labels of the upper line go above it, those of the lower one below.
    styles = (("o", "C0", (0, 7), "bottom"), ("s", "C1", (0, -7), "top"))
    for (store, those), (marker, colour, offset, side) in zip(points.items(), styles, strict=True):
        shown = [(max(FLOOR_MS, point["p99_ms"]), point["qps"]) for point in those]
        axes.plot(*zip(*shown, strict=True), marker=marker, color=colour, label=store)
        for (x, y), point in zip(shown, those, strict=True):
            label = {"xytext": offset, "textcoords": "offset points", "color": colour}
            axes.annotate(label_of(point), (x, y), fontsize=8, ha="center", va=side, **label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(FLOOR_MS / 1.5, None)
    ticks = [tick for tick in axes.get_xticks() if tick > FLOOR_MS]
    axes.set_xticks([FLOOR_MS, *ticks], ["never stale", *(f"{tick:,g} ms" for tick in ticks)])
    axes.set_xlim(FLOOR_MS / 2, 2 * max(x for those in points.values() for x in p99(those)))
    speeds = [point["qps"] for those in points.values() for point in those]
    axes.set_ylim(min(speeds) / 2.5, 2.5 * max(speeds))
    axes.set_xlabel("staleness of an answer, 99th percentile")
    axes.set_ylabel("queries per second, 2 threads")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(loc="lower right")
    axes.set_title("A collection that is replaced four times a second")
    figure.savefig(folder / f"{PLOT}.svg", metadata={"Date": None})
    figure.savefig(folder / f"{PLOT}.png", dpi=130)
    pyplot.close(figure)


def label_of(point: dict[str, Any]) -> str:
    # Of a lake that never asks, what is shown is only how long was measured.
    if point["mode"] == "FROZEN":
        return "FROZEN\n(grows)"
    return str(point["mode"]).replace("EVENTUAL ", "EVENTUAL\n")


def p99(points: list[dict[str, Any]]) -> list[float]:
    return [max(FLOOR_MS, float(point["p99_ms"])) for point in points]

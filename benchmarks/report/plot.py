"""Recall against queries per second, one picture for each case, as SVG and PNG."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from benchmarks.cases import LISTS
from benchmarks.peers import PEERS

# Recall is drawn as its distance to 1, on a log axis that ends here: what lies beyond is exact.
FLOOR = 1e-4
WORST = 0.9
MARKERS = "osD^vP*Xphd"


def frontier(run: dict[str, Any], k: int) -> list[tuple[float, float]]:
    """(recall, queries per second), without the points that another beats in both."""
    points = [
        (point["recall"], 1e6 / best_p50(point)) for point in run["points"] if point["k"] == k
    ]
    points.sort(key=lambda point: (-point[0], -point[1]))
    kept: list[tuple[float, float]] = []
    for recall, speed in points:
        if not kept or speed > kept[-1][1]:
            kept.append((recall, speed))
    return kept


def best_p50(point: dict[str, Any]) -> float:
    timings = [timing["p50_us"] for timing in point["passes"]]
    return float(min([point["sweep_p50_us"], *timings]))


def prepared_pyplot() -> Any:
    # The SVG must not change when the figures do not.
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "ruvector", "font.size": 9})
    return importlib.import_module("matplotlib.pyplot")


def draw_case(case: dict[str, Any], folder: Path) -> None:
    pyplot = prepared_pyplot()
    ks = [int(k) for k in case["recalls"]]
    figure, grid = pyplot.subplots(
        1, len(ks), figsize=(3.2 + 5.0 * len(ks), 4.6), squeeze=False, layout="constrained"
    )
    for axes, k in zip(grid[0], ks, strict=True):
        draw_axes(axes, case, k)
    figure.suptitle(f"{case['title']}: one query per call, one thread, {case['machine']['cpu']}")
    names: dict[str, Any] = {}
    for axes in grid[0]:
        lines, labels = axes.get_legend_handles_labels()
        names.update(zip(labels, lines, strict=True))
    figure.legend(names.values(), names.keys(), fontsize=8, loc="outside right center")
    figure.savefig(folder / f"{case['case']}.svg", metadata={"Date": None})
    figure.savefig(folder / f"{case['case']}.png", dpi=130)
    pyplot.close(figure)


def draw_axes(axes: Any, case: dict[str, Any], k: int) -> None:
    palette: Any = importlib.import_module("matplotlib").colormaps["tab20"]
    runs = [run for run in case["runs"] if run["threads"] == 1]
    has_lists = any(run["peer"] == "ours-lists" for run in runs)
    for run in runs:
        points = [point for point in frontier(run, k) if point[0] >= WORST]
        if not points:
            continue
        style, ours = list(PEERS).index(run["peer"]), run["peer"] in ("ours", "ours-lists")
        axes.plot(
            [max(FLOOR, 1 - recall) for recall, _ in points],
            [speed for _, speed in points],
            color="black" if ours else palette(style % 20),
            marker=MARKERS[style % len(MARKERS)],
            markersize=5,
            linewidth=2.6 if ours else 1.2,
            linestyle="--" if run["peer"] == "ours" and has_lists else "-",
            zorder=3 if ours else 2,
            label=run["title"],
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(1 - WORST, FLOOR * 0.8)
    axes.set_xticks([0.1, 0.01, 0.001, FLOOR], ["0.9", "0.99", "0.999", "1"])
    ticker: Any = importlib.import_module("matplotlib.ticker")
    for set_formatter in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        set_formatter(ticker.StrMethodFormatter("{x:,.0f}"))
    axes.tick_params(axis="y", which="minor", labelsize=7)
    axes.set_xlabel(f"recall@{k}")
    axes.set_ylabel("queries per second")
    axes.grid(visible=True, which="major", alpha=0.3)


def asked_and_found(case: dict[str, Any], k: int) -> list[tuple[float, float]]:
    """The recalls that the lists were asked for, and what they found."""
    return [
        (point["setting"]["recall"], point["recall"])
        for run in case["runs"]
        for point in run["points"]
        if run["peer"] == "ours-lists" and run["threads"] == 1 and point["k"] == k
    ]


def draw_promises(cases: list[dict[str, Any]], folder: Path) -> None:
    """Recall asked against recall found, of all cases about lists in one picture."""
    pyplot = prepared_pyplot()
    figure, axes = pyplot.subplots(figsize=(5.6, 4.6), layout="constrained")
    for marker, case in zip(MARKERS, cases, strict=False):
        points = asked_and_found(case, 10)
        axes.plot(*zip(*points, strict=True), marker=marker, label=case["title"])
    axes.plot([0.8, 1], [0.8, 1], color="black", linewidth=1, label="as asked")
    axes.plot([0.8, 1], [0.79, 0.99], color="black", linewidth=1, linestyle=":", label="0.01 below")
    axes.set_xlabel("recall@10 asked")
    axes.set_ylabel("recall@10 found")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(folder / "asked.svg", metadata={"Date": None})
    pyplot.close(figure)


def draw_all(cases: dict[str, dict[str, Any]], folder: Path) -> None:
    for case in cases.values():
        draw_case(case, folder)
    divided = [cases[name] for name in LISTS if name in cases]
    if divided:
        draw_promises(divided, folder)

"""The embedders' tables and their plot."""

from __future__ import annotations

import importlib
import statistics
from pathlib import Path
from typing import Any

from benchmarks.embed.encoders import ENCODERS, IMAGE_ENCODERS, SAME_VECTORS
from benchmarks.embed.verdicts import judge_all, milliseconds, rate
from benchmarks.report.front_page import between
from benchmarks.report.tables import markdown, verdicts_table

BEGIN = "<!-- embed: written by make bench-embed -->"
END = "<!-- end of embed -->"
PLOT = "throughput"
THREADS = ("1", "2")
ALL = {**ENCODERS, **IMAGE_ENCODERS}
Results = dict[str, Any]


def machine_line(results: Results) -> str:
    machine = results["machine"]
    line = f"Measured by `make bench-embed` on {machine['cpu']}, {machine['cores']} cores, "
    line += f"{results['date']}; all in the same run, in turn, with equal threads."
    if results["missing"]:
        names = ", ".join(ALL[name].title for name in results["missing"])
        line += f" Not measured here: {names}."
    if results.get("quick"):
        line += " A quick run: the texts are fewer than the claims say; the figures mean nothing."
    return line


def verdicts(results: Results) -> str:
    return f"{machine_line(results)}\n\n{verdicts_table('claim', judge_all(results))}"


def number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def per_second(value: float | None) -> str:
    return number(value, 1 if value is not None and value < 20 else 0)


def measured(results: Results, *parts: str) -> list[str]:
    """The encoders that any of `parts` has, in their usual order."""
    found = {
        name for part in parts for runs in results["parts"].get(part, {}).values() for name in runs
    }
    return [name for name in ENCODERS if name in found]


def speed_table(results: Results) -> str:
    header = ["encoder", "short texts/s, 1 thread", "2 threads", "mixed texts/s, 1 thread"]
    header += ["2 threads", "query p50 ms, 1 thread", "p99", "2 threads, p50", "p99"]
    parts = results["parts"]

    def runs(part: str, threads: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = parts.get(part, {}).get(threads, {}).get(name, [])
        return found

    rows = []
    for name in measured(results, "short", "mixed", "query"):
        row = [ENCODERS[name].title]
        for part in ("short", "mixed"):
            row += [per_second(rate(runs(part, threads, name))) for threads in THREADS]
        for threads in THREADS:
            for percent in (50, 99):
                value = milliseconds(runs("query", threads, name), percent)
                row.append(number(value, 2))
        rows.append(row)
    return markdown(header, rows)


def start_table(results: Results) -> str:
    header = ["encoder", "import ms", "load ms", "first vector ms", "together ms"]
    header += ["memory while embedding MB", "file pages MB", "tokeniser alone, texts/s"]
    parts, rows = results["parts"], []
    starts, mixed = parts.get("start", {}), parts.get("mixed", {}).get("1", {})
    tokens = parts.get("tokens", {}).get("1", {})
    for name in ENCODERS:
        if not (starts.get(name) or mixed.get(name)):
            continue
        row = [ENCODERS[name].title]
        for key in ("import_seconds", "load_seconds", "first_seconds", "seconds"):
            times = [1e3 * run[key] for run in starts.get(name, [])]
            row.append(number(statistics.median(times) if times else None, 1))
        for key in ("anonymous_bytes", "mapped_bytes"):
            sizes = [run[key] / 1e6 for run in mixed.get(name, []) if key in run]
            row.append(number(max(sizes, default=None)))
        rows.append([*row, number(rate(tokens.get(name, [])))])
    return markdown(header, rows)


def quality_table(part: dict[str, Any]) -> str:
    header = ["encoder", "recall@1", "recall@10", "nDCG@10", "top-10 overlap", "min cosine"]
    header += ["mean cosine"]
    keys = ("recall_1", "recall_10", "ndcg_10", "overlap")
    rows = []
    for name, found in part["encoders"].items():
        row = [ENCODERS[name].title, *(f"{found[key]:.4f}" for key in keys)]
        rows.append([*row, *(f"{found[key]:.6f}" for key in ("min_cosine", "mean_cosine"))])
    return markdown(header, rows)


TITLES = {
    "wordnet": "Example sentences of WordNet on its glosses",
    "docstrings": "First paragraphs of documentation strings on the rest of them",
}


def quality_sections(results: Results) -> list[str]:
    out: list[str] = []
    quality = results["parts"].get("quality", {})
    for label, title in TITLES.items():
        part = quality.get(label)
        if not part:
            continue
        out.append(f"### {title}")
        references = {found["reference"] for found in part["encoders"].values()}
        names = ", ".join(ENCODERS[name].title for name in references)
        out.append(
            f"{part['queries']:,} searches with one right answer each among"
            f" {part['documents']:,} texts; overlap and cosines are with {names}."
        )
        out.append(quality_table(part))
    if out:
        same = [ENCODERS[name].title for name in SAME_VECTORS]
        out.append(
            f"{', '.join(same)} compute the same vectors as onnxruntime float32 (see Parity), so"
            " that their rows would be its row again."
        )
    kept = quality.get("kept_vectors", {})
    if "min_cosine" in kept:
        out.append(
            "The same glosses as sentence-transformers embedded them on another machine (kept as"
            f" float16): smallest cosine with ruvector float32 {kept['min_cosine']:.7f}."
        )
    elif kept:
        out.append(f"Vectors made on another machine were not compared: {kept['missing']}.")
    return out


def parity_section(results: Results) -> list[str]:
    part = results["parts"].get("parity")
    if not part:
        return []
    rows = [
        [ENCODERS[name].title, f"{found['min_cosine']:.7f}", f"{found['mean_cosine']:.7f}"]
        for name, found in part["encoders"].items()
    ]
    table = markdown(["encoder", "min cosine", "mean cosine"], rows)
    line = f"{part['texts']} odd texts in 20 scripts and more, beside sentence-transformers."
    return ["## Parity", line, table]


def document(results: Results) -> str:
    """The whole of `results/embed/README.md`."""
    parts = ["# Results of the embedders"]
    parts += ["Written by `make bench-embed`; the method is in [../../README.md](../../README.md)."]
    parts += [verdicts(results)]
    if measured(results, "short", "mixed", "query"):
        parts += ["## Speed", f"![texts per second]({PLOT}.svg)", speed_table(results)]
        parts += [results["texts"]]
    parts += ["## Start, memory, tokeniser", start_table(results)]
    quality = quality_sections(results)
    if quality:
        parts += ["## Quality", *quality]
    parts += parity_section(results)
    if results["missing"]:
        parts += ["## Not measured"]
        parts += [f"- {ALL[name].title}: {why}" for name, why in results["missing"].items()]
    return "\n\n".join(parts) + "\n"


def with_verdicts(page: str, results: Results) -> str:
    return between(page, BEGIN, END, verdicts(results))


def draw(results: Results, folder: Path) -> None:
    """Texts per second of every encoder, short and mixed, with one thread and two."""
    names = measured(results, "short", "mixed")
    if not names:
        return
    # The SVG must not change when the figures do not.
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "ruvector", "font.size": 9})
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    figure, panels = pyplot.subplots(1, 2, figsize=(9.4, 4.2), sharey=True, layout="constrained")
    for axes, part, title in zip(
        panels, ("short", "mixed"), ("texts of 8 words", "mixed, 56 words on average"), strict=True
    ):
        draw_panel(axes, results["parts"].get(part, {}), names)
        axes.set_title(title)
    panels[0].set_yticks(range(len(names)), [ENCODERS[name].title for name in names])
    panels[0].invert_yaxis()
    panels[1].legend(loc="lower right")
    figure.savefig(folder / f"{PLOT}.svg", metadata={"Date": None})
    figure.savefig(folder / f"{PLOT}.png", dpi=130)
    pyplot.close(figure)


def draw_panel(axes: Any, part: dict[str, Any], names: list[str]) -> None:
    styles = (("1", "1 thread", -0.2, 0.55), ("2", "2 threads", 0.2, 1.0))
    for threads, label, offset, alpha in styles:
        values = [rate(part.get(threads, {}).get(name, [])) or 0 for name in names]
        colours = ["C0" if name.startswith("ours") else "0.5" for name in names]
        places = [place + offset for place in range(len(names))]
        bars = axes.barh(places, values, 0.38, color=colours, alpha=alpha, label=label)
        axes.bar_label(bars, [per_second(value) for value in values], padding=3, fontsize=7)
    if part:
        axes.set_xscale("log")
    axes.set_xlabel("texts per second")
    axes.margins(x=0.15)

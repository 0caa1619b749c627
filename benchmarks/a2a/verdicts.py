"""From the measurements to the claims of the table."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.a2a.contestants import CONTESTANTS
from benchmarks.targets import Verdict

Part = dict[str, Any]
Runs = list[dict[str, Any]]
MEMORY_MB = 20
LAG_MS = 15


def median(runs: Runs, key: str) -> float | None:
    return statistics.median(run[key] for run in runs) if runs else None


def events_per_second(runs: Runs) -> float | None:
    rates = [run["events"] / run["seconds"] for run in runs]
    return statistics.median(rates) if rates else None


def cpu_per_event(runs: Runs) -> float | None:
    found = [1e6 * run["cpu"] / run["events"] for run in runs]
    return statistics.median(found) if found else None


def text(value: float | None, unit: str, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}{unit}"


def pair(mine: float | None, other: float | None, unit: str, digits: int = 0) -> tuple[str, str]:
    return text(mine, unit, digits), text(other, unit, digits)


def ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


def stream(part: Part) -> Iterator[Verdict]:
    mine = events_per_second(part.get("ours", []))
    for peer, bound in (("sdk10", 15), ("sdk03", 1), ("js10", 2), ("aiohttp", 2)):
        other = events_per_second(part.get(peer, []))
        texts = pair(mine, other, " events/s")
        claim = "one stream, unpaced, typed updates"
        yield Verdict(claim, CONTESTANTS[peer].title, *texts, ratio(mine, other), bound, True)
    mine, other = (cpu_per_event(part.get(name, [])) for name in ("ours", "aiohttp"))
    texts = pair(mine, other, " us", 1)
    yield Verdict("CPU for each event", CONTESTANTS["aiohttp"].title, *texts, mine, 5, False, " us")


def many(part: Part, streams: int, events: int) -> Iterator[Verdict]:
    mine = median(part.get("ours", []), "seconds")
    for peer, bound in (("sdk10", 8), ("js10", 1), ("aiohttp", 1)):
        other = median(part.get(peer, []), "seconds")
        texts = pair(mine, other, " s", 3)
        claim = f"{streams} streams of {events} events"
        yield Verdict(claim, CONTESTANTS[peer].title, *texts, ratio(other, mine), bound, True)
    mine, other = (megabytes(part.get(name, [])) for name in ("ours", "aiohttp"))
    texts = pair(mine, other, " MB", 1)
    claim, title = "growth of memory meanwhile", CONTESTANTS["aiohttp"].title
    yield Verdict(claim, title, *texts, mine, MEMORY_MB, False, " MB")


def megabytes(runs: Runs) -> float | None:
    """The largest: the first run pays for what later ones use again."""
    return max((run["grown_bytes"] / 1e6 for run in runs), default=None)


def send(part: Part) -> Iterator[Verdict]:
    mine, other = (median(part.get(name, []), "p50_us") for name in ("ours", "raw"))
    texts = pair(mine, other, " us")
    title = CONTESTANTS["raw"].title
    yield Verdict("round trip of a task, p50", title, *texts, mine, 120, False, " us")


def paced(part: Part) -> Iterator[Verdict]:
    mine, other = (median(part.get(name, []), "cpu") for name in ("ours", "aiohttp"))
    texts = pair(mine, other, " s", 3)
    claim, title = "CPU of 1,000 updates, one each millisecond", CONTESTANTS["aiohttp"].title
    yield Verdict(claim, title, *texts, mine, 0.08, False, " s")


def beside(part: Part) -> Iterator[Verdict]:
    for loop, found in part.items():
        runs, given = found["runs"], f"{found['events']:,} updates beside two searches, {loop}"
        slowest, together = median(runs, "slowest"), median(runs, "together")
        shares = [run["together"] / run["slowest"] for run in runs]
        texts = pair(together, slowest, " s", 3)
        share = statistics.median(shares)
        yield Verdict(given, "the slowest of them alone", *texts, share, 1.2, False)
        busy, idle = median(runs, "busy_ms"), median(runs, "idle_ms")
        texts = pair(busy, idle, " ms", 1)
        above = statistics.median(run["busy_ms"] - run["idle_ms"] for run in runs)
        claim = f"worst lag of the loop meanwhile, {loop}"
        yield Verdict(claim, "an idle loop", *texts, above, LAG_MS, False, " ms more")
        count = found["io_threads"]
        yield Verdict(f"threads added, {loop}", "-", str(count), "-", count, 1, False, "")


def judge_all(results: Part) -> list[Verdict]:
    """The verdicts on the parts that were measured, in the table's order."""
    parts, sizes = results["parts"], results["sizes"]
    return [
        *(stream(parts["stream"]) if "stream" in parts else ()),
        *(many(parts["many"], sizes["streams"], sizes["short"]) if "many" in parts else ()),
        *(send(parts["send"]) if "send" in parts else ()),
        *(paced(parts["paced"]) if "paced" in parts else ()),
        *beside(parts.get("beside", {})),
    ]

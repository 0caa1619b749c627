"""`python -m benchmarks.embed`: measures embedders in turn, then writes tables and plot."""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.datasets import ROOT, MissingDataError
from benchmarks.embed import texts
from benchmarks.embed.encoders import ENCODERS
from benchmarks.embed.encoders.files import prepare_texts
from benchmarks.embed.images import images
from benchmarks.embed.report import document, draw, with_verdicts
from benchmarks.embed.rows import QUICK, SPEED, Bench, Effort, parity, quality, speed, start
from benchmarks.environments import MissingEnvironmentError, interpreter
from benchmarks.worker_process import WorkerError

RESULTS = ROOT / "benchmarks" / "results" / "embed"
ALONE = {row.__name__: row for row in (start, parity, quality, images)}
PARTS = (*SPEED, *ALONE)
QUICK_RESULTS = ROOT / "build" / "bench-embed" / "quick"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embed", description=__doc__)
    parser.add_argument("--only", action="append", metavar="PART", choices=PARTS, default=[])
    parser.add_argument("--encoders", metavar="NAMES", help="of " + ",".join(ENCODERS))
    parser.add_argument("--quick", action="store_true", help="few texts, to see that it works")
    parser.add_argument("--report", action="store_true", help="tables and plot from old results")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where the results go")
    return parser.parse_args()


def ready(names: list[str]) -> dict[str, str]:
    """Sets up what the encoders need; says why of those that cannot be had."""
    missing: dict[str, str] = {}
    for name in names:
        try:
            interpreter(ENCODERS[name].environment)
            if ENCODERS[name].environment != "ours":
                prepare_texts(interpreter("embed-torch"))
        except (MissingEnvironmentError, MissingDataError) as error:
            missing[name] = str(error)
            print(f"{name} is left out: {error}", file=sys.stderr)
    return missing


def merged(old: Any, new: Any, depth: int) -> Any:
    """`new` over `old`: down to `depth`, keys that `new` lacks keep what they have."""
    if depth == 0 or not isinstance(old, dict) or not isinstance(new, dict):
        return new
    added = {key: value for key, value in new.items() if key not in old}
    return {
        key: merged(value, new[key], depth - 1) if key in new else value
        for key, value in old.items()
    } | added


def measure(options: argparse.Namespace, old: dict[str, Any], file: Path) -> dict[str, Any]:
    """Measures what was asked for; `file` is written after each part, so that none is lost."""
    effort: Effort = QUICK if options.quick else Effort()
    wanted = options.encoders.split(",") if options.encoders else list(ENCODERS)
    names = [name for name in ENCODERS if name in wanted]
    begin = time.monotonic()

    def say(message: str) -> None:
        print(f"[{time.monotonic() - begin:6.1f} s] {message}", flush=True)

    bench = Bench(effort, names, say, ready(names))
    chosen = options.only or list(PARTS)
    results = old
    for found in measured(bench, chosen):
        # A part is replaced as a whole, unless only some encoders were measured.
        parts = merged(results.get("parts", {}), found, 9 if options.encoders else 1)
        results = {
            "machine": machine.describe(),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "missing": bench.missing,
            "quick": options.quick,
            "texts": described(effort),
            "parts": {name: parts[name] for name in PARTS if name in parts},
        }
        file.write_text(json.dumps(results, indent=1) + "\n")
    return results


def measured(bench: Bench, chosen: list[str]) -> Iterator[dict[str, Any]]:
    """The parts, as they are finished."""
    together = [part for part in SPEED if part in chosen]
    if together:
        yield speed(bench, together)
    for part in (part for part in ALONE if part in chosen):
        try:
            yield {part: ALONE[part](bench)}
        except (MissingDataError, MissingEnvironmentError, WorkerError) as error:
            bench.say(f"{part} skipped: {error}")


def described(effort: Effort) -> str:
    words = [len(text.split()) for text in texts.mixed(effort.mixed)]
    return (
        f"Short: {effort.short:,} definitions of WordNet of eight words. Mixed: {len(words)}"
        f" beginnings of documentation strings of Python's standard library, {min(words)} to"
        f" {max(words)} words, {statistics.mean(words):.1f} on average. Queries: short texts,"
        " one per call."
    )


def main() -> int:
    options = arguments()
    folder: Path = options.output or (QUICK_RESULTS if options.quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "embed.json"
    results = json.loads(file.read_text()) if file.is_file() else {}
    if not options.report:
        try:
            results = measure(options, results, file)
        except MissingDataError as error:
            print(error, file=sys.stderr)
            return 1
    (folder / "README.md").write_text(document(results))
    draw(results, folder)
    if folder == RESULTS:
        page = ROOT / "README.md"
        page.write_text(with_verdicts(page.read_text(), results))
    print(f"Wrote {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

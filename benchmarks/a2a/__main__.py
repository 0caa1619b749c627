"""`python -m benchmarks.a2a`: measures clients of agents in turn, then writes the tables."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.a2a.contestants import ALL, CONTESTANTS
from benchmarks.a2a.report import document, with_verdicts
from benchmarks.a2a.rows import QUICK, Bench, Effort, beside, clients
from benchmarks.a2a.session import ERRORS
from benchmarks.datasets import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "a2a"
QUICK_RESULTS = ROOT / "build" / "bench-a2a" / "quick"
PARTS = (*ALL, "beside")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.a2a", description=__doc__)
    parser.add_argument("--only", action="append", metavar="PART", choices=PARTS, default=[])
    parser.add_argument("--clients", metavar="NAMES", help="of " + ",".join(CONTESTANTS))
    parser.add_argument("--quick", action="store_true", help="few events, to see that it works")
    parser.add_argument("--report", action="store_true", help="tables from old results")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where the results go")
    return parser.parse_args()


def merged(old: Any, new: Any, depth: int) -> Any:
    """`new` over `old`: down to `depth`, keys that `new` lacks keep what they have."""
    if depth == 0 or not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return old | {key: merged(old.get(key), value, depth - 1) for key, value in new.items()}


def measured(bench: Bench, chosen: list[str]) -> Iterator[dict[str, Any]]:
    """The parts, as they are finished."""
    together = [part for part in ALL if part in chosen]
    if together:
        yield clients(bench, together)
    if "beside" in chosen:
        yield {"beside": beside(bench)}


def measure(options: argparse.Namespace, old: dict[str, Any], file: Path) -> dict[str, Any]:
    """Measures what was asked for; `file` is written after each part, so that none is lost."""
    effort = QUICK if options.quick else Effort()
    wanted = options.clients.split(",") if options.clients else list(CONTESTANTS)
    begin = time.monotonic()

    def say(message: str) -> None:
        print(f"[{time.monotonic() - begin:6.1f} s] {message}", flush=True)

    bench = Bench(effort, [name for name in CONTESTANTS if name in wanted], say)
    results = old
    for found in measured(bench, options.only or list(PARTS)):
        # A part is replaced as a whole, unless only some clients were measured.
        parts = merged(results.get("parts", {}), found, 2 if options.clients else 1)
        results = {
            "machine": machine.describe(),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "missing": bench.missing,
            "quick": options.quick,
            "sizes": dataclasses.asdict(effort),
            "parts": {name: parts[name] for name in PARTS if name in parts},
        }
        file.write_text(json.dumps(results, indent=1) + "\n")
    return results


def main() -> int:
    options = arguments()
    folder: Path = options.output or (QUICK_RESULTS if options.quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "a2a.json"
    results = json.loads(file.read_text()) if file.is_file() else {}
    if not options.report:
        try:
            results = measure(options, results, file)
        except ERRORS as error:
            print(error, file=sys.stderr)
            return 1
    (folder / "README.md").write_text(document(results))
    if folder == RESULTS:
        page = ROOT / "README.md"
        page.write_text(with_verdicts(page.read_text(), results))
    print(f"Wrote {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

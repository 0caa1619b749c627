"""`python -m benchmarks.lake`: measures ruLake beside the original, then writes table and plot."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.datasets import DATASETS, ROOT, MissingDataError
from benchmarks.lake.programs import Program, ProgramError, ours, upstream
from benchmarks.lake.report import document, draw, with_verdicts
from benchmarks.lake.rows import QUICK, ROWS, Bench, Effort
from benchmarks.lake.staleness import staleness

RESULTS = ROOT / "benchmarks" / "results" / "lake"
QUICK_RESULTS = ROOT / "build" / "bench-lake-quick"
PARTS = (*ROWS, "staleness")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lake", description=__doc__)
    parser.add_argument("--only", action="append", metavar="PART", choices=PARTS, default=[])
    parser.add_argument("--quick", action="store_true", help="small sets, to see that it works")
    parser.add_argument("--no-upstream", action="store_true", help="do not build the original")
    parser.add_argument("--report", action="store_true", help="table and plot from old results")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where the results go")
    return parser.parse_args()


def programs(wanted: bool) -> tuple[list[Program], str]:
    """Ours, and the original or why it is not there."""
    if not wanted:
        return [ours()], "left out"
    try:
        return [ours(), upstream()], ""
    except ProgramError as error:
        print(error, file=sys.stderr)
        return [ours()], str(error).splitlines()[0]


def measure(options: argparse.Namespace, old: dict[str, Any]) -> dict[str, Any]:
    effort: Effort = QUICK if options.quick else Effort()
    start = time.monotonic()

    def say(message: str) -> None:
        print(f"[{time.monotonic() - start:6.1f} s] {message}", flush=True)

    run, missing = programs(not options.no_upstream)
    bench = Bench(effort, run, say)
    parts: dict[str, Any] = dict(old.get("parts", {}))
    for name in options.only or PARTS:
        if name == "staleness":
            parts[name] = staleness(effort.seconds, say)
            continue
        try:
            parts[name] = ROWS[name](bench)
        except MissingDataError as error:
            say(f"{name} skipped: {error}")
    return {
        "machine": machine.describe(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "upstream_missing": missing,
        "quick": options.quick,
        "data": [DATASETS[name].title for name in (effort.small, effort.storm, effort.large)],
        "effort": {"stormers": effort.stormers, "clients": effort.clients},
        "parts": {name: parts[name] for name in PARTS if name in parts},
    }


def main() -> int:
    options = arguments()
    folder: Path = options.output or (QUICK_RESULTS if options.quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "lake.json"
    results = json.loads(file.read_text()) if file.is_file() else {}
    if not options.report:
        try:
            results = measure(options, results)
        except ProgramError as error:
            print(error, file=sys.stderr)
            return 1
        file.write_text(json.dumps(results, indent=1) + "\n")
    (folder / "README.md").write_text(document(results))
    draw(results, folder)
    if folder == RESULTS:
        page = ROOT / "README.md"
        page.write_text(with_verdicts(page.read_text(), results))
    print(f"Wrote {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

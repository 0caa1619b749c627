"""`python -m benchmarks.life`: lists after growth and removal beside lists built at once."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.datasets import DATASETS, ROOT, MissingDataError, prepare
from benchmarks.life.changes import ORDERS, QUICK, Effort, life
from benchmarks.life.report import BEGIN, END, document, summary, table
from benchmarks.report.front_page import between

RESULTS = ROOT / "benchmarks" / "results" / "life"
QUICK_RESULTS = ROOT / "build" / "bench-life-quick"
SETS = ("sift", "minilm")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.life", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small set, to see that it works")
    parser.add_argument("--report", action="store_true", help="tables from old results")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where the results go")
    return parser.parse_args()


def measure(quick: bool) -> dict[str, Any]:
    effort = QUICK if quick else Effort()
    start = time.monotonic()
    parts = []
    for name in ("quick",) if quick else SETS:
        try:
            data = prepare(DATASETS[name])
        except MissingDataError as error:
            print(f"{name} skipped: {error}", flush=True)
            continue
        for order in ORDERS:

            def say(message: str, what: str = f"{name}, {order}") -> None:
                print(f"[{time.monotonic() - start:6.1f} s] {what}: {message}", flush=True)

            title = DATASETS[name].title
            parts.append({"title": title, "order": order, **life(data, order, effort, say)})
    return {
        "machine": machine.describe(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "quick": quick,
        "parts": parts,
    }


def main() -> int:
    options = arguments()
    folder: Path = options.output or (QUICK_RESULTS if options.quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "life.json"
    if not options.report:
        file.write_text(json.dumps(measure(options.quick), indent=1) + "\n")
    results = json.loads(file.read_text())
    (folder / "README.md").write_text(document(results))
    print(table(results))
    if folder == RESULTS:
        page = ROOT / "README.md"
        page.write_text(between(page.read_text(), BEGIN, END, summary(results)))
    print(f"Wrote {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

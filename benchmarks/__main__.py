"""`python -m benchmarks`: runs the cases, then writes tables and plots."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.cases import CASES, QUICK, Case
from benchmarks.datasets import DATASETS, ROOT, MissingDataError
from benchmarks.peers import PEERS
from benchmarks.report.front_page import renew
from benchmarks.report.plot import draw_all
from benchmarks.report.results import Results
from benchmarks.report.tables import document
from benchmarks.runner import run
from benchmarks.worker_process import WorkerError

RESULTS = Path(__file__).resolve().parent / "results"
QUICK_RESULTS = ROOT / "build" / "bench-quick"


def peer_names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in PEERS:
            raise argparse.ArgumentTypeError(
                f"no library '{name}' (choose from {', '.join(PEERS)})"
            )
    return names


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the cases and their libraries")
    parser.add_argument("--only", action="append", metavar="CASE", choices=list(CASES), default=[])
    parser.add_argument(
        "--peers",
        metavar="A,B",
        type=peer_names,
        help="run these libraries of each case only; any, with --quick",
    )
    parser.add_argument("--quick", action="store_true", help="5,000 rows, to see that it works")
    parser.add_argument("--report", action="store_true", help="tables and plots from old results")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where the results go")
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> list[Case]:
    if options.quick:
        return [QUICK if options.peers is None else replace(QUICK, peers=tuple(options.peers))]
    cases = [CASES[name] for name in options.only or CASES]
    if options.peers is None:
        return cases
    return [case.with_peers(options.peers) for case in cases]


def measure(case: Case, folder: Path) -> None:
    start = time.monotonic()

    def say(message: str) -> None:
        print(f"[{case.name} {time.monotonic() - start:6.1f} s] {message}", flush=True)

    try:
        results = run(case, say)
    except MissingDataError as error:
        print(f"[{case.name}] skipped: {error}", flush=True)
        return
    (folder / f"{case.name}.json").write_text(json.dumps(results, indent=1) + "\n")
    say("done")


def main() -> int:
    options = arguments()
    if options.list:
        for case in (*CASES.values(), QUICK):
            print(f"{case.name}: {DATASETS[case.dataset].title}; {', '.join(case.peers)}")
        return 0
    folder: Path = options.output or (QUICK_RESULTS if options.quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    if not options.report:
        try:
            for case in chosen(options):
                measure(case, folder)
        except WorkerError as error:
            print(error, file=sys.stderr)
            return 1
    results = Results.read(folder)
    (folder / "README.md").write_text(document(results))
    draw_all(results.cases, folder)
    if folder == RESULTS and results.cases:
        renew(ROOT / "README.md", results)
    print(f"Wrote {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

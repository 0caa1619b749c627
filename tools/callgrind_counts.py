"""Compares instructions per unit of work of the hot kernels with their bounds.

Callgrind counts are repeatable to the instruction, unlike times on a shared machine. It hides
AVX-512 from the program, so these are the AVX2 kernels. The count of a case is the difference of
two runs, so that start-up does not matter. Bounds are in benchmarks/kernels/bounds.json; lower
them after a gain.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

FEW, MANY = 2, 12  # repeats of the two runs
SLACK = 1.5  # a count below bound / SLACK means that the bound is out of date


def instructions(program: Path, case: str, repeats: int) -> int:
    process = subprocess.run(
        [
            "valgrind",
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            program,
            case,
            str(repeats),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Collected : (\d+)", process.stderr)
    if found is None:
        raise SystemExit(f"callgrind printed no count:\n{process.stderr}")
    return int(found[1])


def main() -> int:
    program = Path(sys.argv[1]) / "benchmarks" / "kernels" / "kernel_counts"
    root = Path(__file__).resolve().parent.parent
    bounds: dict[str, float] = json.loads((root / "benchmarks/kernels/bounds.json").read_text())
    listing = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    failed = 0
    for line in listing.splitlines():
        case, units = line.split()
        work = int(units) * (MANY - FEW)
        count = (instructions(program, case, MANY) - instructions(program, case, FEW)) / work
        bound = bounds.get(case, 0.0)
        verdict = "ok" if bound / SLACK <= count <= bound else "lower the bound"
        if count > bound:
            verdict = "TOO MANY"
            failed += 1
        print(f"{case:<16} {count:8.3f} instructions a unit, bound {bound:8.3f}: {verdict}")
    print(f"{failed} cases above their bound")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

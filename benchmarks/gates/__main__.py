"""`python -m benchmarks.gates g1|g2|g3`: prints a gate's figures; fails if one breaks its limit."""

from __future__ import annotations

import argparse
import sys

from benchmarks.gates import installation, one_loop, retrieval

GATES = {"g1": retrieval, "g2": one_loop, "g3": installation}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gates", description=__doc__)
    parser.add_argument("gate", choices=GATES)
    name: str = parser.parse_args().gate
    passed = True
    for figure in GATES[name].measure():
        print(f"{name.upper()}  {figure}", flush=True)
        passed &= figure.passed
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

"""Runs make targets one after the other: a line of verdict for each, and a count at the end.

The output of a step goes to build/steps/<step>.log; that of a failed step is shown, too.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

LAST_LINES = 60  # of a failed step's log


def run_step(step: str, log: Path) -> bool:
    print(f"{step:<20} ", end="", flush=True)
    begin = time.monotonic()
    # A step must not take part in the job server of the make that called this.
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    with log.open("wb") as output:
        process = subprocess.run(
            ["make", step], stdout=output, stderr=subprocess.STDOUT, env=environment, check=False
        )
    passed = process.returncode == 0
    print(f"{'passed' if passed else 'FAILED'} in {time.monotonic() - begin:.0f} s", flush=True)
    if not passed:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        print("\n".join(f"    {line}" for line in lines[-LAST_LINES:]), flush=True)
    return passed


def main(steps: list[str]) -> int:
    logs = Path("build/steps")
    logs.mkdir(parents=True, exist_ok=True)
    failed = [step for step in steps if not run_step(step, logs / f"{step}.log")]
    if failed:
        print(f"failed: {' '.join(failed)}; logs are in {logs}")
    print(f"{len(steps) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

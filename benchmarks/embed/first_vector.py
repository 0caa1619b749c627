"""From nothing to a vector: `python -m benchmarks.embed.first_vector ENCODER THREADS`.

Prints seconds since before the first import of the library, apart from each other.
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

# ruff: noqa: E402  the imports are part of what is timed
import importlib
import json
import os
import sys

from benchmarks.embed.encoders import ENCODERS

TEXT = "how do I parse a date from a string"


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    entry = ENCODERS[sys.argv[1]]
    module = importlib.import_module(f"benchmarks.embed.encoders.{entry.module}")
    imported = time.perf_counter()
    encoder = module.Encoder(int(sys.argv[2]), **entry.arguments)
    loaded = time.perf_counter()
    encoder.embed(TEXT)
    end = time.perf_counter()
    times = {
        "import_seconds": imported - STARTED,
        "load_seconds": loaded - imported,
        "first_seconds": end - loaded,
        "seconds": end - STARTED,
    }
    print(json.dumps(times), file=answers, flush=True)
    # Interpreters with many threads take their time to end; nobody asked for that.
    answers.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

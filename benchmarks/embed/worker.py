"""One encoder in a process of its own: `python -m benchmarks.embed.worker ENCODER THREADS`.

Reads commands from standard input and prints one line of JSON for each, as `benchmarks.worker`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.embed.encoders import ENCODERS, IMAGE_ENCODERS

WARM_TEXTS = 64
Answer = dict[str, Any]


def read(path: str) -> list[str]:
    texts: list[str] = json.loads(Path(path).read_text(encoding="utf-8"))
    return texts


class Worker:
    """Each public method is a command; arguments and answers are JSON."""

    def __init__(self, name: str, threads: int) -> None:
        entry = {**ENCODERS, **IMAGE_ENCODERS}[name]
        module = importlib.import_module(f"benchmarks.embed.encoders.{entry.module}")
        self._encoder = module.Encoder(threads, **entry.arguments)

    def tune(self, texts: str) -> Answer:
        """Warms the encoder up; one that is told the size of batches gets the faster one."""
        given = read(texts)
        self._encoder.embed_batch(given[:WARM_TEXTS])
        if not hasattr(self._encoder, "batches"):
            return {}
        return self._tuned(lambda: self._encoder.embed_batch(given))

    def _tuned(self, work: Callable[[], Any]) -> Answer:
        """Keeps the size of batches with which `work` is fastest, where the encoder has sizes."""
        encoder, seconds = self._encoder, {}
        for size in getattr(encoder, "batches", ()):
            encoder.batch = size
            begin = time.perf_counter()
            work()
            seconds[size] = time.perf_counter() - begin
        if not seconds:
            return {}
        encoder.batch = min(seconds, key=lambda size: seconds[size])
        return {"batch": encoder.batch}

    def image_vectors(self, pixels: str, output: str) -> Answer:
        """Warms up, finds the faster size of batches and writes the vectors."""
        given = self._encoder.prepare(np.load(pixels))
        self._encoder.embed_images(given)
        self._tuned(lambda: self._encoder.embed_images(given))
        np.save(output, self._encoder.embed_images(given))
        return {}

    def image_rate(self, pixels: str) -> Answer:
        given = self._encoder.prepare(np.load(pixels))
        begin = time.perf_counter()
        self._encoder.embed_images(given)
        return {"seconds": time.perf_counter() - begin, "images": len(given)}

    def rate(self, texts: str) -> Answer:
        """One call with all texts."""
        given = read(texts)
        begin = time.perf_counter()
        self._encoder.embed_batch(given)
        return {"seconds": time.perf_counter() - begin, "texts": len(given)}

    def latency(self, texts: str) -> Answer:
        """One call for each text."""
        clock, took = time.perf_counter_ns, []
        for text in read(texts):
            begin = clock()
            self._encoder.embed(text)
            took.append(clock() - begin)
        return {"milliseconds": [round(nanoseconds / 1e6, 4) for nanoseconds in took]}

    def tokens(self, texts: str) -> Answer:
        """The tokeniser alone. No seconds where it is not to be had alone."""
        given = read(texts)
        if not hasattr(self._encoder, "tokenize"):
            return {}
        self._encoder.tokenize(given[:WARM_TEXTS])
        begin = time.perf_counter()
        ids = self._encoder.tokenize(given)
        seconds = time.perf_counter() - begin
        return {"seconds": seconds, "texts": len(given), "tokens": sum(map(len, ids))}

    def vectors(self, texts: str, output: str) -> Answer:
        given = read(texts)
        begin = time.perf_counter()
        rows = np.asarray(self._encoder.embed_batch(given), np.float32)
        seconds = time.perf_counter() - begin
        np.save(output, rows)
        return {"seconds": seconds, "texts": len(given)}


def main() -> None:
    # Libraries print to standard output as they like; answers go where it was.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(sys.argv[1], int(sys.argv[2]))
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(worker, command["do"])(**command["with"])
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()

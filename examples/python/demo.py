"""Asks the documentation of Python's standard library questions in plain English.

    python examples/python/demo.py --question "how do I parse a date from a string"

Embeds thousands of passages with all-MiniLM-L6-v2, builds a RabitqPlusIndex and searches it.
The first run fetches the model; later runs use the files and vectors kept in RUVECTOR_CACHE.
Needs nothing but the package ruvector.
"""

import argparse
import platform
import statistics
import sys
import time

import numpy as np
from numpy.typing import NDArray

import ruvector
from rag_demo import Passage, standard_library, vector_cache
from rag_demo.report import print_answers, step

MODEL = "all-MiniLM-L6-v2"
QUESTIONS = (
    "how do I parse a date from a string",
    "run a shell command and capture its output",
    "how can I cache the results of a function",
    "delete a whole directory tree",
    "what does the yield expression do",
)
TIMED_SEARCHES = 101


def main() -> int:
    """Runs the demo; returns the exit status."""
    arguments = parsed_arguments()
    with step("corpus") as said:
        passages = standard_library(limit=arguments.limit)
        said.said = f"{len(passages):,} passages of Python {platform.python_version()}"
    try:
        with step("model") as said:
            encoder = ruvector.Embedder.from_pretrained(MODEL, precision=arguments.precision)
            said.said = f"{MODEL} in {encoder.precision}, digests verified"
    except (ruvector.EmbedError, OSError) as error:  # or a cache that cannot be written
        print(f"demo: {error}", file=sys.stderr)
        return 1
    vectors = embedded(encoder, passages, arguments.fresh)
    with step("index") as said:
        index = ruvector.RabitqPlusIndex.build(vectors)
        said.said = f"RabitqPlusIndex of {len(index):,} x {index.dim}, {index.memory_bytes:,} bytes"
    for question in arguments.question or QUESTIONS:
        answer(question, encoder, index, passages, arguments.k)
    return 0


def parsed_arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--question", action="append", help="ask this; may be given repeatedly")
    parser.add_argument("--limit", type=positive, help="use so many passages (default: all)")
    parser.add_argument("--k", type=positive, default=5, help="passages per answer (default: 5)")
    parser.add_argument(
        "--precision", choices=("float32", "int16", "int8"), default="float32", help="of the model"
    )
    parser.add_argument("--fresh", action="store_true", help="embed again, whatever is kept")
    return parser.parse_args()


def positive(text: str) -> int:
    """Reads a count of at least one."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is below 1")
    return value


def embedded(
    encoder: ruvector.Embedder, passages: list[Passage], fresh: bool
) -> NDArray[np.float32]:
    """Returns the passages' vectors: those kept from an earlier run, else computed and kept."""
    texts = [passage.text for passage in passages]
    key = f"{encoder.recipe_digest} {encoder.precision}"
    with step("vectors") as said:
        vectors = None if fresh else vector_cache.load(key, texts)
        said.said = "kept from an earlier run (--fresh computes them again)"
        if vectors is None:
            vectors = encoder.embed_batch(texts, progress=True)
            said.said = (
                f"{len(texts):,} passages embedded, {len(texts) / said.seconds:.0f} a second"
            )
            vector_cache.save(key, texts, vectors)
    return vectors


def answer(
    question: str,
    encoder: ruvector.Embedder,
    index: ruvector.RabitqPlusIndex,
    passages: list[Passage],
    k: int,
) -> None:
    """Answers one question and prints how long that took."""
    started = time.perf_counter()
    query = encoder.embed(question, prompt="query")
    encode_ms = (time.perf_counter() - started) * 1e3
    hits = index.search(query, k=k)
    found = [(passages[hit.id], hit.score) for hit in hits]
    times = []
    for _ in range(TIMED_SEARCHES):
        started = time.perf_counter()
        index.search(query, k=k)
        times.append(time.perf_counter() - started)
    print_answers(question, found, encode_ms, statistics.median(times) * 1e6)


if __name__ == "__main__":
    sys.exit(main())

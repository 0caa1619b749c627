"""G1: retrieval in five lines over real text, and a query's latency at 100,000 and 1,000,000 rows.

Latencies are of one call from Python on one thread; recall@10 is against exact neighbours that
NumPy found, at the same k and with the same calls.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

import ruvector
from benchmarks.arrays import Ids, Rows
from benchmarks.datasets import clusters
from benchmarks.embed.docstrings import standard_library
from benchmarks.gates.figure import Figure
from benchmarks.truth import exact_neighbours, recall

K = 10
P99_MS = 10
RECALL = 0.99
QUERIES = 200
PASSAGES = 1_000
DIM = 128


def milliseconds(seconds: list[float], percentile: float) -> float:
    return 1e3 * float(np.percentile(seconds, percentile))


def real_text() -> Iterator[Figure]:
    """The first paragraph of a docstring asks for the paragraphs that follow it."""
    documented = [text for text in standard_library() if text.body][:PASSAGES]
    begin = time.perf_counter()
    emb = ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2")
    rows = emb.embed_batch([text.body for text in documented])
    idx = ruvector.RabitqPlusIndex.build(rows)
    yield Figure(f"model, {len(idx):,} texts and index", time.perf_counter() - begin, " s")
    took, found, asked = [], [], []
    for text in documented[:QUERIES]:
        begin = time.perf_counter()
        hits = idx.search(asked_for := emb.embed(text.summary), k=K)
        took.append(time.perf_counter() - begin)
        found.append(np.array([hit.id for hit in hits], np.int64))
        asked.append(asked_for)
    own = sum(number in ids for number, ids in enumerate(found)) / len(found)
    yield Figure(f"of {len(found)} docstrings, found among {K} by their summary", own)
    yield recall_figure("real text", rows, np.array(asked), found)
    yield Figure("question to answer, p99", milliseconds(took, 99), " ms")


def recall_figure(name: str, base: Rows, queries: Rows, found: list[Ids]) -> Figure:
    _, distances = exact_neighbours(base, queries, K)
    share = recall(base, queries, distances, found, K)
    return Figure(f"{name}: recall@{K}", share, "", RECALL, True)


def vectors(rows: int) -> Iterator[Figure]:
    name = f"{rows:,} x {DIM}"
    base, queries = clusters(rows, DIM, QUERIES)
    begin = time.perf_counter()
    idx = ruvector.RabitqPlusIndex.build(base)
    yield Figure(f"{name}: build", time.perf_counter() - begin, " s")
    idx.search(queries[0], k=K)
    took, found = [], []
    for query in queries:
        begin = time.perf_counter()
        hits = idx.search(query, k=K, threads=1)
        took.append(time.perf_counter() - begin)
        found.append(np.array([hit.id for hit in hits], np.int64))
    yield recall_figure(name, base, queries, found)
    yield Figure(f"{name}: one query, p50", milliseconds(took, 50), " ms")
    yield Figure(f"{name}: one query, p99", milliseconds(took, 99), " ms", P99_MS)


def measure() -> Iterator[Figure]:
    yield from real_text()
    yield from vectors(100_000)
    yield from vectors(1_000_000)

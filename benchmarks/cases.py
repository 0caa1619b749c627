"""What is measured: a data set, the libraries, and the recalls that they are swept to."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

# "Recall 1.000" means what three decimals mean, for every library alike.
FULL = 0.9995


@dataclass(frozen=True)
class Case:
    """One run. `recalls` holds, for each k, the recalls at which libraries are compared."""

    name: str
    dataset: str
    peers: tuple[str, ...]
    recalls: dict[int, tuple[float, ...]]
    two_threads: tuple[str, ...] = ()
    persist: bool = False
    rounds: int = 7
    latency_queries: int = 400
    # Time for one pass of one setting; a slow library answers fewer queries (at least 30).
    pass_seconds: float = 1.0

    def with_peers(self, names: Iterable[str]) -> Case:
        """The same case without the libraries that are not in `names`."""
        wanted = set(names)
        return dataclasses.replace(
            self,
            peers=tuple(name for name in self.peers if name in wanted),
            two_threads=tuple(name for name in self.two_threads if name in wanted),
        )


SCANS = ("ours", "faiss-pq", "rabitqlib", "turbovec", "scann")
GRAPHS = ("hnswlib", "faiss-hnsw", "usearch")
# What does not compare every code: lists, trees and graphs. Ours without lists is beside them.
SUBLINEAR = (
    "ours-lists",
    "ours",
    "rabitqlib-ivf",
    "rabitqlib-symqg",
    "rabitqlib-hnsw",
    "scann-tree",
    *GRAPHS,
)

CASES = {
    case.name: case
    for case in (
        Case(
            "u128",
            "u128",
            (
                *SCANS,
                "ours-1bit",
                "ours-flat",
                "faiss-flat",
                "faiss-rabitq",
                "faiss-1bit",
                "rabitqlib-1bit",
                "rabitqlib-9bit",
                "scann-flat",
                "upstream",
                *GRAPHS,
            ),
            {10: (0.99, 0.999, FULL), 100: (0.999, FULL)},
            two_threads=("ours", "faiss-pq", "rabitqlib", "scann", "ours-flat", "scann-flat"),
            persist=True,
        ),
        Case("g128", "g128", SCANS, {10: (0.99, 0.998)}),
        Case(
            "minilm",
            "minilm",
            (*SCANS, "ours-flat", "faiss-flat", "scann-flat", "upstream", *GRAPHS),
            {10: (0.99, 0.999), 100: (0.99, 0.999)},
            two_threads=("ours", "faiss-pq", "turbovec", "rabitqlib"),
        ),
        Case("sift", "sift", (*SCANS, "hnswlib"), {10: (0.99, 0.999), 100: (0.99, 0.999)}),
        Case(
            "m1",
            "m1",
            ("ours", "rabitqlib", "faiss-pq", "turbovec", "faiss-flat"),
            {10: (0.99, 0.999)},
            persist=True,
            rounds=5,
            latency_queries=100,
            pass_seconds=1.5,
        ),
        Case("u128-lists", "u128", SUBLINEAR, {10: (0.9, 0.95, 0.994, 0.999)}),
        Case("minilm-lists", "minilm", SUBLINEAR, {10: (0.9, 0.95, 0.99, 0.999)}),
        Case("sift-lists", "sift", SUBLINEAR, {10: (0.9, 0.95, 0.99)}),
        # Graphs take half an hour to build there.
        Case(
            "m1-lists",
            "m1",
            ("ours-lists", "ours", "rabitqlib-ivf"),
            {10: (0.9, 0.95, 0.99)},
            rounds=5,
            latency_queries=100,
            pass_seconds=1.5,
        ),
        *(
            Case(name, name, ("ours", "faiss-pq", "rabitqlib", "upstream"), {10: (FULL,)}, rounds=3)
            for name in ("u128-1k", "u128-10k", "u100")
        ),
    )
}

LISTS = tuple(name for name, case in CASES.items() if "ours-lists" in case.peers)

# Small enough for a smoke test; its figures mean nothing.
QUICK = Case(
    "quick",
    "quick",
    ("ours", "ours-1bit", "ours-flat", "faiss-pq", "faiss-flat"),
    {10: (0.99,)},
    persist=True,
    rounds=2,
    latency_queries=100,
    pass_seconds=0.2,
)

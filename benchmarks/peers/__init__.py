"""The libraries in the run: a name, the environment it lives in, and its adapter."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from benchmarks.arrays import Rows
from benchmarks.peers.peer import Peer


@dataclass(frozen=True)
class Entry:
    """`module` is a file of this folder; it is imported in the worker only."""

    title: str
    environment: str  # "ours", "peers" or "upstream"
    module: str
    adapter: str
    arguments: dict[str, Any] = field(default_factory=dict)


PEERS = {
    "ours": Entry("ruvector RabitqPlusIndex", "ours", "ours", "Plus"),
    "ours-lists": Entry('ruvector, partitions="auto"', "ours", "ours", "Lists"),
    "ours-1bit": Entry("ruvector RabitqIndex bits=1", "ours", "ours", "OneBit"),
    "ours-flat": Entry("ruvector FlatF32Index", "ours", "ours", "Flat"),
    "faiss-flat": Entry("faiss IndexFlatL2", "peers", "faiss", "Flat"),
    "faiss-pq": Entry("faiss PQ{d/2}x4fs,RFlat", "peers", "faiss", "PqRefine"),
    "faiss-rabitq": Entry("faiss RR{d},RaBitQfs,RFlat", "peers", "faiss", "RabitqRefine"),
    "faiss-1bit": Entry("faiss RR{d},RaBitQfs", "peers", "faiss", "RabitqScan"),
    "faiss-hnsw": Entry("faiss IndexHNSWFlat 32", "peers", "faiss", "Hnsw"),
    "rabitqlib": Entry("rabitqlib nbits=32", "peers", "rabitqlib", "OneCluster", {"bits": 32}),
    "rabitqlib-9bit": Entry("rabitqlib nbits=9", "peers", "rabitqlib", "OneCluster", {"bits": 9}),
    "rabitqlib-1bit": Entry("rabitqlib nbits=1", "peers", "rabitqlib", "OneCluster", {"bits": 1}),
    "rabitqlib-ivf": Entry(
        "rabitqlib Ivf nbits=32", "peers", "rabitqlib", "ManyClusters", {"bits": 32}
    ),
    "scann-tree": Entry("scann tree, AH2 + reorder", "peers", "scann", "Tree"),
    "turbovec": Entry("turbovec 4 bit + rerank", "peers", "turbovec", "Rerank"),
    "scann-flat": Entry("scann brute force", "peers", "scann", "BruteForce"),
    "scann": Entry("scann AH2 + reorder", "peers", "scann", "HashReorder"),
    "hnswlib": Entry("hnswlib M=16", "peers", "hnswlib", "Graph"),
    "usearch": Entry("usearch f32", "peers", "usearch", "Graph"),
    "upstream": Entry("upstream ruvector 0.1.4", "upstream", "upstream", "Upstream"),
    # Plots take colours by position: what is added goes to the end.
    "rabitqlib-symqg": Entry("rabitqlib Symqg degree 32", "peers", "rabitqlib", "SymphonyQg"),
    "rabitqlib-hnsw": Entry("rabitqlib Hnsw M=16 nbits=9", "peers", "rabitqlib", "Hnsw"),
}


def create(name: str, rows: Rows, threads: int) -> Peer:
    entry = PEERS[name]
    adapter = getattr(importlib.import_module(f"benchmarks.peers.{entry.module}"), entry.adapter)
    peer: Peer = adapter(rows, threads, **entry.arguments)
    return peer

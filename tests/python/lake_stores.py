"""Stores for the tests of the lake."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import ruvector


def rows_of(count: int, dim: int = 16, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, dim), dtype=np.float32)


class Shelf(ruvector.BackendAdapter):
    """One collection, "docs". `before_pull` is called in each pull; `version` is the generation."""

    def __init__(
        self,
        rows: NDArray[np.float32] | None = None,
        *,
        id: str = "shelf",
        before_pull: Callable[[], object] = lambda: None,
    ) -> None:
        self._id = id
        self.rows = rows_of(100) if rows is None else rows
        self.version: int | str = 1
        self.before_pull = before_pull
        self.pulls = 0
        self.checks = 0
        self.threads: set[int] = set()
        self._lock = threading.Lock()

    @property
    def id(self) -> str:
        return self._id

    def list_collections(self) -> list[str]:
        return ["docs"]

    def generation(self, collection: str) -> int | str:
        if collection != "docs":
            raise KeyError(collection)
        with self._lock:
            self.checks += 1
        return self.version

    def pull_vectors(self, collection: str) -> ruvector.PulledBatch:
        with self._lock:
            self.pulls += 1
            self.threads.add(threading.get_ident())
        self.before_pull()
        version, rows = self.version, self.rows
        return ruvector.PulledBatch(np.arange(len(rows), dtype=np.uint64), rows, version)


class Gate:
    """Holds a pull until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self._open.wait(30), "the gate was never opened"

    def open(self) -> None:
        self._open.set()


def lake_with(*backends: ruvector.BackendAdapter | ruvector.LocalBackend) -> ruvector.RuLake:
    lake = ruvector.RuLake()
    for backend in backends:
        lake.register_backend(backend)
    return lake


def sleeping(seconds: float) -> Callable[[], None]:
    return lambda: time.sleep(seconds)

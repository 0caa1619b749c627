"""What the harness asks of every library."""

from __future__ import annotations

import importlib.metadata
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from benchmarks.arrays import Ids, Rows, Setting


class Peer(ABC):
    """One library in one configuration, over one set of rows.

    Not thread-safe. `build` or `load` comes first, then `apply`, then searches. Only `search` and
    `search_batch` are timed, so they do what a user of the library would write and no more.
    """

    distribution: ClassVar[str]
    has_batch: ClassVar[bool] = True

    def __init__(self, rows: Rows, threads: int) -> None:
        self.rows = rows
        self.count, self.dim = rows.shape
        self.threads = threads
        self.k = 10
        self.index: Any = None  # the library's own object

    def version(self) -> str:
        return importlib.metadata.version(self.distribution)

    @abstractmethod
    def build(self) -> None:
        """Makes the index of `rows`; drops an earlier one."""

    @abstractmethod
    def settings(self, k: int) -> list[Setting]:
        """The sweep, from fast to exact."""

    def apply(self, setting: Setting, k: int) -> None:
        """Chooses a point of the sweep for the searches that follow."""
        self.k = k

    def as_query(self, query: Rows) -> Any:
        """The form in which `search` wants one query; most libraries want a (1, d) array."""
        return np.ascontiguousarray(query[None, :])

    @abstractmethod
    def search(self, query: Any) -> Any:
        """One query; returns what the library returns."""

    @abstractmethod
    def search_batch(self, queries: Rows) -> Any:
        """Many queries in one call, where the library has such a call."""

    def ids(self, result: Any) -> Ids:
        """The (queries, k) ids in a result of `search` or `search_batch`."""
        return np.asarray(result).astype(np.int64).reshape(-1, self.k)

    def index_bytes(self) -> dict[str, int]:
        """The library's own account of its memory; empty where it keeps none."""
        return {}

    def counters(self, query: Any) -> dict[str, float]:
        """What one search read, where the library says so."""
        return {}

    def save(self, path: Path) -> None:
        """Writes the index to `path`."""
        raise NotImplementedError

    def release(self) -> None:
        """Lets go of the index, so that freeing it is not timed as part of a load."""
        self.index = None

    def load(self, path: Path) -> None:
        """Makes the index from the file at `path`."""
        raise NotImplementedError

"""The indexes, and the type that stands for any of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal, Protocol, overload, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ruvector import _native
from ruvector._native import (
    BinaryCodes,
    FlatF32Index,
    RabitqAsymIndex,
    RabitqIndex,
    RabitqPlusIndex,
    Rotation,
    recommend,
)
from ruvector._typing import FilterArray, IdsLike, Matrix, MetricName, Progress, Query, Vector
from ruvector.results import Hit, SearchStats

__all__ = [
    "AnyIndex",
    "BinaryCodes",
    "FlatF32Index",
    "RabitqAsymIndex",
    "RabitqIndex",
    "RabitqPlusIndex",
    "Rotation",
    "recommend",
]


@runtime_checkable
class AnyIndex(Protocol):
    """What all indexes share; use it to annotate code that takes any of them.

    >>> import numpy as np, ruvector
    >>> index = ruvector.FlatF32Index.build(np.zeros((2, 4), dtype=np.float32))
    >>> isinstance(index, ruvector.AnyIndex)
    True
    """

    @staticmethod
    def build(
        vectors: Matrix,
        *,
        ids: IdsLike | None = None,
        seed: int = 42,
        metric: MetricName = "l2",
        rerank_factor: int | None = None,
        bits: int | None = None,
        partitions: int | Literal["auto"] | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> AnyIndex: ...
    @staticmethod
    def load(path: str | os.PathLike[str], *, verify: bool = False) -> AnyIndex: ...
    def save(self, path: str | os.PathLike[str]) -> None: ...

    def add(self, id: int, vector: Vector) -> None: ...
    def add_batch(self, ids: IdsLike, vectors: Matrix, *, progress: Progress = None) -> None: ...
    def remove(self, ids: IdsLike) -> None: ...
    def compact(self) -> None: ...

    @overload
    def search(
        self,
        query: Query,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        recall: float | None = None,
        nprobe: int | None = None,
        threads: int | None = None,
        stats: Literal[False] = False,
    ) -> list[Hit]: ...
    @overload
    def search(
        self,
        query: Query,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        recall: float | None = None,
        nprobe: int | None = None,
        threads: int | None = None,
        stats: Literal[True],
    ) -> tuple[list[Hit], SearchStats]: ...
    @overload
    def search(
        self,
        query: Query,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        recall: float | None = None,
        nprobe: int | None = None,
        threads: int | None = None,
        stats: bool,
    ) -> list[Hit] | tuple[list[Hit], SearchStats]: ...

    @overload
    def search_batch(
        self,
        queries: Matrix,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        recall: float | None = None,
        nprobe: int | None = None,
        threads: int | None = None,
        stats: Literal[False] = False,
    ) -> tuple[NDArray[np.uint64], NDArray[np.float32]]: ...
    @overload
    def search_batch(
        self,
        queries: Matrix,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        recall: float | None = None,
        nprobe: int | None = None,
        threads: int | None = None,
        stats: Literal[True],
    ) -> tuple[NDArray[np.uint64], NDArray[np.float32], SearchStats]: ...
    @overload
    def search_batch(
        self,
        queries: Matrix,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        recall: float | None = None,
        nprobe: int | None = None,
        threads: int | None = None,
        stats: bool,
    ) -> (
        tuple[NDArray[np.uint64], NDArray[np.float32]]
        | tuple[NDArray[np.uint64], NDArray[np.float32], SearchStats]
    ): ...

    @property
    def dim(self) -> int: ...
    @property
    def metric(self) -> MetricName: ...
    @property
    def seed(self) -> int: ...
    @property
    def bits(self) -> int: ...
    @property
    def rerank_factor(self) -> int | None: ...
    @property
    def keeps_rows(self) -> bool: ...
    @property
    def ids(self) -> NDArray[np.uint64]: ...
    @property
    def memory_bytes(self) -> int: ...
    def memory_usage(self) -> dict[str, int]: ...

    def __len__(self) -> int: ...
    def __contains__(self, id: object) -> bool: ...
    def __getitem__(self, id: int) -> NDArray[np.float32]: ...
    def __iter__(self) -> Iterator[tuple[int, NDArray[np.float32]]]: ...
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]: ...


def restore(class_name: str, data: bytes) -> Any:
    """Make a pickled index; its class is one of the public names."""
    return getattr(_native, class_name).deserialize(data)

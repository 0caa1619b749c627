"""What the stores give: NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ruvector.backend import PulledBatch, PulledChanges


@dataclass(frozen=True, slots=True, eq=False)
class ArrayBatch(PulledBatch):
    """A PulledBatch of arrays."""

    ids: NDArray[np.uint64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ArrayChanges(PulledChanges):
    """PulledChanges of arrays."""

    removed: NDArray[np.uint64]
    added: ArrayBatch


def empty_batch(generation: int | str, dim: int = 0) -> ArrayBatch:
    vectors = np.empty((0, dim), dtype=np.float32)
    return ArrayBatch(np.empty(0, dtype=np.uint64), vectors, generation)


def join_batches(batches: Sequence[ArrayBatch], generation: int | str) -> ArrayBatch:
    """One batch of all rows. None at all give a batch without rows or dimension."""
    full = [batch for batch in batches if len(batch.ids)] or list(batches[:1])
    if not full:
        return empty_batch(generation)
    if len(full) == 1:
        return ArrayBatch(full[0].ids, full[0].vectors, generation)
    ids = np.concatenate([batch.ids for batch in full])
    vectors = np.concatenate([batch.vectors for batch in full])
    return ArrayBatch(ids, vectors, generation)

"""What searches and questions give back: plain values that compare, print and pickle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

__all__ = ["CpuFeatures", "Hit", "Recommendation", "SearchStats"]


class Hit(NamedTuple):
    """One found vector; unpacks as ``id, score = hit``."""

    id: int
    """Id of the vector."""
    score: float
    """Its distance to the query under the index's metric: smaller is nearer."""


@dataclass(frozen=True, slots=True)
class SearchStats:
    """What a search read, summed over the queries of a batch."""

    codes_scanned: int
    """First-stage codes."""
    codes_refined: int
    """Second-stage codes."""
    rows_read: int
    """Exact float32 rows."""
    lists_visited: int = 0
    """Lists of an index that is divided into them."""
    expected_recall: float = 1.0
    """Share of the nearest vectors that is to be expected, at least, in the visited lists, by what
    the index learned of searches (the mean over the queries of a batch): 1 where everything was
    looked at, 0 where less than a half is to be expected. To four decimals."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Which index to use: ``getattr(ruvector, r.index).build(vectors, **r.build_kwargs)``."""

    index: Literal["FlatF32Index", "RabitqIndex", "RabitqPlusIndex", "RabitqAsymIndex"]
    """Name of the class."""
    build_kwargs: dict[str, Any] = field(hash=False)
    """Arguments of ``build``."""
    search_kwargs: dict[str, Any] = field(hash=False)
    """Arguments of ``search`` and ``search_batch``."""
    bytes_per_vector: int
    """Bytes that the index will hold for each vector."""
    reason: str
    """Why, in one or two sentences."""


@dataclass(frozen=True, slots=True)
class CpuFeatures:
    """The processor's instruction sets."""

    architecture: str
    """Such as ``"x86_64"``."""
    simd_level: Literal["scalar", "avx2", "avx512", "neon"]
    """The kernels in use."""
    available: tuple[str, ...]
    """Every level that the processor can run, lowest first."""

"""Compressed vector search with exact answers.

>>> import numpy as np, ruvector
>>> vectors = np.random.default_rng(0).standard_normal((1000, 64), dtype=np.float32)
>>> index = ruvector.RabitqPlusIndex.build(vectors)
>>> [hit.id for hit in index.search(vectors[7], 1)]
[7]
"""

from ruvector._native import __version__, cpu_features, num_threads, set_num_threads
from ruvector.errors import (
    DimensionMismatch,
    DuplicateId,
    EmptyIndex,
    IdNotFound,
    IndexError,  # noqa: A004  the name that C++ has, too
    PersistError,
    RowsNotKept,
    RuVectorError,
)
from ruvector.index import (
    AnyIndex,
    BinaryCodes,
    FlatF32Index,
    RabitqAsymIndex,
    RabitqIndex,
    RabitqPlusIndex,
    Rotation,
    recommend,
)
from ruvector.results import CpuFeatures, Hit, Recommendation, SearchStats

__all__ = [
    "AnyIndex",
    "BinaryCodes",
    "CpuFeatures",
    "DimensionMismatch",
    "DuplicateId",
    "EmptyIndex",
    "FlatF32Index",
    "Hit",
    "IdNotFound",
    "IndexError",
    "PersistError",
    "RabitqAsymIndex",
    "RabitqIndex",
    "RabitqPlusIndex",
    "Recommendation",
    "Rotation",
    "RowsNotKept",
    "RuVectorError",
    "SearchStats",
    "__version__",
    "cpu_features",
    "num_threads",
    "recommend",
    "set_num_threads",
]


def _show_public_names() -> None:
    """Let tracebacks and pickles name the classes as users do."""
    for name in __all__:
        value = globals()[name]
        if getattr(value, "__module__", "") in {"ruvector.errors", "ruvector.results"}:
            value.__module__ = "ruvector"


_show_public_names()

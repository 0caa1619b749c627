"""ruLake: a cache in front of the stores that already hold the vectors."""

from __future__ import annotations

from ruvector._native import (
    FsBackend,
    LakeSession,
    LocalBackend,
    NativeBackend,
    RuLake,
    RuLakeBuilder,
    RuLakeBundle,
)
from ruvector.backend import BackendAdapter, PulledBatch, PulledChanges
from ruvector.lake_types import (
    CacheStats,
    Consistency,
    FederatedHits,
    LakeHit,
    LakeKey,
    PerBackendStats,
    RefreshResult,
)

__all__ = [
    "BackendAdapter",
    "CacheStats",
    "Consistency",
    "FederatedHits",
    "FsBackend",
    "LakeHit",
    "LakeKey",
    "LakeSession",
    "LocalBackend",
    "NativeBackend",
    "PerBackendStats",
    "PulledBatch",
    "PulledChanges",
    "RefreshResult",
    "RuLake",
    "RuLakeBuilder",
    "RuLakeBundle",
]

# isinstance(x, BackendAdapter) tells what a lake takes.
BackendAdapter.register(NativeBackend)


def restore_bundle(text: str) -> RuLakeBundle:
    """Make a pickled bundle."""
    return RuLakeBundle.from_json(text)

"""Compressed vector search with exact answers.

>>> import numpy as np, ruvector
>>> vectors = np.random.default_rng(0).standard_normal((1000, 64), dtype=np.float32)
>>> index = ruvector.RabitqPlusIndex.build(vectors)
>>> [hit.id for hit in index.search(vectors[7], 1)]
[7]
"""

from typing import TYPE_CHECKING, Any

from ruvector._native import __version__, cpu_features, num_threads, set_num_threads
from ruvector.embed import Embedder
from ruvector.errors import (
    A2aError,
    AuthRequired,
    BackendError,
    BudgetExceeded,
    BundleError,
    CacheMissError,
    CardSignatureInvalid,
    DimensionMismatch,
    DuplicateId,
    EmbedError,
    EmptyIndex,
    EncoderMismatch,
    IdNotFound,
    IndexError,  # noqa: A004  the name that C++ has, too
    LakeError,
    MissingExtra,
    ModelDigestMismatch,
    ModelNotFound,
    PersistError,
    PolicyViolation,
    ProtocolError,
    RecursionLimit,
    RowsNotKept,
    RuVectorError,
    StreamInterrupted,
    TaskNotCancelable,
    TaskNotFound,
    Timeout,
    TransportError,
    UnknownBackend,
    UnknownCollection,
    UnsupportedOperation,
    VersionNotSupported,
    WitnessMismatch,
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
from ruvector.lake import (
    BackendAdapter,
    CacheStats,
    Consistency,
    FederatedHits,
    FsBackend,
    LakeHit,
    LakeKey,
    LakeSession,
    LocalBackend,
    PerBackendStats,
    PulledBatch,
    PulledChanges,
    RefreshResult,
    RuLake,
    RuLakeBuilder,
    RuLakeBundle,
)
from ruvector.results import CpuFeatures, Hit, Recommendation, SearchStats

if TYPE_CHECKING:
    from ruvector.a2a import (
        A2aClient,
        AgentCapabilities,
        AgentCard,
        AgentInterface,
        AgentProvider,
        AgentSkill,
        Artifact,
        ArtifactAssembler,
        AuthScheme,
        CardVerification,
        ClientBudget,
        Message,
        Part,
        Role,
        StreamWarning,
        Task,
        TaskArtifactUpdateEvent,
        TaskContext,
        TaskEstimate,
        TaskPage,
        TaskPolicy,
        TaskSpec,
        TaskState,
        TaskStatus,
        TaskStatusUpdateEvent,
        TaskStream,
        TaskUpdate,
    )
    from ruvector.stores import ArrowBackend, ParquetBackend, PostgresBackend

__all__ = [
    "A2aClient",
    "A2aError",
    "AgentCapabilities",
    "AgentCard",
    "AgentInterface",
    "AgentProvider",
    "AgentSkill",
    "AnyIndex",
    "ArrowBackend",
    "Artifact",
    "ArtifactAssembler",
    "AuthRequired",
    "AuthScheme",
    "BackendAdapter",
    "BackendError",
    "BinaryCodes",
    "BudgetExceeded",
    "BundleError",
    "CacheMissError",
    "CacheStats",
    "CardSignatureInvalid",
    "CardVerification",
    "ClientBudget",
    "Consistency",
    "CpuFeatures",
    "DimensionMismatch",
    "DuplicateId",
    "EmbedError",
    "Embedder",
    "EmptyIndex",
    "EncoderMismatch",
    "FederatedHits",
    "FlatF32Index",
    "FsBackend",
    "Hit",
    "IdNotFound",
    "IndexError",
    "LakeError",
    "LakeHit",
    "LakeKey",
    "LakeSession",
    "LocalBackend",
    "Message",
    "MissingExtra",
    "ModelDigestMismatch",
    "ModelNotFound",
    "ParquetBackend",
    "Part",
    "PerBackendStats",
    "PersistError",
    "PolicyViolation",
    "PostgresBackend",
    "ProtocolError",
    "PulledBatch",
    "PulledChanges",
    "RabitqAsymIndex",
    "RabitqIndex",
    "RabitqPlusIndex",
    "Recommendation",
    "RecursionLimit",
    "RefreshResult",
    "Role",
    "Rotation",
    "RowsNotKept",
    "RuLake",
    "RuLakeBuilder",
    "RuLakeBundle",
    "RuVectorError",
    "SearchStats",
    "StreamInterrupted",
    "StreamWarning",
    "Task",
    "TaskArtifactUpdateEvent",
    "TaskContext",
    "TaskEstimate",
    "TaskNotCancelable",
    "TaskNotFound",
    "TaskPage",
    "TaskPolicy",
    "TaskSpec",
    "TaskState",
    "TaskStatus",
    "TaskStatusUpdateEvent",
    "TaskStream",
    "TaskUpdate",
    "Timeout",
    "TransportError",
    "UnknownBackend",
    "UnknownCollection",
    "UnsupportedOperation",
    "VersionNotSupported",
    "WitnessMismatch",
    "__version__",
    "cpu_features",
    "num_threads",
    "recommend",
    "set_num_threads",
]


# Imported when they are asked for.
_AGENTS = {
    "A2aClient",
    "AgentCapabilities",
    "AgentCard",
    "AgentInterface",
    "AgentProvider",
    "AgentSkill",
    "Artifact",
    "ArtifactAssembler",
    "AuthScheme",
    "CardVerification",
    "ClientBudget",
    "Message",
    "Part",
    "Role",
    "StreamWarning",
    "Task",
    "TaskArtifactUpdateEvent",
    "TaskContext",
    "TaskEstimate",
    "TaskPage",
    "TaskPolicy",
    "TaskSpec",
    "TaskState",
    "TaskStatus",
    "TaskStatusUpdateEvent",
    "TaskStream",
    "TaskUpdate",
}
_STORES = {"ArrowBackend", "ParquetBackend", "PostgresBackend"}

_PRIVATE_MODULES = {
    "ruvector.backend",
    "ruvector.embed",
    "ruvector.errors",
    "ruvector.lake_types",
    "ruvector.results",
}


def _show_public_names() -> None:
    """Let tracebacks and pickles name the classes as users do."""
    for name in set(__all__) - _AGENTS - _STORES:
        value = globals()[name]
        if getattr(value, "__module__", "") in _PRIVATE_MODULES:
            value.__module__ = "ruvector"


_show_public_names()


def __getattr__(name: str) -> Any:
    if name in _AGENTS:
        from ruvector import a2a

        return globals().setdefault(name, getattr(a2a, name))
    if name in _STORES:
        from ruvector import stores

        return globals().setdefault(name, getattr(stores, name))
    raise AttributeError(f"module 'ruvector' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_AGENTS, *_STORES})

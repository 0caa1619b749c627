"""The errors of ruvector: one tree, base first.

Where a builtin exception fits, the class also derives from it, so that code which does not know
ruvector handles it as well. Each message names the thing, the value and the limit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = [
    "A2aError",
    "AuthRequired",
    "BackendError",
    "BudgetExceeded",
    "BundleError",
    "CacheMissError",
    "CardSignatureInvalid",
    "DimensionMismatch",
    "DuplicateId",
    "EmbedError",
    "EmptyIndex",
    "EncoderMismatch",
    "IdNotFound",
    "IndexError",
    "LakeError",
    "MissingExtra",
    "ModelDigestMismatch",
    "ModelNotFound",
    "PersistError",
    "PolicyViolation",
    "ProtocolError",
    "RecursionLimit",
    "RowsNotKept",
    "RuVectorError",
    "StreamInterrupted",
    "TaskNotCancelable",
    "TaskNotFound",
    "Timeout",
    "TransportError",
    "UnknownBackend",
    "UnknownCollection",
    "UnsupportedOperation",
    "VersionNotSupported",
    "WitnessMismatch",
]


def _restore(cls: type[RuVectorError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class RuVectorError(Exception):
    """The base of all errors of ruvector; raised itself when a progress callback cancels.

    >>> import numpy as np, ruvector
    >>> vectors = np.zeros((10, 4), dtype=np.float32)
    >>> ruvector.FlatF32Index.build(vectors, progress=lambda done, total: False)
    Traceback (most recent call last):
    ruvector.RuVectorError: build cancelled at 10 of 10
    """

    # Attributes are keyword arguments, which the builtin protocol would lose.
    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, self.__dict__)


class IndexError(RuVectorError):  # noqa: A001  the name that C++ has, too
    """The base of all errors of indexes. Not the builtin of that name.

    >>> import numpy as np, ruvector
    >>> index = ruvector.FlatF32Index.build(np.zeros((10, 4), dtype=np.float32))
    >>> try:
    ...     index.add(3, np.zeros(4, dtype=np.float32))
    ... except ruvector.IndexError as error:
    ...     print(type(error).__name__)
    DuplicateId
    """


class DimensionMismatch(IndexError, ValueError):
    """A vector or query whose dimension is not the index's.

    Attributes:
        expected: dimension of the index.
        actual: dimension of the vector or query.

    >>> import numpy as np, ruvector
    >>> index = ruvector.FlatF32Index.build(np.zeros((10, 4), dtype=np.float32))
    >>> try:
    ...     index.search(np.zeros(3, dtype=np.float32), 1)
    ... except ruvector.DimensionMismatch as error:
    ...     print(error.expected, error.actual)
    4 3
    """

    def __init__(self, message: str, *, expected: int, actual: int) -> None:
        super().__init__(message)
        self.expected = expected
        self.actual = actual


class EmptyIndex(IndexError):
    """A search of an index that holds no vector.

    >>> import numpy as np, ruvector
    >>> index = ruvector.FlatF32Index.build(np.zeros((0, 4), dtype=np.float32))
    >>> try:
    ...     index.search(np.zeros(4, dtype=np.float32), 1)
    ... except ruvector.EmptyIndex:
    ...     print("nothing to search")
    nothing to search
    """


class PersistError(IndexError, OSError):
    """A file that cannot be written, read or trusted.

    Attributes:
        path: the file.

    >>> import ruvector
    >>> try:
    ...     ruvector.FlatF32Index.load("missing.rbpx")
    ... except ruvector.PersistError as error:
    ...     print(error.path.name)
    missing.rbpx
    """

    def __init__(self, message: str, *, path: Path) -> None:
        super().__init__(message)
        self.path = path


class DuplicateId(IndexError, ValueError):
    """An id that is added twice.

    Attributes:
        id: the id.

    >>> import numpy as np, ruvector
    >>> try:
    ...     ruvector.FlatF32Index.build(np.zeros((2, 4), dtype=np.float32), ids=[7, 7])
    ... except ruvector.DuplicateId as error:
    ...     print(error.id)
    7
    """

    def __init__(self, message: str, *, id: int) -> None:
        super().__init__(message)
        self.id = id


class IdNotFound(IndexError, LookupError):
    """An id that the index does not hold.

    Attributes:
        id: the id.

    >>> import numpy as np, ruvector
    >>> index = ruvector.FlatF32Index.build(np.zeros((2, 4), dtype=np.float32))
    >>> try:
    ...     index.remove([5])
    ... except ruvector.IdNotFound as error:
    ...     print(error.id)
    5
    """

    def __init__(self, message: str, *, id: int) -> None:
        super().__init__(message)
        self.id = id


class RowsNotKept(IndexError, LookupError):
    """Asked for vectors from an index that keeps none.

    >>> import numpy as np, ruvector
    >>> index = ruvector.RabitqIndex.build(np.ones((2, 64), dtype=np.float32))
    >>> try:
    ...     index[0]
    ... except ruvector.RowsNotKept:
    ...     print("codes only")
    codes only
    """


class LakeError(RuVectorError):
    """The base of all errors of ruLake.

    >>> import numpy as np, ruvector
    >>> try:
    ...     ruvector.RuLake().search_one("docs", np.zeros(4, dtype=np.float32), 1, backend="hot")
    ... except ruvector.LakeError as error:
    ...     print(type(error).__name__)
    UnknownBackend
    """


class BackendError(LakeError):
    """What a store said, or that it did not answer in time.

    ``__cause__`` is the exception that a user's adapter raised.

    Attributes:
        backend: id of the backend.

    >>> import numpy as np, ruvector
    >>> class Broken(ruvector.BackendAdapter):
    ...     id = "broken"
    ...
    ...     def list_collections(self):
    ...         return ["docs"]
    ...
    ...     def generation(self, collection):
    ...         raise ConnectionError("the line is dead")
    ...
    ...     def pull_vectors(self, collection): ...
    >>> lake = ruvector.RuLake()
    >>> lake.register_backend(Broken())
    >>> try:
    ...     lake.search_one("docs", np.zeros(4, dtype=np.float32), 1)
    ... except ruvector.BackendError as error:
    ...     print(error.backend, repr(error.__cause__))
    broken ConnectionError('the line is dead')
    """

    def __init__(self, message: str, *, backend: str) -> None:
        super().__init__(message)
        self.backend = backend


class UnknownBackend(LakeError, LookupError):
    """A backend that is not registered.

    >>> import ruvector
    >>> try:
    ...     ruvector.RuLake().unregister_backend("hot")
    ... except ruvector.UnknownBackend as error:
    ...     print(error)
    no backend 'hot' is registered
    """


class UnknownCollection(LakeError, LookupError):
    """A collection that a backend does not hold.

    >>> import ruvector
    >>> try:
    ...     ruvector.LocalBackend("hot").pull_vectors("docs")
    ... except ruvector.UnknownCollection as error:
    ...     print(error)
    backend 'hot' has no collection 'docs'
    """


class CacheMissError(LakeError, LookupError):
    """Asked for a cached version where there is none.

    >>> import ruvector, tempfile
    >>> lake = ruvector.RuLake()
    >>> lake.register_backend(ruvector.LocalBackend("hot"))
    >>> try:
    ...     lake.save_cache_to_dir(("hot", "docs"), tempfile.mkdtemp())
    ... except ruvector.CacheMissError:
    ...     print("nothing is cached")
    nothing is cached
    """


class WitnessMismatch(LakeError, ValueError):
    """A bundle whose witness is not that of its fields, or an index that is not the bundle's.

    Attributes:
        expected: the witness or digest of what is there.
        actual: the one that was found written.

    >>> import ruvector
    >>> bundle = ruvector.RuLakeBundle(
    ...     data_ref="x", dim=8, rotation_seed=42, rerank_factor=20, generation=1
    ... )
    >>> changed = ruvector.RuLakeBundle.from_json(bundle.to_json().replace('"dim": 8', '"dim": 9'))
    >>> try:
    ...     changed.require_witness()
    ... except ruvector.WitnessMismatch as error:
    ...     print(error.actual == bundle.rvf_witness)
    True
    """

    def __init__(self, message: str, *, expected: str, actual: str) -> None:
        super().__init__(message)
        self.expected = expected
        self.actual = actual


class EncoderMismatch(LakeError, ValueError):
    """A query, or data, of another encoder than those of a lake or collection.

    Attributes:
        expected: the encoder of the lake or collection.
        actual: the encoder of the query, bundle or snapshot.

    >>> import numpy as np, ruvector
    >>> lake, hot = ruvector.RuLake.builder().encoder("mine").build(), ruvector.LocalBackend("hot")
    >>> hot.upsert("docs", ids=[1], vectors=np.ones((1, 8), dtype=np.float32))
    >>> lake.register_backend(hot)
    >>> try:
    ...     lake.search_one("docs", np.ones(8, dtype=np.float32), 1, encoder="another")
    ... except ruvector.EncoderMismatch as error:
    ...     print(error.expected, error.actual)
    mine another
    """

    def __init__(self, message: str, *, expected: str, actual: str) -> None:
        super().__init__(message)
        self.expected = expected
        self.actual = actual


class BundleError(LakeError, ValueError):
    """A bundle that cannot be read, written or trusted.

    >>> import ruvector
    >>> try:
    ...     ruvector.RuLakeBundle.from_json("{}")
    ... except ruvector.BundleError:
    ...     print("no bundle")
    no bundle
    """


class EmbedError(RuVectorError):
    """A model, an input or a file of a model that cannot be used.

    >>> import ruvector
    >>> issubclass(ruvector.ModelNotFound, ruvector.EmbedError)
    True
    """


class ModelNotFound(EmbedError, LookupError):
    """A model that is neither known nor a directory, or whose files are not there.

    The message lists the missing files with their digests and where they are looked for.

    >>> import ruvector
    >>> raise ruvector.ModelNotFound("no model 'all-MiniLM-L7'")
    Traceback (most recent call last):
    ruvector.ModelNotFound: no model 'all-MiniLM-L7'
    """


class ModelDigestMismatch(EmbedError, ValueError):
    """A file of a model whose bytes are not the pinned ones. The file is gone.

    Attributes:
        expected: the pinned SHA-256.
        actual: the one that was found.

    >>> import ruvector
    >>> error = ruvector.ModelDigestMismatch("model.onnx: wrong", expected="53aa", actual="0b17")
    >>> error.expected, error.actual
    ('53aa', '0b17')
    """

    def __init__(self, message: str, *, expected: str, actual: str) -> None:
        super().__init__(message)
        self.expected = expected
        self.actual = actual


class MissingExtra(EmbedError, ImportError):
    """Something needs a package that an extra of ruvector brings.

    Attributes:
        package: what cannot be imported.
        extra: which extra brings it.

    >>> import ruvector
    >>> raise ruvector.MissingExtra("backend='onnx'", package="onnxruntime", extra="text")
    Traceback (most recent call last):
    ruvector.MissingExtra: backend='onnx' needs the package onnxruntime: pip install ruvector[text]
    """

    def __init__(self, needed_by: str, *, package: str, extra: str) -> None:
        message = f"{needed_by} needs the package {package}: pip install ruvector[{extra}]"
        super().__init__(message, name=package)
        self.package = package
        self.extra = extra


class A2aError(RuVectorError):
    """What an agent answered, or that it could not be asked.

    Attributes:
        code: the peer's, by its own dialect; 0 without one.
        data: what the peer added, as ``json.loads`` gives it; None without any.
        http_status: of the answer; None without one.
        retryable: whether asking again may help, and does no harm.
        retry_after: the answer's header of that name; None without one.

    >>> import ruvector
    >>> error = ruvector.A2aError("the agent is busy", code=-32603, http_status=503, retryable=True)
    >>> error.code, error.http_status, error.retryable
    (-32603, 503, True)
    """

    def __init__(
        self,
        message: str,
        *,
        code: int = 0,
        data: Any = None,
        http_status: int | None = None,
        retryable: bool = False,
        retry_after: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.data = data
        self.http_status = http_status
        self.retryable = retryable
        self.retry_after = retry_after


class CardSignatureInvalid(A2aError):
    """A card whose signature is missing, malformed, wrong or of somebody else.

    >>> import ruvector
    >>> try:
    ...     ruvector.A2aClient.connect_sync(card=b'{"name": "?", "url": "http://127.0.0.1:1/"}')
    ... except (ruvector.CardSignatureInvalid, ruvector.ProtocolError):
    ...     print("not this one")
    not this one
    """


class PolicyViolation(A2aError, ValueError):
    """A task that would break a limit, ours before anything is sent or the peer's.

    Attributes:
        field: which limit, such as ``"max_cost_usd"``.
        value: what the task would take; None if the peer does not say.
        limit: what is permitted; None if the peer does not say.

    >>> import ruvector
    >>> error = ruvector.PolicyViolation(
    ...     "max_cost_usd: 0.5 is above 0.1", field="max_cost_usd", value=0.5, limit=0.1
    ... )
    >>> error.field, error.value, error.limit
    ('max_cost_usd', 0.5, 0.1)
    """

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        value: float | str | None = None,
        limit: float | str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.field = field
        self.value = value
        self.limit = limit


class RecursionLimit(PolicyViolation):
    """A task that goes too deep, or round in a circle.

    >>> import ruvector
    >>> issubclass(ruvector.RecursionLimit, ruvector.PolicyViolation)
    True
    """


class BudgetExceeded(A2aError):
    """The rolling budget of a client, or of the peer, is used up.

    Attributes:
        dimension: ``"usd"``, ``"tokens"`` or ``"tasks"``; empty if the peer does not say.

    >>> import ruvector
    >>> ruvector.BudgetExceeded("61 of 60 tasks a minute", dimension="tasks").dimension
    'tasks'
    """

    def __init__(self, message: str, *, dimension: str = "", **details: Any) -> None:
        super().__init__(message, **details)
        self.dimension = dimension


class TransportError(A2aError, ConnectionError):
    """The peer cannot be reached, or what it sends makes no sense.

    >>> import ruvector
    >>> try:
    ...     ruvector.A2aClient.connect_sync("http://127.0.0.1:1")
    ... except ConnectionError as error:
    ...     print(type(error).__name__)
    TransportError
    """


class StreamInterrupted(TransportError):
    """A stream that ended before its task did, and could not be taken up again.

    >>> import ruvector
    >>> issubclass(ruvector.StreamInterrupted, ConnectionError)
    True
    """


class Timeout(TransportError, TimeoutError):
    """The peer did not answer in time.

    >>> import ruvector
    >>> issubclass(ruvector.Timeout, TimeoutError)
    True
    """


class ProtocolError(TransportError):
    """Bytes that are not what the protocol wants.

    >>> import ruvector
    >>> issubclass(ruvector.ProtocolError, ruvector.TransportError)
    True
    """


class TaskNotFound(A2aError, LookupError):
    """A task that the peer does not know.

    >>> import ruvector
    >>> issubclass(ruvector.TaskNotFound, LookupError)
    True
    """


class TaskNotCancelable(A2aError):
    """A task that cannot be cancelled, such as one that is over.

    >>> import ruvector
    >>> issubclass(ruvector.TaskNotCancelable, ruvector.A2aError)
    True
    """


class UnsupportedOperation(A2aError):
    """Something that the peer, or its dialect, does not do.

    >>> import ruvector
    >>> issubclass(ruvector.UnsupportedOperation, ruvector.A2aError)
    True
    """


class VersionNotSupported(A2aError):
    """A version of the protocol that the peer does not speak.

    >>> import ruvector
    >>> issubclass(ruvector.VersionNotSupported, ruvector.A2aError)
    True
    """


class AuthRequired(A2aError, PermissionError):
    """The peer wants credentials, or others.

    ``__cause__`` is the exception that a user's ``authorization`` raised.

    >>> import ruvector
    >>> issubclass(ruvector.AuthRequired, PermissionError)
    True
    """

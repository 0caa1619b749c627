"""Any table that speaks Arrow, as a store of vectors."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from ruvector._native import ArrowBatches, read_arrow_stream
from ruvector.backend import BackendAdapter
from ruvector.stores._batches import ArrayBatch, join_batches
from ruvector.stores._errors import backend_error, require_name, unknown_collection

__all__ = ["ArrowBackend", "ArrowSource", "SupportsArrowStream"]

Generation: TypeAlias = int | str


@runtime_checkable
class SupportsArrowStream(Protocol):
    """A table of any library that exports the Arrow C stream interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give a capsule ``arrow_array_stream``."""
        ...


ArrowSource: TypeAlias = SupportsArrowStream | Callable[[], SupportsArrowStream]


def open_stream(
    source: object, id_column: str, vector_column: str, *, backend: str, rows_before: int = 0
) -> ArrowBatches:
    """Start reading what `source` exports."""
    if not isinstance(source, SupportsArrowStream):
        kind = type(source).__name__
        raise TypeError(f"source: {kind} has no __arrow_c_stream__(); wrap it in a pyarrow.Table")
    capsule = source.__arrow_c_stream__()
    return read_arrow_stream(
        capsule, id_column, vector_column, backend=backend, rows_before=rows_before
    )


@dataclass
class _Registration:
    source: ArrowSource
    id_column: str
    vector_column: str
    generation: Generation | Callable[[], Generation]
    rows: dict[Generation, int] = field(default_factory=dict)  # of the last complete pull

    def current(self) -> Generation:
        value = self.generation() if callable(self.generation) else self.generation
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise TypeError(f"generation: expected an int or a str, got {type(value).__name__}")
        return value


class ArrowBackend(BackendAdapter):
    """Tables in this process's memory, or read through it: whatever has ``__arrow_c_stream__``.

    pyarrow tables and datasets' scanners, polars and pandas frames, DuckDB relations, tables of
    Delta, Iceberg and Lance, and query results of ADBC drivers do. pyarrow itself is not needed.
    Vectors of float32 and ids of 64 bits are read in place. Thread-safe.

    >>> import numpy as np, pyarrow as pa, ruvector
    >>> values = pa.array(np.eye(4, dtype=np.float32).ravel())
    >>> vectors = pa.FixedSizeListArray.from_arrays(values, 4)
    >>> table = pa.table({"id": [1, 2, 3, 4], "vector": vectors})
    >>> tables = ruvector.ArrowBackend("tables")
    >>> tables.register_collection("units", table)
    >>> tables.pull_vectors("units").vectors.shape
    (4, 4)
    """

    def __init__(self, name: str) -> None:
        """Make a backend without collections; `name` is its id in a lake."""
        self._name = require_name(name, "name")
        self._lock = threading.Lock()
        self._registrations: dict[str, _Registration] = {}

    def register_collection(
        self,
        collection: str,
        source: ArrowSource,
        *,
        id_column: str = "id",
        vector_column: str = "vector",
        generation: Generation | Callable[[], Generation] | None = None,
    ) -> None:
        """Serve `source` as `collection`, instead of what was registered before.

        Args:
            collection: its name.
            source: has ``__arrow_c_stream__``, or is a function that returns such an object. A
                stream that can be read only once, such as a ``pyarrow.RecordBatchReader``, must be
                made by a function: each pull reads anew.
            id_column: integers of 8 to 64 bits, none negative or null.
            vector_column: lists of one length, of float32, float16, float64, int8 or uint8; or
                fixed-size binaries of float32.
            generation: names the version of the data, as a value or as a function that is asked at
                each coherence check. None: the data stay as they are until registered again. Such
                a version is not recognised by another process; give a value for that.

        >>> import pyarrow as pa, ruvector
        >>> tables = ruvector.ArrowBackend("tables")
        >>> def latest():
        ...     return pa.table({"id": [1], "vector": [[0.5, 0.25]]})
        >>> tables.register_collection("docs", latest, generation=lambda: "version 7")
        >>> tables.generation("docs")
        'version 7'
        """
        require_name(collection, "collection")
        if not callable(source) and not isinstance(source, SupportsArrowStream):
            kind = type(source).__name__
            raise TypeError(f"source: {kind} has no __arrow_c_stream__() and is no function")
        if generation is None:
            generation = f"registration {secrets.token_hex(16)}"
        registration = _Registration(
            source,
            require_name(id_column, "id_column"),
            require_name(vector_column, "vector_column"),
            generation,
        )
        if not callable(generation):
            registration.current()
        with self._lock:
            self._registrations[collection] = registration

    def drop(self, collection: str) -> None:
        """Forget a collection."""
        with self._lock:
            if self._registrations.pop(collection, None) is None:
                raise unknown_collection(self._name, collection)

    @property
    def id(self) -> str:
        """Name of the backend."""
        return self._name

    def list_collections(self) -> list[str]:
        """Names of what is registered, sorted."""
        with self._lock:
            return sorted(self._registrations)

    def generation(self, collection: str) -> Generation:
        """The version as it was registered, or as the registered function tells."""
        return self._registration(collection).current()

    def pull_vectors(self, collection: str) -> ArrayBatch:
        """Everything in one batch."""
        batches = list(self.pull_chunks(collection))
        return join_batches(batches, batches[0].generation)

    def pull_chunks(self, collection: str) -> Generator[ArrayBatch, None, None]:
        """The record batches of the source in turn."""
        registration = self._registration(collection)
        generation = registration.current()
        source = registration.source
        exporter = source if isinstance(source, SupportsArrowStream) else source()
        rows = 0
        for ids, vectors in open_stream(
            exporter, registration.id_column, registration.vector_column, backend=self._name
        ):
            rows += len(ids)
            yield ArrayBatch(ids, vectors, generation)
        self._require_all(collection, registration, generation, rows)

    def _registration(self, collection: str) -> _Registration:
        with self._lock:
            registration = self._registrations.get(collection)
        if registration is None:
            raise unknown_collection(self._name, collection)
        return registration

    def _require_all(
        self, collection: str, registration: _Registration, generation: Generation, rows: int
    ) -> None:
        """Refuse a second reading that differs: most often of a stream that was used up."""
        with self._lock:
            before = registration.rows.get(generation, rows)
            registration.rows = {generation: rows if before == rows else before}
        if before != rows:
            raise backend_error(
                self._name,
                f"collection '{collection}' gave {rows} rows where it gave {before} of the same "
                f"generation before; a stream that can be read once must be made by a function",
            )

"""Parquet files, in a local directory or in an object store, as a store of vectors."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ruvector.backend import BackendAdapter
from ruvector.errors import LakeError
from ruvector.stores._batches import ArrayBatch, ArrayChanges, empty_batch, join_batches
from ruvector.stores._errors import (
    backend_error,
    missing_extra,
    one_line,
    require_name,
    unknown_collection,
)
from ruvector.stores._files import (
    ByteCounter,
    FileStore,
    FileVersion,
    LocalFiles,
    Moved,
    ObjectFiles,
    PinnedFile,
    require_collection_name,
)
from ruvector.stores.arrow import open_stream

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.fs import FileSystem

__all__ = ["ParquetBackend"]

_ATTEMPTS = 3
_VERSIONS_KEPT = 4
_ROWS_AT_ONCE = 32_768


@dataclass
class _Version:
    """A collection as it was listed, and the ids of each file once they have been read."""

    generation: str
    files: dict[str, FileVersion]
    ids: dict[str, NDArray[np.uint64]] = field(default_factory=dict)
    dim: int = 0

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files.values())


class ParquetBackend(BackendAdapter):
    """Subdirectories and ``.parquet`` files of a directory or an S3 prefix: each is a collection.

    Below a subdirectory all files ``*.parquet`` count, except those whose name or folder begins
    with ``.`` or ``_``. The generation is a digest of the list of files: of size, times, inode and
    footer of local ones, of size, ETag and version id of objects. A pull reads exactly the listed
    versions. After a change only the files that are new or changed are read again.

    Under ``Consistency.FRESH`` every check lists the files: microseconds for each local file, but
    for S3 one request for the listing and one for each object; there ``EVENTUAL`` is better.

    Needs pyarrow: ``pip install ruvector[parquet]``. Thread-safe.

    >>> import os, tempfile, numpy as np, pyarrow as pa, pyarrow.parquet as pq, ruvector
    >>> root = tempfile.mkdtemp()
    >>> os.mkdir(f"{root}/docs")
    >>> rows = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(8, dtype=np.float32)), 4)
    >>> pq.write_table(pa.table({"id": [7, 8], "vector": rows}), f"{root}/docs/part-0.parquet")
    >>> files = ruvector.ParquetBackend("files", root)
    >>> files.list_collections()
    ['docs']
    >>> files.pull_vectors("docs").ids
    array([7, 8], dtype=uint64)
    """

    pulls_snapshots = True

    def __init__(
        self,
        name: str,
        root: str | os.PathLike[str],
        *,
        id_column: str = "id",
        vector_column: str = "vector",
        filesystem: FileSystem | None = None,
    ) -> None:
        """Serve what lies below `root`.

        Args:
            name: id of the backend in a lake.
            root: an existing local directory, or ``s3://bucket/prefix``.
            id_column: integers of 8 to 64 bits, none negative or null.
            vector_column: lists of one length of float32, float16, float64, int8 or uint8.
            filesystem: of ``pyarrow.fs``, for credentials, an endpoint or another store than S3;
                `root` is then a path there, with or without ``s3://``.
        """
        try:
            from pyarrow import fs
        except ImportError as error:
            raise missing_extra("ParquetBackend", "pyarrow", "parquet") from error

        self._name = require_name(name, "name")
        self._columns = (
            require_name(id_column, "id_column"),
            require_name(vector_column, "vector_column"),
        )
        self._counter = ByteCounter()
        text = os.fspath(root)
        scheme, _, path = text.rpartition("://")
        self._store: FileStore
        if filesystem is None and scheme == "s3":
            filesystem, path = fs.FileSystem.from_uri(text)
        if filesystem is None or isinstance(filesystem, fs.LocalFileSystem):
            if scheme not in ("", "file"):
                raise ValueError(f"root: {text!r} is neither a directory nor an s3:// URL")
            self._store = LocalFiles(path, self._counter)
        else:
            kind = scheme or filesystem.type_name
            self._store = ObjectFiles(filesystem, path, kind, self._counter)
        self._lock = threading.Lock()
        self._versions: dict[str, deque[_Version]] = {}

    @property
    def id(self) -> str:
        """Name of the backend."""
        return self._name

    @property
    def bytes_read(self) -> int:
        """Bytes of file content read so far, footers for listings among them."""
        return self._counter.value

    def list_collections(self) -> list[str]:
        """Names of the subdirectories and files, sorted."""
        with self._told("listing collections"):
            return self._store.collections()

    def data_ref(self, collection: str) -> str:
        """URL of the collection."""
        return self._store.data_ref(collection)

    def generation(self, collection: str) -> str:
        """Digest of the list of files."""
        return self._listed(collection).generation

    def pull_vectors(self, collection: str) -> ArrayBatch:
        """Everything in one batch. Lists and reads again when a file is replaced meanwhile."""
        for attempt in range(1, _ATTEMPTS + 1):
            version = self._listed(collection)
            try:
                batches = list(self._read(version, list(version.files.values())))
            except Moved as moved:
                if attempt == _ATTEMPTS:
                    raise self._moved_away(collection, moved) from moved
                continue
            self._remember(collection, version)
            return join_batches(batches, version.generation)
        raise AssertionError("unreachable")

    def pull_chunks(self, collection: str) -> Generator[ArrayBatch, None, None]:
        """Batches of some ten thousand rows, file by file.

        Lists again when a file is replaced before the first batch was given. Afterwards a replaced
        local file is read to its end all the same; an object that is gone is a BackendError.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            version = self._listed(collection)
            given = False
            try:
                for batch in self._read(version, list(version.files.values())):
                    given = True
                    yield batch
            except Moved as moved:
                if given or attempt == _ATTEMPTS:
                    raise self._moved_away(collection, moved) from moved
                continue
            self._remember(collection, version)
            if not given:
                yield empty_batch(version.generation)
            return

    def pull_changes(self, collection: str, since: int | str) -> ArrayChanges | None:
        """Rows of the files that are new or changed since `since`, and the ids of those gone.

        None when `since` is not one of the last few versions pulled here, or when more than half
        has changed.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            old = self._remembered(collection, since)
            if old is None:
                return None
            new = self._listed(collection)
            kept = {path for path, file in new.files.items() if old.files.get(path) == file}
            fresh = [file for path, file in new.files.items() if path not in kept]
            gone = [old.ids[path] for path in old.files if path not in kept]
            ids_before = sum(len(ids) for ids in old.ids.values())
            if 2 * sum(file.size for file in fresh) > new.bytes:
                return None
            if 2 * sum(len(ids) for ids in gone) > ids_before:
                return None
            new.ids = {path: old.ids[path] for path in kept}
            new.dim = old.dim
            try:
                batches = list(self._read(new, fresh))
            except Moved as moved:
                if attempt == _ATTEMPTS:
                    raise self._moved_away(collection, moved) from moved
                continue
            self._remember(collection, new)
            empty = empty_batch(new.generation, new.dim)
            removed = np.concatenate([empty.ids, *gone])
            return ArrayChanges(removed, join_batches(batches or [empty], new.generation))
        raise AssertionError("unreachable")

    def _listed(self, collection: str) -> _Version:
        require_collection_name(collection)
        files = self._files(collection)
        if files is None:
            raise unknown_collection(self._name, collection)
        listing = json.dumps([(file.path, file.size, *file.identity) for file in files])
        digest = hashlib.sha256(listing.encode()).hexdigest()
        return _Version(f"parquet:{digest}", {file.path: file for file in files})

    def _files(self, collection: str) -> list[FileVersion] | None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._told(f"listing '{collection}'"):
                    return self._store.files(collection)
            except Moved as moved:
                if attempt == _ATTEMPTS:
                    raise self._moved_away(collection, moved) from moved
        raise AssertionError("unreachable")

    def _read(self, version: _Version, files: list[FileVersion]) -> Iterator[ArrayBatch]:
        """The rows of some files; notes their ids in `version`. Raises `Moved`."""
        for file in files:
            seen: list[NDArray[np.uint64]] = []
            with self._told(file.path), self._store.open(file) as handle:
                for ids, vectors in self._batches(file, handle):
                    if version.dim not in (0, vectors.shape[1]):
                        raise ValueError(
                            f"has {vectors.shape[1]} dimensions, files before {version.dim}"
                        )
                    version.dim = vectors.shape[1]
                    seen.append(np.array(ids))
                    yield ArrayBatch(ids, vectors, version.generation)
                handle.require_unchanged()
            version.ids[file.path] = np.concatenate([np.empty(0, dtype=np.uint64), *seen])

    def _batches(
        self, file: FileVersion, handle: PinnedFile
    ) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.float32]]]:
        rows = 0
        for batch in self._record_batches(file, handle):
            try:
                yield from open_stream(batch, *self._columns, backend=self._name, rows_before=rows)
            except LakeError as error:
                raise backend_error(self._name, f"{file.path}: {error}") from error
            rows += batch.num_rows

    def _record_batches(self, file: FileVersion, handle: PinnedFile) -> Iterator[RecordBatch]:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        try:
            parquet = ParquetFile(handle, pre_buffer=True)
            names = parquet.schema_arrow.names
            for column in self._columns:
                if column not in names:
                    raise ValueError(f"column '{column}' is not among {one_line(names)}")
            for group in range(parquet.num_row_groups):
                yield from parquet.iter_batches(
                    _ROWS_AT_ONCE, row_groups=[group], columns=list(self._columns)
                )
        except (ArrowException, OSError) as error:
            handle.require_unchanged()  # half of one version and half of another is no file
            raise backend_error(self._name, f"{file.path}: {error}") from error

    def _remember(self, collection: str, version: _Version) -> None:
        with self._lock:
            kept = self._versions.setdefault(collection, deque(maxlen=_VERSIONS_KEPT))
            for other in [other for other in kept if other.generation == version.generation]:
                kept.remove(other)
            kept.append(version)

    def _remembered(self, collection: str, generation: int | str) -> _Version | None:
        with self._lock:
            for version in self._versions.get(collection, ()):
                if version.generation == generation:
                    return version
        return None

    def _moved_away(self, collection: str, moved: Moved) -> LakeError:
        return backend_error(
            self._name, f"collection '{collection}' kept changing while it was read: {moved}"
        )

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Name the backend and the file in what the store raises."""
        try:
            yield
        except (OSError, ValueError) as error:
            if isinstance(error, LakeError):
                raise
            raise backend_error(self._name, f"{what}: {error}") from error

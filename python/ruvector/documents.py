"""Documents that are found by their vectors: what the stores for LangChain and LlamaIndex share.

>>> import numpy as np
>>> from ruvector.documents import DocumentStore
>>> store = DocumentStore()
>>> vectors = np.eye(2, 8, dtype=np.float32)
>>> store.add(["a", "b"], vectors, ["a cat", "a law"], [{"year": 2020}, {"year": 2024}])
>>> [hit.document.text for hit in store.search(vectors[0], 1)]
['a cat']
>>> [hit.document.id for hit in store.search(vectors[0], 1, filter={"year": {"$gt": 2020}})]
['b']
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ruvector import _document_files
from ruvector._document import (
    Document,
    DocumentHit,
    as_ids,
    checked_documents,
    checked_metadata,
    copy_of,
)
from ruvector._metadata_table import MetadataTable
from ruvector._read_write_lock import ReadWriteLock
from ruvector._typing import MetricName, Vector
from ruvector.errors import EncoderMismatch, PersistError
from ruvector.index import RabitqPlusIndex
from ruvector.metadata_filter import MetadataFilter

__all__ = ["Document", "DocumentFilter", "DocumentHit", "DocumentStore", "similarity"]

# The centre of the codes is that of the vectors that an index is built of: at this growth it is
# built anew.
_REBUILT_AT_GROWTH = 4


# A tree of conditions, see MetadataFilter; or a function, which must neither change the document
# nor use the store.
DocumentFilter: TypeAlias = Mapping[str, Any] | MetadataFilter | Callable[[Document], bool]


def similarity(metric: MetricName, distance: float) -> float:
    """How alike two vectors are at a distance under a metric: larger is more alike.

    ``"cosine"``: the cosine, -1..1; ``"ip"``: the inner product; ``"l2"``: ``1 / (1 + distance)``,
    above 0 and at most 1.

    >>> similarity("cosine", 0.25), similarity("ip", -3.0), similarity("l2", 1.0)
    (0.75, 3.0, 0.5)
    """
    if metric == "cosine":
        return 1.0 - distance
    if metric == "ip":
        return -distance
    return 1.0 / (1.0 + distance)


class DocumentStore:
    """Texts with JSON metadata under string ids, found by their vectors.

    A search is that of a ``RabitqPlusIndex``: with a filter the ids that it allows are found first,
    and of those ``k`` are always returned, if there are so many.

    Thread-safe: any number of threads may read at once; calls that change the store wait for them
    and exclude them. Searches let other Python threads run.

    Args:
        metric: ``'cosine'``, ``'l2'`` or ``'ip'``, as of ``RabitqPlusIndex.build``.
        encoder: Which encoder the vectors are of, such as ``Embedder.recipe_digest``; saved along,
            so that a store is not searched with another's vectors.
        seed: Of the index's random rotation.

    Raises:
        ValueError: the metric is none of the three.
    """

    def __init__(
        self, *, metric: MetricName = "cosine", encoder: str | None = None, seed: int = 42
    ) -> None:
        # Made only to have the arguments checked where all of an index's are.
        RabitqPlusIndex.build(np.ones((1, 1), dtype=np.float32), metric=metric, seed=seed)
        self._metric: MetricName = metric
        self._encoder = encoder
        self._seed = seed
        self._lock = ReadWriteLock()
        self._index: RabitqPlusIndex | None = None  # until there is a dimension
        self._built_of = 0
        self._numbers: dict[str, int] = {}  # the ids in the index
        self._documents: dict[int, Document] = {}
        self._metadata = MetadataTable()
        self._next_number = 0

    # --- changing it

    def add(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        texts: Sequence[str],
        metadatas: Sequence[Mapping[str, Any] | None] | None = None,
    ) -> None:
        """Add documents, or replace those that are there under the same id.

        All of them or, when an error is raised, none.

        Args:
            ids: (n), all different.
            vectors: (n, dim) finite float32, C-contiguous.
            texts: (n).
            metadatas: (n), copied. Default: none have any.

        Raises:
            DimensionMismatch: the vectors have another dimension than those that are there.
            TypeError: an id or text is no string, or metadata are no JSON; the message names which.
            ValueError: the counts differ, an id is given twice, or a value is not finite.
        """
        documents = checked_documents(ids, texts, metadatas)
        shape = np.shape(vectors)
        if len(shape) != 2 or shape[0] != len(documents):
            raise ValueError(f"vectors have shape {shape}, expected ({len(documents)}, dim)")
        if not documents:
            return
        with self._lock.writing():
            numbers = range(self._next_number, self._next_number + len(documents))
            self._add_vectors(numbers, vectors)
            self._forget(document.id for document in documents)
            self._next_number = numbers.stop
            for number, document in zip(numbers, documents, strict=True):
                self._numbers[document.id] = number
                self._documents[number] = document
                self._metadata.add(number, document.metadata)
            self._rebuild_if_grown()

    def _add_vectors(self, numbers: range, vectors: NDArray[np.float32]) -> None:
        if self._index is None:
            self._index = self._built(vectors, np.arange(numbers.start, numbers.stop))
        else:
            self._index.add_batch(np.arange(numbers.start, numbers.stop), vectors)

    def _built(self, vectors: NDArray[np.float32], ids: NDArray[Any]) -> RabitqPlusIndex:
        index = RabitqPlusIndex.build(vectors, ids=ids, metric=self._metric, seed=self._seed)
        self._built_of = len(ids)
        return index

    def _rebuild_if_grown(self) -> None:
        index = self._index
        if index is not None and len(index) > max(1_000, _REBUILT_AT_GROWTH * self._built_of):
            with suppress(MemoryError):  # it only makes searches faster
                self._index = self._built(np.asarray(index), index.ids)

    def _forget(self, ids: Iterable[str]) -> int:
        numbers = [self._numbers.pop(id) for id in ids if id in self._numbers]
        for number in numbers:
            del self._documents[number]
            self._metadata.remove(number)
        if numbers and self._index is not None:
            self._index.remove(numbers)
        return len(numbers)

    def delete(self, ids: Iterable[str]) -> int:
        """Delete the documents of these ids; gives how many were there."""
        wanted = as_ids(ids)
        with self._lock.writing():
            return self._forget(dict.fromkeys(wanted))

    def delete_matching(self, filter: DocumentFilter, *, ids: Iterable[str] | None = None) -> int:
        """Delete the documents that ``find`` gives; gives how many there were."""
        with self._lock.writing():
            allowed = self._allowed(filter, ids)
            numbers = self._documents if allowed is None else map(int, allowed)
            return self._forget([self._documents[number].id for number in numbers])

    def clear(self) -> None:
        """Delete all documents; the next ones may have another dimension."""
        with self._lock.writing():
            self._index, self._built_of = None, 0
            self._numbers.clear()
            self._documents.clear()
            self._metadata = MetadataTable()

    # --- reading it

    def get(self, ids: Iterable[str]) -> list[Document]:
        """The documents of these ids, in their order, without those that are not there."""
        wanted = as_ids(ids)
        with self._lock.reading():
            found = [self._documents[self._numbers[id]] for id in wanted if id in self._numbers]
            return [copy_of(one) for one in found]

    def find(
        self, filter: DocumentFilter | None = None, *, ids: Iterable[str] | None = None
    ) -> list[Document]:
        """All documents that fulfil the filter, in the order in which they were added.

        Args:
            filter: A tree of conditions (see ``MetadataFilter``), or a function that is called
                with each document.
            ids: Only documents of these ids.
        """
        with self._lock.reading():
            allowed = self._allowed(filter, ids)
            numbers = self._documents if allowed is None else sorted(map(int, allowed))
            return [copy_of(self._documents[number]) for number in numbers]

    def search(
        self,
        vector: Vector,
        k: int,
        *,
        filter: DocumentFilter | None = None,
        ids: Iterable[str] | None = None,
        with_vectors: bool = False,
    ) -> list[DocumentHit]:
        """Find the ``k`` documents with the nearest vectors.

        Args:
            vector: ``dim`` finite float32 values.
            k: How many are wanted, at least 1. There are fewer only when the store, or the filter,
                has fewer.
            filter: As of ``find``.
            ids: As of ``find``.
            with_vectors: Give the vectors of the hits, too.

        Returns:
            The hits, nearest first.

        Raises:
            DimensionMismatch: the vector has another dimension.
            TypeError: it is of another dtype or strided.
            ValueError: a value is not finite or outside its range, or the filter is none.
        """
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ValueError(f"k is {k!r}: it must be an integer of at least 1")
        with self._lock.reading():
            allowed = self._allowed(filter, ids)
            if self._index is None or len(self._index) == 0:
                return []
            hits = self._index.search(vector, k, filter=allowed)
            return [
                DocumentHit(
                    copy_of(self._documents[hit.id]),
                    hit.score,
                    self._index[hit.id] if with_vectors else None,
                )
                for hit in hits
            ]

    def _allowed(
        self, filter: DocumentFilter | None, ids: Iterable[str] | None
    ) -> NDArray[np.uint64] | None:
        """The numbers of the documents that may be found; None: all."""
        if isinstance(filter, Mapping):
            filter = MetadataFilter(filter) if filter else None
        if filter is None and ids is None:
            return None
        if ids is None and isinstance(filter, MetadataFilter):
            return filter.allowed_of(self._metadata)
        rows: Iterable[tuple[int, Document]] = self._documents.items()
        if ids is not None:
            numbers = [self._numbers[id] for id in dict.fromkeys(ids) if id in self._numbers]
            rows = [(number, self._documents[number]) for number in numbers]
        if filter is None:
            return np.fromiter((number for number, _ in rows), dtype=np.uint64)
        if isinstance(filter, MetadataFilter):
            return filter.allowed((number, document.metadata) for number, document in rows)
        if not callable(filter):
            raise TypeError(
                f"filter: expected a mapping or a function, got {type(filter).__name__}"
            )
        return np.fromiter((number for number, one in rows if filter(one)), dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, id: object) -> bool:
        return id in self._numbers

    def __repr__(self) -> str:
        return f"DocumentStore(documents={len(self):,}, dim={self.dim}, metric={self.metric!r})"

    # --- what it is

    @property
    def metric(self) -> MetricName:
        """How near two vectors are."""
        return self._metric

    @property
    def encoder(self) -> str | None:
        """Which encoder the vectors are of, if that was said."""
        return self._encoder

    @property
    def dim(self) -> int | None:
        """Dimensions of a vector; None before the first."""
        index = self._index
        return None if index is None else index.dim

    @property
    def memory_bytes(self) -> int:
        """Bytes that the index holds; texts and metadata are not counted."""
        index = self._index
        return 0 if index is None else index.memory_bytes

    def require_encoder(self, encoder: str | None) -> None:
        """Refuse an encoder that is not the store's; one that is not known passes.

        Raises:
            EncoderMismatch: it is another one.
        """
        if encoder is not None and self._encoder is not None and encoder != self._encoder:
            message = f"the vectors of the store are of encoder {self._encoder}, not of {encoder}"
            raise EncoderMismatch(message, expected=self._encoder, actual=encoder)

    # --- files

    def save(self, directory: str | os.PathLike[str]) -> None:
        """Write the store to a directory, which is made if it is not there.

        After a crash at any moment the old store or the new one is there, whole. One process at a
        time may save to a directory; others may load from it meanwhile.

        Raises:
            PersistError: a file cannot be written; an old store stays as it was.
        """
        with self._lock.reading():
            _document_files.write(Path(directory), self._saved(), self._rows(), self._index)

    def _saved(self) -> dict[str, Any]:
        return {"metric": self._metric, "encoder": self._encoder, "seed": self._seed}

    def _rows(self) -> Iterator[_document_files.Row]:
        for number, one in self._documents.items():
            yield _document_files.Row(number, one.id, one.text, one.metadata)

    @classmethod
    def load(cls, directory: str | os.PathLike[str]) -> DocumentStore:
        """Read a store that ``save`` wrote. The index is mapped, after every byte was checked.

        Raises:
            PersistError: a file cannot be read, is damaged, or is not what was saved with the
                others.
        """
        saved, rows, index = _document_files.read(Path(directory), checked_metadata)
        try:
            store = cls(metric=saved["metric"], encoder=saved["encoder"], seed=saved["seed"])
        except (TypeError, ValueError) as error:
            path = Path(directory) / _document_files.FILE_NAME
            raise PersistError(f"{path}: {error}", path=path) from error
        store._index, store._built_of = index, len(rows)
        for row in rows:
            store._numbers[row.id] = row.number
            store._documents[row.number] = Document(row.id, row.text, row.metadata)
            store._metadata.add(row.number, row.metadata)
        store._next_number = 1 + max(store._documents, default=-1)
        return store

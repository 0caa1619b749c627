"""The store that already holds the vectors, as ruLake sees it."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ruvector._native import RuLakeBundle
    from ruvector._typing import IdsLike, Matrix

__all__ = ["BackendAdapter", "PulledBatch", "PulledChanges"]


@dataclass(frozen=True, slots=True, eq=False)
class PulledBatch:
    """Vectors of a collection, and the version that they are of.

    ruLake copies the arrays; the adapter may change its own afterwards.
    """

    ids: IdsLike
    """(n) uint64 or int64, or a sequence of ints."""
    vectors: Matrix
    """(n, dim) C-contiguous float32."""
    generation: int | str
    """Version of the data: it changes with them and means nothing else."""


@dataclass(frozen=True, slots=True, eq=False)
class PulledChanges:
    """What happened to a collection since an older version of it."""

    removed: IdsLike
    """Ids that are gone, also those that ``added`` holds anew."""
    added: PulledBatch
    """New vectors; its generation is the new version's."""


class BackendAdapter(abc.ABC):
    """A store of your own: derive a class and register an instance with ``RuLake``.

    ruLake calls it from threads of its own and from several at once; it may sleep and wait, which
    stops no event loop. ``KeyError`` and ``UnknownCollection`` that it raises surface as
    ``UnknownCollection``, all other exceptions as ``BackendError``, both with the original as
    ``__cause__``.

    >>> import numpy as np, ruvector
    >>> class Shelf(ruvector.BackendAdapter):
    ...     id = "shelf"
    ...     books = {"docs": np.eye(3, 8, dtype=np.float32)}
    ...
    ...     def list_collections(self):
    ...         return list(self.books)
    ...
    ...     def generation(self, collection):
    ...         return len(self.books[collection])
    ...
    ...     def pull_vectors(self, collection):
    ...         rows = self.books[collection]
    ...         return ruvector.PulledBatch(np.arange(len(rows)), rows, len(rows))
    >>> lake = ruvector.RuLake()
    >>> lake.register_backend(Shelf())
    >>> lake.search_one("docs", Shelf.books["docs"][1], k=1)
    [LakeHit(backend='shelf', collection='docs', id=1, score=0.0)]
    """

    pulls_snapshots: bool = False
    """Whether a pull's generation always names the very data pulled, however the store changes
    meanwhile. If not, ruLake asks for the generation again after each pull. Read at registration.
    """

    @property
    @abc.abstractmethod
    def id(self) -> str:
        """Name of the backend, unique in a lake; a class attribute or a method will do, too."""

    @abc.abstractmethod
    def list_collections(self) -> Sequence[str]:
        """The names of the collections."""

    @abc.abstractmethod
    def pull_vectors(self, collection: str) -> PulledBatch:
        """The whole collection. Raises ``KeyError`` when there is none of that name."""

    @abc.abstractmethod
    def generation(self, collection: str) -> int | str:
        """The present version; asked at every search under ``Consistency.FRESH``."""

    def data_ref(self, collection: str) -> str:
        """Where the data lie; part of the witness."""
        name = self.id() if callable(self.id) else self.id
        return f"{name}://{collection}"

    def current_bundle(
        self, collection: str, rotation_seed: int, rerank_factor: int
    ) -> RuLakeBundle | None:
        """The bundle of the present version, if its fields are cheap to tell together.

        Then data that another key has in the cache are not pulled again.
        """
        return None

    def pull_chunks(self, collection: str) -> Iterable[PulledBatch]:
        """The collection in pieces of one generation, so that it need not fit into memory twice."""
        yield self.pull_vectors(collection)

    def pull_changes(self, collection: str, since: int | str) -> PulledChanges | None:
        """What changed since the generation ``since``, when that is known and less than a pull."""
        return None

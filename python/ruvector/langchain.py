"""LangChain: a vector store, and the encoders as its embeddings. Extra ``langchain``."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import partial
from typing import Any, Self, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from ruvector._typing import MetricName
from ruvector.documents import Document as StoredDocument
from ruvector.documents import DocumentFilter, DocumentHit, DocumentStore, similarity
from ruvector.embed import Embedder
from ruvector.errors import MissingExtra
from ruvector.metadata_filter import MetadataFilter

try:
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.runnables.config import run_in_executor
    from langchain_core.vectorstores import VectorStore
    from langchain_core.vectorstores.utils import maximal_marginal_relevance
except ModuleNotFoundError as _missing:
    raise MissingExtra(
        "ruvector.langchain", package="langchain-core", extra="langchain"
    ) from _missing

__all__ = ["Filter", "RuVectorEmbeddings", "RuVectorStore"]

# A tree of conditions, see ruvector.metadata_filter; or a function of LangChain's document.
Filter: TypeAlias = Mapping[str, Any] | MetadataFilter | Callable[[Document], bool]


class RuVectorEmbeddings(Embeddings):
    """An ``Embedder`` as LangChain wants it. Thread-safe.

    Args:
        embedder: The encoder, or the name of one, as of ``Embedder.from_pretrained``.

    Raises:
        ModelNotFound: there is no such model, or it cannot be had.
    """

    def __init__(self, embedder: Embedder | str = "all-MiniLM-L6-v2") -> None:
        if isinstance(embedder, str):
            embedder = Embedder.from_pretrained(embedder)
        self.embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of texts that are to be found."""
        return cast("list[list[float]]", self.embedder.embed_batch(texts).tolist())

    def embed_query(self, text: str) -> list[float]:
        """The vector of a text that is searched with."""
        return cast("list[float]", self.embedder.embed(text, prompt="query").tolist())

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """``embed_documents`` on the library's threads; cancelling the task ends the work."""
        return cast("list[list[float]]", (await self.embedder.embed_batch_async(texts)).tolist())

    async def aembed_query(self, text: str) -> list[float]:
        """``embed_query`` on the library's threads; cancelling the task ends the work."""
        vector = await self.embedder.embed_async(text, prompt="query")
        return cast("list[float]", vector.tolist())


class RuVectorStore(VectorStore):
    """A vector store over ``ruvector.documents.DocumentStore``: compressed, exact, in memory.

    Metadata must be JSON. ``filter=`` of the searches is a tree of conditions, such as
    ``{"year": {"$gte": 2020}}`` (see ``ruvector.metadata_filter``), or a function of a document;
    ``k`` documents are returned if so many fulfil it. Scores are distances: smaller is nearer;
    relevance scores are in 0..1, larger is better.

    Thread-safe. The asynchronous methods await the embeddings' own, and search on a thread of the
    loop's executor.

    Args:
        embedding: What makes the vectors.
        metric: ``'cosine'``, ``'l2'`` (squared Euclidean) or ``'ip'``.
        relevance_score_fn: Turns a distance into a relevance. Default: the cosine, with 0 for those
            below; ``1 / (1 + distance)`` for ``'l2'``; none for ``'ip'``, which has no bounds.
        documents: A store to serve, in place of a new one; its metric counts.

    Raises:
        EncoderMismatch: ``documents`` are of another encoder.
    """

    def __init__(
        self,
        embedding: Embeddings,
        *,
        metric: MetricName = "cosine",
        relevance_score_fn: Callable[[float], float] | None = None,
        documents: DocumentStore | None = None,
    ) -> None:
        encoder = _encoder_of(embedding)
        if documents is None:
            documents = DocumentStore(metric=metric, encoder=encoder)
        documents.require_encoder(encoder)
        self._embedding = embedding
        self._relevance_score_fn = relevance_score_fn
        self.documents = documents

    @property
    def embeddings(self) -> Embeddings:
        """What makes the vectors."""
        return self._embedding

    # --- adding, deleting, getting

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Embed texts and add them; those of ids that are there are replaced.

        All of them or, when an error is raised, none.

        Args:
            texts: What is to be found.
            metadatas: JSON for each.
            ids: For each an id, or None for a new one. Default: new ones.
            **kwargs: ``batch_size``, which LangChain's indexing gives, changes nothing: all texts
                are embedded by one call.

        Returns:
            The ids.

        Raises:
            TypeError: metadata are no JSON; the message names where.
            ValueError: the counts differ, or an id is given twice.
        """
        _require_none(kwargs, known={"batch_size"})
        kept = list(texts)
        return self._add(kept, self._embedding.embed_documents(kept), metadatas, ids)

    async def aadd_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """``add_texts`` for coroutines."""
        _require_none(kwargs, known={"batch_size"})
        kept = list(texts)
        rows = await self._embedding.aembed_documents(kept)
        return await run_in_executor(None, self._add, kept, rows, metadatas, ids)

    def _add(
        self,
        texts: list[str],
        rows: list[list[float]],
        metadatas: Sequence[dict[str, Any]] | None,
        ids: Sequence[str | None] | None,
    ) -> list[str]:
        given = [None] * len(texts) if ids is None else ids
        named = [str(uuid.uuid4()) if id is None else id for id in given]
        matrix = np.asarray(rows, dtype=np.float32).reshape(len(rows), -1 if rows else 0)
        self.documents.add(named, matrix, texts, metadatas)
        return named

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:
        """Delete documents; those that are not there are no error. None: all of them."""
        _require_none(kwargs)
        if ids is None:
            self.documents.clear()
        else:
            self.documents.delete(ids)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents of these ids, without those that are not there."""
        return [_shown(one) for one in self.documents.get(ids)]

    # --- searching

    def similarity_search(
        self, query: str, k: int = 4, *, filter: Filter | None = None, **kwargs: Any
    ) -> list[Document]:
        """The ``k`` documents nearest to a text."""
        _require_none(kwargs)
        return self.similarity_search_by_vector(
            self._embedding.embed_query(query), k, filter=filter
        )

    async def asimilarity_search(
        self, query: str, k: int = 4, *, filter: Filter | None = None, **kwargs: Any
    ) -> list[Document]:
        """``similarity_search`` for coroutines."""
        _require_none(kwargs)
        vector = await self._embedding.aembed_query(query)
        return await self.asimilarity_search_by_vector(vector, k, filter=filter)

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, *, filter: Filter | None = None, **kwargs: Any
    ) -> list[Document]:
        """The ``k`` documents nearest to a vector."""
        _require_none(kwargs)
        return [_shown(hit.document) for hit in self._search(embedding, k, filter)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, *, filter: Filter | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The ``k`` documents nearest to a text, with their distances: smaller is nearer."""
        _require_none(kwargs)
        return self.similarity_search_with_score_by_vector(
            self._embedding.embed_query(query), k, filter=filter
        )

    async def asimilarity_search_with_score(
        self, query: str, k: int = 4, *, filter: Filter | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """``similarity_search_with_score`` for coroutines."""
        _require_none(kwargs)
        vector = await self._embedding.aembed_query(query)
        search = partial(self.similarity_search_with_score_by_vector, vector, k, filter=filter)
        return await run_in_executor(None, search)

    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, *, filter: Filter | None = None
    ) -> list[tuple[Document, float]]:
        """The ``k`` documents nearest to a vector, with their distances: smaller is nearer."""
        return [(_shown(hit.document), hit.score) for hit in self._search(embedding, k, filter)]

    def _search(
        self, embedding: list[float], k: int, filter: Filter | None, *, with_vectors: bool = False
    ) -> list[DocumentHit]:
        return self.documents.search(
            _as_vector(embedding), k, filter=_stored_filter(filter), with_vectors=with_vectors
        )

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        metric = self.documents.metric
        if self._relevance_score_fn is not None:
            return self._relevance_score_fn
        if metric == "ip":
            raise ValueError("metric 'ip' has no bounds: give relevance_score_fn")
        return lambda distance: min(1.0, max(0.0, similarity(metric, distance)))

    # --- diverse results

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        *,
        filter: Filter | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """``k`` documents near to a text and unlike each other.

        Args:
            query: The text.
            k: How many are wanted.
            fetch_k: Chosen from so many nearest ones.
            lambda_mult: 0: as unlike each other as possible; 1: the nearest.
            filter: See the class.
            **kwargs: There are no others.
        """
        _require_none(kwargs)
        return self.max_marginal_relevance_search_by_vector(
            self._embedding.embed_query(query), k, fetch_k, lambda_mult, filter=filter
        )

    async def amax_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        *,
        filter: Filter | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """``max_marginal_relevance_search`` for coroutines."""
        _require_none(kwargs)
        vector = await self._embedding.aembed_query(query)
        return await self.amax_marginal_relevance_search_by_vector(
            vector, k, fetch_k, lambda_mult, filter=filter
        )

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        *,
        filter: Filter | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """``max_marginal_relevance_search`` for a vector."""
        _require_none(kwargs)
        hits = self._search(embedding, max(k, fetch_k), filter, with_vectors=True)
        vectors = [hit.vector for hit in hits if hit.vector is not None]
        chosen = maximal_marginal_relevance(
            _as_vector(embedding), cast("list[list[float]]", vectors), lambda_mult, k
        )
        return [_shown(hits[place].document) for place in chosen]

    # --- making one, files

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """A store of texts; ``kwargs`` are those of the constructor."""
        store = cls(embedding, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    @classmethod
    async def afrom_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """``from_texts`` for coroutines."""
        store = cls(embedding, **kwargs)
        await store.aadd_texts(texts, metadatas, ids=ids)
        return store

    def save_local(self, folder_path: str | os.PathLike[str]) -> None:
        """Write the store to a directory; after a crash the old one or the new one is there.

        Raises:
            PersistError: a file cannot be written; an old store stays as it was.
        """
        self.documents.save(folder_path)

    @classmethod
    def load_local(
        cls,
        folder_path: str | os.PathLike[str],
        embedding: Embeddings,
        *,
        relevance_score_fn: Callable[[float], float] | None = None,
    ) -> Self:
        """Read a store that ``save_local`` wrote. Nothing in it is run, and all of it checked.

        Raises:
            PersistError: a file cannot be read, or is damaged.
            EncoderMismatch: the store's vectors are of another encoder.
        """
        documents = DocumentStore.load(folder_path)
        return cls(embedding, documents=documents, relevance_score_fn=relevance_score_fn)


def _encoder_of(embedding: Embeddings) -> str | None:
    """Which encoder it is, where that is known."""
    if isinstance(embedding, RuVectorEmbeddings):
        return embedding.embedder.recipe_digest
    return None


def _require_none(options: dict[str, Any], known: Set[str] = frozenset()) -> None:
    unknown = options.keys() - known
    if unknown:
        raise TypeError(f"unexpected keyword argument {min(unknown)!r}")


def _as_vector(embedding: Sequence[float]) -> NDArray[np.float32]:
    return np.asarray(embedding, dtype=np.float32)


def _shown(document: StoredDocument) -> Document:
    return Document(id=document.id, page_content=document.text, metadata=document.metadata)


def _stored_filter(filter: Filter | None) -> DocumentFilter | None:
    if filter is None or isinstance(filter, Mapping | MetadataFilter) or not callable(filter):
        return filter
    wanted = filter
    return lambda document: wanted(_shown(document))

"""LlamaIndex: a vector store, and the encoders as its embeddings. Extra ``llama-index``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from ruvector._typing import MetricName
from ruvector.documents import Document, DocumentHit, DocumentStore, similarity
from ruvector.embed import Embedder
from ruvector.errors import MissingExtra

try:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.bridge.pydantic import PrivateAttr
    from llama_index.core.indices.query.embedding_utils import get_top_k_mmr_embeddings
    from llama_index.core.schema import BaseNode, MetadataMode
    from llama_index.core.vector_stores.types import (
        BasePydanticVectorStore,
        FilterCondition,
        FilterOperator,
        MetadataFilter,
        MetadataFilters,
        VectorStoreQuery,
        VectorStoreQueryMode,
        VectorStoreQueryResult,
    )
    from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict
except ModuleNotFoundError as _missing:
    raise MissingExtra(
        "ruvector.llama_index", package="llama-index-core", extra="llama-index"
    ) from _missing

if TYPE_CHECKING:
    import fsspec

__all__ = ["RuVectorEmbedding", "RuVectorStore"]

_DEFAULT_DIRECTORY, _FILE_NAME = "./storage", "vector_store.json"  # as LlamaIndex has them
_DEFAULT_MMR_PREFETCH = 4.0


class RuVectorEmbedding(BaseEmbedding):
    """An ``Embedder`` as LlamaIndex wants it. Thread-safe.

    Args:
        embedder: The encoder, or the name of one, as of ``Embedder.from_pretrained``.
        **settings: Fields of LlamaIndex's ``BaseEmbedding``, such as ``embed_batch_size``.

    Raises:
        ModelNotFound: there is no such model, or it cannot be had.
    """

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder | str = "all-MiniLM-L6-v2", **settings: Any) -> None:
        if isinstance(embedder, str):
            embedder = Embedder.from_pretrained(embedder)
        # LlamaIndex's 10 texts at a time would leave the library's threads without work.
        super().__init__(**{"model_name": embedder.name, "embed_batch_size": 512, **settings})
        self._embedder = embedder

    @classmethod
    def class_name(cls) -> str:
        """What LlamaIndex calls it."""
        return "RuVectorEmbedding"

    @property
    def embedder(self) -> Embedder:
        """The encoder."""
        return self._embedder

    def _get_text_embedding(self, text: str) -> list[float]:
        return _listed(self._embedder.embed(text))

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return cast("list[list[float]]", self._embedder.embed_batch(texts).tolist())

    def _get_query_embedding(self, query: str) -> list[float]:
        return _listed(self._embedder.embed(query, prompt="query"))

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return _listed(await self._embedder.embed_async(text))

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return cast("list[list[float]]", (await self._embedder.embed_batch_async(texts)).tolist())

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return _listed(await self._embedder.embed_async(query, prompt="query"))


class RuVectorStore(BasePydanticVectorStore):
    """A vector store over ``ruvector.documents.DocumentStore``: compressed, exact, in memory.

    It keeps the nodes themselves, so that an index needs no other store. Similarities are cosines,
    inner products, or ``1 / (1 + distance)`` for ``'l2'``: larger is more alike. With
    ``MetadataFilters`` ``similarity_top_k`` nodes are returned if so many fulfil them; a key that a
    node does not have fulfils ``!=``, ``nin`` and ``is_empty`` alone.

    Thread-safe. ``aquery`` and ``async_add`` work on a thread beside the event loop.

    Args:
        metric: ``'cosine'``, ``'l2'`` (squared Euclidean) or ``'ip'``.
        documents: A store to serve, in place of a new one; its metric counts.
    """

    stores_text: bool = True
    is_embedding_query: bool = True
    _documents: DocumentStore = PrivateAttr()

    def __init__(
        self, *, metric: MetricName = "cosine", documents: DocumentStore | None = None
    ) -> None:
        super().__init__(stores_text=True)
        self._documents = DocumentStore(metric=metric) if documents is None else documents

    @classmethod
    def class_name(cls) -> str:
        """What LlamaIndex calls it."""
        return "RuVectorStore"

    @property
    def client(self) -> DocumentStore:
        """The store of documents that it serves."""
        return self._documents

    # --- adding, deleting, getting

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Add nodes with their embeddings; those of ids that are there are replaced.

        All of them or, when an error is raised, none. LlamaIndex's ``kwargs`` change nothing.

        Raises:
            DimensionMismatch: an embedding has another dimension than those that are there.
            ValueError: a node has no embedding, or an id is given twice.
        """
        rows = np.asarray([node.get_embedding() for node in nodes], dtype=np.float32)
        ids = [node.node_id for node in nodes]
        texts = [node.get_content(metadata_mode=MetadataMode.NONE) for node in nodes]
        metadatas = [node_to_metadata_dict(node, remove_text=True) for node in nodes]
        self._documents.add(ids, rows.reshape(len(nodes), -1 if nodes else 0), texts, metadatas)
        return ids

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """``add`` for coroutines."""
        return await asyncio.to_thread(self.add, nodes)

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Delete all nodes of a document."""
        self._documents.delete_matching({"ref_doc_id": ref_doc_id})

    def delete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        """Delete the nodes that are among the ids and fulfil the filters.

        Raises:
            ValueError: neither is given; ``clear`` deletes all.
        """
        if node_ids is None and filters is None:
            raise ValueError("delete_nodes: give node_ids or filters; clear() deletes all nodes")
        self._documents.delete_matching(_tree(filters) or {}, ids=node_ids)

    def clear(self) -> None:
        """Delete all nodes."""
        self._documents.clear()

    def get_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        """The nodes that are among the ids and fulfil the filters, in the order of adding."""
        return [_node(one) for one in self._documents.find(_tree(filters), ids=node_ids)]

    # --- searching

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Find the nodes nearest to ``query.query_embedding``.

        ``query`` may bound them by ``filters``, ``node_ids`` and ``doc_ids``; as LlamaIndex has it,
        empty lists bound nothing.

        Args:
            query: Its mode is ``DEFAULT`` or ``MMR``.
            **kwargs: For ``MMR``: ``mmr_threshold``, 0 (unlike each other) to 1 (nearest), and
                ``mmr_prefetch_factor``: they are chosen from so many times ``similarity_top_k``
                nearest nodes, by default 4.

        Raises:
            ValueError: another mode, or no embedding.
        """
        if query.mode not in (VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.MMR):
            raise ValueError(f"query mode {query.mode.value!r}: expected 'default' or 'mmr'")
        if query.query_embedding is None:
            raise ValueError("query_embedding is None: the store searches by vectors alone")
        if query.mode == VectorStoreQueryMode.MMR:
            return self._query_mmr(query, query.query_embedding, **kwargs)
        hits = self._search(query, query.query_embedding, query.similarity_top_k)
        metric = self._documents.metric
        return _result(hits, [similarity(metric, hit.score) for hit in hits])

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """``query`` for coroutines."""
        return await asyncio.to_thread(self.query, query, **kwargs)

    def _query_mmr(
        self,
        query: VectorStoreQuery,
        vector: list[float],
        mmr_threshold: float | None = None,
        mmr_prefetch_factor: float = _DEFAULT_MMR_PREFETCH,
        **kwargs: Any,
    ) -> VectorStoreQueryResult:
        if mmr_prefetch_factor < 1:
            raise ValueError(f"mmr_prefetch_factor is {mmr_prefetch_factor}: at least 1")
        if mmr_threshold is None:
            mmr_threshold = query.mmr_threshold
        wanted = query.similarity_top_k
        hits = self._search(query, vector, int(wanted * mmr_prefetch_factor), with_vectors=True)
        if not hits:
            return _result([], [])
        vectors = [_listed(hit.vector) for hit in hits if hit.vector is not None]
        scores, places = get_top_k_mmr_embeddings(
            vector,
            vectors,
            similarity_top_k=wanted,
            embedding_ids=list(range(len(hits))),
            mmr_threshold=mmr_threshold,
        )
        return _result([hits[place] for place in places], [float(score) for score in scores])

    def _search(
        self, query: VectorStoreQuery, vector: list[float], k: int, *, with_vectors: bool = False
    ) -> list[DocumentHit]:
        tree = _tree(query.filters)
        if query.doc_ids:
            of_documents = {"ref_doc_id": {"$in": query.doc_ids}}
            tree = of_documents if tree is None else {"$and": [tree, of_documents]}
        return self._documents.search(
            np.asarray(vector, dtype=np.float32),
            k,
            filter=tree,
            ids=query.node_ids or None,  # an index that keeps no nodes gives an empty list
            with_vectors=with_vectors,
        )

    # --- files

    def persist(
        self,
        persist_path: str = os.path.join(_DEFAULT_DIRECTORY, _FILE_NAME),
        fs: fsspec.AbstractFileSystem | None = None,
    ) -> None:
        """Write the store to a directory of this name; after a crash the old one or the new one
        is there.

        Raises:
            PersistError: a file cannot be written; an old store stays as it was.
            ValueError: ``fs`` is not the local file system.
        """
        _require_local(fs)
        self._documents.save(persist_path)

    @classmethod
    def from_persist_path(
        cls, persist_path: str, fs: fsspec.AbstractFileSystem | None = None
    ) -> Self:
        """Read what ``persist`` wrote. Nothing in it is run, and all of it checked.

        Raises:
            PersistError: a file cannot be read, or is damaged.
            ValueError: ``fs`` is not the local file system.
        """
        _require_local(fs)
        return cls(documents=DocumentStore.load(persist_path))

    @classmethod
    def from_persist_dir(
        cls,
        persist_dir: str = _DEFAULT_DIRECTORY,
        namespace: str = "default",
        fs: fsspec.AbstractFileSystem | None = None,
    ) -> Self:
        """Read what ``StorageContext.persist`` wrote there; see ``from_persist_path``."""
        return cls.from_persist_path(str(Path(persist_dir) / f"{namespace}__{_FILE_NAME}"), fs)


def _listed(vector: NDArray[np.float32]) -> list[float]:
    return cast("list[float]", vector.tolist())


def _require_local(fs: fsspec.AbstractFileSystem | None) -> None:
    if fs is None:
        return
    names = (fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol
    if "file" not in names:
        raise ValueError(f"fs is of protocol {names[0]!r}: the index is mapped from a local file")


def _node(document: Document) -> BaseNode:
    return metadata_dict_to_node(document.metadata, text=document.text or None)


def _result(hits: list[DocumentHit], similarities: list[float]) -> VectorStoreQueryResult:
    nodes = [_node(hit.document) for hit in hits]
    return VectorStoreQueryResult(
        nodes=nodes, similarities=similarities, ids=[hit.document.id for hit in hits]
    )


# --- filters

_OPERATORS = {
    FilterOperator.EQ: "$eq",
    FilterOperator.NE: "$ne",
    FilterOperator.GT: "$gt",
    FilterOperator.GTE: "$gte",
    FilterOperator.LT: "$lt",
    FilterOperator.LTE: "$lte",
    FilterOperator.IN: "$in",
    FilterOperator.NIN: "$nin",
    FilterOperator.CONTAINS: "$contains",
    FilterOperator.TEXT_MATCH: "$contains",
    FilterOperator.TEXT_MATCH_INSENSITIVE: "$icontains",
}


def _tree(filters: MetadataFilters | None) -> dict[str, Any] | None:
    """The filters as ``ruvector.metadata_filter`` has them."""
    if filters is None or not filters.filters:
        return None
    parts: list[dict[str, Any]] = []
    for one in filters.filters:
        part = _tree(one) if isinstance(one, MetadataFilters) else _leaf(one)
        if part is not None:
            parts.append(part)
    if filters.condition == FilterCondition.OR:
        return {"$or": parts}
    if filters.condition == FilterCondition.NOT:  # none of them
        return {"$not": {"$or": parts}}
    return {"$and": parts}


def _leaf(one: MetadataFilter) -> dict[str, Any]:
    key, value = one.key, one.value
    if one.operator == FilterOperator.IS_EMPTY:
        return {"$or": [{key: {"$exists": False}}, {key: {"$in": [None, "", []]}}]}
    if one.operator in (FilterOperator.ANY, FilterOperator.ALL):
        if not isinstance(value, list) or not value:
            raise ValueError(
                f"filter {one.operator.value!r} of {key!r} takes a list, got {value!r}"
            )
        name = "$or" if one.operator == FilterOperator.ANY else "$and"
        return {name: [{key: {"$contains": each}} for each in value]}
    return {key: {_OPERATORS[one.operator]: value}}

"""The vector store for LlamaIndex, through LlamaIndex's own indexes and query engines."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from llama_index.core import (
    Document,
    StorageContext,
    VectorStoreIndex,
    load_index_from_storage,
)
from llama_index.core.llms import MockLLM
from llama_index.core.schema import (
    BaseNode,
    ImageNode,
    MetadataMode,
    NodeRelationship,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.core.vector_stores import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    SimpleVectorStore,
    VectorStoreQuery,
)
from llama_index.core.vector_stores.types import VectorStoreQueryMode

import ruvector
from ruvector.llama_index import RuVectorEmbedding, RuVectorStore

TEXTS = {
    "cat": ("a cat sleeps on a mat", {"kind": "animal", "year": 2019, "tags": ["pet", "indoor"]}),
    "kitten": ("kittens play in the garden", {"kind": "animal", "year": 2021, "tags": ["pet"]}),
    "dog": (
        "a dog runs after a ball",
        {"kind": "animal", "year": 2024, "tags": ["pet", "out"]},
    ),
    "tax": ("the tax law of Peru", {"kind": "law", "year": 2020, "tags": []}),
    "court": ("the court found him guilty", {"kind": "law", "year": 2023}),
}


@pytest.fixture(scope="module")
def minilm() -> RuVectorEmbedding:
    return RuVectorEmbedding()


def made_nodes(minilm: RuVectorEmbedding) -> list[TextNode]:
    nodes = []
    for id, (text, metadata) in TEXTS.items():
        node = TextNode(id_=id, text=text, metadata=metadata)
        node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=f"doc {id[0]}")
        node.embedding = minilm.get_text_embedding(text)
        nodes.append(node)
    return nodes


@pytest.fixture
def store(minilm: RuVectorEmbedding) -> RuVectorStore:
    store = RuVectorStore()
    assert store.add(made_nodes(minilm)) == list(TEXTS)
    return store


def asked(minilm: RuVectorEmbedding, text: str, k: int, **more: Any) -> VectorStoreQuery:
    embedding = minilm.get_query_embedding(text)
    return VectorStoreQuery(query_embedding=embedding, similarity_top_k=k, **more)


def ids(nodes: list[BaseNode]) -> list[str]:
    return [node.node_id for node in nodes]


def test_the_embeddings_are_those_of_the_embedder(minilm: RuVectorEmbedding) -> None:
    texts = [text for text, _ in TEXTS.values()]
    expected = [minilm.embedder.embed(text).tolist() for text in texts]
    assert minilm.get_text_embedding_batch(texts) == expected
    assert [minilm.get_text_embedding(text) for text in texts] == expected
    assert asyncio.run(minilm.aget_text_embedding_batch(texts)) == expected
    assert asyncio.run(minilm.aget_text_embedding(texts[0])) == expected[0]
    as_query = minilm.embedder.embed(texts[0], prompt="query").tolist()
    assert minilm.get_query_embedding(texts[0]) == as_query
    assert asyncio.run(minilm.aget_query_embedding(texts[0])) == as_query
    assert (minilm.model_name, minilm.class_name()) == ("all-MiniLM-L6-v2", "RuVectorEmbedding")


@pytest.mark.parametrize("query", ["young cats", "judges", "sport"])
def test_it_finds_what_the_store_of_llama_index_finds(
    store: RuVectorStore, minilm: RuVectorEmbedding, query: str
) -> None:
    peer = SimpleVectorStore()
    peer.add(made_nodes(minilm))
    for mode in (VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.MMR):
        ours = store.query(asked(minilm, query, 3, mode=mode), mmr_threshold=0.4)
        theirs = peer.query(asked(minilm, query, 3, mode=mode), mmr_threshold=0.4)
        assert ours.ids == theirs.ids
        assert ours.similarities == pytest.approx(theirs.similarities, abs=1e-5)
        assert ours.nodes is not None
        assert ids(list(ours.nodes)) == ours.ids


def where(key: str, operator: str, value: Any = None) -> MetadataFilter:
    return MetadataFilter(key=key, operator=FilterOperator(operator), value=value)


def all_of(*filters: Any, how: str = "and") -> MetadataFilters:
    return MetadataFilters(filters=list(filters), condition=FilterCondition(how))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (all_of(where("kind", "==", "law")), "tax court"),
        (all_of(where("kind", "!=", "law")), "cat kitten dog"),
        (all_of(where("year", ">", 2020), where("year", "<", 2024)), "kitten court"),
        (all_of(where("year", ">=", 2023), where("kind", "==", "law"), how="or"), "dog tax court"),
        (all_of(where("year", "<=", 2020), where("kind", "==", "law"), how="not"), "kitten dog"),
        (all_of(where("year", "in", [2019, 2023])), "cat court"),
        (all_of(where("year", "nin", [2019, 2023])), "kitten dog tax"),
        (all_of(where("tags", "contains", "indoor")), "cat"),
        (all_of(where("tags", "any", ["indoor", "out"])), "cat dog"),
        (all_of(where("tags", "all", ["pet", "out"])), "dog"),
        (all_of(where("tags", "is_empty")), "tax court"),
        (all_of(where("kind", "text_match", "anim")), "cat kitten dog"),
        (all_of(where("kind", "text_match_insensitive", "LAW")), "tax court"),
        (
            all_of(
                all_of(where("year", "==", 2019), where("year", "==", 2020), how="or"),
                where("kind", "==", "law"),
            ),
            "tax",
        ),
        (all_of(where("kind", "==", "x")), ""),
        (all_of(), "cat kitten dog tax court"),
    ],
)
def test_filters_find_all_that_they_allow(
    store: RuVectorStore, minilm: RuVectorEmbedding, filters: MetadataFilters, expected: str
) -> None:
    found = store.query(asked(minilm, "young cats", 5, filters=filters))
    assert sorted(found.ids or []) == sorted(expected.split())
    assert ids(store.get_nodes(filters=filters)) == expected.split()


def test_queries_may_be_bound_to_nodes_and_documents(
    store: RuVectorStore, minilm: RuVectorEmbedding
) -> None:
    by_nodes = store.query(asked(minilm, "judges", 5, node_ids=["cat", "dog", "missing"]))
    assert sorted(by_nodes.ids or []) == ["cat", "dog"]
    by_documents = store.query(
        asked(minilm, "judges", 5, doc_ids=["doc c"], filters=all_of(where("kind", "==", "law")))
    )
    assert by_documents.ids == ["court"]


def test_nodes_come_back_as_they_went_in(minilm: RuVectorEmbedding) -> None:
    store, (node, *_) = RuVectorStore(), made_nodes(minilm)
    image = ImageNode(id_="image", image="AAAA", text="a picture", embedding=[0.0, 1.0] * 192)
    store.add([node, image])
    for original in (node, image):
        (found,) = store.get_nodes([original.node_id])
        expected = original.model_copy(update={"embedding": None})
        assert type(found) is type(original)
        assert found.to_dict() == expected.to_dict()


def test_nodes_are_deleted_by_document_id_and_filter(store: RuVectorStore) -> None:
    store.delete("doc c")
    assert ids(store.get_nodes()) == ["kitten", "dog", "tax"]
    store.delete_nodes(["kitten", "tax", "missing"], filters=all_of(where("kind", "==", "law")))
    assert ids(store.get_nodes()) == ["kitten", "dog"]
    with pytest.raises(ValueError, match="give node_ids or filters"):
        store.delete_nodes()
    store.delete_nodes(["dog"])
    assert ids(store.get_nodes()) == ["kitten"]
    store.clear()
    assert store.get_nodes() == []


def index_of(store: RuVectorStore, minilm: RuVectorEmbedding) -> VectorStoreIndex:
    documents = [
        Document(id_=f"doc {id}", text=text, metadata=metadata)
        for id, (text, metadata) in TEXTS.items()
    ]
    context = StorageContext.from_defaults(vector_store=store)
    return VectorStoreIndex.from_documents(
        documents, storage_context=context, embed_model=minilm, transformations=[]
    )


async def test_an_index_retrieves_from_it(minilm: RuVectorEmbedding) -> None:
    store = RuVectorStore()
    index = index_of(store, minilm)
    retriever = index.as_retriever(
        similarity_top_k=2, filters=all_of(where("kind", "==", "animal"))
    )
    found = retriever.retrieve("young cats")
    assert [one.text for one in found] == [TEXTS["kitten"][0], TEXTS["cat"][0]]
    assert [one.text for one in await retriever.aretrieve("young cats")] == [
        one.text for one in found
    ]
    query = minilm.embedder.embed("young cats", prompt="query")
    row = minilm.embedder.embed(found[0].node.get_content(metadata_mode=MetadataMode.EMBED))
    assert found[0].score == pytest.approx(float(np.dot(query, row)), abs=1e-5)
    index.insert(Document(text="a young cat is a kitten", id_="new"))
    assert index.as_retriever(similarity_top_k=1).retrieve("young cats")[0].node.ref_doc_id == "new"
    index.delete_ref_doc("new")
    assert len(store.client) == 5


async def test_a_query_engine_answers_from_it(minilm: RuVectorEmbedding) -> None:
    engine = index_of(RuVectorStore(), minilm).as_query_engine(llm=MockLLM(), similarity_top_k=1)
    for answer in (engine.query("Who sleeps?"), await engine.aquery("Who sleeps?")):
        # The model repeats its prompt, which has what was retrieved.
        assert TEXTS["cat"][0] in str(answer)
        assert TEXTS["tax"][0] not in str(answer)
        assert len(answer.source_nodes) == 1


def test_an_index_over_a_store_that_is_there_needs_nothing_else(
    store: RuVectorStore, minilm: RuVectorEmbedding
) -> None:
    index = VectorStoreIndex.from_vector_store(store, embed_model=minilm)
    (found,) = index.as_retriever(similarity_top_k=1).retrieve("who was judged?")
    assert (found.node_id, found.text) == ("court", TEXTS["court"][0])
    mmr = index.as_retriever(
        vector_store_query_mode="mmr",
        similarity_top_k=2,
        vector_store_kwargs={"mmr_threshold": 0.1},
    )
    assert len(mmr.retrieve("young cats")) == 2


def test_a_persisted_context_comes_back(minilm: RuVectorEmbedding, tmp_path: Path) -> None:
    index = index_of(RuVectorStore(), minilm)
    index.storage_context.persist(tmp_path)
    store = RuVectorStore.from_persist_dir(str(tmp_path))
    context = StorageContext.from_defaults(vector_store=store, persist_dir=str(tmp_path))
    loaded: Any = load_index_from_storage(context, embed_model=minilm)
    for query in ("young cats", "judges"):
        before, after = (one.as_retriever().retrieve(query) for one in (index, loaded))
        assert len(after) == 2
        assert [(one.node_id, one.text, one.score) for one in before] == [
            (one.node_id, one.text, one.score) for one in after
        ]


def test_files_of_others_are_neither_read_nor_replaced(
    store: RuVectorStore, tmp_path: Path
) -> None:
    path = str(tmp_path / "default__vector_store.json")
    SimpleVectorStore().persist(path)
    before = Path(path).read_bytes()
    with pytest.raises(ruvector.PersistError, match="cannot write"):
        store.persist(path)
    with pytest.raises(ruvector.PersistError, match="cannot read"):
        RuVectorStore.from_persist_dir(str(tmp_path))
    assert Path(path).read_bytes() == before
    with pytest.raises(ValueError, match="mapped from a local file"):
        store.persist(path, fs=fsspec.filesystem("memory"))
    store.persist(str(tmp_path / "new"), fs=fsspec.filesystem("file"))
    assert len(RuVectorStore.from_persist_path(str(tmp_path / "new")).client) == 5


@pytest.mark.parametrize("metric", ["l2", "ip"])
def test_other_metrics_order_texts_of_length_1_alike(
    minilm: RuVectorEmbedding, metric: Any, store: RuVectorStore
) -> None:
    other = RuVectorStore(metric=metric)
    other.add(made_nodes(minilm))
    query = asked(minilm, "young cats", 5)
    assert other.query(query).ids == store.query(query).ids
    similarities = other.query(query).similarities or []
    assert similarities == sorted(similarities, reverse=True)


def test_wrong_input_is_refused(store: RuVectorStore, minilm: RuVectorEmbedding) -> None:
    with pytest.raises(ValueError, match="query mode 'hybrid': expected 'default' or 'mmr'"):
        store.query(asked(minilm, "x", 1, mode=VectorStoreQueryMode.HYBRID))
    with pytest.raises(ValueError, match="query_embedding is None"):
        store.query(VectorStoreQuery(query_str="x"))
    with pytest.raises(ValueError, match="k is 0"):
        store.query(asked(minilm, "x", 0))
    with pytest.raises(ValueError, match="'any' of 'tags' takes a list, got 'pet'"):
        store.query(asked(minilm, "x", 1, filters=all_of(where("tags", "any", "pet"))))
    with pytest.raises(ValueError, match="mmr_prefetch_factor is 0"):
        store.query(asked(minilm, "x", 1, mode=VectorStoreQueryMode.MMR), mmr_prefetch_factor=0)
    with pytest.raises(ValueError, match="embedding not set"):
        store.add([TextNode(text="x")])
    with pytest.raises(ruvector.DimensionMismatch):
        store.add([TextNode(text="x", embedding=[1.0, 2.0])])
    assert len(store.client) == 5
    assert store.add([]) == []


def test_an_empty_store_finds_nothing(minilm: RuVectorEmbedding) -> None:
    for mode in (VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.MMR):
        assert RuVectorStore().query(asked(minilm, "x", 3, mode=mode)).ids == []


def test_without_llama_index_the_extra_is_named(run_script: Any) -> None:
    printed = run_script(
        "import sys; sys.modules['llama_index'] = None\n"
        "import ruvector\n"
        "try:\n    import ruvector.llama_index\n"
        "except ruvector.MissingExtra as error:\n    print(error)"
    )
    assert printed.strip() == (
        "ruvector.llama_index needs the package llama-index-core: pip install ruvector[llama-index]"
    )

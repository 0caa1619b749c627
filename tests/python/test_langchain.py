"""The vector store for LangChain: LangChain's own tests of one, and ours."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore
from langchain_tests.integration_tests.vectorstores import VectorStoreIntegrationTests

import ruvector
from ruvector.langchain import RuVectorEmbeddings, RuVectorStore

TEXTS = {
    "cat": "a cat sleeps on a mat",
    "kitten": "kittens play in the garden",
    "dog": "a dog runs after a ball",
    "tax": "the tax law of Peru",
    "court": "the court found him guilty",
}
METADATAS = [
    {"kind": "animal", "year": 2019},
    {"kind": "animal", "year": 2021},
    {"kind": "animal", "year": 2024},
    {"kind": "law", "year": 2020},
    {"kind": "law", "year": 2023},
]


class TestStandard(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self) -> VectorStore:
        return RuVectorStore(self.get_embeddings())


@pytest.fixture(scope="module")
def minilm() -> RuVectorEmbeddings:
    return RuVectorEmbeddings()


@pytest.fixture
def store(minilm: RuVectorEmbeddings) -> RuVectorStore:
    return RuVectorStore.from_texts(list(TEXTS.values()), minilm, METADATAS, ids=list(TEXTS))


def ids(found: list[Document]) -> list[str | None]:
    return [one.id for one in found]


def test_the_embeddings_are_those_of_the_embedder(minilm: RuVectorEmbeddings) -> None:
    texts, embedder = list(TEXTS.values()), minilm.embedder
    expected = [embedder.embed(text).tolist() for text in texts]
    assert minilm.embed_documents(texts) == expected
    assert minilm.embed_query(texts[0]) == embedder.embed(texts[0], prompt="query").tolist()
    assert asyncio.run(minilm.aembed_documents(texts)) == expected
    assert asyncio.run(minilm.aembed_query(texts[0])) == minilm.embed_query(texts[0])
    assert minilm.embed_documents([]) == []


def test_it_finds_what_the_store_of_langchain_finds(
    store: RuVectorStore, minilm: RuVectorEmbeddings
) -> None:
    peer = InMemoryVectorStore.from_texts(list(TEXTS.values()), minilm, METADATAS, ids=list(TEXTS))
    for query in ("young cats", "judges", "sport"):
        ours = store.similarity_search_with_score(query, k=5)
        theirs = peer.similarity_search_with_score(query, k=5)
        assert ids([one for one, _ in ours]) == ids([one for one, _ in theirs])
        assert [one.metadata for one, _ in ours] == [one.metadata for one, _ in theirs]
        cosines = [1 - distance for _, distance in ours]
        assert cosines == pytest.approx([cosine for _, cosine in theirs], abs=1e-5)


def test_filters_return_as_many_as_there_are(store: RuVectorStore) -> None:
    found = store.similarity_search("young cats", k=2, filter={"kind": "law"})
    assert {one.metadata["kind"] for one in found} == {"law"}
    assert len(found) == 2
    tree = {"$or": [{"year": {"$lt": 2020}}, {"year": {"$gte": 2024}}]}
    assert sorted(map(str, ids(store.similarity_search("x", k=9, filter=tree)))) == ["cat", "dog"]
    by_function = store.similarity_search("x", k=9, filter=lambda one: "law" in one.page_content)
    assert ids(by_function) == ["tax"]
    assert store.similarity_search("x", k=9, filter={"kind": "x"}) == []
    with pytest.raises(ValueError, match=r"unknown operator '\$like'"):
        store.similarity_search("x", filter={"kind": {"$like": "x"}})


async def test_the_asynchronous_searches_find_the_same(store: RuVectorStore) -> None:
    tree, query = {"kind": "animal"}, "the law of cats"
    vector = store.embeddings.embed_query(query)
    assert await store.asimilarity_search(query, 2, filter=tree) == store.similarity_search(
        query, 2, filter=tree
    )
    assert await store.asimilarity_search_with_score(
        query, 2, filter=tree
    ) == store.similarity_search_with_score(query, 2, filter=tree)
    assert await store.asimilarity_search_by_vector(
        vector, 2, filter=tree
    ) == store.similarity_search_by_vector(vector, 2, filter=tree)
    assert await store.amax_marginal_relevance_search(
        query, 2, filter=tree
    ) == store.max_marginal_relevance_search(query, 2, filter=tree)


async def test_stores_are_made_by_coroutines(minilm: RuVectorEmbeddings) -> None:
    store = await RuVectorStore.afrom_texts(["a", "b"], minilm, ids=["1", "2"], metric="l2")
    assert ids(await store.asimilarity_search("a", k=1)) == ["1"]
    assert await store.aadd_documents([Document("c", id="3"), Document("d")]) != ["3", None]
    assert await store.adelete(["1", "3"])
    assert len(store.documents) == 2


def test_diverse_results_do_not_repeat_themselves(minilm: RuVectorEmbeddings) -> None:
    twins = ["a cat sleeps on a mat", "a cat sleeps on a mat.", "a cat hunts a mouse"]
    store = RuVectorStore.from_texts(twins, minilm, ids=["0", "1", "2"])
    assert ids(store.similarity_search("a cat on a mat", k=2)) in (["0", "1"], ["1", "0"])
    diverse = ids(store.max_marginal_relevance_search("a cat on a mat", k=2, lambda_mult=0.3))
    assert diverse[1] == "2"
    nearest = store.max_marginal_relevance_search("a cat on a mat", k=3, lambda_mult=1.0)
    assert ids(nearest) == ids(store.similarity_search("a cat on a mat", k=3))
    assert RuVectorStore(minilm).max_marginal_relevance_search("x") == []


@pytest.mark.parametrize("metric", ["cosine", "l2"])
def test_relevance_is_between_0_and_1(minilm: RuVectorEmbeddings, metric: Any) -> None:
    store = RuVectorStore.from_texts(list(TEXTS.values()), minilm, metric=metric)
    found = store.similarity_search_with_relevance_scores(TEXTS["cat"], k=5)
    scores = [score for _, score in found]
    assert scores[0] == pytest.approx(1, abs=1e-5)
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] < 0.5
    few = store.similarity_search_with_relevance_scores(TEXTS["cat"], k=5, score_threshold=0.9)
    assert [one.page_content for one, _ in few] == [TEXTS["cat"]]


def test_inner_products_need_a_function_of_relevance(minilm: RuVectorEmbeddings) -> None:
    store = RuVectorStore.from_texts(["a"], minilm, metric="ip")
    with pytest.raises(ValueError, match="'ip' has no bounds: give relevance_score_fn"):
        store.similarity_search_with_relevance_scores("a")
    store = RuVectorStore.from_texts(
        ["a"], minilm, metric="ip", relevance_score_fn=lambda distance: -distance / 2
    )
    ((_, score),) = store.similarity_search_with_relevance_scores("a")
    assert score == pytest.approx(0.5, abs=1e-5)


async def test_a_retriever_finds_documents(store: RuVectorStore) -> None:
    retriever = store.as_retriever(search_kwargs={"k": 1, "filter": {"kind": "law"}})
    assert ids(retriever.invoke("young cats")) == ids(await retriever.ainvoke("young cats"))
    diverse = store.as_retriever(search_type="mmr", search_kwargs={"k": 2})
    assert len(diverse.invoke("young cats")) == 2
    near = store.as_retriever(
        search_type="similarity_score_threshold", search_kwargs={"score_threshold": 0.99}
    )
    assert ids(near.invoke(TEXTS["tax"])) == ["tax"]


def test_the_indexing_of_langchain_keeps_it_in_step(minilm: RuVectorEmbeddings) -> None:
    store, records = RuVectorStore(minilm), InMemoryRecordManager("test")
    records.create_schema()

    def synchronised(texts: list[str]) -> dict[str, int]:
        documents = [Document(text, metadata={"source": text}) for text in texts]
        outcome = index(
            documents, records, store, cleanup="full", source_id_key="source",
            key_encoder="sha256",
        )  # fmt: skip
        return {name: count for name, count in dict(outcome).items() if isinstance(count, int)}

    assert synchronised(["a", "b"])["num_added"] == 2
    outcome = synchronised(["b", "c"])
    assert (outcome["num_added"], outcome["num_skipped"], outcome["num_deleted"]) == (1, 1, 1)
    assert sorted(one.text for one in store.documents.find()) == ["b", "c"]


def test_a_saved_store_comes_back(
    store: RuVectorStore, minilm: RuVectorEmbeddings, tmp_path: Path
) -> None:
    store.save_local(tmp_path)
    loaded = RuVectorStore.load_local(tmp_path, minilm)
    for query in TEXTS.values():
        assert loaded.similarity_search_with_score(query) == store.similarity_search_with_score(
            query
        )
    assert ids(loaded.get_by_ids(["tax", "cat"])) == ["tax", "cat"]


def test_a_store_of_another_encoder_is_refused(
    store: RuVectorStore, tmp_path: Path, minilm: RuVectorEmbeddings
) -> None:
    store.save_local(tmp_path)
    text = (tmp_path / "documents.jsonl").read_text()
    assert minilm.embedder.recipe_digest in text
    documents = ruvector.documents.DocumentStore(encoder="f" * 64)
    with pytest.raises(ruvector.EncoderMismatch, match="f" * 64):
        RuVectorStore(minilm, documents=documents)
    fake = DeterministicFakeEmbedding(size=384)
    assert len(RuVectorStore.load_local(tmp_path, fake).documents) == 5  # whose it is is not known


def test_a_missing_or_damaged_store_is_an_error(
    store: RuVectorStore, minilm: RuVectorEmbeddings, tmp_path: Path
) -> None:
    with pytest.raises(ruvector.PersistError, match="cannot read"):
        RuVectorStore.load_local(tmp_path / "missing", minilm)
    store.save_local(tmp_path)
    (path,) = tmp_path.glob("*.rbpx")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ruvector.PersistError, match="not the index that was saved"):
        RuVectorStore.load_local(tmp_path, minilm)


def test_wrong_input_is_refused_and_changes_nothing(store: RuVectorStore) -> None:
    with pytest.raises(ValueError, match="2 ids, but 1 metadatas"):
        store.add_texts(["x", "y"], [{}])
    with pytest.raises(ValueError, match="1 ids, but 2 texts"):
        store.add_texts(["x", "y"], ids=["1"])
    with pytest.raises(TypeError, match=r"metadata of .*\['when'\]: object"):
        store.add_documents([Document("x", metadata={"when": object()})])
    with pytest.raises(ValueError, match="k is 0"):
        store.similarity_search("x", k=0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'where'"):
        store.similarity_search("x", where={"kind": "law"})
    with pytest.raises(TypeError, match="unexpected keyword argument 'namespace'"):
        store.add_texts(["x"], namespace="y")
    with pytest.raises(ruvector.DimensionMismatch):
        store.similarity_search_by_vector([1.0, 2.0])
    assert len(store.documents) == 5


def test_texts_may_come_from_a_generator_or_not_at_all(store: RuVectorStore) -> None:
    assert len(store.add_texts(str(i) for i in range(3))) == 3
    assert store.add_texts([]) == []
    assert store.delete()
    assert store.similarity_search("x") == []


def test_vectors_of_any_length_are_compared_by_their_angle() -> None:
    class Lengths(Embeddings):
        """The text "3" is a vector of length 3 along the second axis."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [self.embed_query(text) for text in texts]

        def embed_query(self, text: str) -> list[float]:
            return [0.1, float(text)]

    store = RuVectorStore.from_texts(["1", "3", "100"], Lengths(), ids=["a", "b", "c"])
    expected = [0.1 * 0.1 + 3 * n for n in (3, 100, 1)] / np.array(
        [np.hypot(0.1, n) * np.hypot(0.1, 3) for n in (3, 100, 1)]
    )
    found = store.similarity_search_with_score("3", k=3)
    assert ids([one for one, _ in found]) == ["b", "c", "a"]
    assert [1 - score for _, score in found] == pytest.approx(expected, abs=1e-6)


def test_without_langchain_the_extra_is_named(run_script: Any) -> None:
    printed = run_script(
        "import sys; sys.modules['langchain_core'] = None\n"
        "import ruvector\n"
        "try:\n    import ruvector.langchain\n"
        "except ruvector.MissingExtra as error:\n    print(error)"
    )
    assert printed.strip() == (
        "ruvector.langchain needs the package langchain-core: pip install ruvector[langchain]"
    )


def test_ruvector_imports_no_framework(run_script: Any) -> None:
    printed = run_script(
        "import ruvector, sys\n"
        "frameworks = ('langchain', 'llama', 'pydantic')\n"
        "print([name for name in sys.modules if name.startswith(frameworks)])"
    )
    assert printed.strip() == "[]"

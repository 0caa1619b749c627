"""Embedder on texts: the model's vectors, against NumPy and sentence-transformers."""

from __future__ import annotations

import json
import pickle
import re
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import ruvector
from ruvector import models
from tests.python import odd_texts
from tests.python.reference_encoder import ReferenceEncoder
from tests.python.seeded_models import make_bert

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "minilm"
MINILM = "all-MiniLM-L6-v2"
Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def minilm() -> ruvector.Embedder:
    """`make models` puts its files into the cache; elsewhere they are downloaded."""
    return ruvector.Embedder.from_pretrained(MINILM)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> ruvector.Embedder:
    """Two layers of seeded weights: for what has nothing to do with language."""
    return ruvector.Embedder.from_pretrained(make_bert(tmp_path_factory.mktemp("small")))


def cosines(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    products: NDArray[Any] = np.einsum("ij,ij->i", a.astype(np.float64), b.astype(np.float64))
    products /= np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return products


# --- the acceptance tests of the design


def test_minilm_dim(minilm: ruvector.Embedder) -> None:
    vector = minilm.embed("hello world")
    assert vector.shape == (384,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    assert minilm.dim == 384


def readme_lines() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"```python\n(.*?)```", text, re.S)
    return next(code for code in blocks if "Embedder" in code)


def test_e2e_rag_under_5_lines(
    minilm: ruvector.Embedder, capsys: pytest.CaptureFixture[str]
) -> None:
    code = readme_lines()
    body = [line for line in code.splitlines() if line and "import " not in line]
    assert len([line for line in body if not line.startswith(" ")]) <= 5
    started = time.perf_counter()
    exec(compile(code, "README.md", "exec"), {})
    assert time.perf_counter() - started < 30
    first, *_ = capsys.readouterr().out.splitlines()
    assert "Recursively delete a directory tree" in first


# --- parity


def test_tokens_and_vectors_are_those_of_sentence_transformers(minilm: ruvector.Embedder) -> None:
    texts: list[str] = json.loads((GOLDEN / "texts.json").read_text(encoding="utf-8"))
    with np.load(GOLDEN / "vectors.npz", allow_pickle=False) as golden:
        vectors, ids, counts = golden["vectors"], golden["token_ids"], golden["token_counts"]
    for text, expected in zip(texts, np.split(ids, np.cumsum(counts)[:-1]), strict=True):
        assert minilm.tokenize(text) == expected.tolist(), text
    embedded = minilm.embed_batch(texts)
    assert cosines(embedded, vectors).min() >= 0.99999
    np.testing.assert_allclose(embedded, vectors, rtol=0, atol=2e-6)


@pytest.fixture(scope="module")
def reference() -> Floats:
    """What NumPy makes of the odd texts in double precision."""
    files = models.find_model_files(models.known(MINILM))
    encoder = ReferenceEncoder(files[0].parent)
    return np.stack([encoder.embed(text) for text in odd_texts.ALL]).astype(np.float32)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("precision", "least"), [("float32", 0.99999), ("int16", 0.9999), ("int8", 0.98)]
)
def test_odd_texts_in_twenty_scripts_are_near_those_of_the_reference(
    reference: Floats, precision: Any, least: float
) -> None:
    embedder = ruvector.Embedder.from_pretrained(MINILM, precision=precision)
    assert embedder.precision == precision
    likeness = cosines(embedder.embed_batch(odd_texts.ALL), reference)
    assert likeness.min() >= least, odd_texts.ALL[int(likeness.argmin())]


@pytest.mark.timeout(300)
def test_a_directory_of_the_shape_of_bge_pools_cls_and_takes_512_tokens(tmp_path: Path) -> None:
    prefix = "Represent this sentence for searching: "
    directory = make_bert(
        tmp_path, layers=12, pooling="cls", max_tokens=512, query_prefix=prefix, seed=12
    )
    embedder = ruvector.Embedder.from_pretrained(directory)
    reference = ReferenceEncoder(directory, pooling="cls", max_tokens=512)
    assert (embedder.dim, embedder.max_tokens) == (384, 512)
    texts = ["the cat sat on the mat", "Привет, мир", "", "vector search " * 20, "a b c " * 300]
    expected = np.stack([reference.embed(text) for text in texts])
    for text in texts:
        assert embedder.tokenize(text) == reference.tokens(text)
    assert cosines(embedder.embed_batch(texts), expected).min() >= 0.99999
    query = embedder.embed("tax law", prompt="query")
    np.testing.assert_array_equal(query, embedder.embed(prefix + "tax law"))
    assert not np.array_equal(query, embedder.embed("tax law"))


def test_of_a_long_text_the_beginning_counts_and_sep_stays(minilm: ruvector.Embedder) -> None:
    assert minilm.max_tokens == 256
    ids = minilm.tokenize("word " * 1000)
    assert len(ids) == 256
    assert (ids[0], ids[-1]) == (101, 102)
    longer = "word " * 254 + "something else entirely " * 100
    np.testing.assert_array_equal(minilm.embed(longer), minilm.embed("word " * 254))


# --- a vector depends on its text alone


@settings(max_examples=25)
@given(data=st.data())
def test_a_vector_is_the_same_whatever_its_batch_order_and_threads(
    small: ruvector.Embedder, data: st.DataObject
) -> None:
    character = st.characters(codec="utf-8")
    texts = data.draw(st.lists(st.text(character, max_size=60), min_size=1, max_size=12))
    alone = np.stack([small.embed(text, threads=1) for text in texts])
    order = data.draw(st.permutations(range(len(texts))))
    threads = data.draw(st.integers(1, 4))
    size = data.draw(st.integers(1, 13))
    together = small.embed_batch([texts[i] for i in order], threads=threads, batch_size=size)
    np.testing.assert_array_equal(together, alone[order])


@pytest.mark.parametrize("precision", ["float32", "int16", "int8"])
def test_the_model_itself_gives_the_same_bits_in_any_batch(precision: Any) -> None:
    embedder = ruvector.Embedder.from_pretrained(MINILM, precision=precision)
    texts = [*odd_texts.SCRIPTS.values(), "short", "a longer one " * 40] * 2
    together = embedder.embed_batch(texts, threads=2)
    for row, text in zip(together, texts, strict=True):
        np.testing.assert_array_equal(row, embedder.embed(text, threads=1))


def test_texts_come_from_any_iterable(small: ruvector.Embedder) -> None:
    pa = pytest.importorskip("pyarrow")
    expected = small.embed_batch(["one", "two"])
    for texts in (
        ("one", "two"),
        iter(["one", "two"]),
        np.array(["one", "two"]),
        np.array(["one", "two"], dtype=object),
        pa.array(["one", "two"]),
        pa.chunked_array([["one"], ["two"]]),
    ):
        np.testing.assert_array_equal(small.embed_batch(texts), expected)


def test_no_texts_give_no_rows(small: ruvector.Embedder) -> None:
    assert small.embed_batch([]).shape == (0, 384)
    assert small.embed_batch([]).dtype == np.float32


# --- errors


def test_wrong_texts_are_refused_by_their_position(small: ruvector.Embedder) -> None:
    anything: Any = small
    with pytest.raises(TypeError, match="for one call embed"):
        small.embed_batch("one text")
    with pytest.raises(TypeError, match="for many call embed_batch"):
        anything.embed(["a"])
    with pytest.raises(TypeError, match="text is bytes, not str"):
        anything.embed(b"a")
    with pytest.raises(TypeError, match="item 1 is int, not str"):
        anything.embed_batch(["a", 3])
    with pytest.raises(ValueError, match="item 2 has a lone surrogate at character 1"):
        small.embed_batch(["a", "b", "c\ud800"])
    with pytest.raises(ValueError, match="text has a lone surrogate"):
        small.embed("\udc80")


def test_wrong_arguments_are_refused_by_name(small: ruvector.Embedder, tmp_path: Path) -> None:
    anything: Any = small
    from_pretrained: Any = ruvector.Embedder.from_pretrained
    with pytest.raises(ValueError, match="batch_size: 0 is below 1"):
        small.embed_batch(["a"], batch_size=0)
    with pytest.raises(ValueError, match="prompt: 'passage' is neither None nor 'query'"):
        anything.embed("a", prompt="passage")
    with pytest.raises(ValueError, match="0 threads are not within 1"):
        small.embed("a", threads=0)
    with pytest.raises(ValueError, match="'int4' is none of 'float32', 'int16', 'int8'"):
        from_pretrained(MINILM, precision="int4")
    with pytest.raises(ValueError, match="backend: 'torch' is neither None nor 'onnx'"):
        from_pretrained(MINILM, backend="torch")
    with pytest.raises(TypeError, match="from_pretrained"):
        ruvector.Embedder()
    with pytest.raises(ruvector.EmbedError, match="takes texts, not images"):
        small.embed_image(np.zeros((8, 8, 3), np.uint8))


def test_a_model_that_is_none_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(ruvector.ModelNotFound, match="all-maxilm"):
        ruvector.Embedder.from_pretrained("all-maxilm")
    with pytest.raises(ruvector.ModelNotFound, match=r"tokenizer\.json"):
        ruvector.Embedder.from_pretrained(tmp_path)


# --- progress, threads, processes


def test_progress_tells_all_texts_and_may_cancel(small: ruvector.Embedder) -> None:
    told: list[tuple[int, int]] = []
    small.embed_batch(["text"] * 300, batch_size=50, progress=lambda *n: told.append(n))
    assert told[-1] == (300, 300)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    with pytest.raises(ruvector.RuVectorError, match="embed_batch cancelled at"):
        small.embed_batch(["text"] * 300, progress=lambda *_: False)


def test_ctrl_c_ends_a_long_batch(tmp_path: Path, run_script: Any) -> None:
    code = """
import os, signal, sys, threading, time, ruvector
emb = ruvector.Embedder.from_pretrained(sys.argv[1])
texts = [f"text {i} " * 100 for i in range(20_000)]
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
started = time.perf_counter()
try:
    emb.embed_batch(texts, threads=1)
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - started < 10)
"""
    assert run_script(code, str(make_bert(tmp_path, layers=6))).strip() == "interrupted True"


def test_many_threads_may_embed_at_once(small: ruvector.Embedder) -> None:
    texts = [f"text {i}" for i in range(20)]
    expected = small.embed_batch(texts)
    found: list[Floats] = []
    threads = [
        threading.Thread(target=lambda: found.append(small.embed_batch(texts, threads=2)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    for vectors in found:
        np.testing.assert_array_equal(vectors, expected)


def test_a_forked_child_embeds_too(small: ruvector.Embedder, tmp_path: Path) -> None:
    import os

    texts = [f"text {i}" for i in range(50)]
    expected = small.embed_batch(texts)
    child = os.fork()
    if child == 0:
        same = np.array_equal(small.embed_batch(texts, threads=2), expected)
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_it_pickles_by_its_name(small: ruvector.Embedder) -> None:
    data = pickle.dumps(small)
    assert len(data) < 1000
    copy = pickle.loads(data)
    assert copy.name == small.name
    assert copy.recipe_digest == small.recipe_digest
    np.testing.assert_array_equal(copy.embed("text"), small.embed("text"))


def test_it_says_what_it_is(minilm: ruvector.Embedder) -> None:
    assert repr(minilm) == "Embedder('all-MiniLM-L6-v2', dim=384, precision='float32')"
    assert re.fullmatch("[0-9a-f]{64}", minilm.recipe_digest)
    other = ruvector.Embedder.from_pretrained(MINILM, precision="int8")
    assert other.recipe_digest == minilm.recipe_digest
    assert minilm.memory_bytes >= 0


# --- with the index: gate G1


def test_a_real_corpus_is_embedded_indexed_and_queried(minilm: ruvector.Embedder) -> None:
    from rag_demo import standard_library

    passages = standard_library("shutil", "statistics", "random")
    index = ruvector.RabitqPlusIndex.build(minilm.embed_batch([p.text for p in passages]))
    for question, name in (
        ("delete a whole directory tree", "shutil.rmtree"),
        ("shuffle a list in place", "random.Random.shuffle"),
        ("middle value of sorted data", "statistics.median"),
    ):
        hits = index.search(minilm.embed(question, prompt="query"), k=3)
        assert name in [passages[hit.id].name for hit in hits]


def test_a_lake_refuses_another_encoder(
    minilm: ruvector.Embedder, small: ruvector.Embedder, tmp_path: Path
) -> None:
    store = ruvector.LocalBackend("hot")
    store.upsert("docs", ids=[1, 2], vectors=minilm.embed_batch(["a cat", "a tax law"]))

    def lake_of(encoder: Any) -> ruvector.RuLake:
        lake = ruvector.RuLake.builder().encoder(encoder).build()
        lake.register_backend(store)
        return lake

    lake = lake_of(minilm)
    query = minilm.embed("kitten", prompt="query")
    assert lake.search_one("docs", query, k=1, encoder=minilm)[0].id == 1
    with pytest.raises(ruvector.EncoderMismatch) as caught:
        lake.search_one("docs", small.embed("kitten"), k=1, encoder=small)
    assert caught.value.expected == minilm.recipe_digest
    assert caught.value.actual == small.recipe_digest
    lake.save_cache_to_dir(("hot", "docs"), tmp_path)
    assert ruvector.RuLakeBundle.read_from_dir(tmp_path).encoder == minilm.recipe_digest
    with pytest.raises(ruvector.EncoderMismatch):
        lake_of(small).warm_from_dir(("hot", "docs"), tmp_path)
    with pytest.raises(ruvector.EncoderMismatch):
        lake_of("another").refresh_from_bundle_dir(("hot", "docs"), tmp_path)
    assert lake_of(minilm.recipe_digest).warm_from_dir(("hot", "docs"), tmp_path) == 2

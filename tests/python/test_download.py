"""Downloads of models from servers that drop, stall, lie, redirect and fail."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import ruvector
from ruvector import models
from ruvector.models import Model, ModelFile, _download
from tests.python.model_server import PIECE, REVISION, ModelServer, Reply, model_of

WEIGHTS = random.Random(1).randbytes(20 * PIECE + 4321)
CONTENT = {"model.safetensors": WEIGHTS, "tokenizer.json": b'{"version": "1.0"}'}
SIZE = len(WEIGHTS)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, an environment that says nothing, and no long pauses."""
    for name in os.environ:
        if name.startswith(("HF_", "RUVECTOR_", "TRANSFORMERS_")) or name.upper().endswith(
            "_PROXY"
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setenv("RUVECTOR_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(_download, "_FIRST_PAUSE_SECONDS", 0.001)
    return tmp_path / "own"


@pytest.fixture
def servers() -> Iterator[Any]:
    """Makes servers, which run until the test ends."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(ModelServer().running())


@pytest.fixture
def server(servers: Any, monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    """The hub, as far as the library knows; it has the tiny model."""
    hub: ModelServer = servers()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    hub.add(tiny(), CONTENT)
    return hub


def tiny() -> Model:
    return model_of(CONTENT)


def weights_only() -> Model:
    return model_of({"model.safetensors": WEIGHTS})


def held(directory: Path) -> dict[str, bytes]:
    """What lies in the directory, without the lock."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def part_of(model: Model) -> Path:
    return model.directory / f".model.safetensors.{model.files[0].sha256[:16]}.part"


# --- what goes well


def test_the_files_come_once_and_then_no_server_is_asked(server: ModelServer) -> None:
    directory = models.pull(tiny())
    assert directory == tiny().directory
    assert held(directory) == CONTENT
    asked = len(server.requests)
    assert asked == 2
    assert models.pull(tiny()) == directory
    assert len(server.requests) == asked


def test_only_the_missing_file_is_downloaded(server: ModelServer) -> None:
    directory = models.pull(tiny())
    (directory / "tokenizer.json").unlink()
    models.pull(tiny())
    assert [request.path.rsplit("/", 1)[1] for request in server.requests] == [
        "model.safetensors",
        "tokenizer.json",
        "tokenizer.json",
    ]
    assert held(directory) == CONTENT


def test_an_empty_file_is_downloaded_too(server: ModelServer) -> None:
    model = model_of({"words": b""}, name="empty")
    server.add(model, {"words": b""})
    assert held(models.pull(model)) == {"words": b""}


def test_a_file_in_a_folder_of_the_repository_keeps_its_folder(server: ModelServer) -> None:
    model = model_of({"onnx/model.onnx": WEIGHTS}, name="nested")
    server.add(model, {"onnx/model.onnx": WEIGHTS})
    assert held(models.pull(model)) == {"onnx/model.onnx": WEIGHTS}


def test_what_the_hubs_cache_holds_is_not_downloaded(server: ModelServer, tmp_path: Path) -> None:
    hub = tmp_path / "caches/huggingface/hub/models--someone--tiny"
    blob = hub / "blobs" / hashlib.sha256(WEIGHTS).hexdigest()
    blob.parent.mkdir(parents=True)
    blob.write_bytes(WEIGHTS)
    directory = models.pull(tiny())
    assert [request.path.rsplit("/", 1)[1] for request in server.requests] == ["tokenizer.json"]
    assert held(directory) == CONTENT
    assert (directory / "model.safetensors").resolve() == blob
    assert models.find_model_files(tiny())[0] == directory / "model.safetensors"


def test_a_whole_snapshot_of_the_hub_is_used_where_it_is(
    server: ModelServer, tmp_path: Path
) -> None:
    snapshot = tmp_path / f"caches/huggingface/hub/models--someone--tiny/snapshots/{REVISION}"
    snapshot.mkdir(parents=True)
    for name, data in CONTENT.items():
        (snapshot / name).write_bytes(data)
    assert models.pull(tiny()) == snapshot
    assert server.requests == []


# --- interruptions


def test_a_dropped_connection_is_resumed_where_it_broke(server: ModelServer) -> None:
    server.replies = [Reply(drop_after=3 * PIECE), Reply(drop_after=5 * PIECE)]
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    first, second, third = server.ranges()
    assert (first, second) == (None, f"bytes={3 * PIECE}-")
    assert third == f"bytes={8 * PIECE}-"
    assert "if-range" in server.requests[1].headers


def test_a_server_that_drops_every_connection_is_asked_as_long_as_bytes_come(
    server: ModelServer,
) -> None:
    server.always = Reply(drop_after=2 * PIECE)
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    assert len(server.requests) == 11


def test_a_server_that_ignores_ranges_is_read_from_the_beginning(server: ModelServer) -> None:
    server.replies = [Reply(drop_after=3 * PIECE), Reply(ignore_range=True)]
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}


def test_a_server_that_ignores_ranges_and_drops_everything_is_given_up(
    server: ModelServer,
) -> None:
    server.always = Reply(drop_after=3 * PIECE, ignore_range=True)
    with pytest.raises(ruvector.ModelNotFound, match="gave up after 5 attempts without progress"):
        models.pull(weights_only())
    assert len(server.requests) == 5


def test_a_stalled_body_is_given_up_and_resumed(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "0.3")
    server.replies = [Reply(stall_after=4 * PIECE)]
    start = time.monotonic()
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    assert 0.3 <= time.monotonic() - start < 20
    assert server.ranges() == [None, f"bytes={4 * PIECE}-"]


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "0.2")
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "0.2")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ruvector.ModelNotFound, match=r"imed out.*gave up after 5"):
            models.pull(weights_only())


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_with_passing_trouble_is_asked_again(server: ModelServer, status: int) -> None:
    server.replies = [Reply(status=status), Reply(status=status)]
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    assert len(server.requests) == 3


def test_a_server_says_how_long_to_wait(server: ModelServer) -> None:
    server.replies = [Reply(status=429, headers={"Retry-After": "1"})]
    start = time.monotonic()
    models.pull(weights_only())
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final_and_says_what_is_missing(server: ModelServer, status: int) -> None:
    server.always = Reply(status=status)
    with pytest.raises(ruvector.ModelNotFound) as caught:
        models.pull(weights_only())
    assert len(server.requests) == 1
    message = str(caught.value)
    assert f"status {status}" in message
    assert server.url in message
    assert hashlib.sha256(WEIGHTS).hexdigest() in message
    assert str(weights_only().directory) in message


def test_a_range_that_the_server_refuses_starts_from_the_beginning(server: ModelServer) -> None:
    server.replies = [Reply(drop_after=3 * PIECE), Reply(status=416)]
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    assert server.ranges() == [None, f"bytes={3 * PIECE}-", None]


@pytest.mark.parametrize(
    "content_range",
    [
        f"bytes 0-{SIZE - 1}/{SIZE}",
        f"bytes {3 * PIECE}-{SIZE}/{SIZE + 1}",
        "bytes ?",
        "items 1-2/3",
    ],
)
def test_an_answer_to_another_range_starts_from_the_beginning(
    server: ModelServer, content_range: str
) -> None:
    server.replies = [Reply(drop_after=3 * PIECE), Reply(content_range=content_range)]
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    assert server.ranges() == [None, f"bytes={3 * PIECE}-", None]


def test_ctrl_c_leaves_a_part_that_the_next_call_goes_on_with(server: ModelServer) -> None:
    def interrupt(done: int, total: int) -> None:
        if done > 6 * PIECE:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.pull(weights_only(), progress=interrupt)
    model = weights_only()
    assert not (model.directory / "model.safetensors").exists()
    there = part_of(model).stat().st_size
    assert there == 7 * PIECE
    assert held(models.pull(model)) == {"model.safetensors": WEIGHTS}
    assert server.ranges()[-1] == f"bytes={there}-"


def test_a_callback_that_returns_false_cancels(server: ModelServer) -> None:
    with pytest.raises(ruvector.RuVectorError, match=r"download of tiny cancelled at \d+ of \d+"):
        models.pull(tiny(), progress=lambda done, total: done < 3 * PIECE)


def test_progress_counts_all_files_and_what_was_there_before(server: ModelServer) -> None:
    server.replies = [Reply(drop_after=3 * PIECE), Reply(status=404)]
    with pytest.raises(ruvector.ModelNotFound):
        models.pull(tiny())
    seen: list[tuple[int, int]] = []
    models.pull(tiny(), progress=lambda done, total: seen.append((done, total)))
    total = sum(map(len, CONTENT.values()))
    assert {one[1] for one in seen} == {total}
    assert seen[0] == (3 * PIECE, total)
    assert seen[-1] == (total, total)
    assert [one[0] for one in seen] == sorted(one[0] for one in seen)


# --- wrong bytes


@pytest.mark.parametrize("damage", ["flipped", "short", "long"])
def test_other_bytes_than_pinned_never_get_the_name(server: ModelServer, damage: str) -> None:
    flipped = bytes([WEIGHTS[0] ^ 1]) + WEIGHTS[1:]
    bad = {"flipped": flipped, "short": WEIGHTS[:-1], "long": WEIGHTS + b"x"}[damage]
    server.always = Reply(body=bad)
    model = weights_only()
    expected = ruvector.ModelDigestMismatch if damage == "flipped" else ruvector.ModelNotFound
    with pytest.raises(expected) as caught:
        models.pull(model)
    if isinstance(caught.value, ruvector.ModelDigestMismatch):
        assert caught.value.expected == hashlib.sha256(WEIGHTS).hexdigest()
        assert caught.value.actual == hashlib.sha256(bad).hexdigest()
    assert all(
        data == b"" or name.endswith(".json") for name, data in held(model.directory).items()
    )
    assert len(server.requests) == 1


def test_a_body_longer_than_the_file_is_cut_off_without_a_length(server: ModelServer) -> None:
    server.always = Reply(body=WEIGHTS * 3, headers={"Content-Encoding": "identity"})
    with pytest.raises(ruvector.ModelNotFound, match=f"sent more than the {SIZE:,} bytes"):
        models.pull(weights_only())
    assert part_of(weights_only()).stat().st_size == 0


def test_a_length_that_is_too_large_is_not_believed(server: ModelServer) -> None:
    server.always = Reply(headers={"Content-Length": str(SIZE + 7)})
    with pytest.raises(ruvector.ModelNotFound, match=f"has {SIZE + 7:,} bytes"):
        models.pull(weights_only())


def test_a_length_that_is_too_small_is_not_believed(server: ModelServer) -> None:
    server.always = Reply(headers={"Content-Length": "7"})
    with pytest.raises(ruvector.ModelNotFound, match="has 7 bytes"):
        models.pull(weights_only())


def test_a_part_with_wrong_bytes_costs_one_restart(server: ModelServer) -> None:
    model = weights_only()
    model.directory.mkdir(parents=True)
    part_of(model).write_bytes(bytes(5 * PIECE))
    assert held(models.pull(model)) == {"model.safetensors": WEIGHTS}
    assert server.ranges() == [f"bytes={5 * PIECE}-", None]


@pytest.mark.parametrize("size", [SIZE, SIZE + 1])
def test_a_whole_part_with_wrong_bytes_is_downloaded_again(server: ModelServer, size: int) -> None:
    model = weights_only()
    model.directory.mkdir(parents=True)
    part_of(model).write_bytes(bytes(size))
    assert held(models.pull(model)) == {"model.safetensors": WEIGHTS}
    assert server.ranges() == [None]


def test_a_whole_part_with_the_right_bytes_needs_no_download(server: ModelServer) -> None:
    model = weights_only()
    model.directory.mkdir(parents=True)
    part_of(model).write_bytes(WEIGHTS)
    assert held(models.pull(model)) == {"model.safetensors": WEIGHTS}
    assert server.requests == []


@pytest.mark.parametrize("text", ["", "{", '["http://x"]', "[1, 2]", "null", '{"a": 1}'])
def test_a_damaged_journal_is_of_no_effect(server: ModelServer, text: str) -> None:
    model = weights_only()
    model.directory.mkdir(parents=True)
    part_of(model).write_bytes(WEIGHTS[: 5 * PIECE])
    part_of(model).with_suffix(".json").write_text(text)
    assert held(models.pull(model)) == {"model.safetensors": WEIGHTS}
    assert server.ranges() == [f"bytes={5 * PIECE}-"]
    assert "if-range" not in server.requests[0].headers


def test_a_part_of_a_file_that_changed_on_the_server_starts_again(server: ModelServer) -> None:
    server.replies = [Reply(body=bytes(SIZE), drop_after=3 * PIECE)]
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    # If-Range with the other file's ETag: the server sent the whole file.
    assert server.requests[1].headers["if-range"] != ""
    assert len(server.requests) == 2


# --- mirrors, redirects, tokens


def test_mirrors_are_asked_in_order(
    server: ModelServer, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    liar, honest = servers(), servers()
    server.always = Reply(status=404)
    liar.always = Reply(body=bytes(SIZE))
    honest.files[f"/by-digest/{hashlib.sha256(WEIGHTS).hexdigest()}"] = WEIGHTS
    monkeypatch.setenv("RUVECTOR_MIRRORS", f"{liar.url}/hub/, {honest.url}/by-digest/{{sha256}}")
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    assert liar.requests[0].path == f"/hub/someone/tiny/resolve/{REVISION}/model.safetensors"
    assert [len(one.requests) for one in (server, liar, honest)] == [1, 1, 1]


def test_a_part_is_gone_on_with_from_a_mirror(
    server: ModelServer, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = servers()
    mirror.files["/m/tiny/model.safetensors"] = WEIGHTS
    server.replies = [Reply(drop_after=3 * PIECE), Reply(status=403)]
    monkeypatch.setenv("RUVECTOR_MIRRORS", f"{mirror.url}/m/tiny/{{file}}")
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    assert mirror.ranges() == [f"bytes={3 * PIECE}-"]
    assert "if-range" not in mirror.requests[0].headers


def test_a_mirror_has_files_that_are_not_of_the_hub_by_their_path(
    servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, mirror = servers(), servers()
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    file = ModelFile("x.pth", size=SIZE, sha256=digest, url=f"{origin.url}/models/x.pth")
    model = Model("image", repository="", revision=digest, files=[file])
    mirror.files["/torch/models/x.pth"] = WEIGHTS
    monkeypatch.setenv("RUVECTOR_MIRRORS", f"{mirror.url}/{{repo}}/{{file}} {mirror.url}/torch")
    assert held(models.pull(model)) == {"x.pth": WEIGHTS}
    assert [request.path for request in mirror.requests] == ["/torch/models/x.pth"]


@pytest.mark.parametrize("mirror", ["ftp://x/{path}", "http://x/{name}", "http://x/{", "nonsense"])
def test_a_wrong_mirror_is_told_before_anything_is_downloaded(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    monkeypatch.setenv("RUVECTOR_MIRRORS", mirror)
    with pytest.raises(ruvector.EmbedError, match="RUVECTOR_MIRRORS"):
        models.pull(tiny())
    assert server.requests == []


@pytest.mark.parametrize("value", ["soon", "-1", "0", "inf"])
def test_a_wrong_timeout_is_named(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", value)
    with pytest.raises(ruvector.EmbedError, match="HF_HUB_DOWNLOAD_TIMEOUT"):
        models.pull(tiny())


def test_the_token_goes_to_the_hub_and_not_where_it_redirects_to(
    server: ModelServer, servers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    store = servers()
    store.files["/blob"] = WEIGHTS
    server.always = Reply(status=302, headers={"Location": f"{store.url}/blob"})
    store.replies = [Reply(drop_after=3 * PIECE)]
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    assert [one.headers.get("authorization") for one in server.requests] == ["Bearer hf_secret"] * 2
    assert [one.headers.get("authorization") for one in store.requests] == [None, None]
    assert store.ranges() == [None, f"bytes={3 * PIECE}-"]
    assert store.requests[1].headers["if-range"] != ""


def test_the_token_follows_a_redirect_on_the_same_host(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    server.files["/moved"] = WEIGHTS
    server.replies = [Reply(status=307, headers={"Location": "/moved"})]
    models.pull(weights_only())
    assert server.requests[1].headers["authorization"] == "Bearer hf_secret"


def test_mirrors_and_netrc_never_see_the_token(
    server: ModelServer, servers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    mirror = servers()
    mirror.add(weights_only(), {"model.safetensors": WEIGHTS})
    server.always = Reply(status=401)
    monkeypatch.setenv("RUVECTOR_MIRRORS", mirror.url)
    models.pull(weights_only())
    assert server.requests[0].headers["authorization"] == "Bearer hf_secret"
    assert "authorization" not in mirror.requests[0].headers


def test_redirects_without_end_are_given_up(server: ModelServer) -> None:
    server.always = Reply(status=302, headers={"Location": "/round"})
    with pytest.raises(ruvector.ModelNotFound, match="redirects"):
        models.pull(weights_only())


def test_a_redirect_to_a_file_is_refused(server: ModelServer) -> None:
    server.always = Reply(status=302, headers={"Location": "file:///etc/hostname"})
    with pytest.raises(ruvector.ModelNotFound, match="cannot be downloaded"):
        models.pull(weights_only())


# --- the machine


def test_a_full_disk_is_told_before_the_download(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=9))
    with pytest.raises(ruvector.EmbedError, match=f"{SIZE:,} bytes are needed and 9 are free"):
        models.pull(weights_only())
    assert server.requests == []


def test_a_disk_that_fills_up_is_an_error_that_leaves_the_part(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def full(fd: int, data: Any) -> int:
        if os.lseek(fd, 0, os.SEEK_CUR) >= 4 * PIECE:
            raise OSError(28, "No space left on device")
        return write(fd, data)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(ruvector.EmbedError, match="No space left on device"):
            models.pull(weights_only())
    assert held(models.pull(weights_only())) == {"model.safetensors": WEIGHTS}
    assert server.ranges() == [None, f"bytes={4 * PIECE}-"]


def test_a_cache_that_cannot_be_written_is_an_error_that_names_it(
    server: ModelServer, tmp_path: Path
) -> None:
    (tmp_path / "own").write_text("a file where a folder is to be made")
    with pytest.raises(ruvector.EmbedError, match="own"):
        models.pull(tiny())


def test_a_new_file_is_durable_before_it_has_its_name(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    real = {name: getattr(os, name) for name in ("fsync", "replace")}
    for name in real:

        def noted(*arguments: Any, name: str = name) -> None:
            done.append(name)
            real[name](*arguments)

        monkeypatch.setattr(os, name, noted)
    models.pull(weights_only())
    assert done == ["fsync", "replace", "fsync"]


CHILD = """
import json, sys
from ruvector import models
from ruvector.models import Model, ModelFile
name, repository, revision, files = json.loads(sys.argv[1])
files = [ModelFile(name, size=size, sha256=digest) for name, size, digest in files]
print(models.pull(Model(name, repository=repository, revision=revision, files=files)))
"""


def start_pull(model: Model) -> subprocess.Popen[str]:
    files = [[file.name, file.size, file.sha256] for file in model.files]
    described = json.dumps([model.name, model.repository, model.revision, files])
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, described],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_killed_at_any_moment_it_resumes_and_never_leaves_a_wrong_file(
    server: ModelServer,
) -> None:
    large = random.Random(2).randbytes(160 * PIECE)
    model = model_of({"model.safetensors": large}, name="large")
    server.add(model, {"model.safetensors": large})
    server.always = Reply(pause=0.002)
    target, chance = model.directory / "model.safetensors", random.Random(3)
    killed, resumed = 0, 0
    while killed < 20:
        asked = len(server.requests)
        with start_pull(model) as child:
            while len(server.requests) == asked and child.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.12))
            child.send_signal(signal.SIGKILL)
        killed += child.returncode == -signal.SIGKILL
        resumed += server.ranges()[-1] is not None
        if target.exists():
            assert target.read_bytes() == large
            shutil.rmtree(model.directory)
    assert resumed >= 10
    with start_pull(model) as child:
        output, complaint = child.communicate(timeout=50)
    assert child.returncode == 0, complaint
    assert Path(output.strip()) == model.directory
    assert held(model.directory) == {"model.safetensors": large}


def test_processes_that_pull_at_once_download_once(server: ModelServer) -> None:
    server.always = Reply(pause=0.01)
    children = [start_pull(tiny()) for _ in range(4)]
    for child in children:
        _, complaint = child.communicate(timeout=50)
        assert child.returncode == 0, complaint
    assert held(tiny().directory) == CONTENT
    assert len(server.requests) == 2


def test_threads_that_pull_at_once_download_once(server: ModelServer) -> None:
    server.always = Reply(pause=0.005)
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(models.pull(tiny()))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tiny().directory] * 6
    assert len(server.requests) == 2


# --- without a network


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was made")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
@pytest.mark.parametrize("value", ["1", "on", "YES", "True"])
@pytest.mark.usefixtures("no_sockets")
def test_offline_means_no_socket_and_an_error_that_lists_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ruvector.ModelNotFound, match=f"{name} is set") as caught:
        models.pull(tiny())
    message = str(caught.value)
    for file, data in CONTENT.items():
        assert file in message
        assert f"{len(data):,} bytes" in message
        assert hashlib.sha256(data).hexdigest() in message
    assert str(tiny().directory) in message


@pytest.mark.usefixtures("no_sockets")
def test_a_model_that_is_here_needs_no_socket() -> None:
    tiny().directory.mkdir(parents=True)
    for name, data in CONTENT.items():
        (tiny().directory / name).write_bytes(data)
    assert models.pull(tiny()) == tiny().directory


def test_a_model_that_is_here_is_found_in_a_namespace_without_network(
    run_script: Any,
) -> None:
    unshare = ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("unshare --net is not permitted on this machine")
    tiny().directory.mkdir(parents=True)
    for name, data in CONTENT.items():
        (tiny().directory / name).write_bytes(data)
    files = [[file.name, file.size, file.sha256] for file in tiny().files]
    described = json.dumps(["tiny", "someone/tiny", REVISION, files])
    done = subprocess.run(
        [*unshare, sys.executable, "-c", CHILD, described],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tiny().directory


def test_pulling_what_is_here_imports_no_http_library(run_script: Any) -> None:
    tiny().directory.mkdir(parents=True)
    for name, data in CONTENT.items():
        (tiny().directory / name).write_bytes(data)
    files = [[file.name, file.size, file.sha256] for file in tiny().files]
    code = CHILD + "print([one for one in ('pooch', 'requests', 'tqdm') if one in sys.modules])"
    output = run_script(code, json.dumps(["tiny", "someone/tiny", REVISION, files]))
    assert output.splitlines()[-1] == "[]"

"""The files of a store of documents: round trips, failed writes, hostile bytes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ruvector
from ruvector.documents import Document, DocumentStore

ROWS = np.random.default_rng(3).standard_normal((50, 16), dtype=np.float32)
TEXTS = ["plain", "žluťoučký kůň", "\ud800 alone", "line\nbreak\x00", ""] * 10


def made(count: int = 50) -> DocumentStore:
    store = DocumentStore(metric="l2", encoder="abc", seed=7)
    metadatas = [{"n": i, "deep": {"list": [None, True, 1.5, "x"]}} for i in range(count)]
    store.add([f"id {i}" for i in range(count)], ROWS[:count], TEXTS[:count], metadatas)
    return store


def names(directory: Path) -> list[str]:
    return sorted(path.name.split("-")[0] for path in directory.iterdir())


def test_a_store_comes_back_as_it_was(tmp_path: Path) -> None:
    store = made()
    store.delete(["id 3", "id 49"])
    store.save(tmp_path / "new" / "folder")
    loaded = DocumentStore.load(tmp_path / "new" / "folder")
    assert (loaded.metric, loaded.encoder, loaded.dim, len(loaded)) == ("l2", "abc", 16, 48)
    assert loaded.find() == store.find()
    assert loaded.search(ROWS[5], 9) == store.search(ROWS[5], 9)
    loaded.add(["more"], ROWS[:1], ["text"])
    assert loaded.search(ROWS[0], 2, ids=["more"])[0].document == Document("more", "text")


def test_empty_stores_come_back(tmp_path: Path) -> None:
    DocumentStore(metric="ip").save(tmp_path)
    assert names(tmp_path) == ["documents.jsonl"]
    assert (DocumentStore.load(tmp_path).metric, len(DocumentStore.load(tmp_path))) == ("ip", 0)
    emptied = made()
    emptied.delete([f"id {i}" for i in range(50)])
    emptied.save(tmp_path)
    assert (DocumentStore.load(tmp_path).dim, len(DocumentStore.load(tmp_path))) == (16, 0)


def test_saving_again_leaves_one_index(tmp_path: Path) -> None:
    store = made(20)
    store.save(tmp_path)
    loaded = DocumentStore.load(tmp_path)
    made().save(tmp_path)
    assert names(tmp_path) == ["documents.jsonl", "index"]
    assert len(DocumentStore.load(tmp_path)) == 50
    assert loaded.search(ROWS[1], 3) == store.search(ROWS[1], 3)  # though its file is gone
    loaded.save(tmp_path)
    assert len(DocumentStore.load(tmp_path)) == 20


def test_a_failed_write_leaves_the_old_store(tmp_path: Path) -> None:
    directory = tmp_path / "store"
    made(20).save(directory)
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    # The file to be replaced has become a directory: the last step fails.
    (directory / "documents.jsonl").rename(tmp_path / "aside")
    (directory / "documents.jsonl").mkdir()
    with pytest.raises(ruvector.PersistError, match="cannot write"):
        made().save(directory)
    (directory / "documents.jsonl").rmdir()
    (tmp_path / "aside").rename(directory / "documents.jsonl")
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    assert len(DocumentStore.load(directory)) == 20


FULL = """
import resource, signal, sys
import numpy as np, ruvector
from ruvector.documents import DocumentStore
store = DocumentStore.load(sys.argv[1])
store.add(["long"], np.ones((1, 16), dtype=np.float32), ["x" * 100_000])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    store.save(sys.argv[1])
except ruvector.PersistError as error:
    print("refused")
"""


@pytest.mark.parametrize("limit", [100, 4_096, 80_000])
def test_a_disk_that_is_full_leaves_the_old_store(
    tmp_path: Path, run_script: Callable[..., str], limit: int
) -> None:
    made(20).save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run_script(FULL, str(tmp_path), str(limit)) == "refused\n"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


ENDLESS = """
import sys
from ruvector.documents import DocumentStore
stores = [DocumentStore.load(path) for path in sys.argv[2:]]
while True:
    for store in stores:
        store.save(sys.argv[1])
        print("saved", flush=True)
"""


def test_a_process_that_is_killed_leaves_a_whole_store(tmp_path: Path) -> None:
    made(10).save(tmp_path / "a")
    made(40).save(tmp_path / "b")
    for saves in (1, 2, 3, 8):
        with subprocess.Popen(
            [sys.executable, "-c", ENDLESS, *(str(tmp_path / name) for name in ("out", "a", "b"))],
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            for _ in range(saves):
                assert process.stdout.readline() == b"saved\n"
            process.kill()
        loaded = DocumentStore.load(tmp_path / "out")
        assert loaded.find() == made(len(loaded)).find()
        assert len(loaded) in (10, 40)


def test_a_place_that_is_no_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ruvector.PersistError, match="cannot write"):
        made().save(tmp_path / "file")
    with pytest.raises(ruvector.PersistError, match="cannot read"):
        DocumentStore.load(tmp_path / "file")
    with pytest.raises(ruvector.PersistError, match="cannot read") as caught:
        DocumentStore.load(tmp_path / "missing")
    assert caught.value.path == tmp_path / "missing" / "documents.jsonl"


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    made(2).save(tmp_path)
    path = tmp_path / "documents.jsonl"
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ruvector.PersistError):
            DocumentStore.load(tmp_path)


def test_every_shorter_file_is_refused(tmp_path: Path) -> None:
    made(2).save(tmp_path)
    path = tmp_path / "documents.jsonl"
    whole = path.read_bytes()
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ruvector.PersistError):
            DocumentStore.load(tmp_path)


def test_the_index_of_another_store_is_refused(tmp_path: Path) -> None:
    made(20).save(tmp_path / "a")
    made(21).save(tmp_path / "b")
    (own,), (other,) = (list((tmp_path / name).glob("*.rbpx")) for name in "ab")
    own.write_bytes(other.read_bytes())
    with pytest.raises(ruvector.PersistError, match="not the index that was saved with it"):
        DocumentStore.load(tmp_path / "a")
    own.unlink()
    with pytest.raises(ruvector.PersistError, match="cannot read"):
        DocumentStore.load(tmp_path / "a")


def rewritten(path: Path, change: Any) -> None:
    """Changes the lines of a file, and has its last line agree again."""
    lines = [json.loads(line) for line in path.read_bytes().splitlines()][:-1]
    change(lines)
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    footer = {"count": len(lines) - 1, "sha256": hashlib.sha256(body).hexdigest()}
    path.write_bytes(body + json.dumps(footer).encode())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[0].update(format="other"), "does not hold documents"),
        (lambda lines: lines[0].update(version=2), "version 2, and 1"),
        (lambda lines: lines[0].update(metric="cosine"), "has metric 'l2'"),
        (lambda lines: lines[0].update(metric=3), "metric is 3"),
        (lambda lines: lines[0].update(encoder=3), "encoder is 3"),
        (lambda lines: lines[0].update(seed=8), "seed 7"),
        (lambda lines: lines[0].update(index_file="../x.rbpx"), "index_file is '../x.rbpx'"),
        (lambda lines: lines[0].update(index_file=None), "it has documents, and no index"),
        (lambda lines: lines[0].update(index_sha256=None), "index_sha256 is None"),
        (lambda lines: lines[0].pop("index_file"), "index_file is 0"),
        (lambda lines: lines.pop(), "does not hold the vectors of these documents"),
        (lambda lines: lines[1].__setitem__(0, 77), "does not hold the vectors"),
        (lambda lines: lines[1].__setitem__(0, -1), "line 2: -1 is no id"),
        (lambda lines: lines[1].__setitem__(0, 1 << 64), "is no id of a vector"),
        (lambda lines: lines[1].__setitem__(0, True), "True is no id"),
        (lambda lines: lines[1].__setitem__(1, lines[2][1]), "an id is there twice"),
        (lambda lines: lines[1].__setitem__(2, None), "line 2: id or text is no string"),
        (lambda lines: lines[1].__setitem__(3, []), "line 2: metadata of 'id 0'"),
        (lambda lines: lines[1].pop(), "line 2 is no document"),
        (lambda lines: lines.__setitem__(1, {}), "line 2 is no document"),
        (lambda lines: lines.__setitem__(0, [1]), "does not hold documents"),
        (lambda lines: lines[1].__setitem__(3, {"x": float("nan")}), "NaN is no JSON"),
    ],
)
def test_a_file_of_somebody_else_is_checked(tmp_path: Path, change: Any, message: str) -> None:
    made(3).save(tmp_path)
    rewritten(tmp_path / "documents.jsonl", change)
    with pytest.raises(ruvector.PersistError, match=message):
        DocumentStore.load(tmp_path)


def test_an_unknown_metric_of_an_empty_store_is_refused(tmp_path: Path) -> None:
    DocumentStore().save(tmp_path)
    rewritten(tmp_path / "documents.jsonl", lambda lines: lines[0].update(metric="manhattan"))
    with pytest.raises(ruvector.PersistError, match="metric"):
        DocumentStore.load(tmp_path)


def test_json_nested_without_end_is_refused(tmp_path: Path) -> None:
    made(1).save(tmp_path)
    path = tmp_path / "documents.jsonl"
    path.write_bytes(b"[" * 200_000 + b"\n" + b"{}\n")
    with pytest.raises(ruvector.PersistError, match="line 1 is no JSON"):
        DocumentStore.load(tmp_path)


def test_loading_beside_saving_finds_a_whole_store(tmp_path: Path) -> None:
    stores = {10: made(10), 40: made(40)}
    stores[10].save(tmp_path)
    sizes: list[int] = []
    end = threading.Event()

    def load() -> None:
        while not end.is_set():
            sizes.append(len(DocumentStore.load(tmp_path)))

    reader = threading.Thread(target=load)
    reader.start()
    for i in range(20):
        stores[40 if i % 2 else 10].save(tmp_path)
    end.set()
    reader.join()
    assert sizes
    assert set(sizes) <= {10, 40}

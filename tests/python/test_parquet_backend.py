"""Parquet files in a directory and in an S3 server on this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ruvector
from ruvector.stores import ParquetBackend
from ruvector.stores._batches import ArrayBatch, ArrayChanges
from ruvector.stores._files import LocalFiles

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
fs = pytest.importorskip("pyarrow.fs")

DIM = 8


def rows_of(first: int, count: int, dim: int = DIM, seed: int = 0) -> Any:
    generator = np.random.default_rng([seed, first])
    values = generator.standard_normal((count, dim), dtype=np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), dim)
    ids = pa.array(np.arange(first, first + count, dtype=np.uint64))
    return pa.table({"id": ids, "text": pa.array(["some text"] * count), "vector": column})


def write(path: Path, table: Any, **options: Any) -> None:
    """Like a writer of lake tables: a whole file appears, or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name("." + path.name)
    pq.write_table(table, part, compression="none", **options)
    part.rename(path)


def content(batch: ArrayBatch) -> dict[int, list[float]]:
    assert len(set(batch.ids.tolist())) == len(batch.ids)
    return dict(zip(batch.ids.tolist(), batch.vectors.tolist(), strict=True))


def content_of(*tables: Any) -> dict[int, list[float]]:
    rows: dict[int, list[float]] = {}
    for table in tables:
        rows |= dict(zip(table["id"].to_pylist(), table["vector"].to_pylist(), strict=True))
    return rows


def changed(before: ArrayBatch, changes: ArrayChanges | None) -> dict[int, list[float]]:
    """What `before` is after `changes`."""
    assert changes is not None
    rows = content(before)
    for id in changes.removed.tolist():
        del rows[id]
    added = content(changes.added)
    assert not rows.keys() & added.keys()
    return rows | added


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A collection of four files."""
    for part in range(4):
        write(tmp_path / "docs" / f"part-{part}.parquet", rows_of(100 * part, 100))
    return tmp_path / "docs"


def test_all_files_of_a_directory_are_one_collection(docs: Path) -> None:
    write(docs / "year=2024" / "part-9.parquet", rows_of(900, 10))
    backend = ParquetBackend("files", docs.parent)
    batch = backend.pull_vectors("docs")
    expected = content_of(*(rows_of(100 * part, 100) for part in range(4)), rows_of(900, 10))
    assert content(batch) == expected
    assert batch.generation == backend.generation("docs")
    assert batch.ids.dtype == np.uint64
    assert batch.vectors.dtype == np.float32


def test_a_single_file_is_a_collection(tmp_path: Path) -> None:
    write(tmp_path / "notes.parquet", rows_of(0, 5))
    (tmp_path / "readme.txt").write_text("no data")
    (tmp_path / "_staging").mkdir()
    backend = ParquetBackend("files", tmp_path)
    assert backend.list_collections() == ["notes"]
    assert content(backend.pull_vectors("notes")) == content_of(rows_of(0, 5))


def test_files_that_are_no_data_are_left_alone(docs: Path) -> None:
    for name in (".tmp.parquet", "_half.parquet", "notes.txt", "_log/0.parquet", ".git/a.parquet"):
        (docs / name).parent.mkdir(exist_ok=True)
        (docs / name).write_bytes(b"no Parquet")
    assert len(ParquetBackend("files", docs.parent).pull_vectors("docs").ids) == 400


def test_chunks_are_batches_of_row_groups(docs: Path) -> None:
    write(docs / "part-0.parquet", rows_of(0, 100), row_group_size=30)
    backend = ParquetBackend("files", docs.parent)
    chunks = list(backend.pull_chunks("docs"))
    assert [len(chunk.ids) for chunk in chunks] == [30, 30, 30, 10, 100, 100, 100]
    assert {chunk.generation for chunk in chunks} == {backend.generation("docs")}


def test_columns_and_types_of_others_are_read(tmp_path: Path) -> None:
    table = pa.table({"key": pa.array([3, 4], pa.int32()), "emb": [[1.0, 2.0], [3.0, 4.0]]})
    write(tmp_path / "docs.parquet", table)
    backend = ParquetBackend("files", tmp_path, id_column="key", vector_column="emb")
    assert content(backend.pull_vectors("docs")) == {3: [1, 2], 4: [3, 4]}
    with pytest.raises(
        ruvector.BackendError, match=r"docs\.parquet: column 'id' is not among 'key'"
    ):
        ParquetBackend("files", tmp_path).pull_vectors("docs")


def test_a_bad_row_is_named_with_its_file(docs: Path) -> None:
    bad = pa.table({"id": [1, 2, None], "vector": [[1.0] * DIM] * 3})
    write(docs / "part-4.parquet", bad, row_group_size=2)
    with pytest.raises(ruvector.BackendError, match=r"part-4\.parquet: .*'id': row 2 is null"):
        ParquetBackend("files", docs.parent).pull_vectors("docs")


def test_files_of_different_dimensions_are_refused(docs: Path) -> None:
    write(docs / "part-4.parquet", rows_of(900, 3, dim=DIM + 1))
    with pytest.raises(ruvector.BackendError, match=r"part-4\.parquet: has 9 dimensions"):
        ParquetBackend("files", docs.parent).pull_vectors("docs")


@pytest.mark.parametrize("kind", ["truncated", "noise", "empty", "text"])
def test_a_damaged_file_is_a_backend_error(docs: Path, kind: str) -> None:
    path = docs / "part-1.parquet"
    good = path.read_bytes()
    noise = np.random.default_rng(3).integers(0, 256, len(good), dtype=np.uint8).tobytes()
    bad = {"truncated": good[: len(good) // 2], "empty": b"", "text": b"hello" * 100}
    path.write_bytes(bad.get(kind, noise[:-4] + b"PAR1"))
    with pytest.raises(ruvector.BackendError, match=r"part-1\.parquet"):
        ParquetBackend("files", docs.parent).pull_vectors("docs")


def test_an_empty_directory_is_an_empty_collection(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    backend = ParquetBackend("files", tmp_path)
    assert [chunk.vectors.shape for chunk in backend.pull_chunks("docs")] == [(0, 0)]
    assert len(backend.pull_vectors("docs").ids) == 0


# --- generations


def test_the_generation_stays_while_nothing_changes(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    assert len({backend.generation("docs") for _ in range(5)}) == 1
    assert ParquetBackend("other", docs.parent).generation("docs") == backend.generation("docs")


def test_every_change_of_the_files_is_a_new_generation(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    seen = [backend.generation("docs")]
    steps: list[Callable[[], object]] = [
        lambda: write(docs / "part-4.parquet", rows_of(400, 10)),
        lambda: write(docs / "part-4.parquet", rows_of(400, 10, seed=1)),
        lambda: (docs / "part-4.parquet").rename(docs / "part-5.parquet"),
        lambda: (docs / "part-5.parquet").unlink(),
    ]
    for step in steps:
        step()
        seen.append(backend.generation("docs"))
    assert seen[-1] == seen[0]  # the same files again
    assert len(set(seen)) == 4


def test_rewrites_of_equal_size_within_one_second_are_all_seen(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    seen = set()
    for seed in range(50):
        table = rows_of(0, 100, seed=seed)
        pq.write_table(table, docs / "part-0.parquet", compression="none")
        seen.add(backend.generation("docs"))
    assert len(seen) == 50


def test_a_rewrite_that_restores_the_old_times_is_seen(docs: Path) -> None:
    path = docs / "part-0.parquet"
    backend = ParquetBackend("files", docs.parent)
    status = path.stat()
    before = backend.generation("docs")
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert backend.generation("docs") != before


def test_checks_of_files_at_rest_read_no_content(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    time.sleep(0.15)  # longer than a tick of the file system's clock
    backend.generation("docs")
    before = backend.bytes_read
    for _ in range(10):
        backend.generation("docs")
    assert backend.bytes_read == before


# --- changes


def test_appended_files_alone_are_read_again(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    before = backend.pull_vectors("docs")
    write(docs / "part-4.parquet", rows_of(400, 20))
    changes = backend.pull_changes("docs", before.generation)
    assert changes is not None
    assert changes.removed.tolist() == []
    assert content(changes.added) == content_of(rows_of(400, 20))
    assert changes.added.generation == backend.generation("docs")


def test_rewritten_removed_and_merged_files_become_changes(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    before = backend.pull_vectors("docs")
    (docs / "part-0.parquet").unlink()
    write(docs / "part-1.parquet", rows_of(150, 40))
    changes = backend.pull_changes("docs", before.generation)
    now = backend.pull_vectors("docs")
    assert changed(before, changes) == content(now)
    (docs / "part-1.parquet").unlink()
    changes = backend.pull_changes("docs", now.generation)
    assert changes is not None
    assert changes.added.vectors.shape == (0, DIM)
    assert changed(now, changes) == content(backend.pull_vectors("docs"))


def test_changes_follow_changes(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    batch = backend.pull_vectors("docs")
    generation, rows = batch.generation, content(batch)
    for step in range(6):
        write(docs / f"new-{step}.parquet", rows_of(1000 + 10 * step, 10))
        changes = backend.pull_changes("docs", generation)
        assert changes is not None
        rows |= content(changes.added)
        generation = changes.added.generation
    assert rows == content(backend.pull_vectors("docs"))


def test_changes_since_what_was_never_pulled_are_unknown(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    generation = backend.generation("docs")
    assert backend.pull_changes("docs", generation) is None
    assert backend.pull_changes("docs", 7) is None
    backend.pull_vectors("docs")
    assert backend.pull_changes("docs", generation) is not None
    assert ParquetBackend("files", docs.parent).pull_changes("docs", generation) is None


def test_more_than_half_is_not_called_a_change(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    generation = backend.pull_vectors("docs").generation
    for part in range(3):
        (docs / f"part-{part}.parquet").unlink()
    assert backend.pull_changes("docs", generation) is None
    for part in range(4, 12):
        write(docs / f"part-{part}.parquet", rows_of(100 * part, 100))
    assert backend.pull_changes("docs", generation) is None


def test_a_refresh_after_an_append_of_one_percent_reads_less_than_two(tmp_path: Path) -> None:
    for part in range(10):
        write(tmp_path / "docs" / f"part-{part}.parquet", rows_of(20_000 * part, 20_000, dim=64))
    backend = ParquetBackend("files", tmp_path)
    time.sleep(0.15)
    batch = backend.pull_vectors("docs")
    write(tmp_path / "docs" / "part-10.parquet", rows_of(200_000, 2_000, dim=64))
    total = sum(path.stat().st_size for path in (tmp_path / "docs").iterdir())
    before = backend.bytes_read
    backend.generation("docs")
    changes = backend.pull_changes("docs", batch.generation)
    assert changes is not None
    assert len(changes.added.ids) == 2_000
    assert backend.bytes_read - before <= 0.02 * total


def test_a_lake_refreshes_after_an_append_without_pulling_all_again(tmp_path: Path) -> None:
    tables = [rows_of(20_000 * part, 20_000, dim=64) for part in range(10)]
    for part, table in enumerate(tables):
        write(tmp_path / "docs" / f"part-{part}.parquet", table)
    time.sleep(0.15)
    backend = ParquetBackend("files", tmp_path)
    lake = ruvector.RuLake()
    lake.register_backend(backend)

    def nearest(table: Any, row: int) -> int:
        query = np.array(table["vector"][row].as_py(), dtype=np.float32)
        return lake.search_one("docs", query, k=1, backend="files")[0].id

    assert nearest(tables[3], 7) == 60_007
    new = rows_of(200_000, 2_000, dim=64)
    write(tmp_path / "docs" / "part-10.parquet", new)
    total = sum(path.stat().st_size for path in (tmp_path / "docs").iterdir())
    before = backend.bytes_read
    assert nearest(new, 11) == 200_011
    assert backend.bytes_read - before <= 0.02 * total
    stats = lake.cache_stats()
    assert stats.incremental == 1
    assert stats.misses == 2
    assert nearest(tables[3], 7) == 60_007
    (tmp_path / "docs" / "part-10.parquet").unlink()
    assert nearest(new, 11) < 200_000
    assert lake.cache_stats().incremental == 2


# --- files that change while they are read


class Interrupted(LocalFiles):
    """Lets a test act when a file has been listed and is about to be opened."""

    act: Callable[[], object] | None = None

    def open(self, file: Any) -> Any:
        act, self.act = self.act, None
        if act is not None:
            act()
        return super().open(file)


def interrupted(root: Path, act: Callable[[], object]) -> ParquetBackend:
    backend = ParquetBackend("files", root)
    store = Interrupted(root, backend._counter)
    store.act = act
    backend._store = store
    return backend


def test_a_file_replaced_between_list_and_read_is_read_as_listed_anew(docs: Path) -> None:
    new = rows_of(5000, 100)
    backend = interrupted(docs.parent, lambda: write(docs / "part-0.parquet", new))
    batch = backend.pull_vectors("docs")
    assert batch.generation == backend.generation("docs")
    assert 5000 in batch.ids
    backend = interrupted(docs.parent, lambda: (docs / "part-0.parquet").unlink())
    chunks = list(backend.pull_chunks("docs"))
    assert {chunk.generation for chunk in chunks} == {backend.generation("docs")}
    assert sum(len(chunk.ids) for chunk in chunks) == 300


def test_a_file_replaced_while_it_is_read_is_read_to_its_end(docs: Path) -> None:
    write(docs / "part-3.parquet", rows_of(300, 100), row_group_size=10)
    backend = ParquetBackend("files", docs.parent)
    generation = backend.generation("docs")
    chunks = backend.pull_chunks("docs")
    batches = [next(chunks) for _ in range(5)]
    write(docs / "part-3.parquet", rows_of(7000, 100))
    batches += chunks
    assert {batch.generation for batch in batches} == {generation}
    assert sorted(id for batch in batches for id in batch.ids.tolist()) == list(range(400))
    assert backend.generation("docs") != generation


def test_a_file_written_to_in_place_while_it_is_read_is_refused(docs: Path) -> None:
    path = docs / "part-0.parquet"
    write(path, rows_of(0, 100), row_group_size=10)
    chunks = ParquetBackend("files", docs.parent).pull_chunks("docs")
    next(chunks)
    data = path.read_bytes()
    with path.open("r+b") as file:
        file.write(data[:-1])
        file.truncate()
    with pytest.raises(ruvector.BackendError, match="kept changing while it was read"):
        list(chunks)


def test_a_file_that_keeps_changing_is_a_backend_error(docs: Path) -> None:
    store: Any
    seeds = iter(range(1, 100))

    def act() -> None:
        write(docs / "part-0.parquet", rows_of(0, 100, seed=next(seeds)))
        store.act = act

    backend = interrupted(docs.parent, act)
    store = backend._store
    with pytest.raises(ruvector.BackendError, match=r"kept changing.*replaced after it was listed"):
        backend.pull_vectors("docs")
    store.act = None
    assert len(backend.pull_vectors("docs").ids) == 400


def test_pulls_during_rewrites_are_of_the_version_that_they_name(docs: Path) -> None:
    """A writer replaces a file without a pause; each pull is one version or an error."""
    stop = threading.Event()

    def rewrite() -> None:
        seed = 0
        while not stop.is_set():
            seed += 1
            table = rows_of(0, 100, seed=seed)
            write(docs / "part-0.parquet", table.append_column("seed", [[seed] * 100]))

    writer = threading.Thread(target=rewrite)
    writer.start()
    backend = ParquetBackend("files", docs.parent)
    versions: dict[Any, list[float]] = {}
    try:
        for _ in range(100):
            try:
                batch = backend.pull_vectors("docs")
            except ruvector.BackendError:
                continue
            first = content(batch)[0]
            assert versions.setdefault(batch.generation, first) == first
    finally:
        stop.set()
        writer.join()
    assert len(versions) > 1


# --- names and places


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../docs", "a/b", "/etc", "a\\b", "c:", "a\0b", "\n", ".x", "_x", "x" * 256],
)
def test_names_that_mean_another_place_are_refused(docs: Path, name: str) -> None:
    backend = ParquetBackend("files", docs.parent)
    for call in (backend.generation, backend.pull_vectors):
        with pytest.raises(ValueError, match="a name is"):
            call(name)


def test_links_that_lead_out_of_the_root_are_refused(docs: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root / "docs" / "a.parquet", rows_of(0, 5))
    backend = ParquetBackend("files", root)
    (root / "docs" / "b.parquet").symlink_to(docs / "part-0.parquet")
    with pytest.raises(ruvector.BackendError, match="leads out of"):
        backend.generation("docs")
    (root / "all").symlink_to(docs)
    with pytest.raises(ruvector.BackendError, match="leads out of"):
        backend.pull_vectors("all")
    (root / "one.parquet").symlink_to(docs / "part-0.parquet")
    with pytest.raises(ruvector.BackendError, match="leads out of"):
        backend.pull_vectors("one")
    (root / "docs" / "b.parquet").unlink()
    (root / "docs" / "more").symlink_to(docs)
    with pytest.raises(ruvector.BackendError, match="symbolic link to a directory"):
        backend.pull_vectors("docs")


def test_links_within_the_root_are_followed(docs: Path) -> None:
    (docs.parent / "same").symlink_to(docs)
    (docs.parent / "first.parquet").symlink_to(docs / "part-0.parquet")
    backend = ParquetBackend("files", docs.parent)
    assert len(backend.pull_vectors("same").ids) == 400
    assert len(backend.pull_vectors("first").ids) == 100


def test_what_is_no_file_is_refused_without_waiting(docs: Path) -> None:
    os.mkfifo(docs / "pipe.parquet")
    with pytest.raises(ruvector.BackendError, match="no regular file"):
        ParquetBackend("files", docs.parent).generation("docs")


def test_a_link_that_turns_out_of_the_root_after_the_listing_is_not_followed(
    docs: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    write(secret / "part-0.parquet", rows_of(666, 100))
    root = tmp_path / "root"
    shutil.copytree(docs, root / "docs")

    def swap() -> None:
        shutil.rmtree(root / "docs")
        (root / "docs").symlink_to(secret)

    with pytest.raises(ruvector.BackendError, match="leads out of"):
        interrupted(root, swap).pull_vectors("docs")


def test_unknown_collections_and_roots_are_named(docs: Path) -> None:
    backend = ParquetBackend("files", docs.parent)
    for call in (
        backend.generation,
        backend.pull_vectors,
        lambda name: list(backend.pull_chunks(name)),
    ):
        with pytest.raises(ruvector.UnknownCollection, match="'files' has no collection 'none'"):
            call("none")
    with pytest.raises(NotADirectoryError, match="is no directory"):
        ParquetBackend("files", docs / "none")
    with pytest.raises(ValueError, match="neither a directory nor an s3:// URL"):
        ParquetBackend("files", "ftp://host/path")
    write(docs.with_suffix(".parquet"), rows_of(0, 1))
    with pytest.raises(ruvector.BackendError, match="are both there"):
        backend.generation("docs")


def test_the_data_reference_is_an_encoded_url(tmp_path: Path) -> None:
    root = tmp_path / "my data"
    root.mkdir()
    reference = ParquetBackend("files", root).data_ref("a b")
    assert reference == f"file://{tmp_path}/my%20data/a%20b"


def test_without_pyarrow_the_extra_is_named(run_script: Callable[..., str], tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None; import ruvector\n"
        "try: ruvector.ParquetBackend('files', sys.argv[1])\n"
        "except ImportError as error: print(error)"
    )
    assert "pip install ruvector[parquet]" in run_script(code, str(tmp_path))


# --- S3


@pytest.fixture(scope="module")
def s3_port() -> Iterator[int]:
    """An S3 server of its own process."""
    pytest.importorskip("moto.server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            assert server.poll() is None, "the S3 server does not start"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def s3(s3_port: int, request: pytest.FixtureRequest) -> tuple[Any, str]:
    """A client, and a bucket of the test's own with a collection of four objects."""
    client = fs.S3FileSystem(
        access_key="key",
        secret_key="secret",
        endpoint_override=f"127.0.0.1:{s3_port}",
        scheme="http",
        region="us-east-1",
        allow_bucket_creation=True,
    )
    bucket = f"bucket-{abs(hash(request.node.name))}"
    client.create_dir(bucket)
    for part in range(4):
        put(client, f"{bucket}/lake/docs/part-{part}.parquet", rows_of(100 * part, 100))
    return client, bucket


def put(client: Any, path: str, table: Any) -> None:
    pq.write_table(table, path, filesystem=client, compression="none")


def s3_backend(s3: tuple[Any, str]) -> ParquetBackend:
    return ParquetBackend("s3", f"s3://{s3[1]}/lake", filesystem=s3[0])


def test_objects_below_a_prefix_are_one_collection(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    put(client, f"{bucket}/lake/notes.parquet", rows_of(0, 5))
    backend = s3_backend(s3)
    assert backend.list_collections() == ["docs", "notes"]
    assert backend.data_ref("docs") == f"s3://{bucket}/lake/docs"
    expected = content_of(*(rows_of(100 * part, 100) for part in range(4)))
    assert content(backend.pull_vectors("docs")) == expected
    assert content(backend.pull_vectors("notes")) == content_of(rows_of(0, 5))
    with pytest.raises(ruvector.UnknownCollection):
        backend.generation("none")


def test_every_change_of_the_objects_is_a_new_generation(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    backend = s3_backend(s3)
    path = f"{bucket}/lake/docs/part-4.parquet"
    seen = [backend.generation("docs")]
    assert backend.generation("docs") == seen[0]
    put(client, path, rows_of(400, 10))
    seen.append(backend.generation("docs"))
    put(client, path, rows_of(400, 10, seed=1))  # of equal size, within the same second
    seen.append(backend.generation("docs"))
    client.delete_file(path)
    assert backend.generation("docs") == seen[0]
    assert len(set(seen)) == 3


def test_changed_objects_alone_are_read_again(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    backend = s3_backend(s3)
    before = backend.pull_vectors("docs")
    read = backend.bytes_read
    put(client, f"{bucket}/lake/docs/part-1.parquet", rows_of(150, 30))
    client.delete_file(f"{bucket}/lake/docs/part-0.parquet")
    changes = backend.pull_changes("docs", before.generation)
    assert backend.bytes_read - read < 0.3 * read
    assert changed(before, changes) == content(backend.pull_vectors("docs"))


def test_an_object_replaced_between_list_and_read_is_listed_anew(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    backend = s3_backend(s3)
    store = backend._store
    open_file = store.open
    acts = [lambda: put(client, f"{bucket}/lake/docs/part-0.parquet", rows_of(5000, 100))]

    def open_after_act(file: Any) -> Any:
        if acts:
            acts.pop()()
        return open_file(file)

    store.open = open_after_act  # type: ignore[method-assign]
    batch = backend.pull_vectors("docs")
    assert 5000 in batch.ids
    assert 0 not in batch.ids
    assert batch.generation == backend.generation("docs")


def test_an_object_replaced_while_it_is_read_is_refused(s3: tuple[Any, str]) -> None:
    client, bucket = s3
    path = f"{bucket}/lake/docs/part-0.parquet"
    pq.write_table(rows_of(0, 100), path, filesystem=client, row_group_size=10)
    backend = s3_backend(s3)
    chunks = backend.pull_chunks("docs")
    next(chunks)
    put(client, path, rows_of(5000, 100))
    with pytest.raises(ruvector.BackendError, match=r"kept changing|part-0"):
        list(chunks)
    assert 5000 in backend.pull_vectors("docs").ids


def test_a_server_that_is_not_there_is_a_backend_error() -> None:
    client = fs.S3FileSystem(
        access_key="key",
        secret_key="secret",
        endpoint_override="127.0.0.1:1",
        scheme="http",
        region="us-east-1",
        connect_timeout=1,
        request_timeout=1,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1),
    )
    backend = ParquetBackend("s3", "s3://bucket/lake", filesystem=client)
    with pytest.raises(ruvector.BackendError) as caught:
        backend.generation("docs")
    assert isinstance(caught.value.__cause__, OSError)

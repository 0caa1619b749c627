"""Indexes of vectors that need not fit into memory twice, against `build` of the same vectors."""

from __future__ import annotations

import copy
import gc
import io
import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import ruvector
from ruvector import RabitqAsymIndex, RabitqIndex, RabitqPlusIndex

Rows = NDArray[np.float32]


def clusters(rows: int, dim: int, seed: int = 1) -> Rows:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-2, 2, (20, dim)).astype(np.float32)
    noise = rng.standard_normal((rows, dim), dtype=np.float32)
    drawn = centres[rng.integers(0, 20, rows)] + np.float32(0.5) * noise
    return drawn.astype(np.float32, copy=False)


def pieces(rows: Rows, *ends: int) -> Iterator[Rows]:
    """The rows in chunks that end where it is said; each is overwritten before the next comes."""
    begin = 0
    for end in (*ends, len(rows)):
        chunk = rows[begin:end].copy()
        yield chunk
        chunk[:] = np.nan
        begin = end


def mapped(rows: Rows, path: Path) -> Rows:
    np.save(path, rows)
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


WAYS: dict[str, Callable[[Rows, Path], dict[str, Any]]] = {
    "chunks": lambda rows, _: {"chunks": pieces(rows, 0, 700, 701)},
    "list": lambda rows, _: {"chunks": [rows[:10], rows[10:]]},
    "array": lambda rows, _: {"chunks": rows},
    "npy": lambda rows, folder: {"chunks": mapped(rows, folder / "rows.npy")},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
@pytest.mark.parametrize("partitions", [None, 12])
def test_every_way_gives_the_index_that_build_gives(
    way: str, metric: Any, partitions: int | None, tmp_path: Path
) -> None:
    rows = clusters(1_500, 24)
    ids = np.arange(1_500, dtype=np.uint64) * np.uint64(3)
    how: dict[str, Any] = {"metric": metric, "partitions": partitions, "ids": ids, "seed": 7}
    expected = RabitqPlusIndex.build(rows, **how)
    made = WAYS[way]
    assert RabitqPlusIndex.build_from(**made(rows, tmp_path), **how) == expected
    path = tmp_path / "index.rbpx"
    index = RabitqPlusIndex.build_from(**made(rows, tmp_path), rows="mapped", path=path, **how)
    assert index == expected
    assert RabitqPlusIndex.load(path, verify=True) == expected
    assert (
        index.search_batch(rows[:9], 5)[0].tolist()
        == expected.search_batch(rows[:9], 5)[0].tolist()
    )
    assert RabitqIndex.build_from(**made(rows, tmp_path), **how) == RabitqIndex.build(rows, **how)
    reranked: dict[str, Any] = how | {"rerank_factor": 3}
    asymmetric = RabitqAsymIndex.build_from(**made(rows, tmp_path), rows="copy", **reranked)
    assert asymmetric == RabitqAsymIndex.build(rows, **reranked)


@given(
    ends=st.lists(st.integers(0, 60), max_size=5).map(sorted),
    rows=st.integers(1, 60),
    threads=st.integers(1, 3),
    data=st.sampled_from(["copy", "mapped"]),
)
@settings(max_examples=40, deadline=None)
def test_where_chunks_end_changes_nothing(
    ends: list[int], rows: int, threads: int, data: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    vectors = clusters(rows, 5)
    ends = [min(end, rows) for end in ends]
    path = tmp_path_factory.mktemp("index") / "a.rbpx" if data == "mapped" else None
    index = RabitqPlusIndex.build_from(
        pieces(vectors, *ends), rows=data, path=path, partitions=4, threads=threads
    )
    assert index == RabitqPlusIndex.build(vectors, partitions=4)


def test_rows_stay_in_the_users_own_file(tmp_path: Path) -> None:
    rows = mapped(clusters(500, 16), tmp_path / "rows.npy")
    index = RabitqPlusIndex.build_from(rows, rows="mapped")
    assert np.shares_memory(np.asarray(index), rows)
    assert index == RabitqPlusIndex.build_from(rows)
    assert not np.shares_memory(np.asarray(RabitqPlusIndex.build_from(rows)), rows)


def test_an_array_is_held_as_long_as_an_index_needs_it(tmp_path: Path) -> None:
    rows = mapped(clusters(500, 16), tmp_path / "rows.npy")
    gone = weakref.ref(rows)
    index = RabitqPlusIndex.build_from(rows, rows="mapped")
    twin = copy.copy(index)
    expected = index.search(rows[3], 4)
    del rows, index
    gc.collect()
    assert gone() is not None
    assert twin.search(clusters(500, 16)[3], 4) == expected
    del twin
    gc.collect()
    assert gone() is None


def test_changes_copy_and_leave_the_file_as_it_is(tmp_path: Path) -> None:
    vectors = clusters(500, 16)
    rows = mapped(vectors, tmp_path / "rows.npy")
    before = (tmp_path / "rows.npy").read_bytes()
    index = RabitqPlusIndex.build_from(rows, rows="mapped", partitions=5)
    index.remove([3])
    index.add(900, vectors[3])
    assert not np.shares_memory(np.asarray(index), rows)
    assert index.search(vectors[3], 1)[0].id == 900
    assert (tmp_path / "rows.npy").read_bytes() == before


def test_files_and_pickles_need_the_array_no_more(tmp_path: Path) -> None:
    rows = mapped(clusters(500, 16), tmp_path / "rows.npy")
    index = RabitqPlusIndex.build_from(rows, rows="mapped")
    index.save(tmp_path / "a.rbpx")
    image = pickle.dumps(index)
    query, expected = rows[7].copy(), index.search(rows[7], 5)
    del rows, index
    (tmp_path / "rows.npy").unlink()
    for other in (RabitqPlusIndex.load(tmp_path / "a.rbpx", verify=True), pickle.loads(image)):
        assert other.search(query, 5) == expected


def test_a_replaced_file_does_not_matter(tmp_path: Path) -> None:
    vectors = clusters(500, 16)
    rows = mapped(vectors, tmp_path / "rows.npy")
    index = RabitqPlusIndex.build_from(rows, rows="mapped")
    np.save(tmp_path / "new.npy", np.zeros_like(vectors))
    (tmp_path / "new.npy").replace(tmp_path / "rows.npy")
    assert index == RabitqPlusIndex.build(vectors)


def test_memory_that_can_be_written_to_is_not_used_in_place(tmp_path: Path) -> None:
    rows = clusters(50, 16)
    with pytest.raises(ValueError, match=r"can be written to.*setflags\(write=False\)"):
        RabitqPlusIndex.build_from(rows, rows="mapped")
    np.save(tmp_path / "rows.npy", rows)
    writable = np.load(tmp_path / "rows.npy", mmap_mode="r+")
    with pytest.raises(ValueError, match="mmap_mode='r'"):
        RabitqPlusIndex.build_from(writable, rows="mapped")
    RabitqPlusIndex.build_from(writable, rows="mapped", path=tmp_path / "a.rbpx")
    rows.setflags(write=False)
    assert np.shares_memory(np.asarray(RabitqPlusIndex.build_from(rows, rows="mapped")), rows)


def test_a_tensor_is_read_but_not_used_in_place() -> None:
    class Tensor:
        def __init__(self, values: Rows) -> None:
            self.values = values

        def __dlpack__(self, **how: Any) -> Any:
            return self.values.__dlpack__(**how)

        def __dlpack_device__(self) -> Any:
            return self.values.__dlpack_device__()

    rows = clusters(50, 16)
    assert RabitqPlusIndex.build_from(Tensor(rows)) == RabitqPlusIndex.build(rows)
    assert RabitqPlusIndex.build_from([Tensor(rows)]) == RabitqPlusIndex.build(rows)
    with pytest.raises(TypeError, match=r"got Tensor; call np\.from_dlpack\(x\)"):
        RabitqPlusIndex.build_from(Tensor(rows), rows="mapped")


@pytest.mark.parametrize(
    ("kind", "how", "message"),
    [
        (RabitqPlusIndex, {"rows": "none"}, "rows is 'none': this RabitqPlusIndex reads rows"),
        (RabitqPlusIndex, {"rows": "mapped"}, "need a path to be mapped from"),
        (RabitqPlusIndex, {"rows": "disk"}, "rows is 'disk', not 'copy', 'mapped' or 'none'"),
        (RabitqPlusIndex, {"rows": 1}, "rows is 1, not 'copy', 'mapped' or 'none'"),
        (RabitqPlusIndex, {"path": "a.rbpx"}, "path is a.rbpx, and rows is 'copy'"),
        (RabitqPlusIndex, {"partitions": 0}, "partitions is 0"),
        (RabitqPlusIndex, {"bits": 9}, "bits is 9"),
        (RabitqIndex, {"rows": "copy"}, "rows is 'copy': a RabitqIndex keeps codes only"),
        (RabitqIndex, {"rerank_factor": 2}, "rerank_factor is 2: a RabitqIndex keeps no rows"),
        (RabitqAsymIndex, {"rows": "copy"}, "without rerank_factor keeps codes only"),
        (RabitqAsymIndex, {"rows": "none", "rerank_factor": 2}, "reads rows at every search"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_read(
    kind: Any, how: dict[str, Any], message: str
) -> None:
    read = []

    def chunks() -> Iterator[Rows]:
        read.append(1)
        yield clusters(10, 4)

    with pytest.raises(ValueError, match=message):
        kind.build_from(chunks(), **how)
    assert read == []


@pytest.mark.parametrize("where", ["copy", "mapped"])
def test_wrong_chunks_are_named_and_leave_no_file(where: Any, tmp_path: Path) -> None:
    rows = clusters(20, 4)
    bad = rows[:5].copy()
    bad[2, 1] = np.inf
    path = tmp_path / "a.rbpx" if where == "mapped" else None

    def attempt(chunks: Any, error: type[Exception], message: str, **how: Any) -> None:
        with pytest.raises(error, match=message):
            RabitqPlusIndex.build_from(chunks, rows=where, path=path, **how)
        assert list(tmp_path.iterdir()) == []

    attempt([rows, bad], ValueError, "chunk 1: row 2 is not finite: inf at position 1")
    attempt([rows, rows[:, :3].copy()], ruvector.errors.DimensionMismatch, "chunk 1")
    attempt([rows, rows.astype(np.float64)], TypeError, "chunks: dtype is float64")
    attempt([rows, rows[:, ::2]], TypeError, "chunks: the array is strided")
    attempt([rows, rows[0]], ValueError, "chunks: has 1 dimensions, not 2")
    attempt([rows, [[1.0] * 4]], TypeError, "chunks: expected an array of float32, got list")
    attempt([], ValueError, "chunks: there is none")
    attempt(7, TypeError, "an iterable of such arrays, got int")
    attempt(None, TypeError, "an iterable of such arrays, got NoneType")
    attempt("rows.npy", TypeError, "an iterable of such arrays, got str")
    attempt([rows], ValueError, "ids: 3 ids for at least 20 vectors", ids=[1, 2, 3])
    attempt([rows], ValueError, "ids: 0 ids for 20 vectors", ids=[])
    attempt([rows], ruvector.errors.DuplicateId, "5", ids=[5] * 20)


def test_what_an_iterable_raises_comes_out_and_an_old_file_stays(tmp_path: Path) -> None:
    rows = clusters(2_000, 8)
    path = tmp_path / "a.rbpx"
    old = RabitqPlusIndex.build_from([rows], rows="mapped", path=path)

    def breaks() -> Iterator[Rows]:
        yield rows
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError, match="gone"):
        RabitqPlusIndex.build_from(breaks(), rows="mapped", path=path)
    with pytest.raises(ruvector.RuVectorError, match="build cancelled"):
        RabitqPlusIndex.build_from(
            [rows], rows="mapped", path=path, progress=lambda done, _: done < len(rows)
        )
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.rbpx"]
    assert RabitqPlusIndex.load(path, verify=True) == old


def test_progress_counts_chunks_as_they_come() -> None:
    rows = clusters(3_000, 8)
    calls: list[tuple[int, int]] = []
    index = RabitqIndex.build_from(
        pieces(rows, 1_000), progress=lambda done, total: calls.append((done, total))
    )
    assert len(index) == 3_000
    assert calls[-1] == (3_000, 3_000)
    assert all(done <= total for done, total in calls)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ruvector.errors.PersistError, match="absent"):
        RabitqPlusIndex.build_from(
            [clusters(10, 4)], rows="mapped", path=tmp_path / "absent" / "a.rbpx"
        )


BUILD_SMALL_MEMORY = """
import resource, sys
import numpy as np
import ruvector

rows, dim, where, path = 400_000, 64, sys.argv[1], sys.argv[2] or None
def chunks():
    for seed in range(20):
        yield np.random.default_rng(seed).standard_normal((rows // 20, dim), dtype=np.float32)
def anonymous():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) * 1024
ruvector.RabitqPlusIndex.build(next(chunks())[:5000], bits=1)
before = most = anonymous()
def watch(done, total):
    global most
    most = max(most, anonymous())
kind = ruvector.RabitqIndex if where == "none" else ruvector.RabitqPlusIndex
index = kind.build_from(chunks(), rows=where, path=path, bits=1, threads=1, progress=watch)
print(most - before, anonymous() - before, rows * dim * 4)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux's /proc")
@pytest.mark.parametrize("where", ["mapped", "none"])
def test_rows_in_a_file_take_no_memory_of_the_process(
    where: Literal["mapped", "none"], tmp_path: Path
) -> None:
    path = str(tmp_path / "a.rbpx") if where == "mapped" else ""
    done = subprocess.run(
        [sys.executable, "-c", BUILD_SMALL_MEMORY, where, path],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    most, after, rows = map(int, done.stdout.split())
    assert most < rows  # the codes, a chunk, and no row beside them
    if where == "mapped":
        assert after < rows / 8  # the codes are mapped, too


def test_a_buffer_of_bytes_cannot_be_resized_below_an_index() -> None:
    rows = clusters(50, 16)
    memory = bytearray(rows.tobytes())
    view = memoryview(memory).toreadonly().cast("f", shape=list(rows.shape))
    index = RabitqPlusIndex.build_from(view, rows="mapped")
    with pytest.raises(BufferError):
        memory.extend(b"more")
    assert index == RabitqPlusIndex.build(rows)
    assert io.BytesIO(memory).getbuffer().nbytes == rows.nbytes

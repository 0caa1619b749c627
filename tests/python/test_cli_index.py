"""`ruvector build|search|info|bench`."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from ruvector.cli import main

N, DIM = 500, 32


def process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ruvector", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, **environment},
    )


def command(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    """The same within this process, which is quicker."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([*map(str, arguments)])
        except SystemExit as ended:
            code = int(ended.code or 0)
    assert code == status, (out.getvalue(), err.getvalue())
    return subprocess.CompletedProcess([], code, out.getvalue(), err.getvalue())


def refusal(*arguments: object, status: int = 1) -> str:
    """What a command says that fails: one line, and nothing on stdout."""
    done = command(*arguments, status=status)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("ruvector: ")
    return done.stderr


@pytest.fixture(scope="module")
def rows() -> NDArray[np.float32]:
    return np.random.default_rng(11).standard_normal((N, DIM), dtype=np.float32)


@pytest.fixture
def vectors(rows: NDArray[np.float32], tmp_path: Path) -> Path:
    path = tmp_path / "vectors.npy"
    np.save(path, rows)
    return path


def exact(rows: NDArray[np.float32], query: NDArray[np.float32], k: int) -> list[int]:
    distances = ((rows.astype(np.float64) - query) ** 2).sum(axis=1)
    return [int(place) for place in np.argsort(distances)[:k]]


CLASSES: dict[str, Any] = {
    "flat": ruvector.FlatF32Index,
    "rabitq": ruvector.RabitqIndex,
    "rabitq-plus": ruvector.RabitqPlusIndex,
    "rabitq-asym": ruvector.RabitqAsymIndex,
}


def test_errors_of_a_process_are_one_line_and_a_status(tmp_path: Path) -> None:
    done = process("info", tmp_path / "missing.rbpx")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"ruvector: {tmp_path}/missing.rbpx: No such file or directory\n"
    done = process("build", tmp_path / "v.npy")
    assert done.returncode == 2
    assert "the following arguments are required: --output/-o" in done.stderr


# --- build


@pytest.mark.parametrize("name", CLASSES)
def test_build_writes_the_index_that_the_library_builds(
    vectors: Path, rows: NDArray[np.float32], tmp_path: Path, name: str
) -> None:
    np.save(tmp_path / "ids.npy", np.arange(N, dtype=np.uint64) + 10**12)
    out, options = tmp_path / "index.rbpx", ["--metric", "cosine", "--seed", 9]
    options += [] if name == "flat" else ["--bits", 3]
    done = command(
        "build", vectors, "-o", out, "--index", name, "--ids", tmp_path / "ids.npy", *options
    )
    bits = {} if name == "flat" else {"bits": 3}
    made = CLASSES[name].build(
        rows,
        ids=np.arange(N) + 10**12,
        metric="cosine",
        seed=9,
        **bits,
    )
    assert CLASSES[name].load(out) == made
    assert f"{CLASSES[name].__name__} of 500 x 32, cosine" in done.stdout
    assert done.stderr == ""


def test_build_shows_its_progress_when_asked(vectors: Path, tmp_path: Path) -> None:
    done = command("build", vectors, "-o", tmp_path / "i.rbpx", "--progress")
    assert "100%" in done.stderr
    assert ruvector.RabitqPlusIndex.load(tmp_path / "i.rbpx").metric == "l2"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 4)), r"float64, C-contiguous; save it as np.ascontiguousarray(x, dtype="),
        (np.zeros((3, 4), np.float32, order="F"), "float32, not C-contiguous"),
        (np.zeros((3, 4, 5), np.float32), "shape (3, 4, 5), expected (n, dim)"),
        (np.array([[0.0, np.nan]], np.float32), "row 0"),
        (np.zeros((1, 9_000), np.float32), "8192"),
        (np.array([[{}]]), "no .npy file that can be read"),
    ],
)
def test_build_refuses_what_are_no_vectors(
    tmp_path: Path, array: NDArray[Any], message: str
) -> None:
    path, out = tmp_path / "vectors.npy", tmp_path / "index.rbpx"
    np.save(path, array, allow_pickle=True)
    out.write_bytes(b"old")
    assert message in refusal("build", path, "-o", out)
    assert out.read_bytes() == b"old"


def test_build_refuses_files_that_are_no_arrays(vectors: Path, tmp_path: Path) -> None:
    out = tmp_path / "index.rbpx"
    np.savez(tmp_path / "many.npz", a=np.zeros(3))
    (tmp_path / "empty.npy").touch()
    (tmp_path / "text.npy").write_text("hello")
    cut = tmp_path / "cut.npy"
    cut.write_bytes(vectors.read_bytes()[:-100])
    assert "an archive of arrays" in refusal("build", tmp_path / "many.npz", "-o", out)
    for name in ("empty.npy", "text.npy", "cut.npy"):
        message = refusal("build", tmp_path / name, "-o", out)
        assert f"{name}: no .npy file" in message
        assert "pickle" not in message
    missing = refusal("build", tmp_path / "missing.npy", "-o", out)
    assert "missing.npy: No such file or directory" in missing
    assert "Errno" not in missing
    assert "cannot be" in refusal("build", vectors, "-o", tmp_path / "no" / "folder.rbpx")
    np.save(tmp_path / "ids.npy", np.zeros(N, np.uint64))
    assert "id 0" in refusal("build", vectors, "-o", out, "--ids", tmp_path / "ids.npy")
    np.save(tmp_path / "ids.npy", np.zeros(N, np.float32))
    assert "expected uint64" in refusal("build", vectors, "-o", out, "--ids", tmp_path / "ids.npy")
    assert not out.exists()


def test_build_does_not_write_over_arrays(vectors: Path, tmp_path: Path) -> None:
    before = vectors.read_bytes()
    assert "is the name of an array" in refusal("build", vectors, "-o", vectors, status=2)
    assert vectors.read_bytes() == before


def test_build_refuses_bits_where_there_are_no_codes(vectors: Path, tmp_path: Path) -> None:
    arguments = ("build", vectors, "-o", tmp_path / "i.rbpx", "--index", "flat", "--bits", 2)
    assert "--bits: the index 'flat' has no codes" in refusal(*arguments, status=2)


def test_build_divides_into_lists(vectors: Path, rows: NDArray[np.float32], tmp_path: Path) -> None:
    out = tmp_path / "index.rbpx"
    done = command("build", vectors, "-o", out, "--partitions", 12, "--bits", 2)
    assert ", 12 lists, " in done.stdout
    made = ruvector.RabitqPlusIndex.build(rows, partitions=12, bits=2)
    assert ruvector.RabitqPlusIndex.load(out) == made
    assert json.loads(command("info", out, "--json").stdout)["partitions"] == 12
    shown = [line.split() for line in command("info", out).stdout.splitlines()]
    assert ["lists", "12"] in shown
    # So few are searched faster undivided.
    command("build", vectors, "-o", out, "--partitions", "auto")
    assert json.loads(command("info", out, "--json").stdout)["partitions"] is None
    flat = ("build", vectors, "-o", out, "--index", "flat", "--partitions", 3)
    assert "a FlatF32Index has no codes to divide into lists" in refusal(*flat)


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", "v.npy"),
        ("build", "v.npy", "-o", "i.rbpx", "--bits", "9"),
        ("build", "v.npy", "-o", "i.rbpx", "--metric", "manhattan"),
        ("build", "v.npy", "-o", "i.rbpx", "--seed", "-1"),
        ("build", "v.npy", "-o", "i.rbpx", "--partitions", "0"),
        ("build", "v.npy", "-o", "i.rbpx", "--partitions", "many"),
        ("build", "v.npy", "-o", "i.rbpx", "--partitions", "1000001"),
        ("search", "i.rbpx", "q.npy", "--recall", "much"),
        ("search", "i.rbpx", "q.npy", "--nprobe", "0"),
        ("build", "v.npy", "-o", "i.rbpx", "--index", "hnsw"),
        ("search", "i.rbpx", "q.npy", "-k", "0"),
        ("search", "i.rbpx", "q.npy", "--radius", "nan"),
        ("search", "i.rbpx"),
        ("info",),
        ("bench", "i.rbpx", "--searches", "0"),
    ],
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    done = command(*arguments, status=2)
    assert "error:" in done.stderr
    assert "Traceback" not in done.stderr


# --- search


@pytest.fixture
def index(rows: NDArray[np.float32], tmp_path: Path) -> Path:
    path = tmp_path / "index.rbpx"
    ruvector.RabitqPlusIndex.build(rows).save(path)
    return path


def test_search_prints_the_nearest(index: Path, rows: NDArray[np.float32], tmp_path: Path) -> None:
    queries = rows[:3] + rows[3:6]
    np.save(tmp_path / "q.npy", queries)
    expected = [exact(rows, query, 4) for query in queries]

    done = command("search", index, tmp_path / "q.npy", "-k", 4, "--format", "json")
    found = json.loads(done.stdout)
    assert [one["query"] for one in found] == [0, 1, 2]
    assert [[hit["id"] for hit in one["hits"]] for one in found] == expected
    score = float(((rows[expected[0][0]] - queries[0]) ** 2).sum())
    assert found[0]["hits"][0]["score"] == pytest.approx(score, rel=1e-5)

    lines = command("search", index, tmp_path / "q.npy", "-k", 4).stdout.splitlines()
    cells = [line.split() for line in lines if line.strip()[:1].isdigit()]
    assert [int(row[2]) for row in cells] == [id for ids in expected for id in ids]

    out = tmp_path / "found.npz"
    command("search", index, tmp_path / "q.npy", "-k", 4, "--format", "npz", "-o", out)
    with np.load(out) as arrays:
        assert arrays["ids"].tolist() == expected
        assert arrays["scores"].dtype == np.float32
    assert sorted(path.name for path in tmp_path.iterdir()) == ["found.npz", "index.rbpx", "q.npy"]


def test_search_takes_one_query_a_filter_and_a_radius(
    index: Path, rows: NDArray[np.float32], tmp_path: Path
) -> None:
    np.save(tmp_path / "q.npy", rows[7])
    np.save(tmp_path / "ids.npy", np.array([8, 9], np.int64))
    query = ("search", index, tmp_path / "q.npy", "--format", "json")
    (found,) = json.loads(command(*query, "--filter", tmp_path / "ids.npy").stdout)
    assert sorted(hit["id"] for hit in found["hits"]) == [8, 9]
    (found,) = json.loads(command(*query, "--radius", "0.5").stdout)
    assert found["hits"] == [{"id": 7, "score": 0.0}]


@pytest.mark.parametrize(
    ("words", "arguments"),
    [((), {}), (("--recall", 0.3), {"recall": 0.3}), (("--nprobe", 1), {"nprobe": 1})],
)
def test_search_goes_through_as_many_lists_as_it_is_told(
    rows: NDArray[np.float32], tmp_path: Path, words: tuple[Any, ...], arguments: dict[str, Any]
) -> None:
    made = ruvector.RabitqPlusIndex.build(rows, partitions=25)
    made.save(tmp_path / "lists.rbpx")
    queries = rows[:8] + rows[8:16]
    np.save(tmp_path / "q.npy", queries)
    search = ("search", tmp_path / "lists.rbpx", tmp_path / "q.npy", "--format", "json")
    found = json.loads(command(*search, *words).stdout)
    ids, _ = made.search_batch(queries, 10, **arguments)
    assert [[hit["id"] for hit in one["hits"]] for one in found] == ids.tolist()
    if arguments:
        assert not np.array_equal(ids, made.search_batch(queries, 10)[0])
    assert "recall is 1.5, not in (0, 1]" in refusal(*search, "--recall", 1.5)
    both = refusal(*search, "--recall", 0.5, "--nprobe", 2)
    assert "a search goes as far as one of them says" in both


def test_search_refuses_what_does_not_fit(
    index: Path, rows: NDArray[np.float32], tmp_path: Path
) -> None:
    np.save(tmp_path / "q.npy", rows[:2, :5].copy())
    np.save(tmp_path / "good.npy", rows[:2])
    assert "5" in refusal("search", index, tmp_path / "q.npy")
    assert "no index of ruvector" in refusal("search", tmp_path / "q.npy", tmp_path / "q.npy")
    missing = refusal("search", tmp_path / "missing.rbpx", tmp_path / "q.npy")
    assert "missing.rbpx: No such file" in missing
    damaged = bytearray(index.read_bytes())
    damaged[40] ^= 1
    index.write_bytes(damaged)
    assert "index.rbpx" in refusal("search", index, tmp_path / "good.npy")
    together = "--format npz and --output go together"
    for more in (["--format", "npz"], ["-o", tmp_path / "x"], ["--format", "json", "-o", "x"]):
        assert together in refusal("search", index, tmp_path / "q.npy", *more, status=2)


def test_a_failed_write_of_results_leaves_the_old_ones(
    index: Path, rows: NDArray[np.float32], tmp_path: Path
) -> None:
    np.save(tmp_path / "q.npy", rows[:2])
    (tmp_path / "out.npz").mkdir()
    arguments = ("search", index, tmp_path / "q.npy", "--format", "npz", "-o", tmp_path / "out.npz")
    assert "out.npz" in refusal(*arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.rbpx", "out.npz", "q.npy"]


# --- info


@pytest.mark.parametrize("name", CLASSES)
def test_info_tells_what_a_file_holds(rows: NDArray[np.float32], tmp_path: Path, name: str) -> None:
    made, path = CLASSES[name].build(rows, metric="ip", seed=3), tmp_path / "i.rbpx"
    made.save(path)
    found = json.loads(command("info", path, "--json", "--verify").stdout)
    assert found == {
        "path": str(path),
        "class": CLASSES[name].__name__,
        "format_version": 2,
        "file_bytes": path.stat().st_size,
        "n": N,
        "dim": DIM,
        "metric": "ip",
        "bits": made.bits,
        "seed": CLASSES[name].load(path).seed,
        "partitions": None,
        "rerank_factor": None,
        "keeps_rows": name in ("flat", "rabitq-plus"),
        "memory_bytes": CLASSES[name].load(path).memory_bytes,
        "memory": CLASSES[name].load(path).memory_usage(),
    }
    shown = command("info", path).stdout
    for text in (CLASSES[name].__name__, "500 x 32", "ip", "rbpx version 2"):
        assert text in shown


def test_info_of_the_old_format(rows: NDArray[np.float32], tmp_path: Path) -> None:
    path = tmp_path / "old.rbpx"
    ruvector.RabitqPlusIndex.build(rows).save_v1(path)
    found = json.loads(command("info", path, "--json").stdout)
    assert (found["format_version"], found["class"], found["n"]) == (1, "RabitqPlusIndex", N)


def test_info_of_damaged_files_is_one_line(index: Path, tmp_path: Path) -> None:
    whole = index.read_bytes()
    for length in (0, 7, 12, 19, 63, 5_000, len(whole) - 1):
        index.write_bytes(whole[:length])
        assert "index.rbpx" in refusal("info", index)
    for class_number in (0, 5, 255):
        index.write_bytes(whole[:16] + bytes([class_number]) + whole[17:])
        assert "index.rbpx" in refusal("info", index)
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    index.write_bytes(flipped)
    command("info", index)  # the header alone is checked
    assert "index.rbpx" in refusal("info", index, "--verify")
    assert "Is a directory" in refusal("info", tmp_path)


def test_a_name_of_a_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "x\x1b[2J\nname.rbpx"
    assert r"x\x1b[2J name.rbpx: No such file" in refusal("info", path)


# --- bench


def test_bench_of_vectors_measures_recall_on_held_out_queries(vectors: Path) -> None:
    found = json.loads(command("bench", vectors, "--searches", 50, "-k", 5, "--json").stdout)
    assert (found["class"], found["n"], found["dim"]) == ("RabitqPlusIndex", N - 50, DIM)
    assert (found["queries"], found["queries_are"], found["k"]) == (50, "held out", 5)
    assert found["recall"] == 1.0
    assert 0 < found["p50_us"] <= found["p99_us"]
    assert found["batch_queries_per_s"] > 0
    assert found["build_seconds"] > 0
    assert found["machine"]["simd"] in ruvector.cpu_features().available
    assert found["machine"]["ruvector"] == ruvector.__version__


def test_bench_tells_the_recall_of_codes_alone(
    vectors: Path, rows: NDArray[np.float32], tmp_path: Path
) -> None:
    queries = np.random.default_rng(2).standard_normal((40, DIM), dtype=np.float32)
    np.save(tmp_path / "q.npy", queries)
    arguments = ("--queries", tmp_path / "q.npy", "--index", "rabitq", "--bits", 2, "--seed", 5)
    found = json.loads(command("bench", vectors, *arguments, "--json").stdout)
    made = ruvector.RabitqIndex.build(rows, bits=2, seed=5)
    common = sum(
        len({hit.id for hit in made.search(query, 10)} & set(exact(rows, query, 10)))
        for query in queries
    )
    assert found["recall"] == pytest.approx(common / 400)
    assert 0.3 < found["recall"] < 1.0
    assert (found["n"], found["queries"], found["bits"]) == (N, 40, 2)


def test_bench_measures_lists_as_far_as_it_is_told(vectors: Path) -> None:
    bench = ("bench", vectors, "--searches", 50, "--partitions", 25, "--json")
    short, whole = (
        json.loads(command(*bench, *words).stdout) for words in (("--nprobe", 1), ("--recall", 1))
    )
    assert short["partitions"] == whole["partitions"] == 25
    assert 0 < short["recall"] < 0.9
    assert whole["recall"] == 1.0


def test_bench_of_an_index_uses_its_own_vectors(index: Path) -> None:
    done = process("bench", index, "--searches", 20, "--threads", 2, RUVECTOR_THREADS="2")
    assert (done.returncode, done.stderr) == (0, "")
    for text in (
        "RabitqPlusIndex", "500 x 32, l2", "20, the index's own vectors", "recall@10",
        "1.0000 against exact search", "latency p50", "latency p99", "us, 2 threads",
        "queries/s, up to 2 threads", "machine", f"ruvector {ruvector.__version__}",
    ):  # fmt: skip
        assert text in done.stdout


def test_bench_asks_for_no_more_hits_than_there_are(tmp_path: Path) -> None:
    np.save(tmp_path / "few.npy", np.eye(6, 8, dtype=np.float32))
    found = json.loads(command("bench", tmp_path / "few.npy", "--json").stdout)
    assert (found["n"], found["queries"], found["k"], found["recall"]) == (3, 3, 3, 1.0)


def test_bench_refuses_what_it_cannot_measure(
    index: Path, rows: NDArray[np.float32], tmp_path: Path
) -> None:
    path = tmp_path / "codes.rbpx"
    ruvector.RabitqIndex.build(rows).save(path)
    assert "a RabitqIndex keeps no rows" in refusal("bench", path)
    ruvector.RabitqPlusIndex.build(rows[:0]).save(path)
    assert "holds no vectors" in refusal("bench", path)
    np.save(tmp_path / "one.npy", rows[:1])
    assert "1 vectors, expected at least 2" in refusal("bench", tmp_path / "one.npy")
    np.save(tmp_path / "none.npy", rows[:0])
    assert "holds no queries" in refusal("bench", index, "--queries", tmp_path / "none.npy")
    assert "are for a .npy file" in refusal("bench", index, "--bits", 2, status=2)

"""The benchmark of ten million vectors: what its figures are made of."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.arrays import Rows
from benchmarks.large import report, rows
from benchmarks.large.__main__ import merged
from benchmarks.large.paging import cached_bytes, cpu_seconds, drop_from_cache, own_bytes, page_ins
from benchmarks.large.passes import PASSES, timed_passes


@pytest.fixture
def few_descriptors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rows]:
    descriptors = np.random.default_rng(1).uniform(0, 200, (300, 8)).astype(np.float32)
    monkeypatch.setattr(rows, "real", lambda _: descriptors)
    monkeypatch.setattr(rows, "CHUNK", 1_000)
    rows.neighbourhoods.cache_clear()
    yield descriptors
    rows.neighbourhoods.cache_clear()


@pytest.mark.usefixtures("few_descriptors")
def test_the_rows_are_the_same_ones_whatever_their_number(tmp_path: Path) -> None:
    first = next(rows.chunks(700))
    assert np.array_equal(first, next(rows.chunks(1_005))[:700])
    assert [len(chunk) for chunk in rows.chunks(1_005)] == [1_000, 5]
    files = rows.Files(tmp_path, 2_500)
    files.make(7)
    base, queries = files.read_base(), files.read_queries()
    assert np.array_equal(base[:700], first)
    assert not np.array_equal(base[:700], base[1_000:1_700])
    assert (len(base), len(queries)) == (2_500, 7)
    distances = ((base.astype(np.float64)[None] - queries[:, None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(files.read_truth(), np.sort(distances, axis=1)[:, : rows.K])


def test_a_row_lies_amid_neighbours_and_no_descriptor_weighs_most(few_descriptors: Rows) -> None:
    descriptors, nearest = rows.neighbourhoods()
    distances = ((few_descriptors.astype(np.float64)[None] - few_descriptors[:, None]) ** 2).sum(2)
    expected = np.argsort(distances, axis=1)[:, 1 : rows.NEAREST + 1]
    assert np.array_equal(np.sort(nearest, axis=1), np.sort(expected, axis=1))
    drawn = rows.draw(20_000, 5).astype(np.float64)
    # The mean of a row, given its descriptor and corners, is the mean of the corners.
    wanted = descriptors[nearest].mean(axis=(0, 1))
    np.testing.assert_allclose(drawn.mean(axis=0), wanted, rtol=0.02)


def test_a_file_can_be_forgotten_and_its_pages_counted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(1 << 20))
    assert cached_bytes(path) == 1 << 20
    drop_from_cache(path)
    if cached_bytes(path) != 0:
        pytest.skip("this file system keeps its files in memory")
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        before = page_ins()[1]
        file.read(mmap.PAGESIZE)
    assert 0 < cached_bytes(path) < 1 << 20
    assert page_ins()[1] > before


def test_private_memory_is_that_of_the_process() -> None:
    before = own_bytes()
    held = np.ones(64 << 20, np.uint8)  # more than an allocator keeps
    assert own_bytes() - before >= len(held) // 2


def test_time_of_the_processors_passes_while_they_work() -> None:
    before = cpu_seconds()
    while cpu_seconds() - before < 0.02:
        sum(range(10_000))
    assert cpu_seconds() > before


def test_every_pass_times_every_query_and_the_first_is_not_timed() -> None:
    asked: list[int] = []

    def search(query: int) -> int:
        asked.append(query)
        return query * 2

    medians, found = timed_passes(search, [1, 2, 3])
    assert found == [2, 4, 6]
    assert len(medians) == PASSES
    assert asked == [1, 2, 3] * (PASSES + 1)


def point(setting: str, recall: float, *us: float) -> dict[str, Any]:
    return {"setting": setting, "recall": recall, "p50_us": list(us)}


def test_the_fastest_of_those_that_reach_the_recall_counts() -> None:
    points = [point("a", 0.94, 10.0), point("b", 0.95, 30.0, 31.0), point("c", 0.99, 20.0, 25.0)]
    assert report.cheapest(points) == points[2]
    assert report.cheapest(points, 0.995) is None


def test_rounds_become_passes_of_the_same_points() -> None:
    rounds = [[{"setting": "a", "p50_us": [1.0, 2.0]}], [{"setting": "a", "p50_us": [3.0]}]]
    assert merged(rounds) == [{"setting": "a", "p50_us": [1.0, 2.0, 3.0]}]


def results() -> dict[str, Any]:
    regions = {"ids": 8_000, "rows": 512_000, "scan_codes": 25_000, "refine_codes": 0}
    build = {
        "rows": 1_000, "threads": 2, "lists": 10, "build_seconds": 700.0,
        "build_cpu_seconds": 900.0, "save_seconds": 1.0, "most_bytes": 9e6, "kept_bytes": 8e6,
        "file_bytes": 600_000, "regions": regions | {"lists": 9_000},
    }  # fmt: skip
    cold = {
        "asked": 0.97, "load_ms": 0.5, "query_ms": [90.0, 8.0, 6.0], "query_faults": [700, 50, 30],
        "query_read_bytes": [9e6, 2e5, 1e5], "queries_so_far": 500, "own_bytes": 2_000,
        "mapped_bytes": 60_000, "cached_before": 0, "cached_after": 70_000,
    }  # fmt: skip
    libraries = {
        "ruvector": {"build": build, "points": [point("recall=0.95", 0.96, 100.0)]},
        "hnswlib": {
            "build": {"build_seconds": 70.0, "kept_bytes": 1e6},
            "points": [point("ef=20", 0.9, 90.0), point("ef=40", 0.97, 250.0)],
        },
    }
    return {
        "machine": {"cpu": "a processor", "cores": 2, "memory": "25165824 kB"},
        "date": "2026-01-01",
        "quick": False,
        "k": 10,
        "rows": 1_000,
        "parts": {
            "build": build,
            "cold": {"cold": cold, "points": [point("recall=0.95", 0.951, 900.0, 700.0)]},
            "beside": {"rows": 500, "libraries": libraries},
        },
    }


def test_claims_are_judged_by_what_was_measured() -> None:
    speed, resident, built, beside, build_beside = report.judge(results())
    assert (speed.value, speed.met) == (0.8, True)
    assert speed.ours_text == "700 us at 0.9510"
    assert (resident.value, resident.met) == (36.0, True)  # (2,000 + 25,000 + 9,000) / 1,000
    assert (built.value, built.met) == (700.0, False)
    assert built.outcome_text() == "missed by 17 %"
    assert built.ours_text == "700 s (900 s of CPU)"
    assert (beside.value, beside.met) == (2.5, True)
    assert (build_beside.value, build_beside.met) == (0.1, False)
    assert build_beside.peer_text == "70 s"


def test_a_recall_that_was_not_reached_is_no_comparison() -> None:
    missed = results()
    missed["parts"]["cold"]["points"][0]["recall"] = 0.94
    missed["parts"]["beside"]["libraries"]["hnswlib"]["points"].pop()
    speed, *_, beside, _ = report.judge(missed)
    assert speed.met is None
    assert beside.outcome_text() == "no comparison"


def test_the_document_has_each_part_that_was_measured() -> None:
    text = report.document(results())
    assert "| first query | 90.0 ms, 700 page-ins, 9.0 MB read |" in text
    assert "median of the next 2 | 7.0 ms, 40 page-ins, 0.1 MB read" in text
    assert "60.0 B for each vector" in text
    assert "500 vectors: hnswlib" in text
    assert "2 cores, 24.0 GiB of memory" in text
    some = results()
    del some["parts"]["beside"]
    assert "hnswlib" not in report.document(some)
    assert "Not measured." in report.document({})


def test_the_table_goes_between_its_marks_and_nowhere_else() -> None:
    page = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
    renewed = report.with_verdicts(page, results())
    assert renewed.startswith("before\n")
    assert renewed.endswith("after\n")
    assert "old" not in renewed
    assert report.with_verdicts(renewed, results()) == renewed

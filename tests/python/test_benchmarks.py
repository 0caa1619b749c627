"""The benchmark harness judges by these rules, so they are tested like any other code."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from benchmarks.__main__ import arguments, chosen
from benchmarks.cases import CASES, QUICK, Case
from benchmarks.contestant import Contestant
from benchmarks.datasets import DATASETS, MissingDataError, prepare
from benchmarks.lake import report as lake_report
from benchmarks.lake.verdicts import judge_all as judge_lake
from benchmarks.peers import PEERS
from benchmarks.peers.peer import Peer
from benchmarks.report.front_page import (
    BEGIN,
    BEGIN_LISTS,
    END,
    END_LISTS,
    with_lists,
    with_targets,
)
from benchmarks.report.results import Results
from benchmarks.report.tables import document
from benchmarks.targets import LIST_TARGETS, TARGETS, Verdict, faster, keeps_promise
from benchmarks.truth import exact_neighbours, recall


def test_exact_neighbours_are_those_of_float64_differences_across_chunks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("benchmarks.truth.CHUNK", 97)
    rng = np.random.default_rng(1)
    base = rng.standard_normal((700, 9), dtype=np.float32)
    queries = rng.standard_normal((20, 9), dtype=np.float32)
    ids, distances = exact_neighbours(base, queries, 15)
    differences = base[None].astype(np.float64) - queries[:, None]
    expected = (differences**2).sum(axis=2)
    np.testing.assert_array_equal(ids, np.argsort(expected, axis=1)[:, :15])
    np.testing.assert_allclose(distances, np.sort(expected, axis=1)[:, :15])


def test_exact_neighbours_break_ties_by_the_smaller_id() -> None:
    base = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    ids, _ = exact_neighbours(base, base[5:6], 6)
    assert ids[0, :4].tolist() == [4, 5, 6, 7]
    assert ids[0, 4:].tolist() == [0, 1]


def test_recall_accepts_either_of_two_rows_at_the_same_distance() -> None:
    base = np.array([[0], [1], [-1], [5]], dtype=np.float32)
    queries = np.zeros((1, 1), dtype=np.float32)
    _, truth = exact_neighbours(base, queries, 2)
    assert recall(base, queries, truth, [np.array([0, 1])], 2) == 1.0
    assert recall(base, queries, truth, [np.array([0, 2])], 2) == 1.0
    assert recall(base, queries, truth, [np.array([0, 3])], 2) == 0.5


def test_recall_counts_a_repeated_id_once_and_padding_never() -> None:
    base = np.arange(5, dtype=np.float32)[:, None]
    queries = np.zeros((1, 1), dtype=np.float32)
    _, truth = exact_neighbours(base, queries, 2)
    assert recall(base, queries, truth, [np.array([0, 0])], 2) == 0.5
    assert recall(base, queries, truth, [np.array([0, -1])], 2) == 0.5
    assert recall(base, queries, truth, [np.array([0, 4_294_967_295])], 2) == 0.5


def test_a_set_whose_files_are_absent_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.datasets.REAL_DATA", tmp_path)
    monkeypatch.setattr("benchmarks.datasets.PREPARED", tmp_path)
    with pytest.raises(MissingDataError, match=r"sift_base\.u8\.npy is not in"):
        prepare(DATASETS["sift"])


def test_a_prepared_set_is_not_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("benchmarks.datasets.PREPARED", tmp_path)
    first = prepare(DATASETS["quick"])
    written = (first.folder / "base.npy").stat().st_mtime_ns
    again = prepare(DATASETS["quick"])
    assert (again.folder / "base.npy").stat().st_mtime_ns == written
    assert again.base.shape == (5_000, 128)
    assert again.truth_distances.shape == (200, 100)


def point(recall_value: float, p50: float, final: bool = True) -> dict[str, Any]:
    timing = {"p50_us": p50, "p99_us": 2 * p50, "qps": 1e6 / p50, "queries": 100}
    return {
        "k": 10,
        "setting": {"width": p50},
        "recall": recall_value,
        "counters": {},
        "sweep_p50_us": p50,
        "passes": [timing],
        "batches": [2e6 / p50],
        "batch_recall": recall_value,
        "final": final,
    }


def run(peer: str, points: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "peer": peer,
        "title": peer,
        "threads": 1,
        "build_seconds": [1.0],
        "rss_growth": 1_000,
        "version": "1",
        "bytes": {},
        "points": points,
    }


def results(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> Results:
    case = {
        "case": "g128",
        "title": "a set",
        "rows": 10,
        "dim": 4,
        "queries": 5,
        "machine": {"cpu": "a processor", "cores": 2},
        "date": "2026-01-01",
        "recalls": {"10": [0.99]},
        "runs": [run("ours", ours), run("faiss-pq", theirs)],
    }
    return Results({"g128": case})


def test_a_claim_compares_the_cheapest_settings_that_reach_the_recall() -> None:
    found = results(
        [point(0.98, 10), point(0.999, 100)], [point(0.95, 50), point(0.995, 250), point(1, 400)]
    )
    verdict = faster("claim", "g128", "faiss-pq", 2, recall=0.99)(found)
    assert verdict.value == pytest.approx(2.5)
    assert verdict.outcome_text() == "met"
    batch = faster("claim", "g128", "faiss-pq", 3, recall=0.99, batch=True)(found)
    assert batch.value == pytest.approx(2.5)
    assert batch.outcome_text() == "missed by 20 %"


def test_a_peer_that_never_reaches_the_recall_is_named_with_its_best() -> None:
    found = results([point(0.999, 100)], [point(0.95, 50)])
    verdict = faster("claim", "g128", "faiss-pq", 2, recall=0.99)(found)
    assert verdict.met is None
    assert verdict.peer_text == "never reaches it (best 0.9500)"


def test_an_upper_bound_says_by_how_much_it_is_missed() -> None:
    verdict = Verdict("claim", "peer", "", "", 180.0, 150.0, False, " B")
    assert verdict.outcome_text() == "missed by 20 %"
    assert verdict.target_text() == "<= 150 B"


def test_the_report_has_a_row_for_each_final_setting() -> None:
    text = document(results([point(0.999, 123)], [point(0.995, 250), point(1, 477, final=False)]))
    assert "| ours | width=123 | 1 | 0.9990 | 123 |" in text
    assert "477" not in text


class Recorder:
    """Stands for `Results`: notes who is compared where, and knows of nothing."""

    def __init__(self) -> None:
        self.compared: set[tuple[str, str]] = set()

    def search(self, case: str, peer: str, *_: Any, **__: Any) -> None:
        self.compared.add((case, peer))

    def build(self, case: str, peer: str) -> None:
        self.compared.add((case, peer))

    def best_recall(self, *_: Any) -> None: ...

    def run(self, *_: Any) -> None: ...


def test_every_claim_is_about_libraries_that_its_case_runs() -> None:
    recorder = Recorder()
    for row in (*TARGETS, *LIST_TARGETS):
        row(cast("Results", recorder))
    missing = {(case, peer) for case, peer in recorder.compared if peer not in CASES[case].peers}
    assert missing == set()
    assert ("sift-lists", "rabitqlib-hnsw") in recorder.compared


def test_every_library_of_a_case_has_an_adapter() -> None:
    assert {peer for case in (*CASES.values(), QUICK) for peer in case.peers} == set(PEERS)
    for entry in PEERS.values():
        module = importlib.import_module(f"benchmarks.peers.{entry.module}")
        assert issubclass(getattr(module, entry.adapter), Peer)


def test_a_quick_run_takes_any_library_and_a_case_only_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def peers_of(*words: str) -> list[tuple[str, ...]]:
        monkeypatch.setattr("sys.argv", ["benchmarks", *words])
        return [case.peers for case in chosen(arguments())]

    assert peers_of("--quick") == [QUICK.peers]
    assert peers_of("--quick", "--peers", "usearch,rabitqlib-symqg") == [
        ("usearch", "rabitqlib-symqg")
    ]
    assert peers_of("--only", "sift", "--peers", "usearch,ours") == [("ours",)]
    with pytest.raises(SystemExit):
        peers_of("--quick", "--peers", "nobody")


def finalists(points: list[dict[str, Any]], wanted: float, keep: int) -> list[float]:
    contestant = Contestant.__new__(Contestant)
    contestant.points = points
    case = Case("name", "set", (), {10: (wanted,)})
    return [one["sweep_p50_us"] for one in contestant.finalists(case, keep)]


def test_the_front_page_gets_the_table_between_its_marks_and_nothing_else_changes() -> None:
    found = results([point(0.995, 100)], [point(0.995, 250)])
    page = with_targets(f"before\n{BEGIN}\nold\n{END}\nafter\n", found)
    assert page.startswith(f"before\n{BEGIN}\nMeasured by `make bench` on ")
    assert page.endswith(f"|\n{END}\nafter\n")
    assert "old" not in page
    assert with_targets(page, found) == page
    with pytest.raises(ValueError, match="lacks"):
        with_targets("no marks", found)
    assert "Not measured." in with_lists(f"{BEGIN_LISTS}\n{END_LISTS}", found)


def test_a_promise_of_recall_is_judged_by_what_was_found_at_what_was_asked() -> None:
    asked = [point(0.893, 10), point(0.941, 20)]
    for one, wanted in zip(asked, (0.9, 0.95), strict=True):
        one["setting"] = {"recall": wanted}
    runs = [{**results(asked, []).cases["g128"]["runs"][0], "peer": "ours-lists"}]
    found = Results({"g128": {"runs": runs}})
    kept = keeps_promise("claim", "g128", 0.9)(found)
    assert (kept.value, kept.outcome_text()) == (0.893, "met")
    assert keeps_promise("claim", "g128", 0.95)(found).met
    assert keeps_promise("claim", "g128", 0.99)(found).outcome_text() == "no comparison"


def test_the_cheapest_settings_at_a_recall_go_on() -> None:
    points = [point(0.9, 10), point(0.991, 30), point(0.995, 20), point(1, 40)]
    assert finalists(points, 0.99, 1) == [20]
    assert finalists(points, 0.99, 2) == [30, 20]


def test_a_library_below_the_recall_runs_at_its_ceiling() -> None:
    points = [point(0.9, 10), point(0.9785, 30), point(0.98, 35)]
    assert finalists(points, 0.99, 1) == [30]
    assert finalists([point(0.98, 10), point(0.9905, 20)], 0.99, 1) == [20]


# --- the lake


def overhead_run(direct: float, fresh: float, recall_value: float) -> dict[str, Any]:
    times = {"direct_us": [direct] * 3, "fresh_us": [fresh] * 3, "eventual_us": [direct] * 3}
    equal = {"equal_us": [2 * direct] * 3, "equal_recall": 1.0}
    return {**times, **equal, "recall": recall_value}


def lake_results(**parts: Any) -> dict[str, Any]:
    effort = {"stormers": 64, "clients": 8}
    machine = {"cpu": "CPU", "cores": 2}
    return {
        "parts": parts,
        "effort": effort,
        "machine": machine,
        "date": "2026-01-01",
        "upstream_missing": "",
        "data": ["a set"],
    }


def test_the_ratio_of_the_lake_is_that_of_neighbouring_blocks() -> None:
    # The machine slowed down by half in the middle: both of a pair were slow.
    mine = overhead_run(100.0, 101.0, 1.0)
    mine["direct_us"][1], mine["fresh_us"][1] = 200.0, 202.0
    part = {"ruvector": [mine], "upstream": [overhead_run(500.0, 510.0, 0.6)]}
    fresh, eventual, direct, equal = judge_lake(lake_results(overhead=part))
    assert fresh.value == pytest.approx(1.01)
    assert fresh.met is True
    assert eventual.value == pytest.approx(1.0)
    assert direct.value == pytest.approx(5.0)
    assert direct.met is False
    assert equal.value == pytest.approx(10.0)
    assert "0.6000" in direct.peer_text


def test_without_the_original_its_figures_are_reported_and_no_ratio_is_drawn() -> None:
    part = {"ruvector": [overhead_run(100.0, 101.0, 1.0)]}
    runs = {"1": {"ruvector": [{"qps": 9_000.0, "recall": 1.0}]}}
    verdicts = judge_lake(lake_results(overhead=part, clients=runs))
    compared = [verdict for verdict in verdicts if verdict.peer == "upstream"]
    assert len(compared) == 2
    for verdict in compared:
        assert verdict.value is None
        assert "reported, not measured here" in verdict.peer_text


def test_a_storm_that_pulls_twice_or_fails_misses_its_target() -> None:
    run = {"pulls": 1, "errors": 1, "task_pulls": 1, "task_errors": 0, "errors_of_100_later": 0}
    threads, tasks = judge_lake(lake_results(storm={"ruvector": [run]}))
    assert threads.met is False
    assert tasks.met is True


def test_the_lakes_table_goes_between_its_marks_and_nowhere_else() -> None:
    results = lake_results(refresh={"ruvector": [{"part_read": 0.015, "sees_the_append": True}]})
    page = f"before\n{lake_report.BEGIN}\nold\n{lake_report.END}\nafter\n"
    renewed = lake_report.with_verdicts(page, results)
    assert renewed.startswith("before\n")
    assert renewed.endswith("after\n")
    assert "old" not in renewed
    assert "1.5 %" in renewed
    assert lake_report.with_verdicts(renewed, results) == renewed
    with pytest.raises(ValueError, match="lacks"):
        lake_report.with_verdicts("no marks", results)

"""What the embedders' benchmark is made of, and how it judges."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets import MissingDataError
from benchmarks.embed import report, rows, texts
from benchmarks.embed.__main__ import merged
from benchmarks.embed.docstrings import Docstring, of_module
from benchmarks.embed.encoders import ENCODERS, IMAGE_ENCODERS
from benchmarks.embed.retrieval import confusable, cosines, nearest, overlap, quality
from benchmarks.embed.verdicts import judge_all, milliseconds
from benchmarks.embed.wordnet import Synset, parsed, synsets
from benchmarks.embed.worker import Worker
from benchmarks.environments import HERE, REQUIREMENTS
from benchmarks.worker_process import WorkerError

ENCODER_FILES = Path(texts.__file__).parent / "encoders"

# --- texts


def test_a_line_of_wordnet_is_read_as_its_manual_says() -> None:
    # Two words in hexadecimal, one with the mark of an adjective's place; one pointer.
    line = (
        "00014358 00 s 02 galore(ip) 0 a_plenty 0 001 & 00013887 a 0000 | existing in abundance;"
        ' "whiskey galore"; "there was food galore for all"  '
    )
    synset = parsed(line)
    assert synset.words == ("galore", "a plenty")
    assert synset.definition == "existing in abundance"
    assert synset.sentences == ("whiskey galore", "there was food galore for all")
    assert synset.gloss == "galore, a plenty: existing in abundance"


def test_without_wordnet_the_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="apt-get install wordnet-base"):
        list(synsets(tmp_path))


def test_documentation_strings_have_a_summary_and_a_body() -> None:
    source = '"""Top."""\nclass A:\n    def f(self):\n        """One\n  line.\n\n  More."""'
    found = list(of_module(source, "m"))
    assert [(doc.name, doc.summary, doc.body) for doc in found] == [
        ("m", "Top.", ""),
        ("m.A.f", "One line.", "More."),
    ]


def test_short_texts_have_eight_words_and_none_is_drawn_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    definitions = ["one two three", *(f"a b c d e f g {number}" for number in range(30))]
    found = [Synset(("w",), definition, ()) for definition in definitions]
    monkeypatch.setattr(texts, "synsets", lambda: iter(found + found))
    drawn = texts.short(30)
    assert sorted(drawn) == sorted(definitions[1:])
    assert texts.short(30) == drawn


def test_mixed_texts_have_the_promised_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    documented = [
        Docstring(f"m.f{number}", f"Summary {number}.", " ".join(["word"] * (number % 300)))
        for number in range(900)
    ]
    monkeypatch.setattr(texts, "standard_library", lambda: iter(documented))
    drawn = texts.mixed(64)
    words = [len(text.split()) for text in drawn]
    assert len(set(drawn)) == 64
    assert 4 <= min(words) < 6
    assert 215 < max(words) <= 230
    assert sum(words) / 64 == pytest.approx(56, abs=1)
    assert texts.mixed(64) == drawn


def test_odd_texts_are_in_twenty_scripts_and_no_two_are_alike() -> None:
    import unicodedata

    odd = texts.odd()
    letters = {char for text in odd for char in text if char.isalpha()}
    scripts = {unicodedata.name(char, "?").split()[0] for char in letters}
    assert len(scripts) >= 20
    assert len(set(odd)) == len(odd)
    assert "" in odd


# --- searches with known answers


def test_the_nearest_are_found_best_first_and_ties_by_the_smaller_id() -> None:
    documents = np.array([[0, 1], [1, 0], [0, 1], [0.6, 0.8]], np.float32)
    found = nearest(documents, np.array([[0, 1]], np.float32), 3)
    assert found.tolist() == [[0, 2, 3]]


def test_recall_and_ndcg_follow_the_place_of_the_one_answer() -> None:
    found = np.array([[7, 1, 2], [1, 8, 2], [1, 2, 9], [1, 2, 3]])
    measured = quality(found, [7, 8, 9, 4])
    assert measured["recall_1"] == 1 / 4
    assert measured["recall_10"] == 3 / 4
    assert measured["ndcg_10"] == pytest.approx((1 + 1 / math.log2(3) + 1 / 2 + 0) / 4)


def test_overlap_counts_shared_documents_whatever_their_order() -> None:
    assert overlap(np.array([[1, 2], [3, 4]]), np.array([[2, 1], [4, 5]])) == 3 / 4


def test_cosines_do_not_depend_on_length() -> None:
    rows_ = np.array([[3, 0], [0, 5]], np.float32)
    others = np.array([[1, 0], [1, 1]], np.float32)
    found = cosines(rows_, others)
    assert found["min_cosine"] == pytest.approx(math.sqrt(0.5))
    assert found["mean_cosine"] == pytest.approx((1 + math.sqrt(0.5)) / 2)


def test_other_meanings_of_an_answers_words_are_among_the_glosses() -> None:
    everything = [
        Synset(("bank", "shore"), "land beside water", ()),
        Synset(("bank",), "where money lies", ()),
        Synset(("tree",), "a tall plant", ()),
        Synset(("shore", "prop"), "hold up", ()),
    ]
    assert confusable(everything, [0]) == {0, 1, 3}


# --- rounds


def test_every_other_round_is_turned_round_and_without_the_slow() -> None:
    names = ["ours-int8", "onnxruntime", "chroma"]
    assert rows.turns(names, 0) == names
    assert rows.turns(names, 1) == ["onnxruntime", "ours-int8"]


class Answering:
    """A session that answers a number of times and then dies."""

    def __init__(self, name: str, answers: int) -> None:
        self.name, self.threads, self.answers = name, 2, answers

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        self.answers -= 1
        if self.answers < 0:
            raise WorkerError(f"{self.name} ended with status 1")
        return {} if command == "tune" else {"texts": 1, "seconds": 0.5}


def test_an_encoder_that_dies_is_left_out_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rows, "SCRATCH", tmp_path)
    said: list[str] = []
    bench = rows.Bench(rows.Effort(rounds=5), [], said.append, {})
    sessions: Any = {
        "ours-int8": Answering("ours-int8", 99),
        "onnxruntime": Answering("onnxruntime", 3),
        "chroma": Answering("chroma", 99),
    }
    runs = rows.rounds(bench, "short", sessions, ["a"], ["b"])
    assert {name: len(answers) for name, answers in runs.items()} == {"ours-int8": 5, "chroma": 3}
    assert bench.missing == {"onnxruntime": "onnxruntime ended with status 1"}
    assert said == ["onnxruntime is left out: onnxruntime ended with status 1"]


def test_every_encoder_has_an_adapter_and_pinned_versions() -> None:
    for entry in (*ENCODERS.values(), *IMAGE_ENCODERS.values()):
        assert (ENCODER_FILES / f"{entry.module}.py").is_file()
        if entry.environment != "ours":
            lines = (HERE / REQUIREMENTS[entry.environment]).read_text().splitlines()
            wanted = [line for line in lines if not line.startswith("#")]
            assert wanted
            assert all("==" in line for line in wanted)


def test_kept_vectors_are_made_again_for_other_texts() -> None:
    one = rows.digest("onnxruntime", ["a"])
    assert one == rows.digest("onnxruntime", ["a"])
    assert one != rows.digest("onnxruntime", ["b"])
    assert one != rows.digest("onnxruntime-int8", ["a"])


def test_parts_that_were_not_measured_again_keep_their_figures() -> None:
    old = {"short": {"1": {"a": 1, "b": 2}}, "start": {"a": 3}}
    new = {"short": {"1": {"b": 5}}}
    assert merged(old, new, 1) == {"short": {"1": {"b": 5}}, "start": {"a": 3}}
    assert merged(old, new, 9) == {"short": {"1": {"a": 1, "b": 5}}, "start": {"a": 3}}


class Batched:
    """An encoder whose time depends on its batches, by the clock that a test turns."""

    batches = (8, 32)

    def __init__(self, seconds: dict[int, float]) -> None:
        self.seconds, self.now, self.batch = seconds, 0.0, 32

    def embed_batch(self, texts: list[str]) -> None:
        self.now += self.seconds[self.batch]


@pytest.mark.parametrize(("seconds", "best"), [({8: 2.0, 32: 1.0}, 32), ({8: 1.0, 32: 2.0}, 8)])
def test_the_faster_size_of_batches_stays(
    seconds: dict[int, float], best: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    encoder = Batched(seconds)
    worker = Worker.__new__(Worker)
    worker._encoder = encoder
    monkeypatch.setattr("time.perf_counter", lambda: encoder.now)
    file = tmp_path / "texts.json"
    file.write_text('["a", "b"]')
    assert worker.tune(str(file)) == {"batch": best}
    assert encoder.batch == best


# --- verdicts and tables


def rate_runs(*rates: float) -> list[dict[str, Any]]:
    return [{"texts": 100, "seconds": 100 / rate} for rate in rates]


def results(**parts: Any) -> dict[str, Any]:
    return {
        "machine": {"cpu": "CPU", "cores": 2},
        "date": "2026-01-01",
        "missing": {},
        "texts": "Short: some.",
        "parts": parts,
    }


def test_rates_are_compared_by_their_medians() -> None:
    runs = {"ours-float32": rate_runs(600, 100, 700), "onnxruntime": rate_runs(500, 400, 9_000)}
    found = [row for row in judge_all(results(short={"1": runs})) if "float32" in row.claim]
    (verdict,) = found
    assert verdict.value == pytest.approx(1.2)
    assert verdict.bound == 1.15
    assert verdict.met is True
    two = judge_all(results(short={"2": runs}))
    assert two[0].bound == 1.3
    assert two[0].outcome_text() == "missed by 8 %"


def test_an_encoder_that_was_not_measured_is_not_compared() -> None:
    verdicts = judge_all(results(short={"1": {"onnxruntime": rate_runs(500)}}))
    assert {verdict.outcome_text() for verdict in verdicts} == {"no comparison"}
    assert verdicts[0].ours_text == "-"
    assert verdicts[0].peer_text == "500 texts/s"


def test_a_query_is_judged_by_the_median_of_its_rounds_percentiles() -> None:
    runs = [{"milliseconds": [1.0, 2.0, 30.0]}, {"milliseconds": [4.0, 5.0, 6.0]}]
    assert milliseconds(runs) == pytest.approx((2 + 5) / 2)
    assert milliseconds(runs, 99) == pytest.approx((30 + 6) / 2)
    part = {"1": {"ours-int8": runs, "onnxruntime": [{"milliseconds": [35.0]}]}}
    (verdict,) = [
        row
        for row in judge_all(results(query=part))
        if row.peer == "onnxruntime float32" and "int8" in row.claim
    ]
    assert verdict.value == pytest.approx(10)
    assert verdict.met is True


def test_start_and_memory_have_upper_bounds() -> None:
    begin = {"import_seconds": 0.05, "load_seconds": 0.02, "first_seconds": 0.02, "seconds": 0.09}
    mixed = {**rate_runs(10)[0], "anonymous_bytes": 149e6, "mapped_bytes": 1e6}
    found = results(start={"ours-float32": [begin]}, mixed={"1": {"ours-float32": [mixed]}})
    by_claim = {verdict.claim: verdict for verdict in judge_all(found)}
    start = by_claim["import, load and first vector, float32"]
    assert start.outcome_text() == "missed by 50 %"
    assert start.ours_text == "90 ms (50 ms of them imports)"
    assert by_claim["memory while embedding 512 mixed lengths, float32"].met is True


def quality_part(overlap_value: float, reference: str) -> dict[str, Any]:
    row = {"recall_1": 0.5, "recall_10": 0.9, "ndcg_10": 0.7, "reference": reference}
    row |= {"overlap": overlap_value, "min_cosine": 0.99, "mean_cosine": 0.999}
    return {"wordnet": {"documents": 300, "queries": 50, "encoders": {"ours-int8": row}}}


def test_overlap_counts_only_beside_our_own_float32() -> None:
    (verdict,) = judge_all(results(quality=quality_part(0.96, "ours-float32")))
    assert verdict.outcome_text() == "missed by 1 %"
    assert verdict.claim.endswith("50 sentences on 300 glosses")
    assert judge_all(results(quality=quality_part(0.96, "onnxruntime"))) == []


def test_images_are_compared_with_and_without_what_comes_before_the_network() -> None:
    ours = [{"images": 4, "seconds": 0.01}]
    photo = {"runs": {"ours-images": ours, "onnxruntime-images": [{"images": 4, "seconds": 0.02}]}}
    alone = [{"images": 4, "seconds": 0.005}]
    fitting = {"runs": {"ours-images": ours, "onnxruntime-images-alone": alone}}
    part = {"count": 4, "photo": {"1": {**photo, "min_cosine": 1.0}}, "fitting": {"1": fitting}}
    found = judge_all(results(images=part))
    assert [verdict.value for verdict in found] == pytest.approx([2, 0.5, 1])
    assert [verdict.outcome_text() for verdict in found] == ["met", "missed by 100 %", "met"]


def test_the_embedders_table_goes_between_its_marks_and_says_what_is_missing() -> None:
    found = results(short={"1": {"ours-int8": rate_runs(2_000), "onnxruntime": rate_runs(500)}})
    found["missing"] = {"fastembed": "pip could not install it"}
    page = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
    renewed = report.with_verdicts(page, found)
    assert renewed.startswith("before\n")
    assert renewed.endswith("after\n")
    assert "old" not in renewed
    assert "Not measured here: fastembed." in renewed
    assert "| 2,000 texts/s | 500 texts/s | 4x | >= 3.9x | met |" in renewed
    assert report.with_verdicts(renewed, found) == renewed
    document = report.document(found)
    assert "- fastembed: pip could not install it" in document
    assert "| ruvector int8 | 2,000 | - |" in document


def test_the_plot_shows_every_encoder_that_was_measured(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="make bench installs it")
    runs = {"ours-int8": rate_runs(2_000), "chroma": rate_runs(11)}
    report.draw(results(short={"1": runs}, mixed={"2": runs}), tmp_path)
    picture = (tmp_path / "throughput.svg").read_text()
    assert picture.startswith("<?xml")
    assert (tmp_path / "throughput.png").stat().st_size > 1_000

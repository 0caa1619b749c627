"""The demo as its user meets it: sensible answers, kept vectors, the script and README's lines."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from rag_demo import Passage, standard_library, vector_cache

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "python"

KEY = "recipe digest"

# Each question, and names of which at least one must be among the five nearest passages.
QUESTIONS = [
    ("how do I parse a date from a string", ["datetime.datetime.strptime"]),
    ("format a date and time as text", ["datetime.date.strftime", "time.strftime"]),
    ("how to read a csv file row by row", ["csv.reader"]),
    ("run a shell command and capture its output", ["subprocess.getoutput", "subprocess.run"]),
    ("how can I cache the results of a function", ["functools.cache", "functools.lru_cache"]),
    ("find the most common elements of a list", ["collections.Counter.most_common"]),
    ("compress data with gzip", ["gzip.compress"]),
    ("list all files in a directory", ["os.listdir"]),
    ("how do I send an email", ["smtplib.SMTP.sendmail", "smtplib.SMTP.send_message"]),
    ("shuffle a list in place", ["random.Random.shuffle"]),
    ("compute the sha256 hash of some bytes", ["hashlib.sha256"]),
    ("find the square root of a number", ["math.sqrt"]),
    ("split a url into its parts", ["urllib.parse.urlsplit", "urllib.parse.urlparse"]),
    ("insert into a sorted list", ["bisect.insort_right", "bisect.insort_left"]),
    ("match a regular expression at the beginning of a string", ["re.Pattern.match"]),
    ("what does the yield expression do", ["topic: yield"]),
    ("how do I parse command line arguments", ["argparse", "argparse.ArgumentParser"]),
    ("remove whitespace from both ends of a string", ["str.strip"]),
    ("median of a list of numbers", ["statistics.median"]),
    ("iterate over all permutations of a list", ["itertools.permutations"]),
    ("delete a whole directory tree", ["shutil.rmtree"]),
    ("open a web page in the browser", ["webbrowser.open"]),
    ("measure the execution time of a small piece of code", ["timeit"]),
]


@pytest.fixture(scope="module")
def encoder() -> ruvector.Embedder:
    try:
        return ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2")
    except ruvector.ModelNotFound as error:
        pytest.skip(f"the model cannot be had: {error}")


@pytest.fixture(scope="module")
def corpus(encoder: ruvector.Embedder) -> tuple[list[Passage], NDArray[np.float32]]:
    """All passages and their vectors: those of an earlier demo, else about a minute's work."""
    passages = standard_library()
    texts = [passage.text for passage in passages]
    key = f"{encoder.recipe_digest} float32"
    vectors = vector_cache.load(key, texts)
    if vectors is None:
        vectors = encoder.embed_batch(texts)
        vector_cache.save(key, texts, vectors)
    return passages, vectors


# The first of these may have to embed the corpus.
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("question", "expected"), QUESTIONS)
def test_a_plain_question_finds_its_passage_among_the_first_five(
    encoder: ruvector.Embedder,
    corpus: tuple[list[Passage], NDArray[np.float32]],
    question: str,
    expected: list[str],
) -> None:
    passages, vectors = corpus
    nearest = np.argsort(-(vectors @ encoder.embed(question)), kind="stable")[:5]
    names = [passages[i].name for i in nearest]
    assert set(names) & set(expected), names


def test_kept_vectors_come_back_for_the_same_texts_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUVECTOR_CACHE", str(tmp_path))
    texts = ["one", "two"]
    vectors = np.eye(2, 384, dtype=np.float32)
    assert vector_cache.load(KEY, texts) is None
    vector_cache.save(KEY, texts, vectors)
    kept = vector_cache.load(KEY, texts)
    assert kept is not None
    np.testing.assert_array_equal(kept, vectors)
    assert vector_cache.load(KEY, ["two", "one"]) is None
    assert vector_cache.load(KEY, ["onetwo"]) is None
    assert vector_cache.load(KEY, ["on", "etwo"]) is None
    assert vector_cache.load("another", texts) is None


@pytest.mark.parametrize("damage", ["truncated", "empty", "not unit length", "other shape"])
def test_damaged_kept_vectors_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setenv("RUVECTOR_CACHE", str(tmp_path))
    texts = ["one", "two"]
    vectors = np.eye(2, 384, dtype=np.float32)
    vector_cache.save(KEY, texts, vectors)
    path = vector_cache.path_for(KEY, texts)
    match damage:
        case "truncated":
            path.write_bytes(path.read_bytes()[:-1])
        case "empty":
            path.write_bytes(b"")
        case "not unit length":
            np.save(path, vectors * 2)
        case _:
            np.save(path, vectors[:1])
    assert vector_cache.load(KEY, texts) is None


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | environment,
    )


def test_the_demo_prints_passages_scores_and_timings(encoder: ruvector.Embedder) -> None:
    question = "how do I compress a file"
    script = str(EXAMPLES / "demo.py")
    result = run(script, "--limit", "200", "--k", "3", "--question", question)
    assert result.returncode == 0, result.stderr
    steps = [line.split()[0] for line in result.stdout.splitlines()[:4]]
    assert steps == ["corpus", "model", "vectors", "index"]
    assert f"? {question}" in result.stdout
    assert "encoded in" in result.stdout
    assert result.stdout.count("cosine") == 3


def test_the_demo_without_model_or_network_says_what_is_missing(tmp_path: Path) -> None:
    script = str(EXAMPLES / "demo.py")
    result = run(script, "--limit", "9", RUVECTOR_CACHE=str(tmp_path), HF_HUB_OFFLINE="1")
    assert result.returncode == 1
    assert "HF_HUB_OFFLINE is set" in result.stderr
    assert "model.safetensors" in result.stderr
    assert "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db" in result.stderr
    assert str(tmp_path / "models" / "all-MiniLM-L6-v2") in result.stderr
    assert "Traceback" not in result.stderr


def test_a_limit_below_one_is_refused() -> None:
    result = run(str(EXAMPLES / "demo.py"), "--limit", "0")
    assert result.returncode == 2
    assert "0 is below 1" in result.stderr


def test_readme_shows_the_five_lines_as_they_are_run() -> None:
    _, code = (EXAMPLES / "five_lines.py").read_text(encoding="utf-8").split('"""\n\n', 1)
    assert code in (ROOT / "README.md").read_text(encoding="utf-8")

"""The ids of texts, compared with those of Hugging Face's tokenizers on the same files."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

import ruvector
from tests.python import seeded_models
from tests.python.odd_texts import SCRIPTS

GOLDEN = Path(__file__).parents[1] / "golden" / "tokenizer"
MAX_TOKENS = 512
SURROGATES = range(0xD800, 0xE000)
CODE_POINTS = [chr(c) for c in range(0x110000) if c not in SURROGATES]


class Pair:
    """An embedder and the tokenizer whose ids it must have."""

    def __init__(self, directory: Path, tokenizer: Path) -> None:
        self._embedder = ruvector.Embedder.from_pretrained(directory)
        self._reference = Tokenizer.from_file(str(tokenizer))
        self._reference.no_padding()
        self._reference.enable_truncation(MAX_TOKENS)

    def check(self, texts: Iterable[str]) -> int:
        texts = list(texts)
        for text, expected in zip(texts, self._reference.encode_batch_fast(texts), strict=True):
            ids = self._embedder.tokenize(text)
            assert ids == expected.ids, ascii(text[:200])
        return len(texts)


def pair_of(directory: Path, tokenizer: Path) -> Pair:
    """One whose embedder has a single layer, of seeded weights."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeded_models, "word_pieces", lambda: Tokenizer.from_file(str(tokenizer)))
        seeded_models.make_bert(directory, layers=1, max_tokens=MAX_TOKENS)
    return Pair(directory, tokenizer)


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return pair_of(tmp_path_factory.mktemp("golden"), GOLDEN / "tokenizer.json")


@pytest.fixture(scope="session")
def characters(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """One with a piece for every twelfth code point that is a letter, so that few are [UNK]."""
    directory = tmp_path_factory.mktemp("characters")
    tokenizer = json.loads((GOLDEN / "tokenizer.json").read_text())
    letters = [c for c in CODE_POINTS if unicodedata.category(c)[0] in "LMN"]
    pieces = [*seeded_models.SPECIAL, *(p + c for c in letters[::12] for p in ("", "##"))]
    tokenizer["model"]["vocab"] = {piece: id for id, piece in enumerate(dict.fromkeys(pieces))}
    for added in tokenizer["added_tokens"]:
        assert tokenizer["model"]["vocab"][added["content"]] == added["id"]
    path = directory / "characters.json"
    path.write_text(json.dumps(tokenizer))
    return pair_of(directory / "model", path)


@pytest.mark.parametrize("plane", range(17))
def test_every_code_point_alone(golden: Pair, plane: int) -> None:
    chars = [c for c in CODE_POINTS if ord(c) >> 16 == plane]
    assert golden.check(chars) == 0x10000 - (len(SURROGATES) if plane == 0 else 0)


def test_code_points_between_letters_and_marks(characters: Pair) -> None:
    assert characters.check(f"a{c}b {c}\u0301\u302e{c}\u1b44" for c in CODE_POINTS[::5]) > 200_000


def test_names_of_all_characters(golden: Pair) -> None:
    named = [f"{c} {unicodedata.name(c, '')}" for c in CODE_POINTS[:0x3000]]
    assert golden.check(", ".join(named[i : i + 20]) for i in range(0, len(named), 20)) > 600


def test_words_of_every_script(golden: Pair, characters: Pair) -> None:
    draw = random.Random(5)
    texts = list(SCRIPTS.values())
    for begin in range(0, 0x20000, 64):
        letters = CODE_POINTS[begin : begin + 64]
        words = ("".join(draw.choices(letters, k=draw.randint(1, 9))) for _ in range(30))
        texts.append(" ".join(words))
    assert golden.check(texts) == characters.check(texts)


def test_texts_that_are_longer_than_the_model_reads(golden: Pair) -> None:
    texts = ["free equal dignity " * 100_000, "x" * 3_000_000, "e\u0301" * 1_000_000, "-" * 1_000]
    assert golden.check(texts) == 4


ODD = st.sampled_from(
    [
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "[",
        "]",
        "##",
        " ",
        "\u0301",
        "\u302e",
        "\ufe0f",
        "\u200d",
        "\x00",
    ]
)


@given(st.lists(st.one_of(st.text(), ODD, st.text("free equal born"))).map("".join))
def test_arbitrary_texts(golden: Pair, text: str) -> None:
    golden.check([text])


@given(st.text(st.characters(categories=["L", "M", "N"]), min_size=90, max_size=110))
def test_words_around_the_longest(characters: Pair, text: str) -> None:
    characters.check([text])


def test_texts_of_the_goldens(golden: Pair) -> None:
    rows = json.loads((GOLDEN / "texts.json").read_text())
    assert golden.check(row["text"] for row in rows) > 400

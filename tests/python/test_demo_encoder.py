"""The demo's encoder against sentence-transformers, whose vectors are in tests/golden/minilm."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rag_demo.encoder import GROUP_TOKENS, MAX_TOKENS, Encoder, groups_by_length
from rag_demo.gelu import erfc, gelu_in_place
from rag_demo.model_files import MINILM, ModelError, fetch
from rag_demo.safetensors import SafetensorsError, load
from rag_demo.transformer import Transformer

GOLDEN = Path(__file__).parents[1] / "golden" / "minilm"
TEXTS: list[str] = json.loads((GOLDEN / "texts.json").read_text(encoding="utf-8"))

# Two float32 implementations of the same network, summing in different orders.
TOLERANCE = 2e-6


@pytest.fixture(scope="module")
def model() -> Path:
    try:
        return fetch(MINILM)
    except ModelError as error:
        pytest.skip(f"the model cannot be fetched: {error}")


@pytest.fixture(scope="module")
def encoder(model: Path) -> Encoder:
    return Encoder(model)


@pytest.fixture(scope="module")
def golden() -> dict[str, NDArray[np.float32]]:
    with np.load(GOLDEN / "vectors.npz", allow_pickle=False) as file:
        return dict(file)


def test_token_ids_are_those_of_the_transformers_library(
    encoder: Encoder, golden: dict[str, NDArray[np.float32]]
) -> None:
    ends = [int(end) for end in np.cumsum(golden["token_counts"])]
    expected = np.split(golden["token_ids"], ends[:-1])
    for text, ids, want in zip(TEXTS, encoder.tokens(TEXTS), expected, strict=True):
        assert ids == want.tolist(), text


def test_vectors_are_those_of_sentence_transformers(
    encoder: Encoder, golden: dict[str, NDArray[np.float32]]
) -> None:
    vectors = encoder.embed_batch(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dim)
    np.testing.assert_allclose(vectors, golden["vectors"], rtol=0, atol=TOLERANCE)


def test_a_vector_does_not_depend_on_its_batch_or_order(encoder: Encoder) -> None:
    together = encoder.embed_batch(TEXTS)
    alone = np.stack([encoder.embed(text) for text in TEXTS])
    backwards = encoder.embed_batch(TEXTS[::-1])[::-1]
    np.testing.assert_allclose(together, alone, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(together, backwards, rtol=0, atol=TOLERANCE)


def test_vectors_have_length_one_and_differ_with_the_text(encoder: Encoder) -> None:
    vectors = encoder.embed_batch(["a cat on a mat", "a kitten on a rug", "tax law of Peru"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] > 0.4 > vectors[0] @ vectors[2]


def test_of_a_long_text_the_first_tokens_count(encoder: Encoder) -> None:
    words = "word " * (MAX_TOKENS - 2)
    longer = words + "something else entirely " * 100
    assert [len(ids) for ids in encoder.tokens([longer, "one"])] == [MAX_TOKENS, 3]
    np.testing.assert_allclose(encoder.embed(longer), encoder.embed(words), rtol=0, atol=TOLERANCE)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encoder.embed_batch([]).shape == (0, encoder.dim)


def test_one_string_in_place_of_a_list_is_refused(encoder: Encoder) -> None:
    with pytest.raises(TypeError, match="call embed"):
        encoder.embed_batch("text")


def test_an_unknown_model_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'all-maxilm' is not known here"):
        Encoder.from_pretrained("all-maxilm")


def test_a_folder_without_the_files_is_an_error_that_names_them(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"tokenizer\.json"):
        Encoder(tmp_path)


def test_a_weight_that_is_missing_or_misshapen_is_named(model: Path) -> None:
    weights = load(model / "model.safetensors")
    name = "encoder.layer.3.intermediate.dense.weight"
    with pytest.raises(SafetensorsError, match=rf"{name} is missing"):
        Transformer({key: value for key, value in weights.items() if key != name})
    with pytest.raises(SafetensorsError, match=rf"{name} is float32 \(384, 1536\)"):
        Transformer(dict(weights) | {name: weights[name].T})
    with pytest.raises(SafetensorsError, match=rf"{name} is float64"):
        Transformer(dict(weights) | {name: weights[name].astype(np.float64)})


def test_erfc_is_within_a_millionth_of_the_exact_function() -> None:
    z = np.concatenate([np.linspace(0, 8, 20_001), [30, 1e4, 1e15]]).astype(np.float32)
    exact = np.array([math.erfc(float(value)) for value in z])
    assert np.abs(erfc(z.copy()) - exact).max() < 1e-6


def test_gelu_is_within_a_millionth_of_the_exact_function() -> None:
    # More values than one strip has, so that the strips' seams are tested too.
    x = np.linspace(-12, 12, 120_000, dtype=np.float32).reshape(300, 400)
    exact = np.array([v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in x.ravel().tolist()])
    result = x.copy()
    gelu_in_place(result)
    # An error of erfc counts by |x| / 2, up to where float32 itself is no finer.
    assert (np.abs(result.ravel() - exact) <= 1e-6 * np.maximum(1, np.abs(x.ravel()))).all()


@given(st.lists(st.integers(2, MAX_TOKENS), max_size=300))
def test_groups_hold_each_text_once_and_keep_to_the_budget(lengths: list[int]) -> None:
    groups = list(groups_by_length(lengths))
    assert sorted(i for group in groups for i in group) == list(range(len(lengths)))
    for group in groups:
        assert len(group) * max(lengths[i] for i in group) <= GROUP_TOKENS

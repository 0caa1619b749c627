"""Embedder on images: shapes, pictures, files; torchvision's values are in tests/golden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import ruvector
from tests.python.seeded_models import GOLDEN, golden_module, make_mobilenet


@pytest.fixture(scope="module")
def emb(tmp_path_factory: pytest.TempPathFactory) -> ruvector.Embedder:
    """The real network with seeded weights, which any machine can make."""
    return ruvector.Embedder.from_pretrained(make_mobilenet(tmp_path_factory.mktemp("mobilenet")))


@pytest.fixture(scope="module")
def pixels() -> Any:
    return np.random.default_rng(5).integers(0, 256, (60, 80, 3), np.uint8)


def test_mobilenetv3_small_dim(
    emb: ruvector.Embedder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    try:
        model = ruvector.Embedder.from_pretrained("mobilenetv3-small")
    except ruvector.ModelNotFound:
        print("mobilenetv3-small is in no cache here: seeded weights of its architecture serve")
        model = emb
    vector = model.embed_image(np.zeros((224, 224, 3), np.uint8))
    assert vector.shape == (576,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert (model.dim, model.max_tokens) == (576, None)


def test_vectors_are_those_of_torchvision(emb: ruvector.Embedder) -> None:
    lines = (GOLDEN / "pictures.txt").read_text(encoding="ascii").splitlines()
    sizes = [tuple(map(int, line.split())) for line in lines]
    features = np.fromfile(GOLDEN / "features.f32", "<f4").reshape(len(sizes), 576)
    rows = emb.embed_images([golden_module().picture(*size) for size in sizes])
    expected = features / np.linalg.norm(features, axis=1, keepdims=True)
    assert np.einsum("ij,ij->i", rows, expected).min() >= 0.99999


def test_an_image_gets_the_same_vector_alone_and_in_any_batch(emb: ruvector.Embedder) -> None:
    random = np.random.default_rng(6)
    images = [
        random.integers(0, 256, (h, w, 3), np.uint8) for h, w in ((9, 7), (300, 20), (64, 64))
    ]
    rows = emb.embed_images(images, threads=2)
    for row, image in zip(rows, images, strict=True):
        np.testing.assert_array_equal(row, emb.embed_image(image, threads=1))
    stacked = np.stack([images[2]] * 3)
    np.testing.assert_array_equal(emb.embed_images(stacked), np.stack([rows[2]] * 3))
    assert emb.embed_images([]).shape == (0, 576)
    assert emb.embed_images(stacked[:0]).shape == (0, 576)


def test_pictures_and_files_are_turned_as_exif_says(
    emb: ruvector.Embedder, pixels: Any, tmp_path: Path
) -> None:
    picture = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    picture.save(tmp_path / "turned.png", exif=exif)
    expected = emb.embed_image(np.ascontiguousarray(np.rot90(pixels, -1)))
    np.testing.assert_array_equal(emb.embed_image(tmp_path / "turned.png"), expected)
    np.testing.assert_array_equal(emb.embed_image(str(tmp_path / "turned.png")), expected)
    with Image.open(tmp_path / "turned.png") as opened:
        np.testing.assert_array_equal(emb.embed_image(opened), expected)


def test_what_is_transparent_is_white(emb: ruvector.Embedder, pixels: Any) -> None:
    alpha = np.zeros((60, 80, 1), np.uint8)
    white = emb.embed_image(np.full((60, 80, 3), 255, np.uint8))
    clear = Image.fromarray(np.concatenate([pixels, alpha], axis=2))
    np.testing.assert_array_equal(emb.embed_image(clear), white)
    opaque = Image.fromarray(np.concatenate([pixels, alpha + 255], axis=2))
    np.testing.assert_array_equal(emb.embed_image(opaque), emb.embed_image(pixels))


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "HSV", "LA", "PA"])
def test_pictures_of_any_mode_become_rgb(emb: ruvector.Embedder, pixels: Any, mode: str) -> None:
    picture = Image.fromarray(pixels).convert("L" if mode in ("LA", "PA") else "RGB").convert(mode)
    expected = np.ascontiguousarray(picture.convert("RGB"))
    np.testing.assert_array_equal(emb.embed_image(picture), emb.embed_image(expected))


def test_of_sixteen_bits_the_upper_eight_count(emb: ruvector.Embedder, pixels: Any) -> None:
    gray = pixels[..., 0]
    deep = Image.fromarray(gray.astype(np.uint16) * 257)
    assert deep.mode.startswith("I;16")
    expected = np.ascontiguousarray(np.repeat(gray[..., None], 3, axis=2))
    np.testing.assert_array_equal(emb.embed_image(deep), emb.embed_image(expected))
    with pytest.raises(ruvector.EmbedError, match="mode 'F' does not say which value is white"):
        emb.embed_image(Image.fromarray(gray.astype(np.float32)))


def test_arrays_of_another_kind_are_refused_with_the_conversion(
    emb: ruvector.Embedder, pixels: Any
) -> None:
    with pytest.raises(TypeError, match=r"float64, not uint8.*np\.ascontiguousarray\(x, dtype=np"):
        emb.embed_image(pixels / 255)
    with pytest.raises(TypeError, match=r"strided.*np\.ascontiguousarray"):
        emb.embed_image(pixels[::2])
    with pytest.raises(ValueError, match="has 4 channels, not 3"):
        emb.embed_image(np.zeros((8, 8, 4), np.uint8))
    with pytest.raises(ValueError, match="has 2 dimensions, not 3"):
        emb.embed_image(pixels[..., 0].copy())
    with pytest.raises(TypeError, match="item 1: dtype is float32"):
        emb.embed_images([pixels, pixels.astype(np.float32)])
    with pytest.raises(TypeError, match="for one call embed_image"):
        emb.embed_images("picture.png")
    with pytest.raises(ValueError, match="0"):
        emb.embed_image(np.zeros((0, 8, 3), np.uint8))


def test_files_that_are_no_images_are_refused(emb: ruvector.Embedder, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        emb.embed_image(tmp_path / "missing.png")
    (tmp_path / "text.png").write_text("this is no picture")
    with pytest.raises(ruvector.EmbedError, match=r"text\.png"):
        emb.embed_image(tmp_path / "text.png")
    with pytest.raises(ruvector.EmbedError, match="takes images, not texts"):
        emb.embed("a text")


def test_a_path_without_pillow_says_what_to_install(run_script: Any, tmp_path: Path) -> None:
    code = """
import sys
sys.modules["PIL"] = None
from ruvector.images import pixels
import ruvector
try:
    pixels("picture.png")
except ruvector.MissingExtra as error:
    print(error)
"""
    assert "pip install ruvector[image]" in run_script(code)

"""Resizing is Pillow's, byte for byte, with the Pillow that is installed.

A picture whose shorter side has the recipe's 256 pixels is only cropped. So the vector of a picture
must be, bit for bit, that of the same picture after Pillow has resized it: one byte that differs
within the crop changes it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL
import pytest
from numpy.typing import NDArray
from PIL import Image

import ruvector
from tests.python.seeded_models import make_mobilenet

SIDE = 256
BILINEAR = Image.Resampling.BILINEAR


@pytest.fixture(scope="module")
def emb(tmp_path_factory: pytest.TempPathFactory) -> ruvector.Embedder:
    return ruvector.Embedder.from_pretrained(make_mobilenet(tmp_path_factory.mktemp("mobilenet")))


def resized(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As torchvision's Resize(256) does it: the longer side is cut to whole pixels."""
    height, width = pixels.shape[:2]
    shorter = min(height, width)
    new_height, new_width = SIDE * height // shorter, SIDE * width // shorter
    picture = Image.fromarray(pixels)
    # From version 13 on Pillow begins with the columns of pictures that become much less high.
    if (
        int(PIL.__version__.split(".")[0]) < 13
        and height - new_height > 2 * (width - new_width) > 0
    ):
        picture = picture.resize((width, new_height), BILINEAR)
    return np.ascontiguousarray(picture.resize((new_width, new_height), BILINEAR))


def assert_same_vector(emb: ruvector.Embedder, pixels: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(emb.embed_image(pixels), emb.embed_image(resized(pixels)))


SIZES: Any = [
    (1, 1), (1, 2), (2, 1), (3, 5), (16, 16), (31, 17), (100, 99), (224, 224), (255, 256),
    (256, 255), (257, 257), (300, 256), (256, 301), (480, 640), (640, 480), (333, 500),
    (721, 1283), (1200, 300), (2000, 900), (300, 1200), (1, 40), (40, 1),
]  # fmt: skip


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_noise_is_resized_as_pillow_does(emb: ruvector.Embedder, height: int, width: int) -> None:
    noise = np.random.default_rng(height * 65536 + width).integers(0, 256, (height, width, 3))
    assert_same_vector(emb, noise.astype(np.uint8))


def test_random_sizes_are_resized_as_pillow_does(emb: ruvector.Embedder) -> None:
    random = np.random.default_rng(11)
    for _ in range(60):
        height, width = random.integers(1, 400, 2)
        # Only black and white: the largest steps that there are.
        noise = random.integers(0, 2, (height, width, 3), np.uint8) * np.uint8(255)
        assert_same_vector(emb, noise)


def test_one_byte_within_the_crop_changes_the_vector(emb: ruvector.Embedder) -> None:
    pixels = np.random.default_rng(3).integers(1, 255, (256, 256, 3), np.uint8)
    vector = emb.embed_image(pixels)
    for row, column in ((16, 16), (100, 200), (238, 238)):
        other = pixels.copy()
        other[row, column, 1] += 1
        assert (emb.embed_image(other) != vector).any()
    border = pixels.copy()
    border[:16] = 0  # cut off
    np.testing.assert_array_equal(emb.embed_image(border), vector)

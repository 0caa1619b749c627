"""Types that a user's checker sees; checked by mypy --strict and pyright, never run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, assert_type

import numpy as np
import PIL.Image
from numpy.typing import NDArray

import ruvector


def opening() -> None:
    emb = ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2", precision="int8")
    assert_type(emb, ruvector.Embedder)
    assert_type(emb.dim, int)
    assert_type(emb.name, str)
    assert_type(emb.precision, Literal["float32", "int16", "int8"])
    assert_type(emb.max_tokens, int | None)
    assert_type(emb.recipe_digest, str)
    ruvector.Embedder.from_pretrained(Path("model"), backend="onnx", revision="main", progress=True)
    ruvector.Embedder.from_pretrained("m", precision="int4")  # type: ignore[arg-type]  # pyright: ignore
    ruvector.Embedder.from_pretrained("m", backend="torch")  # type: ignore[arg-type]  # pyright: ignore


def texts(emb: ruvector.Embedder, many: Iterator[str]) -> None:
    assert_type(emb.embed("text", prompt="query"), NDArray[np.float32])
    assert_type(emb.embed_batch(many, batch_size=8, progress=True), NDArray[np.float32])
    emb.embed_batch(["a", "b"], progress=lambda done, total: done < total, threads=2)
    assert_type(emb.tokenize("text"), list[int])
    emb.embed("text", prompt="passage")  # type: ignore[arg-type]  # pyright: ignore
    emb.embed_batch([1, 2])  # type: ignore[list-item]  # pyright: ignore


def images(emb: ruvector.Embedder, picture: PIL.Image.Image, pixels: NDArray[np.uint8]) -> None:
    assert_type(emb.embed_image(picture), NDArray[np.float32])
    emb.embed_image(pixels)
    emb.embed_image("picture.png")
    emb.embed_image(Path("picture.png"))
    assert_type(emb.embed_images(pixels, progress=True), NDArray[np.float32])
    emb.embed_images([picture, pixels, "picture.png"])
    emb.embed_images([picture])


async def asynchronous(emb: ruvector.Embedder, pixels: NDArray[np.uint8]) -> None:
    assert_type(await emb.embed_async("text"), NDArray[np.float32])
    assert_type(await emb.embed_batch_async(["text"]), NDArray[np.float32])
    assert_type(await emb.embed_image_async(pixels), NDArray[np.float32])
    assert_type(await emb.embed_images_async([pixels, "picture.png"]), NDArray[np.float32])


def lake(emb: ruvector.Embedder, query: NDArray[np.float32]) -> None:
    made = ruvector.RuLake.builder().encoder(emb).build()
    assert_type(made, ruvector.RuLake)
    ruvector.RuLake.builder().encoder("mine").encoder(None)
    made.search_one("docs", query, 3, encoder=emb)
    made.search_batch("docs", query, 3, encoder="mine")
    try:
        made.search_federated("docs", query, 3, encoder=emb)
    except ruvector.EncoderMismatch as error:
        assert_type(error.expected, str)
        assert_type(error.actual, str)

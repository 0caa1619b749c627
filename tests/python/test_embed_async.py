"""Embedder for coroutines: the same vectors, without stopping the loop."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ruvector
from tests.python.event_loops import LOOPS, NewLoop
from tests.python.seeded_models import make_bert, make_mobilenet

every_loop = pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> ruvector.Embedder:
    return ruvector.Embedder.from_pretrained(make_bert(tmp_path_factory.mktemp("bert")))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> ruvector.Embedder:
    return ruvector.Embedder.from_pretrained(make_mobilenet(tmp_path_factory.mktemp("images")))


async def test_the_twins_give_the_same_vectors(texts: ruvector.Embedder) -> None:
    np.testing.assert_array_equal(await texts.embed_async("one"), texts.embed("one"))
    many = ["one", "two", "three"]
    np.testing.assert_array_equal(await texts.embed_batch_async(many), texts.embed_batch(many))
    assert (await texts.embed_batch_async([])).shape == (0, 384)


async def test_the_twins_of_images_give_the_same_vectors(
    images: ruvector.Embedder, tmp_path: Path
) -> None:
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    expected = images.embed_image(pixels)
    np.testing.assert_array_equal(await images.embed_image_async(pixels), expected)
    picture = Image.fromarray(pixels)
    np.testing.assert_array_equal(await images.embed_image_async(picture), expected)
    picture.save(tmp_path / "a.png")
    mixed: list[Any] = [pixels, picture, tmp_path / "a.png"]
    rows = await images.embed_images_async(mixed)
    np.testing.assert_array_equal(rows, np.stack([expected] * 3))


@every_loop
@pytest.mark.alone
def test_two_batches_at_once_leave_the_loop_free(
    texts: ruvector.Embedder, new_loop: NewLoop
) -> None:
    batches = [[f"text {i} of {name} " * 20 for i in range(150)] for name in "ab"]

    async def main() -> tuple[float, int]:
        tasks = [asyncio.ensure_future(texts.embed_batch_async(batch)) for batch in batches]
        longest, turns, last = 0.0, 0, time.perf_counter()
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, turns, last = max(longest, now - last), turns + 1, now
        for task, batch in zip(tasks, batches, strict=True):
            np.testing.assert_array_equal(task.result()[:3], texts.embed_batch(batch[:3]))
        return longest, turns

    with asyncio.Runner(loop_factory=new_loop) as runner:
        longest, turns = runner.run(main())
    assert turns > 3
    assert longest < 1, "the loop stood still"


@every_loop
@pytest.mark.alone
def test_cancelling_the_task_ends_the_native_work(
    texts: ruvector.Embedder, new_loop: NewLoop
) -> None:
    endless = [f"text {i} " * 120 for i in range(20_000)]  # minutes of work

    async def main() -> float:
        task = asyncio.ensure_future(texts.embed_batch_async(endless))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        started = time.perf_counter()
        await texts.embed_async("the library's threads are free again")
        return time.perf_counter() - started

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(main()) < 20


@pytest.mark.parametrize("name", ["embed", "embed_batch"])
def test_without_a_running_loop_the_error_names_the_waiting_sibling(
    texts: ruvector.Embedder, name: str
) -> None:
    with pytest.raises(RuntimeError, match=f"{name}_async needs a running event loop.*{name}$"):
        getattr(texts, f"{name}_async")("text" if name == "embed" else ["text"])


async def test_a_wrong_argument_raises_at_the_call(texts: ruvector.Embedder) -> None:
    with pytest.raises(TypeError, match="for one call embed"):
        _ = texts.embed_batch_async("one text")
    with pytest.raises(ValueError, match="item 0 has a lone surrogate"):
        _ = texts.embed_batch_async(["\ud800"])

"""onnxruntime on torchvision's exported network, with Pillow and NumPy before it."""

from __future__ import annotations

import importlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.embed.encoders.files import MOBILENET

if TYPE_CHECKING:
    from benchmarks.arrays import Rows

onnxruntime: Any = importlib.import_module("onnxruntime")
pillow: Any = importlib.import_module("PIL.Image")
Pixels = NDArray[np.uint8]
RESIZE, CROP = 256, 224
MEAN = np.array((0.485, 0.456, 0.406), np.float32)
DEVIATION = np.array((0.229, 0.224, 0.225), np.float32)


def prepared(pixels: Pixels) -> Rows:
    """As torchvision's transforms have it: resized, cropped, normalised, channels first."""
    height, width = pixels.shape[:2]
    short, long = min(height, width), max(height, width)
    other = RESIZE * long // short
    size = (RESIZE, other) if width <= height else (other, RESIZE)
    image = pillow.fromarray(pixels)
    if image.size != size:
        image = image.resize(size, pillow.Resampling.BILINEAR)
    left, top = (round((extent - CROP) / 2) for extent in size)
    image = image.crop((left, top, left + CROP, top + CROP))
    values = (np.asarray(image, np.float32) / 255 - MEAN) / DEVIATION
    out: Rows = values.transpose(2, 0, 1).astype(np.float32)
    return out


class Encoder:
    """`alone`: what comes before the network is done before the clock starts."""

    batches = (1, 8, 32)

    def __init__(self, threads: int, alone: bool) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(MOBILENET / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._threads, self._alone, self.batch = threads, alone, 32

    def prepare(self, pixels: Pixels) -> Any:
        return self._prepared(pixels) if self._alone else pixels

    def _prepared(self, pixels: Pixels) -> Rows:
        with ThreadPoolExecutor(self._threads) as pool:
            return np.stack(list(pool.map(prepared, pixels)))

    def embed_images(self, given: Any) -> Rows:
        rows = given if self._alone else self._prepared(given)
        parts = [
            self._session.run(None, {"pixels": rows[start : start + self.batch]})[0]
            for start in range(0, len(rows), self.batch)
        ]
        features: Rows = np.concatenate(parts)
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        return features

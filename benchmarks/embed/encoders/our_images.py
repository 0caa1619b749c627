"""Our encoder of images on the same seeded weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ruvector
from benchmarks.embed.encoders.files import MOBILENET

if TYPE_CHECKING:
    from benchmarks.arrays import Rows


class Encoder:
    def __init__(self, threads: int) -> None:
        del threads  # RUVECTOR_THREADS, which the harness sets as it does for all
        package: Any = ruvector
        self._embedder = package.Embedder.from_pretrained(str(MOBILENET))

    def prepare(self, pixels: Any) -> Any:
        return pixels

    def embed_images(self, given: Any) -> Rows:
        rows: Rows = self._embedder.embed_images(given)
        return rows

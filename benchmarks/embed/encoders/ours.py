"""Our encoder, in the environment of the harness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ruvector
from benchmarks.embed.encoders import MODEL

if TYPE_CHECKING:
    from benchmarks.arrays import Rows


class Encoder:
    def __init__(self, threads: int, precision: str) -> None:
        del threads  # RUVECTOR_THREADS, which the harness sets as it does for all
        embedder: Any = ruvector
        self._embedder = embedder.Embedder.from_pretrained(MODEL, precision=precision)

    def tokenize(self, texts: list[str]) -> list[list[int]]:
        return [self._embedder.tokenize(text) for text in texts]

    def embed(self, text: str) -> Rows:
        row: Rows = self._embedder.embed(text)
        return row

    def embed_batch(self, texts: list[str]) -> Rows:
        rows: Rows = self._embedder.embed_batch(texts)
        return rows

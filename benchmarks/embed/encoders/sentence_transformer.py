"""sentence-transformers, as its documentation says."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from benchmarks.embed.encoders.files import MINILM

if TYPE_CHECKING:
    from benchmarks.arrays import Rows


torch: Any = importlib.import_module("torch")
sentence_transformers: Any = importlib.import_module("sentence_transformers")


class Encoder:
    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self._model = sentence_transformers.SentenceTransformer(str(MINILM), device="cpu")

    def tokenize(self, texts: list[str]) -> list[list[int]]:
        ids: list[list[int]] = self._model.tokenizer(texts)["input_ids"]
        return ids

    def embed(self, text: str) -> Rows:
        row: Rows = self._encode([text])[0]
        return row

    def embed_batch(self, texts: list[str]) -> Rows:
        return self._encode(texts)

    def _encode(self, texts: list[str]) -> Rows:
        rows: Rows = self._model.encode(texts, batch_size=32, show_progress_bar=False)
        return rows

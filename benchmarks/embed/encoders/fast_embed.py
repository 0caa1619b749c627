"""fastembed with its own pipeline for this model, on the exported graph."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.embed.encoders.files import FASTEMBED

if TYPE_CHECKING:
    from benchmarks.arrays import Rows


fastembed: Any = importlib.import_module("fastembed")


class Encoder:
    def __init__(self, threads: int) -> None:
        self._model = fastembed.TextEmbedding(
            "sentence-transformers/all-MiniLM-L6-v2",
            threads=threads,
            specific_model_path=str(FASTEMBED),
            cache_dir=str(FASTEMBED),
            local_files_only=True,
        )

    def embed(self, text: str) -> Rows:
        row: Rows = self.embed_batch([text])[0]
        return row

    def embed_batch(self, texts: list[str]) -> Rows:
        # Its default is 256, unsorted, which pads still more and takes gigabytes.
        rows: Rows = np.stack(list(self._model.embed(texts, batch_size=32)))
        return rows

"""Chroma's default embedding function, with its files in place of the ones that it downloads."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.embed.encoders.files import CHROMA

if TYPE_CHECKING:
    from benchmarks.arrays import Rows


types: Any = importlib.import_module("chromadb.api.types")
functions: Any = importlib.import_module("chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2")
onnxruntime: Any = importlib.import_module("onnxruntime")


class Encoder:
    def __init__(self, threads: int) -> None:
        function = functions.ONNXMiniLM_L6_V2
        function.DOWNLOAD_PATH = CHROMA
        self._kept = function()
        # What a collection calls; it makes a session for each call.
        self._default = types.DefaultEmbeddingFunction()
        make = onnxruntime.SessionOptions

        def options() -> Any:
            # It has no option for threads, and onnxruntime would take all cores of the machine.
            made = make()
            made.intra_op_num_threads = threads
            return made

        onnxruntime.SessionOptions = options

    def embed(self, text: str) -> Rows:
        row: Rows = np.asarray(self._default([text])[0], np.float32)
        return row

    def embed_batch(self, texts: list[str]) -> Rows:
        # With one session, so that few texts stand for many.
        rows: Rows = np.asarray(self._kept(texts), np.float32)
        return rows

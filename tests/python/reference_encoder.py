"""BERT sentence encoders as a plain NumPy forward pass, to check others by.

Nothing here is fast or clever: one text at a time, in double precision, with the tokenizer of
Hugging Face. It shares no code and no trick with the kernels that are tested against it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
from tokenizers import Tokenizer

Doubles = NDArray[np.float64]

BLAS = ThreadpoolController().select(user_api="blas")
NORM_EPSILON = 1e-12
DTYPES: dict[str, Any] = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}

# Between its points the error function is a straight line to 3e-10; beyond them it is -1 or 1.
ERF_POINTS = np.linspace(-6, 6, 2**18 + 1)
ERF_VALUES = np.array([math.erf(point) for point in ERF_POINTS])


def gelu(x: Doubles) -> Doubles:
    """GELU by the error function, not the approximation by tanh."""
    result: Doubles = x * (1 + np.interp(x / math.sqrt(2), ERF_POINTS, ERF_VALUES)) / 2
    return result


def load_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a file that is known to be sound."""
    data = path.read_bytes()
    header_bytes = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + header_bytes])
    body = np.frombuffer(data, np.uint8, offset=8 + header_bytes)
    return {
        name: body[slice(*entry["data_offsets"])]
        .view(DTYPES[entry["dtype"]])
        .reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


class ReferenceEncoder:
    """A BERT encoder over uncased word pieces; its vectors have length 1."""

    def __init__(
        self,
        directory: Path,
        *,
        head_dim: int = 32,
        max_tokens: int = 256,
        pooling: Literal["mean", "cls"] = "mean",
    ) -> None:
        self._weights = {
            name: tensor.astype(np.float64)
            for name, tensor in load_safetensors(directory / "model.safetensors").items()
        }
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.no_padding()  # the model's own file pads each text to 128 tokens
        self._tokenizer.enable_truncation(max_tokens)
        self._head_dim = head_dim
        self._pooling = pooling
        self._layers = sum(name.endswith(".attention.self.key.bias") for name in self._weights)

    def tokens(self, text: str) -> list[int]:
        """The ids of a text's word pieces, with [CLS] and [SEP]."""
        return [int(id) for id in self._tokenizer.encode(text).ids]

    def embed(self, text: str) -> Doubles:
        """The vector of one text."""
        with BLAS.limit(limits=1):  # its threads spin, which a busy machine answers with seconds
            hidden = self.hidden_states(self.tokens(text))
        pooled: Doubles = hidden[0] if self._pooling == "cls" else hidden.mean(axis=0)
        return pooled / np.linalg.norm(pooled)

    def hidden_states(self, ids: list[int]) -> Doubles:
        """What the last layer makes of each token, (tokens, hidden)."""
        x = (
            self._weights["embeddings.word_embeddings.weight"][ids]
            + self._weights["embeddings.position_embeddings.weight"][: len(ids)]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._norm(x, "embeddings.LayerNorm")
        for layer in range(self._layers):
            x = self._layer(x, f"encoder.layer.{layer}")
        return x

    def _layer(self, x: Doubles, name: str) -> Doubles:
        mixed = self._dense(self._attention(x, name), f"{name}.attention.output.dense")
        x = self._norm(x + mixed, f"{name}.attention.output.LayerNorm")
        inner = self._dense(x, f"{name}.intermediate.dense")
        outer = self._dense(gelu(inner), f"{name}.output.dense")
        return self._norm(x + outer, f"{name}.output.LayerNorm")

    def _attention(self, x: Doubles, name: str) -> Doubles:
        query, key, value = (
            self._dense(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
        )
        mixed = np.empty_like(x)
        for begin in range(0, x.shape[1], self._head_dim):
            head = slice(begin, begin + self._head_dim)
            scores = query[:, head] @ key[:, head].T / math.sqrt(self._head_dim)
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            mixed[:, head] = shares / shares.sum(axis=1, keepdims=True) @ value[:, head]
        return mixed

    def _dense(self, x: Doubles, name: str) -> Doubles:
        result: Doubles = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return result

    def _norm(self, x: Doubles, name: str) -> Doubles:
        centred = x - x.mean(axis=1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + NORM_EPSILON)
        result: Doubles = centred / deviation * self._weights[f"{name}.weight"]
        return result + self._weights[f"{name}.bias"]

"""MiniLM's network as a plain NumPy forward pass: small enough to check others by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_demo.gelu import gelu_in_place
from rag_demo.safetensors import SafetensorsError

Floats = NDArray[np.float32]
Weights = Mapping[str, NDArray[Any]]

DIM = 384
LAYERS = 6
HEADS = 12
HEAD_DIM = DIM // HEADS
INNER_DIM = 4 * DIM
WORDS = 30522
POSITIONS = 512
NORM_EPSILON = np.float32(1e-12)
PADDING = np.float32(-1e9)  # added to a score: exp() makes it exactly zero


class Transformer:
    """The network from token ids to hidden states. Thread-safe: nothing changes once built."""

    def __init__(self, weights: Weights) -> None:
        """Takes the weights by their names in the file. Throws SafetensorsError."""
        self._words = taken(weights, "embeddings.word_embeddings.weight", WORDS, DIM)
        # Every token is of type 0, so that row belongs to the position.
        self._positions = (
            taken(weights, "embeddings.position_embeddings.weight", POSITIONS, DIM)
            + taken(weights, "embeddings.token_type_embeddings.weight", 2, DIM)[0]
        )
        self._norm = LayerNorm.taken(weights, "embeddings.LayerNorm")
        self._layers = [Layer.taken(weights, f"encoder.layer.{i}") for i in range(LAYERS)]

    def __call__(self, ids: NDArray[np.int64], valid: NDArray[np.bool_]) -> Floats:
        """Returns hidden states, (texts, length, DIM), for ids and token mask, (texts, length)."""
        texts, length = ids.shape
        x = self._words[ids] + self._positions[:length]
        x = self._norm.in_place(x.reshape(-1, DIM))
        padding = np.where(valid, np.float32(0), PADDING)
        for layer in self._layers:
            x = layer(x, padding)
        return x.reshape(texts, length, DIM)


@dataclass(frozen=True, slots=True)
class Dense:
    """A linear layer: x @ weight + bias."""

    weight: Floats  # (inputs, outputs)
    bias: Floats

    @classmethod
    def taken(cls, weights: Weights, name: str, inputs: int, outputs: int) -> "Dense":
        """Takes the layer called `name`, which the file stores as (outputs, inputs)."""
        weight = taken(weights, f"{name}.weight", outputs, inputs)
        return cls(np.ascontiguousarray(weight.T), taken(weights, f"{name}.bias", outputs))

    def __call__(self, x: Floats) -> Floats:
        """Returns (tokens, outputs) for x, (tokens, inputs)."""
        y: Floats = x @ self.weight
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class LayerNorm:
    """Brings each row to mean 0 and variance 1, then scales and shifts by learnt factors."""

    weight: Floats
    bias: Floats

    @classmethod
    def taken(cls, weights: Weights, name: str) -> "LayerNorm":
        """Takes the norm called `name`."""
        return cls(taken(weights, f"{name}.weight", DIM), taken(weights, f"{name}.bias", DIM))

    def in_place(self, x: Floats) -> Floats:
        """Normalises the rows of x, (tokens, DIM), and returns x."""
        x -= x.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x)[:, None] / np.float32(DIM)
        x /= np.sqrt(variance + NORM_EPSILON)
        x *= self.weight
        x += self.bias
        return x


@dataclass(frozen=True, slots=True)
class Layer:
    """Attention, then a network with one inner layer; each is added to its input."""

    qkv: Dense
    attention_output: Dense
    attention_norm: LayerNorm
    intermediate: Dense
    output: Dense
    output_norm: LayerNorm

    @classmethod
    def taken(cls, weights: Weights, name: str) -> "Layer":
        """Takes the layer called `name`; query, key and value become one product."""
        parts = ("query", "key", "value")
        query, key, value = (
            Dense.taken(weights, f"{name}.attention.self.{part}", DIM, DIM) for part in parts
        )
        scale = np.float32(HEAD_DIM**-0.5)  # of the scores, applied once here
        qkv = Dense(
            np.concatenate([query.weight * scale, key.weight, value.weight], axis=1),
            np.concatenate([query.bias * scale, key.bias, value.bias]),
        )
        return cls(
            qkv,
            Dense.taken(weights, f"{name}.attention.output.dense", DIM, DIM),
            LayerNorm.taken(weights, f"{name}.attention.output.LayerNorm"),
            Dense.taken(weights, f"{name}.intermediate.dense", DIM, INNER_DIM),
            Dense.taken(weights, f"{name}.output.dense", INNER_DIM, DIM),
            LayerNorm.taken(weights, f"{name}.output.LayerNorm"),
        )

    def __call__(self, x: Floats, padding: Floats) -> Floats:
        """Returns the next hidden states for x, (tokens, DIM); `padding` as for `attend`."""
        mixed = self.attention_output(attend(self.qkv(x), padding))
        mixed += x
        x = self.attention_norm.in_place(mixed)
        inner = self.intermediate(x)
        gelu_in_place(inner)
        y = self.output(inner)
        y += x
        return self.output_norm.in_place(y)


def attend(qkv: Floats, padding: Floats) -> Floats:
    """Mixes the values of each text by softmax(q k^T), head by head; returns (tokens, DIM).

    `qkv` is (tokens, 3 DIM) with the scores' scale in q; `padding`, (texts, length), is 0 for a
    token and PADDING behind the end of a text.
    """
    texts, length = padding.shape
    split = qkv.reshape(texts, length, 3, HEADS, HEAD_DIM).transpose(2, 0, 3, 1, 4)
    scores = split[0] @ split[1].swapaxes(2, 3)
    scores += padding[:, None, None, :]
    scores -= scores.max(axis=3, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=3, keepdims=True)
    mixed: Floats = scores @ split[2]
    return mixed.transpose(0, 2, 1, 3).reshape(texts * length, DIM)


def taken(weights: Weights, name: str, *shape: int) -> Floats:
    """Returns the float32 tensor `name`, which must have `shape`. Throws SafetensorsError."""
    if name not in weights:
        raise SafetensorsError(f"weight {name} is missing")
    tensor = weights[name]
    if tensor.dtype != np.float32 or tensor.shape != shape:
        raise SafetensorsError(
            f"weight {name} is {tensor.dtype} {tensor.shape}, must be float32 {shape}"
        )
    return np.asarray(tensor, dtype=np.float32)

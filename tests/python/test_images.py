"""MobileNetV3-Small against a forward pass in NumPy that shares nothing with the library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from tests.python.seeded_models import GOLDEN, golden_module, make_mobilenet

Map = NDArray[np.float64]  # (channels, height, width)


def hard_sigmoid(x: Map) -> Map:
    return np.clip(x + 3, 0, 6) / 6


def hard_swish(x: Map) -> Map:
    return x * hard_sigmoid(x)


def relu(x: Map) -> Map:
    return np.maximum(x, 0)


class Network:
    """torchvision's layers one by one, in float64, nothing folded."""

    def __init__(self, weights: dict[str, NDArray[np.float32]], blocks: list[Any]) -> None:
        self.weights = {name: values.astype(np.float64) for name, values in weights.items()}
        self.blocks = blocks

    def normalise(self, x: Map, prefix: str) -> Map:
        scale, shift, mean, variance = (
            self.weights[f"{prefix}.{name}"][:, None, None]
            for name in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 1e-3) * scale + shift

    def convolve(self, x: Map, prefix: str, step: int = 1, depthwise: bool = False) -> Map:
        weight = self.weights[f"{prefix}.0.weight"]
        kernel = weight.shape[-1]
        height, width = ((extent - 1) // step + 1 for extent in x.shape[1:])
        half = kernel // 2
        padded = np.pad(x, ((0, 0), (half, half), (half, half)))
        out = np.zeros((weight.shape[0], height, width))
        for dy in range(kernel):
            for dx in range(kernel):
                seen = padded[:, dy : dy + step * height : step, dx : dx + step * width : step]
                seen = seen[:, :height, :width]
                if depthwise:
                    out += weight[:, 0, dy, dx, None, None] * seen
                else:
                    out += np.tensordot(weight[:, :, dy, dx], seen, 1)
        return self.normalise(out, f"{prefix}.1")

    def weigh_channels(self, x: Map, prefix: str) -> Map:
        def dense(values: Map, name: str) -> Map:
            weight = self.weights[f"{prefix}.{name}.weight"][:, :, 0, 0]
            return weight @ values + self.weights[f"{prefix}.{name}.bias"]

        squeezed = relu(dense(x.mean(axis=(1, 2)), "fc1"))
        return x * hard_sigmoid(dense(squeezed, "fc2"))[:, None, None]

    def block(self, x: Map, number: int, step: int, activate: Any) -> Map:
        _, inputs, expanded, outputs, squeezed = self.blocks[number - 1]
        layers = iter(f"features.{number}.block.{layer}" for layer in range(4))
        y = x
        if expanded != inputs:
            y = activate(self.convolve(y, next(layers)))
        y = activate(self.convolve(y, next(layers), step, depthwise=True))
        if squeezed:
            y = self.weigh_channels(y, next(layers))
        y = self.convolve(y, next(layers))
        return x + y if step == 1 and inputs == outputs else y

    def features(self, x: Map) -> NDArray[np.float64]:
        x = hard_swish(self.convolve(x, "features.0", 2))
        for number in range(1, 12):
            step = 2 if number in (1, 2, 4, 9) else 1
            x = self.block(x, number, step, relu if number <= 3 else hard_swish)
        x = hard_swish(self.convolve(x, "features.12"))
        mean: NDArray[np.float64] = x.mean(axis=(1, 2))
        return mean


def middle(pixels: NDArray[np.uint8]) -> Map:
    """The crop of a picture whose shorter side has 256 pixels, normalised as ImageNet's are."""
    top, left = ((extent - 224) // 2 for extent in pixels.shape[:2])
    crop = pixels[top : top + 224, left : left + 224].astype(np.float64) / 255
    normalised = (crop - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    return normalised.transpose(2, 0, 1)


@pytest.fixture(scope="module")
def network() -> Network:
    golden = golden_module()
    return Network(golden.seeded_weights(), golden.BLOCKS)


@pytest.fixture(scope="module")
def emb(tmp_path_factory: pytest.TempPathFactory) -> ruvector.Embedder:
    return ruvector.Embedder.from_pretrained(make_mobilenet(tmp_path_factory.mktemp("mobilenet")))


def cosine(a: Any, b: Any) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("size", [(256, 256), (256, 300), (340, 256)])
def test_vectors_are_those_of_the_forward_pass_in_numpy(
    emb: ruvector.Embedder, network: Network, size: tuple[int, int]
) -> None:
    pixels = np.random.default_rng(size[0]).integers(0, 256, (*size, 3), np.uint8)
    expected = network.features(middle(pixels))
    vector = emb.embed_image(pixels).astype(np.float64)
    assert cosine(vector, expected) >= 0.99999
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=2e-6)


def test_the_forward_pass_in_numpy_is_torchvisions(network: Network) -> None:
    lines = (GOLDEN / "pictures.txt").read_text(encoding="ascii").splitlines()
    row = lines.index("256 256")
    golden = np.fromfile(GOLDEN / "features.f32", "<f4").reshape(len(lines), 576)[row]
    features = network.features(middle(golden_module().picture(256, 256)))
    np.testing.assert_allclose(features, golden, rtol=1e-3, atol=1e-3)

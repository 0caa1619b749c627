"""Weights and pictures that any language can make again: MobileNetV3-Small without training.

Values come from a linear congruential generator, x = x * 1664525 + 1013904223 mod 2^32, the n-th
of them u = (x >> 8) / 2^24 in [0, 1). Its start is FNV-1a (32 bits) of the tensor's name, or
height * 65536 + width of a picture. Needs NumPy alone.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# kernel, inputs, expanded, outputs, squeezed channels of each block
BLOCKS = [
    (3, 16, 16, 16, 8),
    (3, 16, 72, 24, 0),
    (3, 24, 88, 24, 0),
    (5, 24, 96, 40, 24),
    (5, 40, 240, 40, 64),
    (5, 40, 240, 40, 64),
    (5, 40, 120, 48, 32),
    (5, 48, 144, 48, 40),
    (5, 48, 288, 96, 72),
    (5, 96, 576, 96, 144),
    (5, 96, 576, 96, 144),
]


def generate(start: int, count: int) -> NDArray[np.uint32]:
    """The generator's first values, in closed form: a^n start + c (a^0 + ... + a^(n-1))."""
    powers = np.full(count + 1, 1664525, dtype=np.uint32)
    powers[0] = 1
    powers = np.cumprod(powers, dtype=np.uint32)
    sums = np.cumsum(powers[:-1], dtype=np.uint32)
    return powers[1:] * np.uint32(start) + sums * np.uint32(1013904223)


def fnv1a(text: str) -> int:
    state = 2166136261
    for byte in text.encode("ascii"):
        state = (state ^ byte) * 16777619 % 2**32
    return state


def shapes() -> dict[str, tuple[int, ...]]:
    """Every tensor of the network before its classifier, by torchvision's names."""
    found: dict[str, tuple[int, ...]] = {}

    def normalised(prefix: str, outputs: int, inputs: int, kernel: int) -> None:
        found[f"{prefix}.0.weight"] = (outputs, inputs, kernel, kernel)
        for name in ("weight", "bias", "running_mean", "running_var"):
            found[f"{prefix}.1.{name}"] = (outputs,)

    normalised("features.0", 16, 3, 3)
    for number, (kernel, inputs, expanded, outputs, squeezed) in enumerate(BLOCKS, start=1):
        layer = 0
        block = f"features.{number}.block"
        if expanded != inputs:
            normalised(f"{block}.{layer}", expanded, inputs, 1)
            layer += 1
        normalised(f"{block}.{layer}", expanded, 1, kernel)
        layer += 1
        if squeezed:
            found[f"{block}.{layer}.fc1.weight"] = (squeezed, expanded, 1, 1)
            found[f"{block}.{layer}.fc1.bias"] = (squeezed,)
            found[f"{block}.{layer}.fc2.weight"] = (expanded, squeezed, 1, 1)
            found[f"{block}.{layer}.fc2.bias"] = (expanded,)
            layer += 1
        normalised(f"{block}.{layer}", outputs, expanded, 1)
    normalised("features.12", 576, 96, 1)
    return found


def seeded_tensor(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Weights of convolutions as He and others start them, uniform; around 1 or 0 the others."""
    uniform = (generate(fnv1a(name), math.prod(shape)) >> np.uint32(8)).astype(np.float64) / 2**24
    if len(shape) == 4:
        bound = math.sqrt(6 / math.prod(shape[1:]))
        values = (2 * uniform - 1) * bound
    elif name.endswith((".1.weight", "running_var")):
        values = 0.5 + uniform
    else:
        values = uniform - 0.5
    return values.astype(np.float32).reshape(shape)


def seeded_weights() -> dict[str, NDArray[np.float32]]:
    return {name: seeded_tensor(name, shape) for name, shape in shapes().items()}


def picture(height: int, width: int) -> NDArray[np.uint8]:
    """Noise (height, width, 3): the upper bytes of the generator's values."""
    values = generate((height * 65536 + width) % 2**32, height * width * 3) >> np.uint32(24)
    return values.astype(np.uint8).reshape(height, width, 3)

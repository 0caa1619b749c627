"""Writes sizes.txt: digests of what Pillow and torchvision make of noise of many sizes.

An independent reference: none of this project's code. Versions used: Pillow 13.0.0 (earlier ones
take the two passes of tall pictures in another order), torchvision 0.29.2, NumPy 2.4.6.
Pillow's arithmetic is in integers, so the digests hold on any machine.

    python make_golden.py

A line is `resize H W NEW_H NEW_W SHA256` for PIL.Image.resize((NEW_W, NEW_H), BILINEAR), or
`middle H W SIDE CROP SHA256` for torchvision's Resize(SIDE) and then CenterCrop(CROP). The picture
is (H, W, 3): its bytes are the low bytes of a linear congruential generator, see noise().
"""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import (  # type: ignore[import-not-found]
    CenterCrop,
    Compose,
    InterpolationMode,
    Resize,
)


def noise(height: int, width: int) -> NDArray[np.uint8]:
    """Return bytes x >> 24 of x = x * 1664525 + 1013904223 mod 2^32, from x = H * 65536 + W.

    Those below 32 become 0 and those above 223 become 255, so that both ends of the scale occur.
    """
    count = height * width * 3
    # x_n = x_0 * a^n + c * (a^0 + ... + a^(n-1)), all modulo 2^32.
    powers = np.ones(count + 1, dtype=np.uint32)
    powers[1:] = 1664525
    powers = np.cumprod(powers, dtype=np.uint32)
    sums = np.cumsum(powers[:-1], dtype=np.uint32)
    start = np.uint32((height * 65536 + width) % 2**32)
    values = (powers[1:] * start + sums * np.uint32(1013904223)) >> np.uint32(24)
    values[values < 32] = 0
    values[values > 223] = 255
    return values.astype(np.uint8).reshape(height, width, 3)


def digest(image: Image.Image) -> str:
    return hashlib.sha256(np.asarray(image).tobytes()).hexdigest()


RESIZES = [
    (1, 1, 1, 1), (1, 1, 7, 5), (1, 1, 256, 256), (1, 2, 3, 4), (2, 1, 5, 3), (2, 2, 2, 2),
    (2, 2, 1, 1), (3, 3, 2, 2), (3, 5, 5, 3), (5, 3, 3, 5), (7, 7, 7, 6), (7, 7, 6, 7),
    (8, 8, 4, 4), (9, 9, 4, 4), (10, 10, 3, 3), (16, 16, 256, 256), (17, 31, 31, 17),
    (31, 17, 17, 31), (32, 32, 224, 224), (33, 64, 11, 13), (64, 33, 13, 11), (100, 100, 99, 101),
    (100, 1, 1, 100), (1, 100, 100, 1), (127, 255, 63, 31), (224, 224, 224, 224),
    (224, 224, 256, 256), (256, 256, 224, 224), (255, 257, 256, 256), (300, 200, 384, 256),
    (333, 500, 256, 384), (480, 640, 256, 341), (500, 333, 10, 10), (512, 512, 256, 256),
    (600, 7, 5, 600), (1, 5000, 1, 256), (5000, 1, 256, 1), (1, 5000, 3, 7), (5000, 1, 7, 3),
    (2, 5000, 200, 3), (721, 1283, 256, 455), (1283, 721, 455, 256), (1000, 1000, 1, 1),
    (37, 2000, 37, 19), (2000, 37, 19, 37), (1080, 1920, 256, 455), (3, 20000, 2, 2),
    (20000, 3, 2, 2), (1, 65535, 1, 1), (65535, 1, 1, 1), (1, 65535, 2, 1000),
]  # fmt: skip

MIDDLES = [
    (1, 1, 256, 224), (2, 1, 256, 224), (1, 3, 256, 224), (5, 7, 256, 224), (7, 5, 256, 224),
    (100, 100, 256, 224), (224, 224, 256, 224), (256, 256, 256, 224), (255, 256, 256, 224),
    (256, 257, 256, 224), (257, 256, 256, 224), (256, 258, 256, 224), (256, 259, 256, 224),
    (256, 260, 256, 224), (256, 261, 256, 224), (333, 500, 256, 224), (500, 333, 256, 224),
    (480, 640, 256, 224), (640, 480, 256, 224), (600, 601, 256, 224), (1, 300, 256, 224),
    (300, 1, 256, 224), (2000, 900, 256, 224), (1200, 300, 256, 224), (30001, 300, 256, 224),
    (1080, 1920, 256, 224), (40, 30, 9, 8), (30, 41, 9, 9), (41, 30, 8, 1),
]  # fmt: skip


def main() -> None:
    lines = []
    for height, width, new_height, new_width in RESIZES:
        image = Image.fromarray(noise(height, width))
        resized = image.resize((new_width, new_height), Image.Resampling.BILINEAR)
        lines.append(f"resize {height} {width} {new_height} {new_width} {digest(resized)}")
    for height, width, side, crop in MIDDLES:
        middle = Compose([Resize(side, InterpolationMode.BILINEAR), CenterCrop(crop)])
        image = Image.fromarray(noise(height, width))
        lines.append(f"middle {height} {width} {side} {crop} {digest(middle(image))}")
    (Path(__file__).parent / "sizes.txt").write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()

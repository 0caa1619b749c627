"""The exact (erf) GELU that BERT was trained with, in NumPy."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# erfc(z) = t (a1 + t (a2 + ... t a5)) exp(-z^2), t = 1 / (1 + p z), z >= 0, to 1.5e-7:
# Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
P = np.float32(0.3275911)
A = tuple(
    np.float32(a) for a in (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
)

# Rows are worked through in strips that stay in the second-level cache.
STRIP_FLOATS = 32 * 1536


def erfc(z: Floats) -> Floats:
    """Returns 1 - erf(z) for z >= 0, with an absolute error below 1e-6."""
    t = z * P
    t += 1
    np.reciprocal(t, out=t)
    result = t * A[4]
    for a in A[3::-1]:
        result += a
        result *= t
    np.multiply(z, z, out=t)
    np.negative(t, out=t)
    result *= np.exp(t, out=t)
    return result


def gelu_in_place(x: Floats) -> None:
    """Replaces each x of a contiguous array by x (1 + erf(x / sqrt 2)) / 2."""
    flat = x.reshape(-1)
    for begin in range(0, flat.size, STRIP_FLOATS):
        strip = flat[begin : begin + STRIP_FLOATS]
        # = max(x, 0) - |x| erfc(|x| / sqrt 2) / 2: no cancellation for negative x.
        size = np.abs(strip)
        tail = erfc(size * np.float32(0.5**0.5))
        tail *= size
        tail *= np.float32(0.5)
        np.maximum(strip, 0, out=strip)
        strip -= tail

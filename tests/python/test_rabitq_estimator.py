"""The estimator beside a second RaBitQ, written in NumPy from the papers alone.

Gao and Long, "RaBitQ" (SIGMOD 2024, arXiv 2405.12497); Gao et al., "Practical and asymptotically
optimal quantization" (SIGMOD 2025, arXiv 2409.09913). The two share no random numbers, so they are
compared by the statistics of their errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector

Floats = NDArray[np.float64]
METRICS = ("l2", "ip", "cosine")


def padded(dim: int) -> int:
    return -(-dim // 64) * 64


def sample(count: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Vectors off the origin whose first dimensions weigh more, as in embeddings."""
    weights = np.linspace(2.0, 0.5, dim)
    x = np.random.default_rng(seed).standard_normal((count, dim)) * weights + 0.3
    return x.astype(np.float32)


def exact_scores(metric: str, vectors: NDArray[np.float32], query: NDArray[np.float32]) -> Floats:
    x, q = vectors.astype(np.float64), query.astype(np.float64)
    if metric == "l2":
        return np.asarray(((x - q) ** 2).sum(axis=1))
    if metric == "ip":
        return np.asarray(-(x @ q))
    return np.asarray(1.0 - (x @ q) / np.linalg.norm(x, axis=1) / np.linalg.norm(q))


@cache
def random_orthogonal(dims: int, seed: int) -> Floats:
    return np.asarray(np.linalg.qr(np.random.default_rng(seed).standard_normal((dims, dims)))[0])


@dataclass
class Estimates:
    """Scores of all vectors, and the standard deviations that the theory gives them."""

    scores: Floats
    deviations: Floats


class PaperRabitq:
    """RaBitQ of `bits` per dimension: a random orthogonal matrix, and the formulas as printed."""

    def __init__(self, vectors: NDArray[np.float32], metric: str, bits: int, seed: int) -> None:
        self.metric = metric
        x = vectors.astype(np.float64)
        if metric == "cosine":
            x = x / np.linalg.norm(x, axis=1, keepdims=True)
        self.dims = padded(x.shape[1])
        # The columns for the padding would be multiplied by zeros.
        self.matrix = random_orthogonal(self.dims, seed)[:, : x.shape[1]]
        self.centre = x.mean(axis=0)
        residuals = x - self.centre
        self.lengths = np.linalg.norm(residuals, axis=1)
        self.centre_products = residuals @ self.centre
        directions = residuals @ self.matrix.T / self.lengths[:, None]
        self.codes = nearest_grid_directions(directions, bits)
        self.quality = np.sum(self.codes * directions, axis=1)  # <o_bar, o>

    def estimates(self, query: NDArray[np.float32]) -> Estimates:
        q = query.astype(np.float64)
        if self.metric == "cosine":
            q = q / np.linalg.norm(q)
        s = self.matrix @ (q - self.centre)
        length = float(np.linalg.norm(s))
        products = self.lengths * (self.codes @ s) / self.quality  # eq. 20: <x - c, q - c>
        spread = np.sqrt((1.0 / self.quality**2 - 1.0) / (self.dims - 1.0))  # theorem 3.2
        deviations = self.lengths * length * spread
        if self.metric == "ip":
            return Estimates(-products - self.centre_products - q @ self.centre, deviations)
        distances = self.lengths**2 + length**2 - 2.0 * products
        scale = 1.0 if self.metric == "l2" else 0.5
        return Estimates(scale * distances, scale * 2.0 * deviations)


def nearest_grid_directions(directions: Floats, bits: int) -> Floats:
    """For each direction a unit vector through the grid of the codes, nearly the nearest one."""
    if bits == 1:
        return np.asarray(np.where(directions >= 0, 1.0, -1.0) / np.sqrt(directions.shape[1]))
    highest = 2 ** (bits - 1) - 1
    best = np.zeros_like(directions)
    best_cosine = np.full(len(directions), -1.0)
    magnitudes = np.abs(directions)
    largest = magnitudes.max(axis=1, keepdims=True)
    for fraction in np.linspace(0.3, 1.3, 60):  # of the scale at which nothing is clipped
        grid = np.minimum(np.floor(magnitudes / largest * (highest + 1) / fraction), highest) + 0.5
        grid /= np.linalg.norm(grid, axis=1, keepdims=True)
        cosine = np.sum(grid * magnitudes, axis=1)
        better = cosine > best_cosine
        best[better], best_cosine[better] = grid[better], cosine[better]
    return np.asarray(np.where(directions >= 0, best, -best))


class OurRabitq:
    """RabitqIndex, with the deviations that its packed codes hold (docs/formats/rbpx.md)."""

    def __init__(self, vectors: NDArray[np.float32], metric: Any, bits: int, seed: int) -> None:
        self.index = ruvector.RabitqIndex.build(vectors, metric=metric, bits=bits, seed=seed)
        self.metric = metric
        x = vectors.astype(np.float64)
        if metric == "cosine":
            x = x / np.linalg.norm(x, axis=1, keepdims=True)
        self.centre = x.mean(axis=0)
        codes = self.index.codes
        words = codes.padded_dim * codes.bits // 32
        factors = np.asarray(codes.packed)[:, words * 256 :].copy().view("<f2")
        by_lane = factors.reshape(-1, 3, 64).transpose(1, 0, 2).reshape(3, -1)
        self.add, self.rescale, self.error = by_lane[:, : len(vectors)].astype(np.float64)
        self.norms = np.asarray(codes.norms).astype(np.float64)

    @property
    def unit(self) -> float:
        """The power of two that lengths are measured in: add is (norm / unit)^2 under l2."""
        assert self.metric != "ip"
        return float(2.0 ** np.round(np.median(np.log2(self.norms / np.sqrt(self.add)))))

    def scores(self, query: NDArray[np.float32]) -> Floats:
        result = np.empty(len(self.index))
        for hit in self.index.search(query, len(self.index)):
            result[hit.id] = hit.score
        return result

    def deviations(self, query: NDArray[np.float32]) -> Floats:
        q = query.astype(np.float64)
        if self.metric == "cosine":
            q = q / np.linalg.norm(q)
        scale = 1.0 if self.metric == "l2" else 0.5
        length = float(np.linalg.norm(q - self.centre))
        return np.asarray(scale * self.error * self.unit * length)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("bits", [1, 2, 4, 7])
@pytest.mark.parametrize("dim", [100, 320])
def test_errors_are_as_small_as_the_papers(metric: str, bits: int, dim: int) -> None:
    squares = np.zeros(2)
    for seed in range(6):
        vectors, query = sample(200, dim, 10 + seed), sample(1, dim, 50 + seed)[0]
        truth = exact_scores(metric, vectors, query)
        ours = OurRabitq(vectors, metric, bits, seed).scores(query)
        paper = PaperRabitq(vectors, metric, bits, seed).estimates(query).scores
        squares += [np.sum((ours - truth) ** 2), np.sum((paper - truth) ** 2)]
    ratio = float(np.sqrt(squares[0] / squares[1]))
    # The paper's codes are the nearest on the grid, ours those of one fixed step.
    assert 0.85 < ratio < 1.2


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("bits", [1, 2, 3, 5, 8])
def test_estimates_are_unbiased(metric: str, bits: int) -> None:
    means = []
    deviations = []
    for seed in range(40):
        vectors, query = sample(60, 96, 100 + seed), sample(1, 96, 500 + seed)[0]
        index = OurRabitq(vectors, metric, bits, seed)
        errors = index.scores(query) - exact_scores(metric, vectors, query)
        means.append(errors.mean())
        deviations.append(errors.std())
    # With 1 and 2 bits a factor is rounded down to float16, by a few percent of the deviation.
    rounding = 0.03 * float(np.mean(deviations)) if bits <= 2 else 0.0
    standard_error = float(np.std(means, ddof=1)) / np.sqrt(len(means))
    assert abs(float(np.mean(means))) < 4.0 * standard_error + rounding


@pytest.mark.parametrize("metric", ["l2", "cosine"])
@pytest.mark.parametrize("bits", [1, 2])
@pytest.mark.parametrize("dim", [64, 100, 384])
def test_the_stored_deviation_covers_as_often_as_the_normal_tail(
    metric: str, bits: int, dim: int
) -> None:
    z = []
    for seed in range(12):
        vectors, queries = sample(200, dim, 20 + seed), sample(4, dim, 70 + seed)
        index = OurRabitq(vectors, metric, bits, seed)
        for query in queries:
            errors = index.scores(query) - exact_scores(metric, vectors, query)
            z.append(errors / index.deviations(query))
    all_z = np.concatenate(z)
    assert 0.85 < float(np.sqrt(np.mean(all_z**2))) < 1.05
    for width, tail in [(1.2816, 0.1), (1.96, 0.025), (2.3263, 0.01), (3.0902, 0.001)]:
        missed = float(np.mean(all_z > width))
        assert missed < 1.15 * tail + 6.0 * np.sqrt(tail / len(all_z))
    assert float(np.mean(all_z > 1.2816)) > 0.04  # no wider than it must be


@pytest.mark.parametrize("dim", [64, 100, 768])
def test_the_packed_factors_obey_the_papers_formulas(dim: int) -> None:
    index = OurRabitq(sample(500, dim, 1), "l2", 1, 3)
    dims = padded(dim)
    r = index.norms / index.unit
    np.testing.assert_allclose(index.add, r**2, rtol=2.0**-10)
    assert np.all(index.add <= r**2 * (1 + 1e-6))
    # With z = +-1/2, rescale = 2 |r|^2 / <r, z>, so the code's quality is
    quality = 2.0 * r / (index.rescale * np.sqrt(dims) / 2.0)
    assert abs(float(quality.mean()) - np.sqrt(2.0 / np.pi)) < 0.02
    deviation = 2.0 * r * np.sqrt((1.0 / quality**2 - 1.0) / (dims - 1.0))
    assert np.all(index.error >= deviation * 0.995)
    assert np.all(index.error <= deviation * 1.03)
    paper = PaperRabitq(sample(500, dim, 1), "l2", 1, 3)
    assert abs(float(quality.mean() - paper.quality.mean())) < 0.01


@pytest.mark.parametrize("bits", [1, 3, 6])
def test_recall_of_the_estimates_is_the_papers(bits: int) -> None:
    vectors, queries = sample(2000, 96, 5), sample(60, 96, 6)
    ours = OurRabitq(vectors, "l2", bits, 11)
    paper = PaperRabitq(vectors, "l2", bits, 12)
    found = np.zeros(2)
    for query in queries:
        best = np.argsort(exact_scores("l2", vectors, query))[:10]
        for i, scores in enumerate((ours.scores(query), paper.estimates(query).scores)):
            found[i] += len(np.intersect1d(np.argsort(scores)[:10], best)) / 10.0
    assert abs(float(found[0] - found[1])) / len(queries) < 0.06


def test_the_reference_itself_is_unbiased_and_covered() -> None:
    z = []
    for seed in range(24):
        vectors, query = sample(100, 64, 300 + seed), sample(1, 64, 400 + seed)[0]
        for bits in (1, 4):
            estimates = PaperRabitq(vectors, "l2", bits, seed).estimates(query)
            errors = estimates.scores - exact_scores("l2", vectors, query)
            z.append(errors / estimates.deviations)
    means = np.array([values.mean() for values in z])
    assert abs(float(means.mean())) < 4.0 * float(means.std(ddof=1)) / np.sqrt(len(means))
    assert 0.85 < float(np.sqrt(np.mean(np.concatenate(z) ** 2))) < 1.05

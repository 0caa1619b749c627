"""Exact nearest rows, and recall against them."""

import numpy as np

from benchmarks.arrays import Distances, Ids, Rows

# Two rows whose squared distances to a query differ by less than this are one distance apart to
# a library that works in float32, and the order it gives them is not a mistake.
TIE = 1e-6
CHUNK = 50_000


def squared_distances(base: Rows, ids: Ids, query: Rows) -> Distances:
    difference = base[ids].astype(np.float64) - query
    return np.asarray(np.einsum("ij,ij->i", difference, difference))


def exact_neighbours(base: Rows, queries: Rows, k: int) -> tuple[Ids, Distances]:
    """The k nearest rows of each query by squared L2; ties by the smaller id.

    Candidates come from float32 products, with a margin; their order from float64 differences.
    """
    kept: list[list[Ids]] = [[] for _ in queries]
    for start in range(0, len(base), CHUNK):
        block = base[start : start + CHUNK]
        margin = min(len(block), k + 50)
        scores = np.einsum("ij,ij->i", block, block) - 2.0 * (queries @ block.T)
        nearest = np.argpartition(scores, margin - 1, axis=1)[:, :margin]
        for row, found in enumerate(nearest):
            kept[row].append(found + start)
    ids = np.empty((len(queries), k), np.int64)
    distances = np.empty((len(queries), k), np.float64)
    for row, query in enumerate(queries):
        candidates = np.concatenate(kept[row])
        exact = squared_distances(base, candidates, query)
        order = np.lexsort((candidates, exact))[:k]
        ids[row], distances[row] = candidates[order], exact[order]
    return ids, distances


def recall(base: Rows, queries: Rows, truth: Distances, found: list[Ids], k: int) -> float:
    """The share of the k nearest rows that `found` names, averaged over its queries.

    By id: a row counts once, and only when it is as near as the k-th true neighbour. Rows at that
    very distance are interchangeable, so no library is punished for how it breaks ties.
    """
    hits = 0
    for row, ids in enumerate(found):
        valid = np.unique(ids[(ids >= 0) & (ids < len(base))])
        reach = squared_distances(base, valid, queries[row])
        hits += min(k, int((reach <= truth[row, k - 1] * (1.0 + TIE)).sum()))
    return hits / (k * len(found))

"""Searches with known answers, made of texts that ship with packages, and how well they go.

wordnet     an example sentence of WordNet -> the gloss of the meaning that it shows. Other
            meanings of the same words are among the glosses.
docstrings  the first paragraph of a documentation string of Python's standard library
            -> the rest of that string.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.arrays import Ids, Rows
from benchmarks.embed.docstrings import standard_library
from benchmarks.embed.wordnet import Synset, synsets

K = 10
DOCSTRINGS = 1_500  # of which some are 256 tokens long


@dataclass(frozen=True)
class Searches:
    """`answers[i]` is the one document that answers query i."""

    documents: list[str]
    queries: list[str]
    answers: list[int]
    places: list[int]  # of the documents among all that there are

    @property
    def texts(self) -> list[str]:
        return [*self.documents, *self.queries]


def confusable(all_synsets: list[Synset], asked: list[int]) -> set[int]:
    """The synsets that share a word with one of `asked`."""
    words = {word for row in asked for word in all_synsets[row].words}
    return {row for row, synset in enumerate(all_synsets) if not words.isdisjoint(synset.words)}


def wordnet(documents: int, queries: int) -> Searches:
    draw = random.Random(3)
    everything = list(synsets())
    first: dict[str, int] = {}  # eleven glosses occur twice
    for row, synset in enumerate(everything):
        first.setdefault(synset.gloss, row)
    unique = sorted(first.values())
    sentences = [
        (row, text)
        for row in unique
        for text in everything[row].sentences
        if len(text.split()) >= 5  # others are phrases
    ]
    draw.shuffle(sentences)
    asked = dict(sentences[: 2 * queries])  # one sentence for each synset
    asked = dict(list(asked.items())[:queries])
    places = confusable(everything, list(asked)) & set(unique)
    others = [row for row in unique if row not in places]
    places.update(draw.sample(others, max(0, min(len(others), documents - len(places)))))
    ordered = sorted(places)
    position = {row: number for number, row in enumerate(ordered)}
    return Searches(
        [everything[row].gloss for row in ordered],
        list(asked.values()),
        [position[row] for row in asked],
        ordered,
    )


def docstrings(documents: int, queries: int) -> Searches:
    draw = random.Random(4)
    found = [
        doc
        for doc in standard_library()
        if 4 <= len(doc.summary.split()) <= 40 and len(doc.body.split()) >= 10
    ]
    by_summary = {doc.summary: doc for doc in found}
    unique = list({doc.body: doc for doc in by_summary.values()}.values())
    draw.shuffle(unique)
    kept = unique[: min(documents, DOCSTRINGS)]
    asked = range(min(queries, len(kept)))
    return Searches(
        [doc.body for doc in kept],
        [kept[row].summary for row in asked],
        list(asked),
        list(range(len(kept))),
    )


SETS: dict[str, Callable[[int, int], Searches]] = {"wordnet": wordnet, "docstrings": docstrings}


def nearest(documents: Rows, queries: Rows, k: int) -> Ids:
    """The k most similar documents of each query, best first; ties by the smaller id."""
    found = np.empty((len(queries), k), np.int64)
    for row, scores in enumerate(queries @ documents.T):
        found[row] = np.argsort(-scores, kind="stable")[:k]
    return found


def quality(found: Ids, answers: list[int]) -> dict[str, float]:
    """Recall at 1 and at 10, and nDCG at 10 with the one answer that is relevant."""
    hits = found == np.asarray(answers)[:, None]
    gains = 1.0 / np.log2(np.arange(2, found.shape[1] + 2))
    return {
        "recall_1": float(hits[:, 0].mean()),
        "recall_10": float(hits.any(axis=1).mean()),
        "ndcg_10": float((hits * gains).sum(axis=1).mean()),
    }


def overlap(found: Ids, reference: Ids) -> float:
    """The share of the reference's documents that were found, over all queries."""
    shared = [len(np.intersect1d(one, other)) for one, other in zip(found, reference, strict=True)]
    return sum(shared) / reference.size


def cosines(rows: Rows, others: Rows) -> dict[str, float]:
    """The smallest and the mean cosine of rows with the rows beside them."""
    a, b = rows.astype(np.float64), others.astype(np.float64)
    scale = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosine = np.einsum("ij,ij->i", a, b) / scale
    return {"min_cosine": float(cosine.min()), "mean_cosine": float(cosine.mean())}

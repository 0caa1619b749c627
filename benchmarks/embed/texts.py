"""The texts that the speed rows embed: real English, drawn with fixed seeds."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

from benchmarks.embed.docstrings import standard_library
from benchmarks.embed.wordnet import synsets

SHORT_WORDS = 8
# Lengths are drawn evenly on a logarithmic scale between these: their mean is 56 words, and the
# longest have more than the 256 tokens that the model takes.
MIXED_WORDS = (4, 230)
ODD = Path(__file__).with_name("odd_texts.json")


def short(count: int) -> list[str]:
    """Definitions of WordNet that have eight words, no two alike."""
    definitions = {synset.definition for synset in synsets()}
    eight = sorted(text for text in definitions if len(text.split()) == SHORT_WORDS)
    return random.Random(1).sample(eight, count)


def mixed(count: int) -> list[str]:
    """Beginnings of documentation strings of Python's standard library, no string twice."""
    draw = random.Random(2)
    texts = sorted({f"{doc.summary} {doc.body}".strip() for doc in standard_library()})
    words = [text.split() for text in texts]
    draw.shuffle(words)
    low, high = map(math.log, MIXED_WORDS)
    # Evenly spaced instead of random, so that a part of the texts has the same mean as all.
    lengths = [round(math.exp(low + (high - low) * (row + 0.5) / count)) for row in range(count)]
    words.sort(key=len)  # stable: strings of one length stay shuffled
    chosen: list[str] = []
    for length in reversed(lengths):
        enough = next(row for row, text in enumerate(words) if len(text) >= length)
        # Not always the shortest that has enough: beginnings of longer ones read alike.
        text = words.pop(draw.randrange(enough, len(words)))
        chosen.append(" ".join(text[:length]))
    draw.shuffle(chosen)
    return chosen


def every(texts: list[str], part: int) -> list[str]:
    """One of `part` texts, which are in no order: for libraries to whom all are too many."""
    return texts[::part]


def odd() -> list[str]:
    """Sentences in 20 scripts, and what breaks tokenisers."""
    texts: list[str] = json.loads(ODD.read_text(encoding="utf-8"))
    return texts

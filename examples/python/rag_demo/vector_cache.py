"""Vectors of a corpus, kept beside the models so that a second run starts at once."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag_demo.atomic_file import atomic_file
from rag_demo.model_files import MINILM, cache_folder
from rag_demo.transformer import DIM, Floats

# Raise this when the same text gets another vector: tokens, pooling or weights' use changed.
RECIPE = 1


def path_for(texts: Sequence[str]) -> Path:
    """Returns where the vectors of exactly these texts, by this model and recipe, are kept."""
    digest = hashlib.sha256(f"{RECIPE}".encode())
    for part in (*(file.sha256 for file in MINILM.files), *texts):
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return cache_folder() / "demo" / f"{digest.hexdigest()[:32]}.npy"


def load(texts: Sequence[str]) -> Floats | None:
    """Returns the vectors kept for `texts`, float32[n, DIM]; None if there are none."""
    try:
        vectors = np.load(path_for(texts), allow_pickle=False)
    except (OSError, ValueError, EOFError):  # absent, or not what `save` wrote
        return None
    if vectors.dtype != np.float32 or vectors.shape != (len(texts), DIM):
        return None
    if not np.allclose(np.einsum("ij,ij->i", vectors, vectors), 1, atol=1e-4):
        return None
    return np.ascontiguousarray(vectors)


def save(texts: Sequence[str], vectors: Floats) -> None:
    """Keeps the vectors of `texts`, one row for each."""
    with atomic_file(path_for(texts)) as file:
        np.save(file, vectors, allow_pickle=False)

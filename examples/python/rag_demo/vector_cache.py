"""Vectors of a corpus, kept beside the models so that a second run starts at once."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag_demo.atomic_file import atomic_file

Floats = NDArray[np.float32]


def cache_folder() -> Path:
    """Returns where ruvector keeps what it fetches; `RUVECTOR_CACHE` moves it."""
    if own := os.environ.get("RUVECTOR_CACHE"):
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "ruvector"


def path_for(recipe_digest: str, texts: Sequence[str]) -> Path:
    """Returns where the vectors of exactly these texts, by this encoder, are kept."""
    digest = hashlib.sha256()
    for part in (recipe_digest, *texts):
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return cache_folder() / "demo" / f"{digest.hexdigest()[:32]}.npy"


def load(recipe_digest: str, texts: Sequence[str]) -> Floats | None:
    """Returns the vectors kept for `texts`, float32[n, dim]; None if there are none."""
    try:
        vectors = np.load(path_for(recipe_digest, texts), allow_pickle=False)
    except (OSError, ValueError, EOFError):  # absent, or not what `save` wrote
        return None
    if vectors.dtype != np.float32 or vectors.ndim != 2 or len(vectors) != len(texts):
        return None
    if not np.allclose(np.einsum("ij,ij->i", vectors, vectors), 1, atol=1e-4):
        return None
    return np.ascontiguousarray(vectors)


def save(recipe_digest: str, texts: Sequence[str], vectors: Floats) -> None:
    """Keeps the vectors of `texts`, one row for each."""
    with atomic_file(path_for(recipe_digest, texts)) as file:
        np.save(file, vectors, allow_pickle=False)

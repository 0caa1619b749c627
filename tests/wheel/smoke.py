"""Run with the Python of a fresh environment that holds the wheel and nothing else of ours."""

import sys
import tempfile
from pathlib import Path

import numpy as np

import ruvector


def main() -> None:
    where = Path(ruvector.__file__).resolve()
    assert Path(sys.prefix).resolve() in where.parents, f"not the installed package: {where}"
    vectors = np.random.default_rng(0).standard_normal((2_000, 128), dtype=np.float32)
    index = ruvector.RabitqPlusIndex.build(vectors, seed=42)
    ids, scores = index.search_batch(vectors[:50], k=5)
    assert (ids[:, 0] == np.arange(50)).all()
    assert (scores[:, 0] == 0).all()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.rbpx"
        index.save(path)
        loaded_ids, loaded_scores = ruvector.RabitqPlusIndex.load(path).search_batch(
            vectors[:50], k=5
        )
    assert (loaded_ids == ids).all()
    assert (loaded_scores == scores).all()
    print(f"ruvector {ruvector.__version__} from a wheel: {ruvector.cpu_features()}")


if __name__ == "__main__":
    main()

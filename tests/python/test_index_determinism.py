"""The same data, seed and parameters give the same bits: on every run, thread count and CPU."""

from __future__ import annotations

from collections.abc import Callable

import ruvector

DIGEST = """
import hashlib
import numpy as np, ruvector
rng = np.random.default_rng(0)
digest = hashlib.sha256()
for dim in (33, 300):
    vectors = rng.standard_normal((1500, dim), dtype=np.float32)
    queries = rng.standard_normal((20, dim), dtype=np.float32)
    for cls in (ruvector.FlatF32Index, ruvector.RabitqIndex, ruvector.RabitqPlusIndex,
                ruvector.RabitqAsymIndex):
        for arguments in ({}, {"bits": 4, "metric": "cosine"}, {"metric": "ip"}):
            images = set()
            for threads in (1, 2, 3):
                index = cls.build(vectors, threads=threads, **arguments)
                ids, scores = index.search_batch(queries, 10, threads=threads)
                one = index.search(queries[0], 10, threads=threads)
                assert [hit.id for hit in one] == ids[0].tolist()
                images.add(index.serialize() + ids.tobytes() + scores.tobytes())
            assert len(images) == 1, (cls, arguments)
            digest.update(images.pop())
print(ruvector.cpu_features().simd_level, digest.hexdigest())
"""


def test_every_level_and_thread_count_gives_the_same_bits(run_script: Callable[..., str]) -> None:
    levels = ruvector.cpu_features().available
    outputs = [run_script(DIGEST, RUVECTOR_SIMD=level).split() for level in levels]
    assert [level for level, _ in outputs] == list(levels)
    assert len({digest for _, digest in outputs}) == 1


def test_an_unknown_level_is_a_value_error(run_script: Callable[..., str]) -> None:
    code = """
import ruvector
try:
    ruvector.cpu_features()
except ValueError as error:
    print(error)
"""
    assert "sse9" in run_script(code, RUVECTOR_SIMD="sse9")

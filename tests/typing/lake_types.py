"""Types that a user's checker sees; checked by mypy --strict and pyright, never run."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import ruvector


def searches(lake: ruvector.RuLake, query: NDArray[np.float32]) -> None:
    hits = lake.search_one("docs", query, 10)
    assert_type(hits, list[ruvector.LakeHit])
    backend, collection, id, score = hits[0]
    assert_type(backend, str)
    assert_type(collection, str)
    assert_type(id, int)
    assert_type(score, float)
    assert_type(lake.search_batch("docs", query, 10), list[list[ruvector.LakeHit]])
    federated = lake.search_federated([("hot", "docs")], query, 10, partial="allow")
    assert_type(federated, ruvector.FederatedHits)
    assert_type(federated.searched, tuple[tuple[str, str], ...])
    assert_type(federated.skipped[0].reason, str)
    assert_type(federated[0], ruvector.LakeHit)
    lake.search_federated("docs", query, 10, partial="some")  # type: ignore[arg-type]  # pyright: ignore
    lake.search_one("docs", query, 10, "hot")  # type: ignore[call-arg]  # pyright: ignore


async def asynchronous(lake: ruvector.RuLake, query: NDArray[np.float32]) -> None:
    call: Coroutine[Any, Any, list[ruvector.LakeHit]]
    call = lake.search_one_async("docs", query, 10)
    assert_type(await call, list[ruvector.LakeHit])
    assert_type(await lake.search_batch_async("docs", query, 1), list[list[ruvector.LakeHit]])
    assert_type(await lake.search_federated_async("docs", query, 1), ruvector.FederatedHits)


def building() -> None:
    lake = (
        ruvector.RuLake.builder()
        .rerank_factor(20)
        .consistency(ruvector.Consistency.EVENTUAL)
        .ttl_ms(500)
        .cache_dir(Path("cache"))
        .build()
    )
    assert_type(lake, ruvector.RuLake)
    ruvector.RuLake.builder().consistency("fresh")  # type: ignore[arg-type]  # pyright: ignore
    lake.set_consistency(("hot", "docs"), None)
    lake.set_consistency("docs", None)  # type: ignore[arg-type]  # pyright: ignore


def files(lake: ruvector.RuLake) -> None:
    key = ("hot", "docs")
    assert_type(lake.publish_bundle(key, "bundle"), Path)
    assert_type(lake.refresh_from_bundle_dir(key, Path("bundle")), ruvector.RefreshResult)
    assert_type(lake.save_cache_to_dir(key, "snap"), Path)
    assert_type(lake.warm_from_dir(key, "snap", verify=True), int)
    assert_type(lake.cache_witness_of(key), str | None)
    assert_type(key in lake, bool)
    assert_type(lake.cache_stats().hit_rate(), float | None)
    assert_type(lake.cache_stats_by_backend(), dict[str, ruvector.PerBackendStats])
    assert_type(lake.cache_stats_by_collection(), dict[tuple[str, str], ruvector.PerBackendStats])
    with lake.session() as session:
        assert_type(session.search_one("docs", [0.5], 1), list[ruvector.LakeHit])


class Store(ruvector.BackendAdapter):
    @property
    def id(self) -> str:
        return "store"

    def list_collections(self) -> list[str]:
        return []

    def generation(self, collection: str) -> int:
        return 1

    def pull_vectors(self, collection: str) -> ruvector.PulledBatch:
        return ruvector.PulledBatch([1], np.ones((1, 4), np.float32), 1)

    def pull_chunks(self, collection: str) -> Iterator[ruvector.PulledBatch]:
        yield self.pull_vectors(collection)


def backends(lake: ruvector.RuLake) -> None:
    lake.register_backend(Store())
    lake.register_backend(ruvector.LocalBackend("hot"))
    lake.register_backend(ruvector.FsBackend("disk", root=Path("vectors")))
    lake.register_backend(3)  # type: ignore[arg-type]  # pyright: ignore


def errors(
    error: ruvector.BackendError, other: ruvector.WitnessMismatch, third: ruvector.CacheMissError
) -> None:
    assert_type(error.backend, str)
    assert_type(other.expected, str)
    value: ValueError = other
    lookup: LookupError = third
    print(value, lookup)

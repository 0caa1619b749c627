"""Values of the lake and the native backends: they compare, print, pickle and copy."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ruvector
from tests.python.lake_stores import lake_with, rows_of

HITS = [ruvector.LakeHit("hot", "docs", 7, 0.5), ruvector.LakeHit("cold", "docs", 9, 1.5)]


def test_a_hit_is_a_named_tuple() -> None:
    backend, collection, id, score = HITS[0]
    assert (backend, collection, id, score) == ("hot", "docs", 7, 0.5)
    assert repr(HITS[0]) == "LakeHit(backend='hot', collection='docs', id=7, score=0.5)"
    lake = lake_with(hot := ruvector.LocalBackend("hot"))
    hot.upsert("docs", [2**64 - 2], rows_of(1))
    hit = lake.search_one("docs", rows_of(1)[0], 1)[0]
    assert type(hit) is ruvector.LakeHit
    assert hit == ("hot", "docs", 2**64 - 2, 0.0)
    assert pickle.loads(pickle.dumps(hit)) == hit


def test_hits_of_one_search_share_their_strings() -> None:
    lake = lake_with(hot := ruvector.LocalBackend("hot"))
    hot.upsert("docs", range(10), rows_of(10))
    hits = lake.search_one("docs", rows_of(1)[0], 10)
    assert len({id(hit.backend) for hit in hits}) == len({id(hit.collection) for hit in hits}) == 1


def test_federated_hits_are_a_list_that_says_where_it_comes_from() -> None:
    skipped = ruvector.FederatedHits.Skipped(("cold", "docs"), "no route to host")
    hits = ruvector.FederatedHits(HITS, [("hot", "docs")], [skipped])
    assert hits == HITS
    assert hits[0] is HITS[0]
    assert (hits.searched, hits.skipped) == ((("hot", "docs"),), (skipped,))
    assert repr(hits) == (
        f"FederatedHits({HITS!r}, searched=(('hot', 'docs'),), "
        "skipped=(Skipped(key=('cold', 'docs'), reason='no route to host'),))"
    )
    for again in (pickle.loads(pickle.dumps(hits)), copy.copy(hits), copy.deepcopy(hits)):
        assert type(again) is ruvector.FederatedHits
        assert (again, again.searched, again.skipped) == (hits, hits.searched, hits.skipped)


def test_statistics_are_frozen_and_tell_rates() -> None:
    stats = ruvector.PerBackendStats(hits=3, misses=1, primes=1, invalidations=0, shared_hits=0)
    assert stats.hit_rate() == 0.75
    assert ruvector.PerBackendStats(0, 0, 0, 0, 0).hit_rate() is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        stats.hits = 4  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(stats)) == stats


def test_statistics_of_the_cache_print_as_a_table_and_show_every_field() -> None:
    names = [field.name for field in dataclasses.fields(ruvector.CacheStats)]
    stats = ruvector.CacheStats(*range(1, len(names) + 1))
    assert stats.avg_prime_ms() == stats.total_prime_ms / stats.primes
    assert ruvector.CacheStats(*[0] * len(names)).avg_prime_ms() is None
    assert eval(repr(stats), {"CacheStats": ruvector.CacheStats}) == stats
    assert repr(stats).count("\n") == len(names) + 1
    lines = str(stats).splitlines()
    assert lines[0] == "CacheStats"
    assert all(len(line) < 80 for line in lines)
    assert "none yet" in str(ruvector.CacheStats(*[0] * len(names)))


def test_a_bundle_is_a_value() -> None:
    bundle = ruvector.RuLakeBundle(
        data_ref="s3://b/ключ",
        dim=384,
        rotation_seed=2**64 - 1,
        rerank_factor=20,
        generation=2**64 - 1,
        pii_policy="none",
        memory_class="episodic",
    )
    assert bundle.rvf_witness == "0326ed5124e6849ef8d4726118af178290bff70ff426ba5fdbaf96417d3453d0"
    assert (bundle.format_version, bundle.generation, bundle.lineage_id) == (2, 2**64 - 1, None)
    assert bundle.verify_witness()
    assert repr(bundle).startswith("RuLakeBundle(data_ref='s3://b/ключ', dim=384, ")
    again = pickle.loads(pickle.dumps(bundle))
    assert again == bundle
    again.sign(bytes(32))
    assert again != bundle
    assert bundle != 3
    with pytest.raises(TypeError):
        hash(bundle)
    with pytest.raises(AttributeError):
        bundle.dim = 3  # type: ignore[misc]


def test_a_bundle_goes_to_a_directory_and_comes_back(tmp_path: Path) -> None:
    bundle = ruvector.RuLakeBundle(
        data_ref="x", dim=8, rotation_seed=42, rerank_factor=20, generation="v1"
    )
    assert not ruvector.RuLakeBundle.exists_in(tmp_path)
    bundle.sign(bytes(range(32)))
    path = bundle.write_to_dir(tmp_path)
    assert path == tmp_path / ruvector.RuLakeBundle.FILE_NAME
    assert ruvector.RuLakeBundle.exists_in(tmp_path)
    assert bundle.public_key is not None
    key = bytes.fromhex(bundle.public_key)
    assert ruvector.RuLakeBundle.read_from_dir(tmp_path, trusted_keys=[key]) == bundle
    with pytest.raises(ruvector.BundleError):
        ruvector.RuLakeBundle.read_from_dir(tmp_path, trusted_keys=[bytes(32)])
    assert bundle.verify_signature(key)
    assert not bundle.verify_signature(bytes(32))


def test_a_local_backend_holds_collections() -> None:
    rows = rows_of(5)
    hot = ruvector.LocalBackend(name="hot")
    assert (hot.id, hot.list_collections()) == ("hot", [])
    hot.upsert("docs", ids=[5, 6, 7, 8, 9], vectors=rows)
    first = hot.generation("docs")
    hot.upsert("docs", ids=[9, 10], vectors=rows[:2])
    hot.remove("docs", [5])
    assert (hot.size("docs"), hot.dim("docs")) == (5, 16)
    assert hot.generation("docs") != first
    assert hot.data_ref("docs") == "local://hot/docs"
    batch = hot.pull_vectors("docs")
    assert isinstance(batch, ruvector.PulledBatch)
    assert batch.generation == hot.generation("docs")
    found = dict(zip(np.asarray(batch.ids).tolist(), np.asarray(batch.vectors), strict=True))
    assert sorted(found) == [6, 7, 8, 9, 10]
    assert (found[9] == rows[0]).all()
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(batch.vectors)[0] = 0
    bundle = hot.current_bundle("docs", 42, 20)
    assert bundle is not None
    assert (bundle.dim, bundle.generation) == (16, batch.generation)
    hot.drop("docs")
    assert hot.list_collections() == []
    assert (found[10] == rows[1]).all(), "what was pulled stays"


def test_a_file_backend_keeps_collections_in_files(tmp_path: Path) -> None:
    rows = rows_of(5)
    disk = ruvector.FsBackend("disk", root=tmp_path / "vectors", data_ref_prefix="s3://bucket/")
    path = disk.write("docs", [1, 2, 3, 4, 5], rows)
    assert path == tmp_path / "vectors" / "docs.ruvec1"
    other = disk.write("notes", [1], rows[:1], filename="other.bin")
    assert other.name == "other.bin"
    disk.register_collection("same", "docs.ruvec1")
    assert disk.list_collections() == ["docs", "notes", "same"]
    assert disk.data_ref("docs") == "s3://bucket/docs.ruvec1"
    first = disk.generation("docs")
    disk.write("docs", [1, 2, 3, 4, 5], rows + 1)
    assert disk.generation("docs") != first
    np.testing.assert_array_equal(np.asarray(disk.pull_vectors("docs").vectors), rows + 1)
    with pytest.raises(ValueError, match=r"\.\./x"):
        disk.write("docs", [1], rows[:1], filename="../x")
    assert repr(disk) == "FsBackend('disk')"


@pytest.mark.parametrize(
    "method", ["rerank_factor", "rotation_seed", "max_cache_entries", "max_cache_bytes", "ttl_ms"]
)
def test_each_setter_returns_the_builder(method: str) -> None:
    builder: Any = ruvector.RuLake.builder()
    assert getattr(builder, method)(7) is builder
    assert isinstance(builder.build(), ruvector.RuLake)

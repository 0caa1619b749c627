"""Saving and loading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from ruvector._typing import MetricName


@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
@pytest.mark.parametrize("verify", [False, True])
def test_search_after_load_is_bit_identical(
    index_class: type[ruvector.RabitqPlusIndex],
    vectors: NDArray[np.float32],
    tmp_path: Path,
    metric: MetricName,
    verify: bool,
) -> None:
    path = tmp_path / "index.rbpx"
    index = index_class.build(vectors, ids=np.arange(9, 309), metric=metric, bits=3)
    index.save(path)
    again = index_class.load(path, verify=verify)
    assert again == index
    assert again.serialize() == index.serialize() == path.read_bytes()
    for k in (1, 10, 300):
        before, after = index.search_batch(vectors, k), again.search_batch(vectors, k)
        np.testing.assert_array_equal(before[0], after[0])
        np.testing.assert_array_equal(before[1].view(np.uint32), after[1].view(np.uint32))


def test_a_loaded_index_can_be_changed_and_saved_over_its_own_file(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32], tmp_path: Path
) -> None:
    path = str(tmp_path / "index.rbpx")
    index_class.build(vectors[:200]).save(path)
    index = index_class.load(path)
    index.add_batch(np.arange(200, 300), vectors[200:])
    index.remove([0, 1])
    index.save(path)
    again = index_class.load(path, verify=True)
    assert again == index
    assert len(again) == 298
    assert again.search(vectors[250], 1)[0].id == 250
    assert sorted(p.name for p in tmp_path.iterdir()) == ["index.rbpx"]


def test_a_loaded_index_outlives_its_file(vectors: NDArray[np.float32], tmp_path: Path) -> None:
    path = tmp_path / "index.rbpx"
    ruvector.RabitqPlusIndex.build(vectors).save(path)
    index = ruvector.RabitqPlusIndex.load(path)
    path.unlink()
    assert index.search(vectors[7], 1)[0].id == 7


def test_a_file_of_another_class_is_refused(vectors: NDArray[np.float32], tmp_path: Path) -> None:
    path = tmp_path / "index.rbpx"
    ruvector.FlatF32Index.build(vectors).save(path)
    with pytest.raises(ruvector.PersistError, match="FlatF32Index"):
        ruvector.RabitqPlusIndex.load(path)


def test_damaged_files_are_refused(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32], tmp_path: Path
) -> None:
    path = tmp_path / "index.rbpx"
    index_class.build(vectors).save(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "empty": b"",
        "short": whole[:40],
        "truncated": whole[:-1],
        "other": b"PNG" + whole[3:],
        "flipped": whole[:20] + bytes([whole[20] ^ 1]) + whole[21:],
    }
    for name, data in damaged.items():
        path.write_bytes(data)
        with pytest.raises(ruvector.PersistError) as caught:
            index_class.load(path)
        assert caught.value.path == path, name
        with pytest.raises(ruvector.PersistError):
            index_class.deserialize(data)
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0x10]) + whole[middle + 1 :])
    with pytest.raises(ruvector.PersistError, match="checksum"):
        index_class.load(path, verify=True)


def test_a_failed_save_leaves_the_old_file(vectors: NDArray[np.float32], tmp_path: Path) -> None:
    folder = tmp_path / "a folder.rbpx"
    folder.mkdir()
    with pytest.raises(ruvector.PersistError) as caught:
        ruvector.FlatF32Index.build(vectors).save(folder)
    assert caught.value.path == folder
    assert [p.name for p in tmp_path.iterdir()] == ["a folder.rbpx"]


def test_version_1_files_are_written_and_read(vectors: NDArray[np.float32], tmp_path: Path) -> None:
    path = tmp_path / "old.rbpx"
    index = ruvector.RabitqPlusIndex.build(vectors)
    index.save_v1(path)
    again = ruvector.RabitqPlusIndex.load(path)
    assert again.search(vectors[7], 5) == index.search(vectors[7], 5)
    large = ruvector.RabitqPlusIndex.build(vectors[:1], ids=[2**32])
    with pytest.raises(ruvector.PersistError, match="4294967296"):
        large.save_v1(path)
    with pytest.raises(ruvector.PersistError, match="l2 metric only"):
        ruvector.RabitqPlusIndex.build(vectors, metric="ip").save_v1(path)


KILLS = """
import os, random, signal, sys, time
import numpy as np, ruvector
path, lists = sys.argv[1], int(sys.argv[2]) or None
rng = np.random.default_rng(0)
vectors = rng.standard_normal((30_000, 64), dtype=np.float32)
versions = [
    ruvector.RabitqPlusIndex.build(vectors, seed=seed, partitions=lists) for seed in (1, 2)
]
versions[0].save(path)
moments = random.Random(0)
for _ in range(25):
    saved, saves = os.pipe()
    child = os.fork()
    if child == 0:
        while True:
            for version in versions:
                version.save(path)
            os.write(saves, b".")
    os.close(saves)
    os.read(saved, 1)  # it has saved both, however slow the machine is, and goes on
    time.sleep(moments.uniform(0.001, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(saved)
    loaded = ruvector.RabitqPlusIndex.load(path, verify=True)
    print(versions.index(loaded))
"""


@pytest.mark.slow
@pytest.mark.parametrize("lists", [0, 50])
def test_a_process_killed_while_saving_leaves_a_whole_file(
    run_script: Callable[..., str], tmp_path: Path, lists: int
) -> None:
    found = run_script(KILLS, str(tmp_path / "index.rbpx"), str(lists)).split()
    assert len(found) == 25
    assert set(found) <= {"0", "1"}

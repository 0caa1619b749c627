"""Threads: the GIL is let go, searches and changes run beside each other, fork is safe."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector


def share_of_python_work_stopped(call: Callable[[], Any]) -> float:
    """The longest pause of a Python loop beside `call`, as a share of the call's duration."""
    duration = 0.0
    done = threading.Event()

    def run() -> None:
        nonlocal duration
        begin = time.perf_counter()
        call()
        duration = time.perf_counter() - begin
        done.set()

    thread = threading.Thread(target=run)
    longest_pause = 0.0
    thread.start()
    last = time.perf_counter()
    while not done.is_set():
        now = time.perf_counter()
        longest_pause = max(longest_pause, now - last)
        last = now
    longest_pause = max(longest_pause, time.perf_counter() - last)
    thread.join()
    assert duration > 0.02, "too short to tell"
    return longest_pause / duration


@pytest.fixture(scope="module")
def many() -> NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((150_000, 128), dtype=np.float32)


def long_call(task: str, many: NDArray[np.float32]) -> Callable[[], Any]:
    """A call on an index of its own."""
    if task == "build":
        return lambda: ruvector.RabitqPlusIndex.build(many, threads=1)
    if task == "add_batch":
        small = ruvector.RabitqPlusIndex.build(many[:100])
        return lambda: small.add_batch(np.arange(100, len(many)), many[100:])
    flat = ruvector.FlatF32Index.build(many)
    calls: dict[str, Callable[[], Any]] = {
        "search_batch": lambda: flat.search_batch(many[:200], 10, threads=1),
        "remove": lambda: flat.remove(np.arange(149_000)),
        "serialize": lambda: [flat.serialize() for _ in range(4)],
    }
    return calls[task]


@pytest.mark.alone
@pytest.mark.parametrize("task", ["build", "search_batch", "add_batch", "remove", "serialize"])
def test_python_runs_beside_a_long_call(many: NDArray[np.float32], task: str) -> None:
    # A call that held the GIL would stop the loop for its whole duration, every time; another
    # process may do so now and then.
    assert any(share_of_python_work_stopped(long_call(task, many)) < 0.5 for _ in range(5))


def test_searches_run_beside_adding_and_removing(vectors: NDArray[np.float32]) -> None:
    index = ruvector.RabitqPlusIndex.build(vectors)
    moving = np.random.default_rng(9).standard_normal((200, 64), dtype=np.float32) + 100
    failures: list[str] = []
    searches = 0
    stop = threading.Event()

    def search(row: int) -> None:
        nonlocal searches
        while not stop.is_set():
            hits = index.search(vectors[row], 5)
            if hits[0] != ruvector.Hit(row, 0.0) or hits != sorted(hits, key=lambda h: h.score):
                failures.append(f"row {row}: {hits}")
                return
            searches += 1

    threads = [threading.Thread(target=search, args=(row,)) for row in (0, 99, 200, 299)]
    for thread in threads:
        thread.start()
    rounds = 0
    end = time.monotonic() + 1.0
    while time.monotonic() < end or rounds < 3:
        index.add_batch(np.arange(1000, 1200), moving)
        assert 1100 in index
        assert len(index) == 500
        index.remove(np.arange(1000, 1200))
        index.compact()
        rounds += 1
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert searches > 10
    assert len(index) == 300
    assert sorted(index.ids.tolist()) == list(range(300))


def test_properties_do_not_wait_for_ever_for_a_writer_that_reports(
    many: NDArray[np.float32],
) -> None:
    index = ruvector.RabitqPlusIndex.build(many[:100])
    sizes: list[int] = []

    def add() -> None:
        # The callback needs the GIL while the index is locked.
        index.add_batch(np.arange(100, 60_000), many[100:60_000], progress=lambda *_: True)

    thread = threading.Thread(target=add)
    thread.start()
    while thread.is_alive():
        sizes.append(len(index))
        assert index.memory_bytes > 0
        assert 5 in index
        assert index == index
        assert "dim=128" in repr(index)
    thread.join()
    assert set(sizes) <= {100, 60_000}


FORK = """
import os, sys
import numpy as np, ruvector
vectors = np.random.default_rng(0).standard_normal((20_000, 64), dtype=np.float32)
index = ruvector.RabitqPlusIndex.build(vectors, threads=2)
before, _ = index.search_batch(vectors[:100], 5, threads=2)
for _ in range(5):
    child = os.fork()
    if child == 0:
        ids, _ = index.search_batch(vectors[:100], 5, threads=2)
        same = ruvector.RabitqPlusIndex.build(vectors, threads=2) == index
        os._exit(0 if same and (ids == before).all() else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
ids, _ = index.search_batch(vectors[:100], 5, threads=2)
assert (ids == before).all()
print("well")
"""


def test_a_forked_child_searches_and_builds(run_script: Callable[..., str]) -> None:
    assert run_script(FORK) == "well\n"


EXIT = """
import threading
import numpy as np, ruvector
vectors = np.random.default_rng(0).standard_normal((20_000, 64), dtype=np.float32)
index = ruvector.FlatF32Index.build(vectors)
def search():
    while True:
        index.search_batch(vectors[:50], 5)
def build():
    while True:
        ruvector.RabitqPlusIndex.build(vectors, progress=lambda done, total: None)
threading.Thread(target=search, daemon=True).start()
threading.Thread(target=build, daemon=True).start()
index.search_batch(vectors[:50], 5, threads=2)
print("well")
"""


def test_the_interpreter_exits_quietly_while_daemon_threads_work() -> None:
    for _ in range(3):
        process = subprocess.run(
            [sys.executable, "-c", EXIT], capture_output=True, text=True, timeout=30, check=False
        )
        assert (process.returncode, process.stdout, process.stderr) == (0, "well\n", "")

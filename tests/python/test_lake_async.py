"""Asynchronous searches: the bridge between native threads and event loops."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import itertools
import os
import subprocess
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ruvector
from tests.python.event_loops import LOOPS, LoopWithoutReaders, NewLoop
from tests.python.lake_stores import Gate, Shelf, lake_with, rows_of, sleeping

every_loop = pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)


@contextlib.contextmanager
def runner(new_loop: NewLoop) -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=new_loop, debug=True) as made:
        yield made


def is_soon(condition: Callable[[], Any], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


async def test_the_twins_give_what_the_waiting_calls_give() -> None:
    shelf = Shelf()
    lake = lake_with(shelf, Shelf(id="other"))
    query = rows_of(1, seed=1)[0]
    one = await lake.search_one_async("docs", query, k=3, backend="shelf", allowed_ids=range(50))
    assert one == lake.search_one("docs", query, k=3, backend="shelf", allowed_ids=range(50))
    batch = await lake.search_batch_async("docs", shelf.rows[:4], k=3, backend="shelf")
    assert batch == lake.search_batch("docs", shelf.rows[:4], k=3, backend="shelf")
    both = await lake.search_federated_async("docs", query, k=3)
    assert both == lake.search_federated("docs", query, k=3)
    assert both.searched == (("other", "docs"), ("shelf", "docs"))
    named = await lake.search_federated_async([("other", "docs")], query, k=3)
    assert named.searched == (("other", "docs"),)


async def test_the_backend_of_a_collection_is_found_without_stopping_the_loop() -> None:
    asked_on = set()

    class Slow(Shelf):
        def list_collections(self) -> list[str]:
            asked_on.add(threading.get_ident())
            return super().list_collections() if self.id == "slow" else []

    lake = lake_with(Slow(id="slow"), Slow(id="empty"))
    hits = await lake.search_one_async("docs", rows_of(1)[0], k=1)
    assert [hit.backend for hit in hits] == ["slow"]
    rows = await lake.search_batch_async("docs", rows_of(2), k=1)
    assert [[hit.id for hit in hits] for hits in rows] == [[0], [1]]
    assert asked_on
    assert threading.get_ident() not in asked_on


@pytest.mark.parametrize("name", ["search_one", "search_batch", "search_federated"])
def test_without_a_running_loop_the_error_names_the_waiting_sibling(name: str) -> None:
    lake = lake_with(Shelf())
    argument = rows_of(1) if name == "search_batch" else rows_of(1)[0]
    with pytest.raises(RuntimeError, match=f"{name}_async needs a running event loop.*{name}$"):
        getattr(lake, f"{name}_async")("docs", argument, k=1)


def test_a_wrong_argument_raises_at_the_call() -> None:
    lake = lake_with(Shelf())

    async def call(query: Any) -> None:
        _ = lake.search_one_async("docs", query, k=1)

    with pytest.raises(TypeError, match="float64, not float32"):
        asyncio.run(call(np.ones(16)))


@every_loop
def test_a_call_is_as_good_as_a_coroutine(new_loop: NewLoop) -> None:
    lake = lake_with(Shelf())
    query = rows_of(1)[0]

    async def main() -> None:
        call = lake.search_one_async("docs", query, k=1)
        assert asyncio.iscoroutine(call)
        assert inspect.isawaitable(call)
        expected = await call
        task = asyncio.create_task(lake.search_one_async("docs", query, k=1), name="mine")
        assert "search_one_async" in repr(task)
        assert await task == expected
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(lake.search_one_async("docs", query, k=1)) for _ in range(5)]
        assert [task.result() for task in tasks] == [expected] * 5
        search = lake.search_one_async("docs", query, k=1)
        assert await asyncio.wait_for(search, 5) == expected
        again = lake.search_one_async("docs", query, k=1)
        assert await again == await again == expected

    with runner(new_loop) as run:
        run.run(main())


@every_loop
def test_a_thousand_outcomes_at_once_leave_other_callbacks_their_turn(new_loop: NewLoop) -> None:
    gate = Gate()
    lake = lake_with(Shelf(before_pull=gate))
    query = rows_of(1)[0]
    done_at_turns: list[int] = []

    async def main() -> None:
        turns, done = 0, 0

        def finished(_: object) -> None:
            nonlocal done
            done += 1

        tasks = [
            asyncio.ensure_future(lake.search_one_async("docs", query, k=1)) for _ in range(1000)
        ]
        for task in tasks:
            task.add_done_callback(finished)
        await asyncio.sleep(0.05)
        gate.open()
        # Let the outcomes pile up before the loop looks.
        time.sleep(0.3)
        while done < 1000:
            await asyncio.sleep(0)
            turns += 1
            done_at_turns.append(done)
        assert {task.result()[0].id for task in tasks} == {0}

    with asyncio.Runner(loop_factory=new_loop) as run:
        run.run(main())
    steps = np.diff([0, *done_at_turns])
    assert steps.max() <= 256, "several turns of the bridge may fall between two of ours"
    assert len(done_at_turns) >= 4


@every_loop
@pytest.mark.alone
def test_a_storm_on_a_cold_key_makes_one_pull_and_does_not_stop_the_loop(
    new_loop: NewLoop,
) -> None:
    def storm() -> float:
        shelf = Shelf(before_pull=sleeping(0.2))
        lake = lake_with(shelf)
        longest = 0.0

        async def tick() -> None:
            nonlocal longest
            while True:
                last = time.perf_counter()
                await asyncio.sleep(0.001)
                longest = max(longest, time.perf_counter() - last)

        async def main() -> None:
            ticking = asyncio.create_task(tick())
            found = await asyncio.gather(
                *(lake.search_one_async("docs", shelf.rows[i], k=1) for i in range(64))
            )
            ticking.cancel()
            assert [hits[0].id for hits in found] == list(range(64))

        with runner(new_loop) as run:
            run.run(main())
        assert shelf.pulls == 1
        assert lake.cache_stats().failures == 0
        assert threading.get_ident() not in shelf.threads
        return longest

    # Another process may take the processor away, but not each time.
    assert min(storm() for _ in range(3)) < 0.1


# --- cancelling


@every_loop
def test_cancelling_a_task_ends_its_search_and_leaves_the_pull_to_who_still_waits(
    new_loop: NewLoop,
) -> None:
    gate = Gate()
    shelf = Shelf(before_pull=gate)
    lake = lake_with(shelf)

    async def main() -> None:
        task = asyncio.create_task(lake.search_one_async("docs", shelf.rows[0], k=1))
        patient = asyncio.create_task(lake.search_one_async("docs", shelf.rows[1], k=1))
        while not gate.reached.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task  # while the gate is closed
        gate.open()
        assert (await patient)[0].id == 1

    with runner(new_loop) as run:
        run.run(main())
    assert shelf.pulls == 1


async def test_a_pull_that_nobody_waits_for_any_more_is_not_finished() -> None:
    class Endless(Shelf):
        def pull_chunks(self, collection: str) -> Iterator[ruvector.PulledBatch]:
            for i in itertools.count():
                self.pulls += 1
                time.sleep(0.005)
                yield ruvector.PulledBatch([i], self.rows[:1], 1)

    shelf = Endless()
    lake = lake_with(shelf)
    task = asyncio.create_task(lake.search_one_async("docs", shelf.rows[0], k=1))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.3)
    pulled = shelf.pulls
    await asyncio.sleep(0.2)
    assert shelf.pulls == pulled > 0


async def test_a_task_that_is_cancelled_before_it_starts_is_cancelled() -> None:
    lake = lake_with(Shelf())
    task = asyncio.create_task(lake.search_one_async("docs", rows_of(1)[0], k=1))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_timeout_ends_the_wait() -> None:
    gate = Gate()
    lake = lake_with(Shelf(before_pull=gate))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await lake.search_one_async("docs", rows_of(1)[0], k=1)
    gate.open()


async def test_forgetting_to_await_is_a_warning() -> None:
    lake = lake_with(Shelf())
    search: Any = lake.search_one_async
    with pytest.warns(RuntimeWarning, match="search_one_async was never awaited"):
        search("docs", rows_of(1)[0], k=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lake.search_one_async("docs", rows_of(1)[0], k=1).close()


# --- loops that end early


@every_loop
def test_a_loop_that_is_closed_early_leaves_nothing_behind(new_loop: NewLoop) -> None:
    gate = Gate()
    shelf = Shelf(before_pull=gate)
    lake = lake_with(shelf)
    loop = new_loop()
    calls: list[Any] = []

    async def begin() -> None:
        calls.extend(lake.search_one_async("docs", shelf.rows[0], k=1) for _ in range(3))
        calls.append(asyncio.ensure_future(lake.search_one_async("docs", shelf.rows[0], k=1)))
        await asyncio.sleep(0.01)

    loop.run_until_complete(begin())
    task = calls.pop()
    task._log_destroy_pending = False  # asyncio's own word about tasks of closed loops
    assert gate.reached.wait(5)
    loop.close()
    while calls:
        calls.pop().close()
    del task
    gone = weakref.ref(loop)
    del loop
    gate.open()

    def is_collected() -> bool:
        gc.collect()
        return gone() is None

    assert is_soon(is_collected)
    # Other loops are as they were.
    with asyncio.Runner(loop_factory=new_loop) as run:
        hits = run.run(_search(lake, shelf))
    assert hits[0].id == 0


async def _search(lake: ruvector.RuLake, shelf: Shelf) -> list[ruvector.LakeHit]:
    return await lake.search_one_async("docs", shelf.rows[0], k=1)


def test_a_loop_that_nobody_closed_is_collected_with_its_searches() -> None:
    gate = Gate()
    shelf = Shelf(before_pull=gate)
    lake = lake_with(shelf)
    loop = asyncio.new_event_loop()

    async def begin() -> Any:
        future: Any = asyncio.ensure_future(lake.search_one_async("docs", shelf.rows[0], k=1))
        future._log_destroy_pending = False
        await asyncio.sleep(0)
        return future

    future = loop.run_until_complete(begin())
    gone = weakref.ref(loop)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # "unclosed event loop"
        del future, loop
        gc.collect()
        assert gone() is None
    gate.open()


def test_a_loop_without_readers_is_served_for_longer_than_a_timer_of_its_lasts() -> None:
    shelf = Shelf(before_pull=sleeping(0.2))
    lake = lake_with(shelf)

    async def main() -> None:
        assert (await _search(lake, shelf))[0].id == 0  # many timers later
        await asyncio.sleep(0.1)
        gc.collect()
        assert (await _search(lake, shelf))[0].id == 0

    def new_loop() -> LoopWithoutReaders:
        loop = LoopWithoutReaders()
        loop.longest_timer_s = 0.01
        return loop

    with runner(new_loop) as run:
        run.run(main())


def test_many_loops_one_after_the_other_leave_no_files_open() -> None:
    shelf = Shelf()
    lake = lake_with(shelf)
    asyncio.run(_search(lake, shelf))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        asyncio.run(_search(lake, shelf))
    gc.collect()
    assert is_soon(lambda: len(os.listdir("/proc/self/fd")) <= before)


def test_loops_of_several_threads_get_their_own_outcomes() -> None:
    shelf = Shelf(before_pull=sleeping(0.05))
    lake = lake_with(shelf)
    wrong: list[Any] = []

    async def main(start: int) -> None:
        rows = range(start, 100, 4)
        for _ in range(5):
            found = await asyncio.gather(
                *(lake.search_one_async("docs", shelf.rows[i], k=1) for i in rows)
            )
            if [hits[0].id for hits in found] != list(rows):
                wrong.append(found)

    threads = [threading.Thread(target=lambda i=i: asyncio.run(main(i))) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert shelf.pulls == 1


# --- processes that end or fork

PRELUDE = """
import asyncio, os, sys, threading, time
import numpy as np, ruvector
from tests.python.event_loops import LOOPS
new_loop = LOOPS[sys.argv[1]]
rows = np.random.default_rng(0).standard_normal((1000, 16), dtype=np.float32)
class Slow(ruvector.BackendAdapter):
    id = "slow"
    seconds = 60.0
    def list_collections(self): return ["docs"]
    def generation(self, collection): return 1
    def pull_vectors(self, collection):
        time.sleep(self.seconds)
        return ruvector.PulledBatch(np.arange(1000), rows, 1)
lake = ruvector.RuLake()
lake.register_backend(Slow())
hot = ruvector.LocalBackend("hot")
hot.upsert("docs", np.arange(1000), rows)
lake.register_backend(hot)
def search(backend): return lake.search_one_async("docs", rows[3], 1, backend=backend)
"""

FORK = (
    PRELUDE
    + """
Slow.seconds = 0.5
async def child():
    hits = await asyncio.gather(*(search("hot") for _ in range(20)))
    assert [h[0].id for h in hits] == [3] * 20
    other = ruvector.LocalBackend("other")
    other.upsert("docs", np.arange(1000), rows)
    lake.register_backend(other)
    assert (await search("other"))[0].id == 3
async def parent():
    await search("hot")
    slow = [asyncio.ensure_future(search("slow")) for _ in range(20)]
    quick = [asyncio.ensure_future(search("hot")) for _ in range(20)]
    await asyncio.sleep(0.05)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            asyncio.events._set_running_loop(None)
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(child())
            code = 0
        finally:
            os._exit(code)
    found = await asyncio.gather(*slow, *quick)
    assert [hits[0].id for hits in found] == [3] * 40
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        await asyncio.sleep(0.01)
    assert os.waitstatus_to_exitcode(status) == 0, status
with asyncio.Runner(loop_factory=new_loop) as runner:
    runner.run(parent())
print("well")
"""
)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_forked_child_has_searches_of_its_own_and_takes_none_of_its_parent(
    loop: str, run_script: Callable[..., str]
) -> None:
    assert run_script(FORK, loop) == "well\n"


EXITS = {
    "the main coroutine returns": """
async def main():
    task = asyncio.ensure_future(search("slow"))
    await asyncio.sleep(0.1)
with asyncio.Runner(loop_factory=new_loop) as runner:
    runner.run(main())
print("well", flush=True)
""",
    "the loop is left open": """
async def main():
    main.task = asyncio.ensure_future(search("slow"))
    main.task._log_destroy_pending = False
    await asyncio.sleep(0.1)
loop = new_loop()
loop.run_until_complete(main())
print("well", flush=True)
""",
    "outcomes keep coming": """
Slow.seconds = 0.0
async def main():
    async def repeat():
        while True:
            lake.invalidate_cache(("slow", "docs"))
            await asyncio.gather(search("slow"), search("hot"))
    tasks = [asyncio.ensure_future(repeat()) for _ in range(10)]
    await asyncio.sleep(0.2)
    print("well", flush=True)
    sys.exit(0)
with asyncio.Runner(loop_factory=new_loop) as runner:
    runner.run(main())
""",
    "a daemon thread runs the loop": """
Slow.seconds = 0.001
async def main():
    async def repeat():
        while True:
            lake.invalidate_cache(("slow", "docs"))
            await asyncio.gather(search("slow"), search("hot"))
    await asyncio.gather(*(repeat() for _ in range(5)))
def run():
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
threading.Thread(target=run, daemon=True).start()
time.sleep(0.2)
print("well", flush=True)
""",
    "a thread waits": """
threading.Thread(target=lake.search_one, args=("docs", rows[3], 1), kwargs={"backend": "slow"},
                 daemon=True).start()
time.sleep(0.1)
print("well", flush=True)
""",
}


@pytest.mark.parametrize("how", EXITS)
@pytest.mark.parametrize("loop", LOOPS)
def test_the_interpreter_exits_quietly_while_searches_are_in_flight(loop: str, how: str) -> None:
    begin = time.monotonic()
    process = subprocess.run(
        [sys.executable, "-W", "ignore::ResourceWarning", "-c", PRELUDE + EXITS[how], loop],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "well\n", "")
    assert time.monotonic() - begin < 20, "the exit waited for the pull"

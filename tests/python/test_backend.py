"""Stores of the user's own: what ruLake takes from them, and what becomes of their errors."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ruvector
from tests.python.lake_stores import Gate, Shelf, lake_with, rows_of, sleeping

KEY = ("shelf", "docs")


def is_soon(condition: Callable[[], Any], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


# --- what may be registered


@pytest.mark.parametrize("thing", [object(), None, "hot", Shelf, 3])
def test_only_backends_can_be_registered(thing: Any) -> None:
    with pytest.raises(TypeError, match=r"register_backend: .* derive its class from"):
        ruvector.RuLake().register_backend(thing)


def test_native_backends_are_backend_adapters_too() -> None:
    assert isinstance(ruvector.LocalBackend("hot"), ruvector.BackendAdapter)
    assert not isinstance(object(), ruvector.BackendAdapter)


def test_an_adapter_must_define_the_four_things() -> None:
    class Half(ruvector.BackendAdapter):
        def list_collections(self) -> list[str]:
            return []

    with pytest.raises(TypeError, match=r"abstract.*generation.*id.*pull_vectors"):
        Half()  # type: ignore[abstract]


def test_the_id_may_be_a_class_attribute_a_property_or_a_method() -> None:
    class Attribute(Shelf):
        id = "attribute"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    class Method(Shelf):
        def id(self) -> str:  # type: ignore[override]
            return "method"

    lake = lake_with(Attribute(), Method(), Shelf(id="property"))
    assert lake.backend_ids() == ["attribute", "method", "property"]
    for name in lake.backend_ids():
        lake.search_one("docs", rows_of(1)[0], k=1, backend=name)


def test_an_id_that_is_no_text_or_empty_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Shelf.id: expected a str, got int"):
        lake_with(Shelf(id=3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="id"):
        lake_with(Shelf(id=""))
    with pytest.raises(ValueError, match="'shelf'"):
        lake_with(Shelf(), Shelf())


# --- what a pull may give


def test_the_adapter_may_change_its_arrays_after_the_pull() -> None:
    shelf = Shelf()
    before = shelf.rows.copy()
    lake = lake_with(shelf)
    lake.search_one("docs", before[0], k=1)
    shelf.rows[:] = 0
    assert lake.search_one("docs", before[5], k=1) == [ruvector.LakeHit(*KEY, 5, 0.0)]


@pytest.mark.parametrize(
    "ids", [range(100, 200), np.arange(100, 200), np.arange(100, 200, dtype=np.uint64)]
)
def test_ids_are_arrays_or_sequences(ids: Any) -> None:
    class Numbered(Shelf):
        def pull_vectors(self, collection: str) -> ruvector.PulledBatch:
            return ruvector.PulledBatch(ids, self.rows, self.version)

    shelf = Numbered()
    assert lake_with(shelf).search_one("docs", shelf.rows[7], k=1)[0].id == 107


def test_a_generation_is_a_number_or_a_text() -> None:
    shelf = Shelf()
    lake = lake_with(shelf)
    for i, version in enumerate([0, 2**64 - 1, "0", "", "ключ", np.int64(7)]):
        shelf.version = version  # type: ignore[assignment]
        lake.search_one("docs", shelf.rows[0], k=1)
        assert shelf.pulls == i + 1, version


ROWS = rows_of(3)
WRONG_BATCHES: list[tuple[Any, str]] = [
    ([1, 2, 3], r"pull_vectors\('docs'\): returned list, not a ruvector.PulledBatch"),
    (
        ruvector.PulledBatch([1, 2, 3], ROWS.astype(float), 1),
        r"vectors: dtype is float64, not float32; call np.ascontiguousarray\(x, dtype=np.float32\)",
    ),
    (ruvector.PulledBatch([1, 2, 3], ROWS[:, ::2], 1), "vectors: the array is strided"),
    (ruvector.PulledBatch([1, 2, 3], ROWS[0], 1), "vectors: has 1 dimensions, not 2"),
    (ruvector.PulledBatch([1, 2], ROWS, 1), "2 ids for 3 vectors"),
    (ruvector.PulledBatch([1, 2, -3], ROWS, 1), "ids: -3 is outside"),
    (ruvector.PulledBatch([1, 2, 2], ROWS, 1), "id 2"),
    (ruvector.PulledBatch([1, 2, 3], ROWS * np.float32(np.nan), 1), "not finite"),
    (ruvector.PulledBatch([1, 2, 3], ROWS, 1.5), "generation: .* got float"),  # type: ignore[arg-type]
    (ruvector.PulledBatch([1, 2, 3], ROWS, None), "generation: .* got NoneType"),  # type: ignore[arg-type]
    (ruvector.PulledBatch([1, 2, 3], ROWS, -1), "generation: -1 is outside"),
]


@pytest.mark.parametrize(("batch", "message"), WRONG_BATCHES)
def test_a_wrong_batch_is_an_error_that_names_backend_collection_and_what_is_wrong(
    batch: Any, message: str
) -> None:
    class Wrong(Shelf):
        def pull_vectors(self, collection: str) -> ruvector.PulledBatch:
            return batch  # type: ignore[no-any-return]

    lake = lake_with(Wrong())
    with pytest.raises(ruvector.BackendError, match=message) as caught:
        lake.search_one("docs", rows_of(1)[0], k=1)
    assert caught.value.backend == "shelf"
    assert str(caught.value).startswith("backend 'shelf': ")
    assert "docs" in str(caught.value)
    assert KEY not in lake


@pytest.mark.parametrize(
    ("method", "answer", "message"),
    [
        ("generation", None, r"generation\('docs'\): generation: expected an int or a str"),
        ("data_ref", 3, r"data_ref\('docs'\): returned int, not a str"),
        ("pull_chunks", 3, r"pull_chunks\('docs'\).*'int' object is not iterable"),
        ("pull_chunks", [3], r"pull_chunks\('docs'\): returned int, not a ruvector.PulledBatch"),
    ],
)
def test_a_wrong_answer_of_a_method_is_an_error_that_names_the_method(
    method: str, answer: Any, message: str
) -> None:
    shelf_class = type("Wrong", (Shelf,), {method: lambda *_: answer})
    lake = lake_with(shelf_class())
    with pytest.raises(ruvector.BackendError, match=message):
        lake.search_one("docs", rows_of(1)[0], k=1)


def test_a_bundle_of_the_adapters_own_is_published(tmp_path: Path) -> None:
    class Bundled(Shelf):
        answer: Any = None

        def current_bundle(
            self, collection: str, rotation_seed: int, rerank_factor: int
        ) -> ruvector.RuLakeBundle | None:
            return self.answer  # type: ignore[no-any-return]

    shelf = Bundled()
    lake = lake_with(shelf)
    shelf.answer = "x"
    with pytest.raises(ruvector.BackendError, match=r"current_bundle\('docs'\): returned str, not"):
        lake.publish_bundle(KEY, tmp_path)
    shelf.answer = ruvector.RuLakeBundle(
        data_ref="s3://b", dim=16, rotation_seed=42, rerank_factor=20, generation="v7"
    )
    lake.publish_bundle(KEY, tmp_path)
    assert ruvector.RuLakeBundle.read_from_dir(tmp_path) == shelf.answer
    assert shelf.pulls == 0


@pytest.mark.parametrize("answer", ["docs", 3, [b"docs"], None])
def test_a_wrong_list_of_collections_is_an_error(answer: Any) -> None:
    shelf_class = type("Wrong", (Shelf,), {"list_collections": lambda _: answer})
    lake = lake_with(shelf_class(), Shelf(id="other"))
    with pytest.raises(ruvector.BackendError, match=r"list_collections\(\)"):
        lake.search_one("docs", rows_of(1)[0], k=1)


def test_chunks_are_put_together() -> None:
    class Chunked(Shelf):
        def pull_chunks(self, collection: str) -> Iterator[ruvector.PulledBatch]:
            buffer = np.empty((10, self.rows.shape[1]), np.float32)
            for begin in range(0, 100, 10):
                buffer[:] = self.rows[begin : begin + 10]  # the same array each time
                yield ruvector.PulledBatch(range(begin, begin + 10), buffer, self.version)

    shelf = Chunked()
    lake = lake_with(shelf)
    assert [hits[0].id for hits in lake.search_batch("docs", shelf.rows, k=1)] == list(range(100))
    assert shelf.pulls == 0


def test_changes_spare_a_pull() -> None:
    class Log(Shelf):
        since: tuple[int | str, ...] = ()

        def pull_changes(self, collection: str, since: int | str) -> ruvector.PulledChanges:
            self.since += (since,)
            added = ruvector.PulledBatch([500], self.rows[:1] + 9, self.version)
            return ruvector.PulledChanges(removed=[0], added=added)

    shelf = Log()
    lake = lake_with(shelf)
    lake.search_one("docs", shelf.rows[0], k=1)
    shelf.version = "second"
    assert lake.search_one("docs", shelf.rows[0] + 9, k=1)[0].id == 500
    assert lake.search_one("docs", shelf.rows[0], k=1)[0].id != 0
    assert (shelf.since, shelf.pulls, lake.cache_stats().incremental) == ((1,), 1, 1)


# --- errors


class Unreachable(Exception):
    pass


def failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_an_exception_of_a_pull_is_the_cause_of_a_backend_error() -> None:
    original = Unreachable("no route to host")
    lake = lake_with(Shelf(before_pull=failing(original)))
    with pytest.raises(ruvector.BackendError) as caught:
        lake.search_one("docs", rows_of(1)[0], k=1)
    assert str(caught.value) == (
        "backend 'shelf': pull_vectors('docs') raised Unreachable: no route to host"
    )
    assert caught.value.__cause__ is original
    assert original.__traceback__ is not None


@pytest.mark.parametrize("error", [KeyError("docs"), ruvector.UnknownCollection("docs")])
def test_a_missing_name_is_the_cause_of_an_unknown_collection(error: Exception) -> None:
    lake = lake_with(Shelf(before_pull=failing(error)))
    with pytest.raises(ruvector.UnknownCollection, match="'shelf' has no collection 'docs'") as c:
        lake.search_one("docs", rows_of(1)[0], k=1)
    assert c.value.__cause__ is error
    with pytest.raises(ruvector.UnknownCollection) as c:
        lake.search_one("nowhere", rows_of(1)[0], k=1)
    assert isinstance(c.value.__cause__, KeyError)


async def test_the_cause_arrives_through_asyncio_too() -> None:
    original = Unreachable("no route to host")
    lake = lake_with(Shelf(before_pull=failing(original)))
    with pytest.raises(ruvector.BackendError) as caught:
        await lake.search_one_async("docs", rows_of(1)[0], k=1)
    assert caught.value.__cause__ is original
    with pytest.raises(ruvector.BackendError) as caught:
        await lake.search_federated_async("docs", rows_of(1)[0], k=1)
    assert caught.value.__cause__ is original
    with pytest.raises(ruvector.UnknownCollection) as unknown:
        await lake.search_batch_async("nowhere", rows_of(1), k=1)
    assert isinstance(unknown.value.__cause__, KeyError)


async def test_each_of_many_who_wait_for_a_failing_pull_gets_an_error_of_its_own() -> None:
    original = Unreachable("no route to host")
    gate = Gate()

    def fail() -> None:
        gate()
        raise original

    shelf = Shelf(before_pull=fail)
    lake = lake_with(shelf)
    searches = [
        asyncio.ensure_future(lake.search_one_async("docs", shelf.rows[0], k=1)) for _ in range(64)
    ]
    await asyncio.sleep(0.02)
    gate.open()
    errors = await asyncio.gather(*searches, return_exceptions=True)
    assert {type(error) for error in errors} == {ruvector.BackendError}
    assert len({id(error) for error in errors}) == 64
    assert all(error.__cause__ is original for error in errors)  # type: ignore[union-attr]
    assert shelf.pulls <= 2


def test_threads_that_wait_for_a_failing_pull_get_errors_of_their_own() -> None:
    original = Unreachable("no route to host")

    def fail() -> None:
        time.sleep(0.1)
        raise original

    shelf = Shelf(before_pull=fail)
    lake = lake_with(shelf)
    errors: list[BaseException] = []

    def search() -> None:
        try:
            lake.search_one("docs", shelf.rows[0], k=1)
        except ruvector.BackendError as error:
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(error) for error in errors}) == 16
    assert all(error.__cause__ is original for error in errors)


def test_a_failed_pull_leaves_what_was_cached_and_the_next_search_tries_again() -> None:
    shelf = Shelf()
    lake = lake_with(shelf)
    lake.search_one("docs", shelf.rows[0], k=1)
    shelf.version, shelf.before_pull = 2, failing(Unreachable("down"))
    with pytest.raises(ruvector.BackendError):
        lake.search_one("docs", shelf.rows[0], k=1)
    assert KEY in lake
    shelf.before_pull = lambda: None
    assert lake.search_one("docs", shelf.rows[0], k=1)[0].id == 0
    assert lake.cache_stats().failures == 1


def test_an_error_whose_text_cannot_be_told_is_still_told() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    lake = lake_with(Shelf(before_pull=failing(Mute())))
    with pytest.raises(ruvector.BackendError, match="raised Mute"):
        lake.search_one("docs", rows_of(1)[0], k=1)


INTERRUPT = """
import os, signal, sys, threading, time
import numpy as np, ruvector
class Slow(ruvector.BackendAdapter):
    id = "slow"
    pulls = 0
    def list_collections(self): return ["docs"]
    def generation(self, collection): return 1
    def pull_vectors(self, collection):
        self.pulls += 1
        if self.pulls == 1:
            time.sleep(30)
        return ruvector.PulledBatch([7], np.ones((1, 8), np.float32), 1)
slow = Slow()
lake = ruvector.RuLake()
lake.register_backend(slow)
query = np.ones(8, np.float32)
def search(): return lake.search_one("docs", query, 1)
others = []
def other():
    try: others.append(search()[0].id)
    except BaseException as error: others.append(error)
thread = threading.Thread(target=other)
if sys.argv[1] == "leader":
    threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
    threading.Timer(0.1, thread.start).start()
else:
    thread.start()
    time.sleep(0.1)
    threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
begin = time.monotonic()
try:
    search()
    print("no interrupt")
except KeyboardInterrupt as error:
    print("interrupted", time.monotonic() - begin < 5, error.__cause__)
if sys.argv[1] == "leader":
    thread.join()
    print(repr(others[0].__cause__))
    print(search()[0].id)
sys.stdout.flush()
os._exit(0)
"""


def test_ctrl_c_in_a_pull_is_a_keyboard_interrupt_and_the_cause_for_others_who_wait(
    run_script: Callable[..., str],
) -> None:
    assert run_script(INTERRUPT, "leader") == "interrupted True None\nKeyboardInterrupt()\n7\n"


def test_ctrl_c_ends_the_wait_for_another_threads_pull(run_script: Callable[..., str]) -> None:
    assert run_script(INTERRUPT, "waiter") == "interrupted True None\n"


# --- threads


def test_a_pull_that_sleeps_stops_no_other_thread() -> None:
    lake = lake_with(Shelf(before_pull=sleeping(0.3)), Shelf(id="quick"))
    query = rows_of(1)[0]
    lake.search_one("docs", query, k=1, backend="quick")
    thread = threading.Thread(target=lambda: lake.search_one("docs", query, k=1, backend="shelf"))
    thread.start()
    searches = 0
    while thread.is_alive():
        lake.search_one("docs", query, k=1, backend="quick")
        searches += 1
    thread.join()
    assert searches > 20


@pytest.mark.alone
def test_scans_let_other_python_threads_run() -> None:
    rows = rows_of(60_000, 128)
    lake = lake_with(Shelf(rows))
    lake.search_one("docs", rows[0], k=1)

    def share_stopped() -> float:
        duration = 0.0
        done = threading.Event()

        def run() -> None:
            nonlocal duration
            begin = time.perf_counter()
            lake.search_batch("docs", rows[:500], k=10, rerank_factor=64)
            duration = time.perf_counter() - begin
            done.set()

        thread = threading.Thread(target=run)
        longest, last = 0.0, time.perf_counter()
        thread.start()
        while not done.is_set():
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
        thread.join()
        assert duration > 0.02, "too short to tell"
        return longest / duration

    # A scan that held the GIL would stop the loop for its whole duration, every time.
    assert any(share_stopped() < 0.5 for _ in range(5))


# --- garbage


def test_an_adapter_that_holds_its_lake_is_collected() -> None:
    shelf = Shelf()
    lake = lake_with(shelf)
    shelf.lake = lake  # type: ignore[attr-defined]
    shelf.session = lake.session()  # type: ignore[attr-defined]
    lake.search_one("docs", shelf.rows[0], k=1)
    shelf.session.search_one("docs", shelf.rows[0], k=1)  # type: ignore[attr-defined]
    gone = weakref.ref(shelf), weakref.ref(lake)
    del shelf, lake

    def are_collected() -> bool:
        gc.collect()
        return gone[0]() is None and gone[1]() is None

    assert is_soon(are_collected)


def test_an_adapter_lives_as_long_as_its_lake_and_no_longer() -> None:
    shelf = Shelf()
    gone = weakref.ref(shelf)
    lake = lake_with(shelf)
    del shelf
    gc.collect()
    assert gone() is not None
    assert len(lake.search_one("docs", rows_of(1)[0], k=1)) == 1
    lake.unregister_backend("shelf")
    assert is_soon(lambda: gone() is None)

    other = Shelf()
    gone = weakref.ref(other)
    lake.register_backend(other)
    del lake, other
    assert is_soon(lambda: gone() is None)


async def test_a_search_in_flight_keeps_its_lake_and_its_adapter() -> None:
    shelf = Shelf(before_pull=sleeping(0.1))
    shelf.lake = lake_with(shelf)  # type: ignore[attr-defined]
    gone = weakref.ref(shelf)
    search = asyncio.ensure_future(
        shelf.lake.search_one_async("docs", shelf.rows[0], k=1)  # type: ignore[attr-defined]
    )
    del shelf
    await asyncio.sleep(0.01)
    gc.collect()
    assert (await search)[0].id == 0
    del search
    await asyncio.sleep(0)

    def is_collected() -> bool:
        gc.collect()
        return gone() is None

    assert is_soon(is_collected)


def test_errors_do_not_keep_the_lake_busy() -> None:
    original = Unreachable("gone")
    gone = weakref.ref(original)
    shelf = Shelf(before_pull=failing(original))
    lake = lake_with(shelf)
    for _ in range(10):
        with pytest.raises(ruvector.BackendError):
            lake.search_one("docs", shelf.rows[0], k=1)
    shelf.before_pull = lambda: None
    del original

    def is_collected() -> bool:
        gc.collect()
        return gone() is None

    assert is_soon(is_collected)


EXIT_WITH_PULLS = """
import threading, time
import numpy as np, ruvector
class Store(ruvector.BackendAdapter):
    id = "store"
    pulls_snapshots = True
    def list_collections(self): return ["docs"]
    def generation(self, collection): return int(time.monotonic() * 1000)
    def pull_vectors(self, collection):
        time.sleep(0.001)
        return ruvector.PulledBatch([7], np.ones((1, 8), np.float32), self.generation(collection))
store = Store()
lake = ruvector.RuLake.builder().consistency(ruvector.Consistency.EVENTUAL).ttl_ms(0).build()
lake.register_backend(store)
store.lake = lake
def search():
    while True:
        lake.search_one("docs", np.ones(8, np.float32), 1)
for _ in range(3):
    threading.Thread(target=search, daemon=True).start()
time.sleep(0.3)
print("well")
"""


def test_the_interpreter_exits_quietly_while_pulls_call_python() -> None:
    for _ in range(3):
        process = subprocess.run(
            [sys.executable, "-c", EXIT_WITH_PULLS],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (process.returncode, process.stdout, process.stderr) == (0, "well\n", "")

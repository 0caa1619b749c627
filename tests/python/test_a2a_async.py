"""Streams and calls of the A2A client in event loops, threads and processes that end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ruvector
from ruvector import A2aClient, TaskSpec
from tests.python.a2a_server.process import Peer
from tests.python.event_loops import LOOPS, NewLoop

every_loop = pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)

ENDLESS = TaskSpec("long", "long 60")


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


async def connect(peer: Peer, **options: Any) -> A2aClient:
    return await A2aClient.connect(peer.url, card_keys=peer.jwks(), **options)


def said(update: ruvector.TaskUpdate) -> str:
    assert update.status is not None
    return "" if update.status.message is None else update.status.message.text


def steps(count: int) -> list[str]:
    return [f"step {i}" for i in range(count)]


# --- reading


@every_loop
def test_a_reader_that_is_cancelled_loses_no_update(peer_1_0: Peer, new_loop: NewLoop) -> None:
    async def main() -> None:
        async with await connect(peer_1_0) as client:
            stream = client.stream_task(TaskSpec("paced", "paced 15 60"))
            found, timeouts = [], 0
            while True:
                try:
                    update = await asyncio.wait_for(stream.__anext__(), 0.003)
                except TimeoutError:
                    timeouts += 1
                except StopAsyncIteration:
                    break
                else:
                    found += [said(update)] if update.kind == "status" else []
            assert [text for text in found if text] == steps(15)
            assert timeouts > 5  # of twenty for each update, so that a busy machine has some too

    with runner(new_loop) as run:
        run.run(main())


@every_loop
def test_the_next_update_can_be_awaited_in_every_way(peer_1_0: Peer, new_loop: NewLoop) -> None:
    async def main() -> None:
        async with await connect(peer_1_0) as client:
            stream = client.stream_task(TaskSpec("paced", "paced 8 2"))
            assert aiter(stream) is stream
            next_update = stream.__anext__()
            assert inspect.isawaitable(next_update)
            updates = [
                await next_update,
                await anext(stream),
                await asyncio.ensure_future(stream.__anext__()),
                (await asyncio.gather(stream.__anext__()))[0],
                await asyncio.create_task(stream.__anext__()),
            ]
            rest = [update async for update in stream]
            texts = [said(update) for update in updates + rest if update.kind == "status"]
            assert [text for text in texts if text] == steps(8)
            with pytest.raises(StopAsyncIteration):
                await anext(stream)
            assert await anext(stream, None) is None

    with runner(new_loop) as run:
        run.run(main())


@every_loop
def test_a_second_reader_is_refused(peer_1_0: Peer, new_loop: NewLoop) -> None:
    async def main() -> None:
        async with await connect(peer_1_0) as client:
            async with client.stream_task(TaskSpec("late", "late 1000")) as stream:
                while (await anext(stream)).state is not ruvector.TaskState.WORKING:
                    pass
                first = asyncio.ensure_future(stream.__anext__())
                await asyncio.sleep(0.01)
                with pytest.raises(RuntimeError, match="another reader waits"):
                    await stream.__anext__()
                first.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await first
                second = asyncio.ensure_future(stream.__anext__())
                await asyncio.sleep(0.01)
            with pytest.raises((StopAsyncIteration, RuntimeError)):
                await second  # the stream was closed meanwhile

    with runner(new_loop) as run:
        run.run(main())


@every_loop
def test_updates_that_are_there_leave_other_callbacks_their_turn(
    peer_1_0: Peer, new_loop: NewLoop
) -> None:
    async def most_in_a_turn() -> int:
        most, count = 0, 0

        async def tick() -> None:
            nonlocal most
            while True:
                before = count
                await asyncio.sleep(0)
                most = max(most, count - before)

        async with await connect(peer_1_0) as client:
            ticking = asyncio.create_task(tick())
            async for update in client.stream_task(TaskSpec("many", "many 20000")):
                count += update.kind == "status"
            ticking.cancel()
        assert count >= 20_000
        return most

    with asyncio.Runner(loop_factory=new_loop) as run:
        assert 0 < run.run(most_in_a_turn()) < 10_000


# --- closing


@every_loop
def test_leaving_a_stream_closes_its_connection_at_once(peer_1_0: Peer, new_loop: NewLoop) -> None:
    async def main() -> None:
        async with await connect(peer_1_0) as client:
            async with client.stream_task(ENDLESS) as stream:
                await anext(stream)
            assert "over" in repr(stream)
            stats = await asyncio.to_thread(
                peer_1_0.wait_for, lambda stats: bool(stats["abandoned"] == 1)
            )
            assert stats["abandoned"] == 1
            assert [update async for update in stream] == []
            await stream.aclose()
            stream.close()
            # Its life is not the task's.
            assert (await client.get_task(stream.task_id)).status.state.is_terminal is False
            assert "cancel" not in peer_1_0.operations()

    with runner(new_loop) as run:
        run.run(main())


async def test_closing_cancels_the_task_when_that_is_asked_for(peer_1_0: Peer) -> None:
    async with await connect(peer_1_0) as client:
        async with client.stream_task(ENDLESS, cancel_remote=True) as stream:
            await anext(stream)
        await asyncio.to_thread(peer_1_0.wait_for, lambda _: "cancel" in peer_1_0.operations())


@every_loop
def test_a_stream_that_is_forgotten_is_closed_with_a_warning(
    peer_1_0: Peer, new_loop: NewLoop
) -> None:
    async def main() -> None:
        async with await connect(peer_1_0) as client:
            stream = client.stream_task(ENDLESS)
            await anext(stream)
            kept = [stream]
            del stream
            with pytest.warns(ResourceWarning, match="unclosed stream of task"):
                kept.clear()
            await asyncio.to_thread(peer_1_0.wait_for, lambda stats: stats["abandoned"] == 1)
            # One that was read to its end is none.
            async for _ in client.stream_task(TaskSpec("stream", "stream 3")):
                pass
            gc.collect()

    with runner(new_loop) as run:
        run.run(main())


async def test_closing_a_client_ends_what_is_in_flight(peer_1_0: Peer) -> None:
    client = await connect(peer_1_0)
    call = asyncio.ensure_future(client.send_task(ENDLESS))
    stream = client.stream_task(ENDLESS)
    await anext(stream)
    client.close()
    with pytest.raises((ruvector.A2aError, asyncio.CancelledError)):
        await call
    with contextlib.suppress(ruvector.A2aError):
        async for _ in stream:
            pass
    with pytest.raises(ruvector.A2aError):
        await client.get_task("t1")
    client.close()
    stream.close()


async def test_a_stream_that_breaks_for_good_is_an_error(peer_1_0: Peer) -> None:
    async with await connect(peer_1_0) as client:
        peer_1_0.fault("reset_at", on="stream", at=2)
        peer_1_0.fault("reset_at_once", on="subscribe", times=100)
        peer_1_0.fault("reset_at_once", on="get", times=100)
        stream = client.stream_task(ENDLESS, max_reconnects=1)
        with pytest.raises(ruvector.TransportError):
            [update async for update in stream]


# --- waiting in threads


async def test_calls_that_wait_refuse_to_stop_the_loop(peer_1_0: Peer) -> None:
    async with await connect(peer_1_0) as client:
        with pytest.raises(RuntimeError, match=r"send_task_sync would stop .*: use send_task"):
            client.send_task_sync(ENDLESS)
        with pytest.raises(RuntimeError, match="connect_sync would stop the event loop"):
            A2aClient.connect_sync(peer_1_0.url)
        with client.stream_task(ENDLESS) as stream, pytest.raises(RuntimeError, match="async for"):
            next(iter(stream))


def test_without_a_running_loop_the_error_names_the_waiting_sibling(peer_1_0: Peer) -> None:
    with pytest.raises(RuntimeError, match=r"connect needs a running event loop.*connect_sync$"):
        _ = A2aClient.connect(peer_1_0.url)
    with A2aClient.connect_sync(peer_1_0.url, card_keys=peer_1_0.jwks()) as client:
        for name in ("send_task", "get_task", "cancel_task", "wait"):
            argument: Any = ENDLESS if name == "send_task" else "t1"
            with pytest.raises(RuntimeError, match=f"{name} needs a running.*{name}_sync$"):
                getattr(client, name)(argument)


def test_a_call_that_waits_lets_other_threads_run(peer_1_0: Peer) -> None:
    turns = 0
    with A2aClient.connect_sync(peer_1_0.url, card_keys=peer_1_0.jwks()) as client:
        done = threading.Event()

        def call() -> None:
            client.send_task_sync(TaskSpec("late", "late 40"))
            done.set()

        thread = threading.Thread(target=call)
        thread.start()
        while not done.wait(0.001):
            turns += 1
        thread.join()
    assert turns > 20


@pytest.mark.alone
@pytest.mark.parametrize("what", ["a call", "a stream"])
def test_ctrl_c_ends_a_wait_soon(peer_1_0: Peer, what: str) -> None:
    with A2aClient.connect_sync(peer_1_0.url, card_keys=peer_1_0.jwks()) as client:
        pressed = 0.0

        def press() -> None:
            nonlocal pressed
            pressed = time.monotonic()
            os.kill(os.getpid(), signal.SIGINT)

        stream = client.stream_task(TaskSpec("late", "late 1000")) if what == "a stream" else None
        threading.Timer(0.2, press).start()
        with pytest.raises(KeyboardInterrupt):
            client.send_task_sync(ENDLESS) if stream is None else list(stream)
        assert time.monotonic() - pressed < 3  # the agent answers after five
        if stream is not None:
            stream.close()
        else:
            peer_1_0.wait_for(lambda stats: bool(stats["abandoned"] >= 1))


def test_a_stream_is_closed_by_another_thread(peer_1_0: Peer) -> None:
    with A2aClient.connect_sync(peer_1_0.url, card_keys=peer_1_0.jwks()) as client:
        stream = client.stream_task(TaskSpec("late", "late 1000"))
        threading.Timer(0.1, stream.close).start()
        assert len(list(stream)) <= 3


# --- loops that end early


@every_loop
def test_a_loop_that_is_closed_early_leaves_nothing_behind(
    peer_1_0: Peer, new_loop: NewLoop
) -> None:
    loop = new_loop()
    kept: list[Any] = []

    async def begin() -> None:
        client = await connect(peer_1_0)
        stream = client.stream_task(ENDLESS)
        await anext(stream)
        reader: Any = asyncio.ensure_future(stream.__anext__())
        call: Any = asyncio.ensure_future(client.send_task(ENDLESS))
        reader._log_destroy_pending = call._log_destroy_pending = False
        await asyncio.sleep(0.01)
        kept.extend((client, stream))

    loop.run_until_complete(begin())
    loop.close()
    gone = weakref.ref(loop)
    del loop

    def is_collected() -> bool:
        gc.collect()
        return gone() is None

    assert is_soon(is_collected)
    # The stream can be read on, in another loop.
    client, stream = kept

    async def read_on() -> None:
        assert (await anext(stream)).kind == "status"
        await stream.aclose()
        assert (await client.send_task(TaskSpec("echo", "x"))).status.state.is_terminal

    with asyncio.Runner(loop_factory=new_loop) as run:
        run.run(read_on())
    client.close()


def test_many_clients_one_after_the_other_leave_no_files_and_threads_open(peer_1_0: Peer) -> None:
    async def once() -> None:
        async with await connect(peer_1_0) as client, client.stream_task(ENDLESS) as stream:
            await anext(stream)

    asyncio.run(once())
    gc.collect()

    def counts() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))

    before = counts()
    for _ in range(30):
        asyncio.run(once())
    gc.collect()
    assert is_soon(lambda: counts()[0] <= before[0] + 1)
    assert counts()[1] <= before[1] + 2  # of the pool, which may start late


async def test_a_client_that_is_forgotten_is_collected_with_its_hooks(peer_1_0: Peer) -> None:
    class Hook:
        client: Any = None

        def __call__(self, _: object) -> None:
            pass

        def token(self, _: bool) -> str:
            return str(self)

    hook = Hook()
    hook.client = await connect(peer_1_0, on_request=hook, authorization=hook.token)
    await hook.client.send_task(TaskSpec("echo", "x"))
    gone = weakref.ref(hook)
    del hook
    for _ in range(100):
        gc.collect()
        if gone() is None:
            break
        await asyncio.sleep(0.01)
    assert gone() is None


# --- processes that end or fork

PRELUDE = """
import asyncio, json, os, sys, threading, time
import ruvector
from tests.python.event_loops import LOOPS
new_loop = LOOPS[sys.argv[1]]
url, keys = sys.argv[2], json.loads(sys.argv[3])
def spec(text): return ruvector.TaskSpec(text.split()[0], text)
async def connect():
    return await ruvector.A2aClient.connect(url, card_keys=keys)
async def use(client):
    calls = [asyncio.ensure_future(client.send_task(spec("long 60"))) for _ in range(3)]
    streams = [client.stream_task(spec("long 60")) for _ in range(3)]
    readers = [asyncio.ensure_future(stream.__anext__()) for stream in streams]
    await asyncio.gather(*readers)
    readers = [asyncio.ensure_future(stream.__anext__()) for stream in streams]
    await asyncio.sleep(0.05)
    return calls, streams, readers
"""

EXITS = {
    "the loop is left": """
async def main():
    client = await connect()
    kept = await use(client)
    print("well", flush=True)
    sys.exit(0)
with asyncio.Runner(loop_factory=new_loop) as runner:
    runner.run(main())
""",
    "a daemon thread runs the loop": """
async def main():
    client = await connect()
    kept = await use(client)
    async for update in client.stream_task(spec("paced 100000 1")):
        pass
def run():
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
threading.Thread(target=run, daemon=True).start()
time.sleep(1.0)
print("well", flush=True)
""",
    "a thread waits": """
client = ruvector.A2aClient.connect_sync(url, card_keys=keys)
threading.Thread(target=client.send_task_sync, args=(spec("long 60"),), daemon=True).start()
stream = client.stream_task(spec("long 60"))
threading.Thread(target=list, args=(stream,), daemon=True).start()
time.sleep(0.3)
print("well", flush=True)
""",
    "nothing is closed": """
client = ruvector.A2aClient.connect_sync(url, card_keys=keys)
stream = client.stream_task(spec("long 60"))
next(stream)
print("well", flush=True)
""",
}


def script(peer: Peer, code: str, loop: str) -> subprocess.CompletedProcess[str]:
    import json

    return subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore::ResourceWarning",
            "-c",
            PRELUDE + code,
            loop,
            peer.url,
            json.dumps(peer.jwks()),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("how", EXITS)
@pytest.mark.parametrize("loop", LOOPS)
def test_the_interpreter_exits_quietly_while_calls_are_in_flight(
    peer_1_0: Peer, loop: str, how: str
) -> None:
    begin = time.monotonic()
    process = script(peer_1_0, EXITS[how], loop)
    assert (process.returncode, process.stdout, process.stderr) == (0, "well\n", "")
    assert time.monotonic() - begin < 15, "the exit waited for the agent"


FORK = """
async def child():
    client = await connect()
    task = await client.send_task(spec("echo hi"))
    assert task.artifacts[0].text == "echo: echo hi", task
    async for update in client.stream_task(spec("stream 3")):
        pass
    assert update.state is ruvector.TaskState.COMPLETED
async def parent():
    client = await connect()
    stream = client.stream_task(spec("paced 300 2"))
    await anext(stream)
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
    count = 0
    async for update in stream:
        count += update.status is not None and update.status.message is not None
    assert count >= 299, count
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


@pytest.mark.parametrize("loop", LOOPS)
def test_a_forked_child_has_a_client_of_its_own_and_leaves_its_parent_s_alone(
    peer_1_0: Peer, loop: str
) -> None:
    process = script(peer_1_0, FORK, loop)
    assert (process.returncode, process.stdout, process.stderr) == (0, "well\n", "")


def test_streams_of_several_threads_and_loops_get_their_own_updates(peer_1_0: Peer) -> None:
    wrong: list[Any] = []

    async def main(count: int) -> None:
        async with await connect(peer_1_0) as client:

            async def one() -> None:
                found = []
                async for update in client.stream_task(TaskSpec("stream", f"stream {count}")):
                    found += [said(update)] if update.kind == "status" else []
                if [text for text in found if text] != steps(count):
                    wrong.append(found)

            await asyncio.gather(*(one() for _ in range(20)))

    threads = [threading.Thread(target=lambda i=i: asyncio.run(main(i))) for i in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()

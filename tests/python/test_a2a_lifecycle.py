"""From connecting to the end of the process: tasks, forks, loops that close, many clients."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable

import pytest

import ruvector
from tests.python.a2a_clients import (
    DIALECTS,
    client_of,
    collect,
    connect,
    spec,
    texts,
    told,
    trusting,
)
from tests.python.a2a_server.process import Peer
from tests.python.event_loops import LOOPS, NewLoop

Servers = Callable[[str], Peer]
RunScript = Callable[..., str]
SOAK = int(os.environ.get("RUVECTOR_A2A_SOAK", "300"))  # 10,000 before a release
SOAK_TIMEOUT_S = max(50, SOAK // 20)


@pytest.fixture(params=DIALECTS)
def peer(request: pytest.FixtureRequest, a2a_servers: Servers) -> Peer:
    return a2a_servers(request.param)


@pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)
@pytest.mark.parametrize("binding", ["JSONRPC", "HTTP+JSON"])
def test_a_client_and_its_tasks_live_in_one_loop(
    peer: Peer, binding: str, new_loop: NewLoop
) -> None:
    """Send, stream, ask, list, wait, cancel."""
    if peer.options.dialect == "rvagent" and binding != "JSONRPC":
        pytest.skip("rvAgent has one binding")

    async def main() -> None:
        async with client_of(peer, binding=binding) as client:
            task = await client.send_task(spec("echo hi"))
            assert task.status.state == ruvector.TaskState.COMPLETED
            is_rvagent = client.protocol == "rvagent"
            assert texts(task) == ["echo hi" if is_rvagent else "echo: echo hi"]
            assert (await client.get_task(task.id)).artifacts == task.artifacts
            updates = await collect(client, spec("slow 3"))
            assert told(updates)[-2:] == ["artifact: slow 3", "completed: "]
            assert (await client.wait(task.id)).status.state == "completed"
            with pytest.raises(ruvector.TaskNotFound):
                await client.get_task("no-such-task")
            if is_rvagent:
                assert (await client.cancel_task("no-such-task")).status.state == "canceled"
                with pytest.raises(ruvector.UnsupportedOperation):
                    await client.list_tasks()
                return
            with pytest.raises(ruvector.TaskNotCancelable):
                await client.cancel_task(task.id)
            if client.protocol == "1.0":
                page = await client.list_tasks(page_size=1)
                assert page.next_page_token
                assert page.total_size == 2
            started = await client.send_task(spec("long 30", blocking=False))
            assert not started.status.state.is_terminal
            assert (await client.cancel_task(started.id)).status.state == "canceled"

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())
    assert peer.stats()["errors"] == []


def test_lifecycle_of_a_thread_without_a_loop(peer: Peer) -> None:
    options = trusting(peer)
    with ruvector.A2aClient.connect_sync(peer.url, **options) as client:
        task = client.send_task_sync(spec("echo hi"))
        assert client.get_task_sync(task.id).status == task.status
        assert client.wait_sync(task.id).status.state == "completed"


async def test_wait_asks_until_the_task_is_over(peer_1_0: Peer) -> None:
    async with client_of(peer_1_0) as client:
        task = await client.send_task(spec("slow 20", blocking=False))
        assert (await client.wait(task.id, interval_ms=20)).status.state == "completed"
    assert peer_1_0.operations().count("get") >= 2


async def test_a_question_is_no_end_and_is_answered(a2a_servers: Servers) -> None:
    for dialect in ("0.3", "1.0"):
        async with client_of(a2a_servers(dialect)) as client:
            task = await client.send_task(spec("input"))
            assert task.status.state == ruvector.TaskState.INPUT_REQUIRED
            assert task.status.message is not None
            assert task.status.message.text == "need more"
            done = await client.send_task(spec("input this", task_id=task.id))
            assert done.id == task.id
            assert texts(done) == ["got: input this"]


async def test_connections_are_used_again(peer: Peer) -> None:
    async with client_of(peer) as client:
        for _ in range(20):
            await client.send_task(spec("echo hi"))
    assert peer.stats()["connections"] <= 2


async def test_a_large_task_goes_and_comes(peer: Peer) -> None:
    text = "x" * (1 << 20)
    async with client_of(peer) as client:
        task = await client.send_task(ruvector.TaskSpec("echo", text))
    assert texts(task)[0].endswith(text)


async def test_rvagent_refuses_what_is_too_large(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer) as client:
        with pytest.raises(ruvector.A2aError) as caught:
            await client.send_task(ruvector.TaskSpec("echo", "x" * (3 << 20)))
    assert caught.value.http_status == 413


async def test_a_closed_client_is_closed(rvagent_peer: Peer) -> None:
    client = await connect(rvagent_peer)
    call = asyncio.ensure_future(client.send_task(spec("late 400")))
    await asyncio.sleep(0.05)
    client.close()
    client.close()
    with pytest.raises(ruvector.A2aError):
        await call
    with pytest.raises((ruvector.A2aError, RuntimeError, ValueError)):
        await client.send_task(spec("echo hi"))


# ---- processes

PRELUDE = """
import asyncio, gc, json, os, sys, threading, time
import ruvector
from ruvector import A2aClient, TaskSpec
URL, OPTIONS = sys.argv[1], json.loads(sys.argv[2])

def fds():
    return len(os.listdir("/proc/self/fd"))

def threads():
    return len(os.listdir("/proc/self/task"))
"""


def run(
    run_script: RunScript, peer: Peer, code: str, *arguments: str, timeout_s: float = 50
) -> str:
    options = json.dumps(trusting(peer))
    return run_script(PRELUDE + code, peer.url, options, *arguments, timeout_s=timeout_s)


def test_a_fork_goes_on_for_parent_and_child(run_script: RunScript, peer: Peer) -> None:
    """The child neither hangs nor writes into the connections of its parent."""
    code = """
client = A2aClient.connect_sync(URL, **OPTIONS)
assert client.send_task_sync(TaskSpec("echo", "echo a")).status.state == "completed"
stream = client.stream_task(TaskSpec("slow", "slow 40"))
first = next(stream)
child = os.fork()
if child == 0:
    try:
        try:
            client.send_task_sync(TaskSpec("echo", "echo b"))
        except ruvector.A2aError:
            pass
        with A2aClient.connect_sync(URL, **OPTIONS) as other:
            done = other.send_task_sync(TaskSpec("echo", "echo c"))
            os._exit(0 if done.status.state == "completed" else 3)
    except BaseException as error:
        print("child:", repr(error), file=sys.stderr)
        os._exit(4)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
rest = list(stream)
assert rest[-1].status.status.state == "completed", rest[-1]
assert client.send_task_sync(TaskSpec("echo", "echo d")).status.state == "completed"
print("done")
"""
    assert run(run_script, peer, code) == "done\n"


@pytest.mark.parametrize("loop", LOOPS)
def test_a_loop_that_is_closed_takes_nothing_with_it(
    run_script: RunScript, peer: Peer, loop: str
) -> None:
    code = """
from tests.python.event_loops import LOOPS
make = LOOPS[sys.argv[3]]

async def begin():
    client = await A2aClient.connect(URL, **OPTIONS)
    stream = client.stream_task(TaskSpec("long", "long 20"))
    await anext(stream)
    return client, stream

async def use(client):
    return (await client.send_task(TaskSpec("echo", "echo hi"))).status.state

loop = make()
client, stream = loop.run_until_complete(begin())
loop.close()
time.sleep(0.1)
other = make()
assert other.run_until_complete(use(client)) == "completed"
other.close()
stream.close()
assert client.send_task_sync(TaskSpec("echo", "echo hi")).status.state == "completed"
print("done")
"""
    assert run(run_script, peer, code, loop) == "done\n"


@pytest.mark.parametrize("way", ["return", "exit", "raise", "daemon"])
def test_the_interpreter_ends_at_once(run_script: RunScript, rvagent_peer: Peer, way: str) -> None:
    """With a stream open, a call in flight, and nobody that closes anything."""
    code = """
way = sys.argv[3]

async def main():
    client = await A2aClient.connect(URL, **OPTIONS)
    stream = client.stream_task(TaskSpec("long", "long 30"))
    await anext(stream)
    call = asyncio.ensure_future(client.send_task(TaskSpec("late", "late 5000")))
    await asyncio.sleep(0.05)
    print("done", flush=True)
    if way == "exit":
        sys.exit(0)
    return client, stream, call

def wait():
    client = A2aClient.connect_sync(URL, **OPTIONS)
    client.send_task_sync(TaskSpec("late", "late 5000"))

begin = time.monotonic()
if way == "daemon":
    threading.Thread(target=wait, daemon=True).start()
    time.sleep(0.2)
    print("done", flush=True)
else:
    kept = asyncio.run(main())
    if way == "raise":
        sys.exit(0)
"""
    begin = asyncio.new_event_loop()
    now = begin.time()
    assert run(run_script, rvagent_peer, code, way) == "done\n"
    assert begin.time() - now < 8
    begin.close()


@pytest.mark.timeout(SOAK_TIMEOUT_S + 10)
def test_connecting_and_cancelling_leaves_nothing(run_script: RunScript, peer: Peer) -> None:
    """Files and threads stay as many as they were."""
    code = """
async def once(i):
    client = await A2aClient.connect(URL, **OPTIONS)
    if i % 3 == 0:
        stream = client.stream_task(TaskSpec("long", "long 30"))
        await anext(stream)
        if i % 2:
            await stream.aclose()
    elif i % 3 == 1:
        call = asyncio.ensure_future(client.send_task(TaskSpec("late", "late 5000")))
        await asyncio.sleep(0)
        call.cancel()
        try:
            await call
        except asyncio.CancelledError:
            pass
    else:
        connecting = asyncio.ensure_future(A2aClient.connect(URL, **OPTIONS))
        await asyncio.sleep(0)
        connecting.cancel()
        try:
            await connecting
        except asyncio.CancelledError:
            pass
    client.close()

async def some(count):
    for start in range(0, count, 10):
        await asyncio.gather(*map(once, range(start, min(start + 10, count))))

async def main():
    await some(30)
    await asyncio.sleep(0.2)
    gc.collect()
    before = fds(), threads()
    await some(int(sys.argv[3]))
    for _ in range(50):
        await asyncio.sleep(0.05)
        gc.collect()
        if fds() <= before[0] and threads() <= before[1] + 2:  # of the pool, which may start late
            break
    assert fds() <= before[0], (before, fds())
    assert threads() <= before[1] + 2, (before, threads())

asyncio.run(main())
print("done")
"""
    assert run(run_script, peer, code, str(SOAK), timeout_s=SOAK_TIMEOUT_S) == "done\n"
    peer.wait_for(lambda stats: stats["open"] == 0)


def test_a_process_without_agents_starts_no_thread(run_script: RunScript) -> None:
    count = "len(os.listdir('/proc/self/task'))"
    code = f"import os, numpy\nbefore = {count}\nimport ruvector\nprint({count} - before)"
    assert run_script(code) == "0\n"

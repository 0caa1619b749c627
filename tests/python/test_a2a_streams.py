"""Streams of updates: whole, in order, bounded, and over when their reader says so."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import ruvector
from ruvector import TaskUpdate
from tests.python.a2a_clients import (
    DIALECTS,
    client_of,
    collect,
    connect,
    last_state,
    soon,
    spec,
    told,
    trusting,
    warnings,
)
from tests.python.a2a_server.process import Peer
from tests.python.event_loops import LOOPS, NewLoop

Servers = Callable[[str], Peer]
every_loop = pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)


@pytest.fixture(params=DIALECTS)
def peer(request: pytest.FixtureRequest, a2a_servers: Servers) -> Peer:
    return a2a_servers(request.param)


async def test_a_stream_may_be_cut_anywhere(peer: Peer) -> None:
    """One stream for each byte of the body, and nothing of it differs."""
    text = "hi"

    async def cut(client: ruvector.A2aClient, turns: asyncio.Semaphore) -> list[str]:
        async with turns:
            return told(await collect(client, ruvector.TaskSpec("echo", text), max_reconnects=0))

    size = 1500  # more than the longest body, so that the last cuts are none
    peer.fault_each("split", "stream", [{"at": at} for at in range(1, size)])
    turns = asyncio.Semaphore(8)
    async with client_of(peer) as client:
        found = await asyncio.gather(*(cut(client, turns) for _ in range(1, size)))
    wanted = [f"artifact: {text if peer.options.dialect == 'rvagent' else f'echo: {text}'}"]
    assert found == [[*wanted, "completed: "]] * (size - 1)


async def test_many_events_come_whole_and_in_order(peer: Peer) -> None:
    async with client_of(peer) as client:
        updates = await collect(client, spec("many 20000"), max_reconnects=0)
    steps = [line for line in told(updates) if line.startswith("working")]
    assert steps == [f"working: step {step}" for step in range(20_000)]
    assert last_state(updates) == "completed"
    assert warnings(updates) == []


async def test_artifacts_come_in_pieces(peer: Peer) -> None:
    async with client_of(peer) as client:
        updates = await collect(client, spec("chunks 3 2"))
    pieces = [update.artifact for update in updates if update.artifact is not None]
    assert [(piece.text, piece.append, piece.last_chunk) for piece in pieces] == [
        ("0:0 ", False, False),
        ("1:0 ", False, False),
        ("0:1 ", True, False),
        ("1:1 ", True, False),
        ("0:2 ", True, True),
        ("1:2 ", True, True),
    ]
    assert len({piece.artifact.artifact_id for piece in pieces}) == 2


async def test_a_stream_ends_with_a_question_and_goes_on_with_the_answer(
    a2a_servers: Servers,
) -> None:
    for dialect in ("0.3", "1.0"):
        for style in ("py", "js"):
            peer = a2a_servers(dialect)
            peer.configure(style=style)
            async with client_of(peer, strict_verify=False) as client:  # a2a-js 0.3 signs nothing
                updates = await collect(client, spec("input"))
                assert told(updates) == ["input-required: need more"]
                answer = spec("input this", task_id=updates[-1].task_id)
                assert told(await collect(client, answer)) == [
                    "artifact: got: input this",
                    "completed: ",
                ]


async def test_a_message_may_be_the_whole_answer(a2a_servers: Servers) -> None:
    for dialect in ("0.3", "1.0"):
        for binding in ("JSONRPC", "HTTP+JSON"):
            async with client_of(a2a_servers(dialect), binding=binding) as client:
                assert told(await collect(client, spec("msg"))) == ["message: hello"]


async def test_http_json_streams_the_same(a2a_servers: Servers) -> None:
    for dialect in ("0.3", "1.0"):
        for style in ("py", "js"):
            peer = a2a_servers(dialect)
            peer.configure(style=style)
            found = []
            for binding in ("JSONRPC", "HTTP+JSON"):
                async with client_of(peer, binding=binding, strict_verify=False) as client:
                    found.append(told(await collect(client, spec("stream 3"))))
            assert found[0] == found[1]
            assert found[0][-1] == "completed: "


async def test_a_running_task_can_be_listened_to(peer: Peer) -> None:
    async with client_of(peer) as client:
        first: list[TaskUpdate] = []
        async with client.stream_task(spec("slow 60")) as stream:
            async for update in stream:
                first.append(update)
                if update.status and update.status.status.message:
                    break
            assert stream.task_id
            second = await collect(client, stream.task_id)
    assert last_state(second) == "completed"
    assert told(second)[-2:] == ["artifact: slow 60", "completed: "]


@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_either_verb_subscribes(peer_1_0: Peer, verb: str) -> None:
    peer_1_0.configure(subscribe_verb=verb)
    async with client_of(peer_1_0, binding="HTTP+JSON") as client:
        task = await client.send_task(spec("slow 40", blocking=False))
        assert last_state(await collect(client, task.id)) == "completed"


# ---- readers


async def test_a_slow_reader_makes_the_peer_wait(peer: Peer) -> None:
    """What is not read stays in the peer: neither memory nor the network fill up."""

    def resident_bytes() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * 4096

    async with client_of(peer) as client:
        stream = client.stream_task(spec("many 1000000"), max_events=64, max_bytes=1 << 16)
        async with stream:
            for _ in range(100):
                await anext(stream)
            before = resident_bytes()
            last = sent = -1
            for _ in range(100):
                await asyncio.sleep(0.05)
                last, sent = sent, peer.stats()["bytes_out"]
                if sent == last:
                    break
            assert sent == last, "the peer never had to wait"
            assert sent < 16 << 20  # of more than 100 MB; what the kernel keeps is not ours
            for _ in range(20_000):  # and goes on when it is read
                await anext(stream)
            assert resident_bytes() - before < 32 << 20
        await soon(peer, lambda stats: stats["abandoned"] >= 1)


async def test_a_slow_reader_does_not_hold_up_others(peer: Peer) -> None:
    async with client_of(peer) as client:
        slow = client.stream_task(spec("many 100000"), max_events=16)
        async with slow:
            await anext(slow)
            begin = time.monotonic()
            assert len(told(await collect(client, spec("many 2000")))) == 2001
            assert (await client.send_task(spec("echo hi"))).status.state == "completed"
            assert time.monotonic() - begin < 20  # the slow one would take for ever


async def test_two_readers_of_one_stream_are_one_too_many(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer) as client, client.stream_task(spec("late 200")) as stream:
        both: Sequence[Any] = ()
        while not both or all(isinstance(one, TaskUpdate) for one in both):  # both were at hand
            both = await asyncio.gather(anext(stream), anext(stream), return_exceptions=True)
        assert [type(one) for one in both] == [TaskUpdate, RuntimeError]


async def test_a_stream_is_read_by_a_thread_without_a_loop(peer: Peer) -> None:
    options = trusting(peer)

    def read() -> list[TaskUpdate]:
        with ruvector.A2aClient.connect_sync(peer.url, **options) as client:
            return list(client.stream_task(spec("stream 3")))

    assert told(await asyncio.to_thread(read))[-1] == "completed: "


async def test_waiting_calls_refuse_to_stop_a_loop(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer) as client:
        with pytest.raises(RuntimeError, match="send_task"):
            client.send_task_sync(spec("echo hi"))
        with pytest.raises(RuntimeError):
            ruvector.A2aClient.connect_sync(rvagent_peer.url)


def test_calls_for_coroutines_need_a_loop(rvagent_peer: Peer) -> None:
    with ruvector.A2aClient.connect_sync(rvagent_peer.url) as client:
        with pytest.raises(RuntimeError):
            _ = client.send_task(spec("echo hi"))
        assert client.send_task_sync(spec("echo hi")).status.state == "completed"
    assert rvagent_peer.operations().count("send") == 1


# ---- the end


def closed_at(stats: dict[str, Any]) -> bool:
    return bool(stats["abandoned"] >= 1)


@every_loop
@pytest.mark.parametrize("way", ["aclose", "close", "break", "client"])
def test_closing_closes_the_connection(
    rvagent_peer: Peer, peer_1_0: Peer, new_loop: NewLoop, way: str
) -> None:
    async def main(peer: Peer) -> float:
        client = await connect(peer)
        stream = client.stream_task(spec("long 30"))
        async with stream:
            async for _ in stream:
                break
            if way == "aclose":
                await stream.aclose()
            elif way == "close":
                stream.close()
            elif way == "client":
                await client.aclose()
        said = time.monotonic()
        stats = await soon(peer, closed_at)
        await client.aclose()
        return float(stats["last_close"]) - said

    for peer in (rvagent_peer, peer_1_0):
        with asyncio.Runner(loop_factory=new_loop) as runner:
            delay = runner.run(main(peer))
        assert delay < 3  # a busy machine; it is below a millisecond
        assert "cancel" not in peer.operations(), "the task goes on"


async def test_aclose_takes_no_turn_of_the_loop(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer) as client:
        stream = client.stream_task(spec("long 30"))
        await anext(stream)
        turns: list[int] = []
        asyncio.get_running_loop().call_soon(turns.append, 1)
        await stream.aclose()
        assert turns == []
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        await stream.aclose()  # again


async def test_closing_wakes_the_reader(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer) as client:
        stream = client.stream_task(spec("late 2000"))
        reading = asyncio.ensure_future(_read_all(stream))
        await asyncio.sleep(0.1)
        assert not reading.done()
        stream.close()
        with contextlib.suppress(ruvector.A2aError):  # ended, one way or the other
            await asyncio.wait_for(reading, 2)


async def _read_all(stream: Any) -> list[TaskUpdate]:
    return [update async for update in stream]


async def test_closing_can_cancel_the_task(peer: Peer) -> None:
    async with client_of(peer) as client:
        async with client.stream_task(spec("long 30"), cancel_remote=True) as stream:
            async for update in stream:
                if update.task_id:
                    break
        await soon(peer, lambda stats: any(one["operation"] == "cancel" for one in stats["seen"]))


@every_loop
def test_cancelling_the_reader_leaves_the_stream(rvagent_peer: Peer, new_loop: NewLoop) -> None:
    async def main() -> None:
        async with client_of(rvagent_peer) as client:
            stream = client.stream_task(spec("late 60"))
            async with stream:
                with contextlib.suppress(TimeoutError):
                    while True:
                        await asyncio.wait_for(anext(stream), 0.05)
                rest = [update async for update in stream]
            assert last_state(rest) == "completed"

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main())


@every_loop
def test_cancelling_a_call_closes_its_connection(
    rvagent_peer: Peer, peer_1_0: Peer, new_loop: NewLoop
) -> None:
    async def main(peer: Peer) -> None:
        async with client_of(peer) as client:
            call = asyncio.ensure_future(client.send_task(spec("late 400")))
            await soon(
                peer, lambda stats: stats["seen"] and stats["seen"][-1]["operation"] == "send"
            )
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await soon(peer, closed_at, 2)
            assert (await client.send_task(spec("echo hi"))).status.state == "completed"

    for peer in (rvagent_peer, peer_1_0):
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(main(peer))


async def test_a_deadline_of_the_caller_ends_a_call(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.send_task(spec("late 400"))
        await soon(rvagent_peer, closed_at, 2)


async def test_a_stream_that_nobody_reads_is_closed_with_its_object(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer) as client:
        stream = client.stream_task(spec("long 30"))
        await anext(stream)
        with pytest.warns(ResourceWarning, match="unclosed stream"):
            del stream
        await soon(rvagent_peer, closed_at, 2)

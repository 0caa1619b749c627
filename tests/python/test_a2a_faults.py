"""Each fault of the test server by its name, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

import ruvector
from ruvector import TaskState, TaskUpdate
from tests.python.a2a_clients import (
    DIALECTS,
    client_of,
    collect,
    last_state,
    soon,
    spec,
    told,
    warnings,
)
from tests.python.a2a_server.process import Peer

Servers = Callable[[str], Peer]

STREAM_3 = [
    "working: step 0",
    "working: step 1",
    "working: step 2",
    "artifact: alpha ",
    "artifact: beta ",
    "artifact: gamma",
    "completed: ",
]


@pytest.fixture(params=DIALECTS)
def peer(request: pytest.FixtureRequest, a2a_servers: Servers) -> Peer:
    return a2a_servers(request.param)


# ---- streams that are odd, and right


@pytest.mark.parametrize(
    ("fault", "arguments"),
    [
        ("line_endings", {"eol": "\r"}),
        ("line_endings", {"eol": "\n"}),
        ("line_endings", {"eol": "\r\n"}),
        ("bom", {}),
        ("comment_flood", {"count": 5000}),
        ("multi_line_data", {}),
        ("no_space", {}),
        ("ids_and_retry", {}),
        ("unknown_events", {}),
        ("split", {}),
        ("http_1_0", {}),
        ("header", {"name": "content-type", "value": "text/event-stream; charset=UTF-8"}),
        ("header", {"name": "content-type", "value": "Text/Event-Stream"}),
    ],
    ids=str,
)
async def test_an_odd_stream_says_the_same(
    peer: Peer, fault: str, arguments: dict[str, Any]
) -> None:
    peer.fault(fault, on="stream", **arguments)
    async with client_of(peer) as client:
        updates = await collect(client, spec("stream 3"))
    assert told(updates) == STREAM_3
    assert warnings(updates) == []


async def test_separators_of_unicode_end_no_line(peer: Peer) -> None:
    peer.fault("foreign_separators", on="stream")
    async with client_of(peer) as client:
        updates = await collect(client, spec("stream 1"))
    assert told(updates)[0] == "working: st\u2028e\u2029p\u0085 0"


async def test_an_event_of_the_limit_fits_and_a_byte_more_does_not(peer: Peer) -> None:
    limit = 20_000
    async with client_of(peer, max_event_bytes=limit) as client:
        peer.fault("big_event", on="stream", size=limit - len("data: "))
        assert told(await collect(client, spec("stream 3"))) == STREAM_3
        peer.fault("big_event", on="stream", size=limit - len("data: ") + 1)
        with pytest.raises(ruvector.ProtocolError, match=str(limit)):
            await collect(client, spec("stream 3"))


async def test_numbers_that_no_double_holds_are_no_reason_to_stop(peer: Peer) -> None:
    peer.fault("member_in_event", on="stream", member='"x":1e999999,"y":' + "9" * 400)
    async with client_of(peer) as client:
        assert told(await collect(client, spec("stream 3"))) == STREAM_3


async def test_an_unknown_state_is_kept_as_it_is_written(a2a_servers: Servers) -> None:
    for dialect in ("0.3", "1.0"):
        async with client_of(a2a_servers(dialect)) as client:
            updates = await collect(client, spec("odd"))
        status = next(
            update.status.status
            for update in updates
            if update.status and update.status.status.state == TaskState.UNKNOWN
        )
        assert status.raw_state in ("pondering", "TASK_STATE_PONDERING")
        assert last_state(updates) == "completed"


@pytest.fixture(params=["0.3", "1.0"])
def official_peer(request: pytest.FixtureRequest, a2a_servers: Servers) -> Peer:
    """Where the stream is all there is: rvAgent's task is sent beside it, and is answered."""
    return a2a_servers(request.param)


# ---- streams that are wrong

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("content_type", {"value": "text/plain"}),
    ("content_type", {"value": "text/html; charset=utf-8"}),
    ("content_type", {"value": None}),
    ("replaced_event", {"data": "nonsense"}),
    ("replaced_event", {"data": "[]"}),
    ("replaced_event", {"data": '{"a":'}),
    ("member_in_event", {"member": '"deep":' + "[" * 1000 + "]" * 1000}),
    ("member_in_event", {"member": '"twice":1,"twice":2'}),
    ("member_in_event", {"member": r'"surrogate":"\ud800"'}),
    ("status", {"status": 204}),
    ("garbage", {}),
    ("big_head", {"size": 100_000}),
]


@pytest.mark.parametrize(("fault", "arguments"), WRONG, ids=lambda value: str(value)[:50])
async def test_a_wrong_stream_is_an_error_of_the_protocol(
    peer: Peer, fault: str, arguments: dict[str, Any]
) -> None:
    peer.fault(fault, on="stream", times=9, **arguments)
    peer.fault(fault, on="subscribe", times=9, **arguments)
    async with client_of(peer, timeout_ms=1000) as client:
        with pytest.raises(ruvector.TransportError):
            await collect(client, spec("stream 3"), max_reconnects=0)


@pytest.mark.parametrize(
    ("fault", "arguments"),
    [("gzip_stream", {}), ("status", {"status": 200, "content_type": "text/event-stream"})],
    ids=str,
)
async def test_a_stream_without_an_event_is_no_finished_one(
    peer: Peer, fault: str, arguments: dict[str, Any]
) -> None:
    peer.fault(fault, on="stream", **arguments)
    async with client_of(peer) as client:
        if peer.options.dialect == "rvagent":  # the answer beside says how the task ended
            updates = await collect(client, spec("stream 3"), max_reconnects=0)
            assert any(warning.gap for warning in warnings(updates))
            assert last_state(updates) == "completed"
        else:
            with pytest.raises(ruvector.TransportError):
                await collect(client, spec("stream 3"), max_reconnects=0)


async def test_an_answer_to_another_request_is_refused(a2a_servers: Servers) -> None:
    for dialect in ("0.3", "1.0"):
        peer = a2a_servers(dialect)
        async with client_of(peer) as client:
            peer.fault("wrong_event_id", on="stream")
            with pytest.raises(ruvector.ProtocolError):
                await collect(client, spec("stream 3"), max_reconnects=0)
            peer.fault("wrong_id", on="send")
            with pytest.raises(ruvector.ProtocolError):
                await client.send_task(spec("echo hi"))


async def test_an_error_in_place_of_a_stream_is_that_error(official_peer: Peer) -> None:
    official_peer.fault("json_error", on="stream", code=-32603, message="no stream today")
    async with client_of(official_peer) as client:
        with pytest.raises(ruvector.A2aError, match="no stream today") as caught:
            await collect(client, spec("stream 3"))
    assert caught.value.code == -32603


@pytest.mark.parametrize("name", ["", "error"])
async def test_an_error_within_a_stream_ends_it(official_peer: Peer, name: str) -> None:
    official_peer.fault("error_event", on="stream", at=1, name=name)
    async with client_of(official_peer) as client:
        with pytest.raises(ruvector.A2aError, match="it broke") as caught:
            await collect(client, spec("stream 3"))
    assert caught.value.code == -32603


# ---- streams that end too soon


BREAKS: list[tuple[str, dict[str, Any]]] = [
    ("reset_at", {"at": 2}),
    ("truncate_at", {"at": 2}),
    ("close_at", {"at": 2}),
    ("half_frame", {"at": 2}),
]


@pytest.mark.parametrize(("fault", "arguments"), BREAKS, ids=str)
async def test_a_stream_that_breaks_is_no_finished_one(
    official_peer: Peer, fault: str, arguments: dict[str, Any]
) -> None:
    official_peer.fault(fault, on="stream", **arguments)
    async with client_of(official_peer) as client:
        seen: list[TaskUpdate] = []

        async def read() -> None:
            async with client.stream_task(spec("slow 20"), max_reconnects=0) as stream:
                async for update in stream:
                    seen.append(update)

        with pytest.raises(ruvector.StreamInterrupted):
            await read()
    assert "completed: " not in told(seen)


@pytest.mark.parametrize(("fault", "arguments"), BREAKS, ids=str)
async def test_a_stream_that_breaks_is_taken_up_with_a_word_about_it(
    peer: Peer, fault: str, arguments: dict[str, Any]
) -> None:
    peer.fault(fault, on="stream", **arguments)
    async with client_of(peer) as client:
        updates = await collect(client, spec("slow 40"))
    assert last_state(updates) == "completed"
    assert len(warnings(updates)) >= 1
    assert any(warning.gap for warning in warnings(updates))
    steps = [line for line in told(updates) if line.startswith("working")]
    assert len(steps) == len(set(steps)), "an update came twice"
    assert "subscribe" in peer.operations()


@pytest.mark.parametrize(("fault", "arguments"), BREAKS, ids=str)
async def test_the_answer_beside_a_broken_stream_says_how_the_task_ended(
    rvagent_peer: Peer, fault: str, arguments: dict[str, Any]
) -> None:
    rvagent_peer.fault(fault, on="stream", **arguments)
    async with client_of(rvagent_peer) as client:
        updates = await collect(client, spec("slow 20"), max_reconnects=0)
    assert any(warning.gap for warning in warnings(updates))
    assert updates[-1].kind == "task"
    assert last_state(updates) == "completed"


async def test_a_stream_that_breaks_again_and_again_is_given_up(official_peer: Peer) -> None:
    official_peer.fault("reset_at", on="stream", at=2)
    official_peer.fault("reset_at_once", on="subscribe", times=99)
    async with client_of(official_peer) as client:
        with pytest.raises(ruvector.StreamInterrupted):
            await collect(client, spec("long 20"), max_reconnects=2)
    assert official_peer.operations().count("subscribe") == 2


async def test_a_task_that_ended_meanwhile_is_asked_for(peer: Peer) -> None:
    """The stream breaks, and when it is taken up again the task is over."""
    peer.fault("truncate_at", on="stream", at=2)
    async with client_of(peer) as client:
        updates = await collect(client, spec("stream 3"))
    assert last_state(updates) == "completed"
    assert any(warning.gap for warning in warnings(updates))


async def test_a_stream_without_a_byte_is_not_waited_for_forever(official_peer: Peer) -> None:
    official_peer.configure(ping_s=60)
    official_peer.fault("stall_at", on="stream", at=2)
    async with client_of(official_peer, idle_timeout_ms=150) as client:
        with pytest.raises((ruvector.Timeout, ruvector.StreamInterrupted)):
            await collect(client, spec("long 20"), max_reconnects=0)


async def test_comments_keep_a_quiet_stream_alive(rvagent_peer: Peer) -> None:
    rvagent_peer.configure(ping_s=0.05)
    async with client_of(rvagent_peer, idle_timeout_ms=300) as client:
        updates = await collect(client, spec("late 160"), max_reconnects=0)  # 0.8 s
    assert last_state(updates) == "completed"


async def test_bytes_that_trickle_are_no_silence(peer_1_0: Peer) -> None:
    peer_1_0.fault("trickle", on="stream", pause_s=0.001)
    async with client_of(peer_1_0, idle_timeout_ms=300) as client:
        updates = await collect(client, spec("msg"), max_reconnects=0)
    assert told(updates) == ["message: hello"]


async def test_a_head_that_does_not_come_is_a_timeout(peer: Peer) -> None:
    peer.fault("slow_head", on="stream", times=9, pause_s=0.05)
    async with client_of(peer, header_timeout_ms=200) as client:
        with pytest.raises(ruvector.Timeout):
            await collect(client, spec("stream 3"), max_reconnects=0)


async def test_a_slow_answer_is_a_timeout(peer: Peer) -> None:
    peer.fault("slow_head", on="get", times=9, pause_s=0.05)
    async with client_of(peer, timeout_ms=200) as client:
        with pytest.raises(ruvector.Timeout):
            await client.get_task("t")


# ---- answers


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_wants_credentials(peer: Peer, status: int) -> None:
    async with client_of(peer) as client:
        for operation in ("get", "stream"):
            peer.fault("status", on=operation, status=status, times=3)
        with pytest.raises(ruvector.AuthRequired) as caught:
            await client.get_task("t")
        assert caught.value.http_status == status
        with pytest.raises(ruvector.AuthRequired):
            await collect(client, spec("stream 3"))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(rvagent_peer: Peer, peer_1_0: Peer, status: int) -> None:
    headers = {"location": f"{rvagent_peer.url}/"}
    before = rvagent_peer.stats()["connections"]
    async with client_of(peer_1_0) as client:
        for operation in ("get", "stream", "card"):
            peer_1_0.fault("status", on=operation, status=status, headers=headers)
        with pytest.raises(ruvector.A2aError):
            await client.get_task("t")
        with pytest.raises(ruvector.A2aError):
            await collect(client, spec("stream 3"), max_reconnects=0)
    with pytest.raises(ruvector.A2aError):
        async with client_of(peer_1_0):
            pass
    assert rvagent_peer.stats()["connections"] == before


@pytest.mark.parametrize("status", [413, 418, 500])
async def test_other_statuses_are_told(peer: Peer, status: int) -> None:
    peer.fault("status", on="send", status=status, body="no")
    async with client_of(peer) as client:
        with pytest.raises(ruvector.A2aError) as caught:
            await client.send_task(spec("echo hi"))
    assert caught.value.http_status == status
    assert peer.operations().count("send") == 1, "a task must not be sent twice"


@pytest.mark.parametrize("status", [429, 503])
async def test_a_peer_that_says_when_is_asked_again(peer: Peer, status: int) -> None:
    peer.fault("status", on="send", status=status, headers={"retry-after": "0"})
    async with client_of(peer) as client:
        task = await client.send_task(spec("echo hi"))
    assert task.status.state == "completed"
    assert peer.operations().count("send") == 2
    if peer.options.dialect != "rvagent":
        ids = {
            json.loads(seen["body"])["params"]["message"]["messageId"] for seen in peer.seen("send")
        }
        assert len(ids) == 1


async def test_a_peer_that_says_much_later_is_not_waited_for(peer: Peer) -> None:
    peer.fault("status", on="send", status=429, times=9, headers={"retry-after": "3600"})
    async with client_of(peer, timeout_ms=2000) as client:
        with pytest.raises(ruvector.A2aError) as caught:
            await client.send_task(spec("echo hi"))
    assert caught.value.http_status == 429
    assert caught.value.retry_after == "3600"


async def test_questions_are_asked_again(peer: Peer) -> None:
    """Asking for a task changes nothing."""
    async with client_of(peer) as client:
        task = await client.send_task(spec("echo hi"))
        for fault in ("no_answer", "reset_at_once", "stale_connection"):
            peer.fault(fault, on="get")
            assert (await client.get_task(task.id)).status.state == "completed"
            assert (await client.get_task(task.id)).status.state == "completed"


async def test_a_task_whose_answer_is_lost_is_not_sent_again(rvagent_peer: Peer) -> None:
    """The agent would run it a second time."""
    async with client_of(rvagent_peer) as client:
        rvagent_peer.fault("truncate_at", on="send", times=9)
        with pytest.raises(ruvector.TransportError):
            await client.send_task(spec("echo hi"))
    assert rvagent_peer.operations().count("send") == 1


@pytest.mark.parametrize(
    ("fault", "arguments"),
    [
        ("duplicate_keys", {}),
        ("deep_nesting", {}),
        ("lone_surrogate", {}),
        ("cut_json", {}),
        ("raw_body", {"body": ""}),
        ("raw_body", {"body": "null"}),
        ("raw_body", {"hexadecimal": "22ff22"}),
        ("truncate_at", {}),
        ("wrong_length", {"by": 5}),
        ("garbage", {}),
        ("big_head", {"size": 100_000}),
        ("status", {"status": 204}),
    ],
    ids=str,
)
async def test_a_wrong_answer_is_an_error_of_transport(
    peer: Peer, fault: str, arguments: dict[str, Any]
) -> None:
    async with client_of(peer) as client:
        task = await client.send_task(spec("echo hi"))
        peer.fault(fault, on="get", times=9, **arguments)
        with pytest.raises(ruvector.TransportError):
            await client.get_task(task.id)


async def test_numbers_that_no_double_holds_are_no_reason_to_fail(peer: Peer) -> None:
    async with client_of(peer) as client:
        task = await client.send_task(spec("echo hi"))
        peer.fault("huge_number", on="get")
        assert (await client.get_task(task.id)).id == task.id


async def test_a_body_above_the_limit_is_refused(peer: Peer) -> None:
    async with client_of(peer, max_body_bytes=10_000) as client:
        task = await client.send_task(spec("echo hi"))
        peer.fault("big_body", on="get", size=10_000)
        assert (await client.get_task(task.id)).id == task.id
        peer.fault("big_body", on="get", size=10_001)
        with pytest.raises(ruvector.TransportError, match=r"10[,_']?000"):
            await client.get_task(task.id)


async def test_a_body_that_ends_with_the_connection_is_whole(peer: Peer) -> None:
    async with client_of(peer) as client:
        task = await client.send_task(spec("echo hi"))
        peer.fault("http_1_0", on="get")
        assert (await client.get_task(task.id)).id == task.id


async def test_codes_mean_what_the_dialect_says(a2a_servers: Servers) -> None:
    """-32002 and its neighbours are other things to rvAgent than to all others."""
    wanted: dict[str, dict[int, type[ruvector.A2aError]]] = {
        "rvagent": {
            -32002: ruvector.PolicyViolation,
            -32003: ruvector.BudgetExceeded,
            -32004: ruvector.RecursionLimit,
            -32010: ruvector.TaskNotFound,
        },
        "1.0": {
            -32001: ruvector.TaskNotFound,
            -32002: ruvector.TaskNotCancelable,
            -32004: ruvector.UnsupportedOperation,
            -32009: ruvector.VersionNotSupported,
        },
    }
    wanted["0.3"] = {code: wanted["1.0"][code] for code in (-32001, -32002, -32004)}
    for dialect, classes in wanted.items():
        peer = a2a_servers(dialect)
        async with client_of(peer) as client:
            for code, kind in classes.items():
                peer.fault("json_error", on="send", code=code)
                with pytest.raises(ruvector.A2aError) as caught:
                    await client.send_task(spec("echo hi"))
                assert type(caught.value) is kind, (dialect, code)
                assert caught.value.code == code


async def test_a_peer_that_is_not_there_is_told_at_once() -> None:
    begin = asyncio.get_running_loop().time()
    with pytest.raises(ruvector.TransportError, match=r"127\.0\.0\.1"):
        await ruvector.A2aClient.connect("http://127.0.0.1:1")
    assert asyncio.get_running_loop().time() - begin < 8  # a timeout of the connection takes ten


async def test_rvagents_lag_is_a_warning(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer) as client:
        updates = await collect(client, spec("flood 400"))
    lagged = [warning for warning in warnings(updates) if warning.missed]
    assert len(lagged) == 1
    assert lagged[0].gap
    assert lagged[0].missed is not None
    steps = [line for line in told(updates) if line.startswith("working")]
    assert len(steps) < 400
    assert last_state(updates) == "completed"


async def test_rvagents_first_end_counts(rvagent_peer: Peer) -> None:
    """A task that is cancelled in its run completes a second time; the stream ended before."""
    async with client_of(rvagent_peer) as client:
        wanted = spec("late 60", id="t-late")
        updates = []
        async with client.stream_task(wanted) as stream:
            async for update in stream:
                updates.append(update)
                if len(updates) == 1:
                    await client.cancel_task("t-late")
        assert last_state(updates) == "canceled"


async def test_a_made_up_failure_is_not_the_tasks_outcome(rvagent_peer: Peer) -> None:
    """A subscription to an unknown task is answered with a failure that never happened."""
    async with client_of(rvagent_peer) as client:
        with pytest.raises(ruvector.TaskNotFound):
            await collect(client, "t-none")


async def test_executors_that_raise_fail_the_task(a2a_servers: Servers) -> None:
    for dialect in DIALECTS:
        peer = a2a_servers(dialect)
        async with client_of(peer) as client:
            if dialect == "rvagent":
                updates = await collect(client, spec("raise"))
                assert last_state(updates) == "failed"
            else:  # a2a-sdk says nothing at all, or an error
                with pytest.raises(ruvector.A2aError):
                    await collect(client, spec("raise"), max_reconnects=0)
        await soon(peer, lambda stats: stats["errors"] == [])

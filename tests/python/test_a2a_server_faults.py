"""Each fault of the test server is what its name says, to the byte."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from typing import Any

import pytest

from tests.python.a2a_by_hand import ask, rpc, stream, unchunked
from tests.python.a2a_server import process
from tests.python.a2a_server.faults import NAMES
from tests.python.a2a_server.process import Peer


async def test_an_unknown_fault_is_refused(rvagent_peer: Peer) -> None:
    with pytest.raises(ValueError, match="no fault is called 'nonsense'"):
        rvagent_peer.fault("nonsense")
    assert "split" in NAMES


async def test_a_fault_strikes_the_request_that_it_is_for(rvagent_peer: Peer) -> None:
    rvagent_peer.fault("status", on="get", skip=1, status=503)
    statuses = [
        (await ask(rvagent_peer, "POST", "/", rpc(method, {"id": "t"}))).status
        for method in ("tasks/cancel", "tasks/get", "tasks/get", "tasks/get")
    ]
    assert statuses == [200, 200, 503, 200]


async def test_chunks_of_one_byte_are_sent(peer_1_0: Peer) -> None:
    whole = await stream(peer_1_0, "msg")
    peer_1_0.reset()
    peer_1_0.fault("split", on="stream")
    split = await stream(peer_1_0, "msg")
    assert split.body == whole.body
    assert split.raw.count(b"\r\n1\r\n") == len(whole.body)


async def test_a_cut_is_where_it_is_wanted(peer_1_0: Peer) -> None:
    whole = await stream(peer_1_0, "msg")
    for at in (1, 7, len(whole.body) - 1):
        peer_1_0.reset()
        peer_1_0.fault("split", on="stream", at=at)
        raw = (await stream(peer_1_0, "msg")).raw.partition(b"\r\n\r\n")[2]
        assert raw.startswith(b"%x\r\n" % at)
        assert unchunked(raw) == (whole.body, True)


@pytest.mark.parametrize(
    ("fault", "arguments", "expected"),
    [
        ("line_endings", {"eol": "\r"}, b'"step 0"}]}, "timestamp"'),
        ("bom", {}, b"\xef\xbb\xbfdata: "),
        ("comment_flood", {"count": 2}, b": not an event\n: not an event\n\ndata: {"),
        ("multi_line_data", {}, b'data: {\r\ndata:  "result": {\r\n'),
        ("no_space", {}, b'data:{"result"'),
        ("foreign_separators", {}, "st\u2028e\u2029p\u0085 0".encode()),
        ("ids_and_retry", {}, b"id: 4f2c\nretry: 20\ndata: {"),
        ("unknown_events", {}, b"event: heartbeat\n\nfoo: bar\n\ndata: {"),
        ("big_event", {"size": 5000}, b"}  "),
        ("error_event", {}, b'"error": {"code": -32603'),
        ("wrong_event_id", {}, b'"id": "not-yours"'),
        ("replaced_event", {"data": "nonsense"}, b"data: nonsense\r\n\r\n"),
        ("member_in_event", {"member": '"a":1e999'}, b'data: {"a":1e999,"result"'),
    ],
)
async def test_streams_are_spoiled(
    peer_1_0: Peer, fault: str, arguments: dict[str, Any], expected: bytes
) -> None:
    peer_1_0.fault(fault, on="stream", **arguments)
    answer = await stream(peer_1_0, "stream 1")
    assert expected in answer.body
    if fault == "line_endings":
        assert b"\n" not in answer.body
    if fault == "big_event":
        assert max(len(line) for line in answer.body.split(b"\r\n")) == 5000 + len(b"data: ")


@pytest.mark.parametrize(
    ("fault", "ends_well", "count"),
    [("truncate_at", False, 2), ("close_at", True, 2), ("half_frame", True, 2)],
)
async def test_streams_end_too_soon(
    peer_1_0: Peer, fault: str, ends_well: bool, count: int
) -> None:
    peer_1_0.fault(fault, on="stream", at=count)
    answer = await stream(peer_1_0, "stream 3")
    _, is_complete = unchunked(answer.raw.partition(b"\r\n\r\n")[2])
    assert is_complete == ends_well
    assert answer.body.count(b"\r\n\r\n") == count
    assert answer.body.endswith(b"\r\n\r\n") == (fault != "half_frame")


async def test_a_stream_is_reset(peer_1_0: Peer) -> None:
    peer_1_0.fault("reset_at", on="stream", at=1)
    answer = await stream(peer_1_0, "late 10")
    assert answer.raw.endswith(b"<RST>")


async def test_a_stream_stalls(peer_1_0: Peer) -> None:
    peer_1_0.fault("stall_at", on="stream", at=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stream(peer_1_0, "stream 3"), 0.1)


async def test_a_stream_is_compressed(peer_1_0: Peer) -> None:
    peer_1_0.fault("gzip_stream", on="stream")
    answer = await stream(peer_1_0, "stream 1")
    assert answer.header("content-encoding") == "gzip"
    assert b'"step 0"' in gzip.decompress(answer.body)


async def test_a_body_ends_with_the_connection(rvagent_peer: Peer) -> None:
    rvagent_peer.fault("http_1_0", on="get")
    answer = await ask(rvagent_peer, "POST", "/", rpc("tasks/get", {"id": "t"}))
    assert answer.raw.startswith(b"HTTP/1.0 200 OK\r\n")
    assert answer.header("content-length") == ""
    assert json.loads(answer.body)["error"]["code"] == -32010


async def test_a_kept_connection_is_closed_at_its_next_use(rvagent_peer: Peer) -> None:
    rvagent_peer.fault("stale_connection", on="get")
    reader, writer = await asyncio.open_connection("127.0.0.1", rvagent_peer.port)
    body = rpc("tasks/get", {"id": "t"})
    request = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    size = re.search(rb"content-length: (\d+)", head)
    assert size is not None
    await reader.readexactly(int(size[1]))
    writer.write(request)
    assert await reader.read() == b""
    writer.close()
    assert len(rvagent_peer.seen("get")) == 1


@pytest.mark.parametrize(
    ("fault", "arguments", "expected"),
    [
        ("duplicate_keys", {}, b'{"jsonrpc":null,"jsonrpc":"2.0",'),
        ("deep_nesting", {"depth": 3}, b'{"deep":[[[]]],"jsonrpc"'),
        ("huge_number", {}, b'{"number":1e999999,"jsonrpc"'),
        ("lone_surrogate", {}, b'{"text":"\\ud800","jsonrpc"'),
        ("cut_json", {"size": 10}, b'{"jsonrpc"'),
        ("raw_body", {"hexadecimal": "ff"}, b"\xff"),
        ("json_error", {"code": -5, "id": 1}, b'"error": {"code": -5, "message": "no stream"}}'),
        ("wrong_id", {}, b'"id": "not-yours"'),
        ("big_body", {"size": 5000}, b"  {"),
    ],
)
async def test_answers_are_spoiled(
    rvagent_peer: Peer, fault: str, arguments: dict[str, Any], expected: bytes
) -> None:
    rvagent_peer.fault(fault, on="get", **arguments)
    answer = await ask(rvagent_peer, "POST", "/", rpc("tasks/get", {"id": "t"}))
    assert expected in answer.body
    assert int(answer.header("content-length")) == len(answer.body)


async def test_credentials_are_asked_for(rvagent_peer: Peer) -> None:
    rvagent_peer.configure(token="right")
    body = rpc("tasks/get", {"id": "t"})
    statuses = [
        (await ask(rvagent_peer, "POST", "/", body, headers={"Authorization": value})).status
        for value in ("Bearer wrong", "Bearer right")
    ]
    card = await ask(rvagent_peer, "GET", "/.well-known/agent.json")
    assert [*statuses, card.status] == [401, 200, 200]


async def test_what_happened_is_counted(rvagent_peer: Peer) -> None:
    answers = [
        await ask(rvagent_peer, "GET", "/.well-known/agent.json"),
        await ask(rvagent_peer, "POST", "/", rpc("tasks/get", {"id": "t"})),
    ]
    stats = rvagent_peer.wait_for(lambda stats: stats["open"] == 0)
    assert stats["connections"] == 2
    assert rvagent_peer.operations() == ["card", "get"]
    assert stats["bytes_out"] == sum(len(answer.raw) for answer in answers)


async def test_a_server_on_a_thread_is_the_same() -> None:
    with process.running_on_thread(dialect="rvagent") as peer:
        answer = await ask(peer, "POST", "/", rpc("tasks/get", {"id": "t"}))
        assert json.loads(answer.body)["error"]["code"] == -32010
        assert peer.operations() == ["get"]

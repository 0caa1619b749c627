"""The test server answers as the recorded servers did."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.python.a2a_by_hand import Answer, ask, rpc, spec, stream
from tests.python.a2a_server.process import Peer

GOLDEN = Path(__file__).parent.parent / "golden" / "a2a"


class Alike:
    """Texts with names for what differs from run to run: ids, times, ports."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def _name(self, found: re.Match[str]) -> str:
        return self._names.setdefault(found[0], f"<id {len(self._names)}>")

    def __call__(self, text: str) -> str:
        text = text.replace("\r\n", "\n").rstrip()
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", text)
        text = re.sub(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.)(\d+)", self._time, text)
        ids = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\bm-\d+\b"
        return re.sub(ids, self._name, text)

    @staticmethod
    def _time(found: re.Match[str]) -> str:
        return f"<time of {len(found[2])} digits>"


UNSTABLE = ("date", "content-length", "etag")


def header_lines(text: str) -> list[str]:
    """The headers as they stand, without the values that differ from run to run."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        name = line.partition(":")[0]
        lines.append(name if name.lower() in UNSTABLE else line)
    return lines


def recorded(name: str) -> dict[str, str]:
    text = (GOLDEN / f"{name}.txt").read_text()
    parts = re.findall(r"(?ms)^### ([^\n]+)\n(.*?)(?=^### |\Z)", text)
    return {title: body.rstrip() for title, body in parts}


def same(ours: Answer, head: str, body: str) -> None:
    """Status, headers with their order and case, and the body."""
    our_head = ours.raw.partition(b"\r\n\r\n")[0].decode("latin-1")
    assert header_lines(our_head) == header_lines(head)
    assert Alike()(ours.body.decode()) == Alike()(body)
    if ours.body and ours.header("content-length"):
        assert int(ours.header("content-length")) == len(ours.body)


PEERS = {
    "py10": {"dialect": "1.0", "style": "py"},
    "js10": {"dialect": "1.0", "style": "js"},
    "py03": {"dialect": "0.3", "style": "py"},
    "js03": {"dialect": "0.3", "style": "js"},
}


def of_kind(a2a_servers: Callable[[str], Peer], kind: str) -> Peer:
    options = PEERS[kind]
    peer = a2a_servers(options["dialect"])
    peer.configure(style=options["style"])
    return peer


CASES = [(kind, title) for kind in PEERS for title in recorded(kind)]


def curl_request(command: str) -> tuple[str, str, dict[str, str], bytes | None]:
    """Method, target, headers and body of a recorded curl line."""
    before, is_there, data = command.partition(" -d ")
    body: bytes | None = data.encode() if is_there else None
    if is_there and " http://" in data:  # the address came after the data
        text, _, rest = data.partition(" http://")
        body, before = text.encode(), f"{before} http://{rest}"
    target = re.search(r"http://127\.0\.0\.1:\d+(\S*)", before)
    assert target is not None
    verb = re.search(r"-X (\w+)", before)
    found = re.findall(r"-H ([\w-]+): (.*?)(?= -H | http://| -d |$)", before)
    method = verb[1] if verb else "GET"
    return method, target[1], dict(found), body


@pytest.mark.parametrize(("kind", "title"), CASES, ids=lambda value: value)
async def test_answers_are_those_of_the_recorded_server(
    a2a_servers: Callable[[str], Peer], kind: str, title: str
) -> None:
    peer = of_kind(a2a_servers, kind)
    exchange = recorded(kind)[title]
    command, _, answer = exchange.partition("\n")
    answer = re.sub(r"\Acurl: [^\n]*\n", "", answer)
    head, _, body = answer.partition("\n\n")
    old_id = re.search(r"# completed task id: (\S+)", (GOLDEN / f"{kind}.txt").read_text())
    assert old_id is not None
    if old_id[1] in command:
        send = recorded(kind)["send"].partition("\n")[0]
        method, target, headers, data = curl_request(send)
        found = re.search(
            rb'"id":"([0-9a-f]{8}-[^"]+)","(contextId|kind)"',
            (await ask(peer, method, target, data, headers=headers)).body,
        )
        assert found is not None
        command = command.replace(old_id[1], found[1].decode())
        exchange_id = re.search(r'"messageId":"(u-\d+)"', send)
        assert exchange_id is not None
        body = re.sub(r'"u-\d+"', f'"{exchange_id[1]}"', body)
    method, target, headers, data = curl_request(command)
    same(await ask(peer, method, target, data, headers=headers), head, body)


PLAIN = {  # rvAgent's recordings without a line that says what was sent
    "01_card_get": ("GET", "/.well-known/agent.json"),
    "02_card_head": ("HEAD", "/.well-known/agent.json"),
    "03_card_conditional_get": ("GET", "/.well-known/agent.json"),
    "04_card_post_405": ("POST", "/.well-known/agent.json"),
    "05_unknown_path_404": ("GET", "/nothing"),
    "06_get_root_405": ("GET", "/"),
    "07_options_cors": ("OPTIONS", "/"),
}
AFTER = {  # what must have happened before
    "11_get_done": ["10_send_echo"],
    "16_cancel_done": ["10_send_echo"],
    "18_get_after_cancel": ["10_send_echo", "16_cancel_done"],
    "28_notification_no_id": ["10_send_echo", "16_cancel_done"],
    "29_string_id": ["10_send_echo", "16_cancel_done"],
    "30_wrong_content_type": ["10_send_echo", "16_cancel_done"],
    "48_pushNotification_get": ["47_pushNotification_set"],
}


def rvagent_request(title: str) -> tuple[str, str, bytes | None]:
    if title in PLAIN:
        return *PLAIN[title], None
    lines = re.findall(r"(?m)^> ?(.*)$", recorded("rvagent")[title])
    return "POST", "/", "\n".join(lines[1:]).encode()


@pytest.mark.parametrize("title", recorded("rvagent"))
async def test_rvagent_answers_are_the_recorded_ones(rvagent_peer: Peer, title: str) -> None:
    rvagent_peer.configure(advertised_url="http://127.0.0.1:18741")
    for earlier in AFTER.get(title, []):
        await ask(rvagent_peer, *rvagent_request(earlier))
    exchange = re.sub(r"(?m)^>.*\n", "", recorded("rvagent")[title]).lstrip("\n")
    head, _, body = exchange.partition("\n\n")
    same(await ask(rvagent_peer, *rvagent_request(title)), head, body)


async def test_the_card_of_rvagent_is_the_recorded_one_to_the_byte(rvagent_peer: Peer) -> None:
    rvagent_peer.configure(advertised_url="http://127.0.0.1:18741")
    answer = await ask(rvagent_peer, "GET", "/.well-known/agent.json")
    assert answer.body == (GOLDEN / "rvagent_card.json").read_bytes()


def events(body: str) -> list[str]:
    """The events of a stream; rvAgent's recordings carry arrival times before each line."""
    text = re.sub(r"(?m)^ *\d+\.\d+ ?", "", body)
    return [block.strip() for block in text.split("\n\n") if block.strip().startswith("event")]


async def test_rvagent_streams_what_was_recorded(rvagent_peer: Peer) -> None:
    reading = asyncio.create_task(
        ask(rvagent_peer, "GET", "/tasks/sendSubscribe?id=t-slow", until=b'"final":true')
    )
    await asyncio.to_thread(rvagent_peer.wait_for, lambda stats: len(stats["seen"]) == 1)
    await ask(rvagent_peer, "POST", "/", rpc("tasks/send", spec("t-slow", "slow")))
    live = await reading
    recording = recorded("rvagent_streams")
    assert [Alike()(text) for text in events(live.body.decode())] == [
        Alike()(text) for text in events(recording["50_sse_subscribe"])
    ]
    replay = await ask(rvagent_peer, "GET", "/tasks/resubscribe?id=t-slow")
    head, _, body = recording["55_resubscribe_after_run"].partition("\n\n")
    same(replay, head, body.removesuffix("curl exit: 0"))


async def test_rvagent_replays_what_is_later_than_the_cursor(rvagent_peer: Peer) -> None:
    await ask(rvagent_peer, "POST", "/", rpc("tasks/send", spec("t-slow", "slow")))
    whole = events((await ask(rvagent_peer, "GET", "/tasks/resubscribe?id=t-slow")).body.decode())
    third = re.search(r'"timestamp":"([^"]+)"', whole[2])
    assert third is not None
    by_query = await ask(
        rvagent_peer,
        "GET",
        f"/tasks/resubscribe?id=t-slow&last_event_id={third[1]}",
        headers={"Last-Event-Id": "2099-01-01T00:00:00Z"},  # the query wins
    )
    by_header = await ask(
        rvagent_peer, "GET", "/tasks/resubscribe?id=t-slow", headers={"Last-Event-Id": third[1]}
    )
    assert events(by_query.body.decode()) == whole[3:]
    assert by_header.body == by_query.body
    recording = recorded("rvagent_streams")["57_resubscribe_last_event_id_query"]
    assert len(events(recording)) == len(whole[3:])


async def test_rvagent_answers_an_unknown_id_with_a_made_up_failure(rvagent_peer: Peer) -> None:
    answer = await ask(rvagent_peer, "GET", "/tasks/resubscribe?id=t-none")
    head, _, body = recorded("rvagent_streams")["56_resubscribe_unknown"].partition("\n\n")
    same(answer, head, body.removesuffix("curl exit: 0"))
    head, _, body = recorded("rvagent_streams")["60_sse_no_id"].partition("\n\n")
    same(
        await ask(rvagent_peer, "GET", "/tasks/sendSubscribe"),
        head,
        body.removesuffix("curl exit: 0"),
    )


async def test_rvagent_knows_no_task_while_it_runs(rvagent_peer: Peer) -> None:
    sending = asyncio.create_task(
        ask(rvagent_peer, "POST", "/", rpc("tasks/send", spec("t", "late", "40")))
    )
    await asyncio.to_thread(rvagent_peer.wait_for, lambda stats: len(stats["seen"]) == 1)
    during = await ask(rvagent_peer, "POST", "/", rpc("tasks/get", {"id": "t"}))
    assert json.loads(during.body)["error"]["code"] == -32010
    await sending
    after = await ask(rvagent_peer, "POST", "/", rpc("tasks/get", {"id": "t"}))
    assert json.loads(after.body)["result"]["status"]["state"] == "completed"


async def test_rvagent_finishes_a_cancelled_task_a_second_time(rvagent_peer: Peer) -> None:
    reading = asyncio.create_task(
        ask(rvagent_peer, "GET", "/tasks/sendSubscribe?id=t", until=b'"completed"')
    )
    await asyncio.to_thread(rvagent_peer.wait_for, lambda stats: len(stats["seen"]) == 1)
    sending = asyncio.create_task(
        ask(rvagent_peer, "POST", "/", rpc("tasks/send", spec("t", "late", "20")))
    )
    await asyncio.to_thread(rvagent_peer.wait_for, lambda stats: len(stats["seen"]) == 2)
    await ask(rvagent_peer, "POST", "/", rpc("tasks/cancel", {"id": "t"}))
    await sending
    states = re.findall(rb'"state":"([\w-]+)"[^\n]*"final":true', (await reading).body)
    assert states == [b"canceled", b"completed"]


async def test_rvagent_drops_the_task_of_a_sender_that_goes_away(rvagent_peer: Peer) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", rvagent_peer.port)
    body = rpc("tasks/send", spec("t", "late", "20"))
    writer.write(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    await asyncio.to_thread(rvagent_peer.wait_for, lambda stats: len(stats["seen"]) == 1)
    writer.close()
    await asyncio.to_thread(rvagent_peer.wait_for, lambda stats: stats["abandoned"] == 1)
    answer = await ask(rvagent_peer, "POST", "/", rpc("tasks/get", {"id": "t"}))
    assert json.loads(answer.body)["error"]["code"] == -32010


async def test_rvagent_warns_a_subscriber_that_lags(rvagent_peer: Peer) -> None:
    reading = asyncio.create_task(
        ask(rvagent_peer, "GET", "/tasks/sendSubscribe?id=t", until=b'"final":true')
    )
    await asyncio.to_thread(rvagent_peer.wait_for, lambda stats: len(stats["seen"]) == 1)
    await ask(rvagent_peer, "POST", "/", rpc("tasks/send", spec("t", "flood", "400")))
    got = events((await reading).body.decode())
    # Submitted, 400 steps and the end: 402 events for a queue of 256.
    assert got[0] == 'event: warning\ndata: {"lagged":146}'
    assert len(got) == 1 + 256


async def test_rvagent_gives_steps_of_one_time(rvagent_peer: Peer) -> None:
    await ask(rvagent_peer, "POST", "/", rpc("tasks/send", spec("t", "equal", "3")))
    answer = await ask(rvagent_peer, "GET", "/tasks/resubscribe?id=t")
    times = re.findall(rb'"working","timestamp":"([^"]+)"', answer.body)
    assert len(times) == 3
    assert len(set(times)) == 1


async def test_rvagent_comments_on_a_quiet_stream(rvagent_peer: Peer) -> None:
    rvagent_peer.configure(ping_s=0.01)
    answer = await ask(rvagent_peer, "GET", "/tasks/sendSubscribe?id=t", until=b":\n\n\r\n3\r\n:")
    assert answer.body.startswith(b":\n\n")


@pytest.mark.parametrize(("size", "status"), [(2_097_152, 200), (2_097_153, 413), (8_388_609, 413)])
async def test_rvagent_refuses_bodies_above_two_mebibytes(
    rvagent_peer: Peer, size: int, status: int
) -> None:
    short = rpc("tasks/send", spec("t", "fail", ""))
    body = rpc("tasks/send", spec("t", "fail", "x" * (size - len(short))))
    assert len(body) == size
    if size > 8 << 20:
        body = body[:1]  # refused by its length alone
        headers = {"Content-Length": str(size)}
        answer = await ask(rvagent_peer, "POST", "/", None, headers=headers)
        assert answer.body == b"length limit exceeded"
    else:
        answer = await ask(rvagent_peer, "POST", "/", body)
    assert answer.status == status
    if status == 413 and size < 8 << 20:
        assert answer.body == b"Failed to buffer the request body: length limit exceeded"


async def test_python_servers_write_crlf_and_pings(peer_1_0: Peer) -> None:
    peer_1_0.configure(ping_s=0.01)
    answer = await stream(peer_1_0, "late 20")
    assert b"\r\n\r\n" in answer.body
    assert b": ping - Mon, 23 Nov 2026" in answer.body
    assert b"\n\n" not in answer.body


async def test_a_task_goes_on_after_a_question(peer_1_0: Peer) -> None:
    first = await stream(peer_1_0, "input")
    found = re.search(rb'"taskId": "([^"]+)"', first.body)
    assert found is not None
    message = {
        "messageId": "u-2",
        "role": "ROLE_USER",
        "taskId": found[1].decode(),
        "parts": [{"text": "input more"}],
    }
    body = rpc("SendMessage", {"message": message})
    answer = await ask(peer_1_0, "POST", "/", body, headers={"A2A-Version": "1.0"})
    task = json.loads(answer.body)["result"]["task"]
    assert task["status"]["state"] == "TASK_STATE_COMPLETED"
    assert task["artifacts"][0]["parts"] == [{"text": "got: input more"}]


async def test_bursts_are_numbered(peer_1_0: Peer) -> None:
    answer = await stream(peer_1_0, "many 600")
    steps = re.findall(rb'"step (\d+)"', answer.body)
    assert steps == [b"%d" % step for step in range(600)]


async def test_a_python_server_knows_its_card_again(peer_1_0: Peer) -> None:
    first = await ask(peer_1_0, "GET", "/.well-known/agent-card.json")
    tag = {"If-None-Match": first.header("etag")}
    assert (await ask(peer_1_0, "GET", "/.well-known/agent-card.json", headers=tag)).status == 304


async def test_a_server_of_both_dialects_goes_by_the_method(peer_1_0: Peer) -> None:
    peer_1_0.configure(also_0_3=True)
    message = {"kind": "message", "messageId": "u", "role": "user"}
    parts = {"parts": [{"kind": "text", "text": "send hi"}]}
    answer = await ask(peer_1_0, "POST", "/", rpc("message/send", {"message": message | parts}))
    assert json.loads(answer.body)["result"]["kind"] == "task"
    assert b'"step 1"' in (await stream(peer_1_0, "stream 2")).body


async def test_only_one_verb_subscribes_if_so_wanted(peer_1_0: Peer) -> None:
    peer_1_0.configure(subscribe_verb="GET")
    headers = {"A2A-Version": "1.0"}
    answers = [
        await ask(peer_1_0, verb, "/rest/tasks/none:subscribe", headers=headers)
        for verb in ("POST", "GET")
    ]
    assert [answer.status for answer in answers] == [405, 404]

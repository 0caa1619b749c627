"""Credentials: where they come from, when they are renewed, and where they never go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

import ruvector
from tests.python.a2a_clients import DIALECTS, client_of, collect, connect, spec, told
from tests.python.a2a_server import process
from tests.python.a2a_server.process import Peer

Servers = Callable[[str], Peer]


@pytest.fixture(params=DIALECTS)
def peer(request: pytest.FixtureRequest, a2a_servers: Servers) -> Peer:
    found = a2a_servers(request.param)
    found.configure(token="right")
    return found


async def test_a_fixed_token_is_sent(peer: Peer) -> None:
    async with client_of(peer, authorization="Bearer right") as client:
        assert (await client.send_task(spec("echo hi"))).status.state == "completed"
        assert told(await collect(client, spec("stream 1")))[-1] == "completed: "


async def test_no_token_is_an_error_of_its_own(peer: Peer) -> None:
    async with client_of(peer) as client:
        with pytest.raises(ruvector.AuthRequired) as caught:
            await client.send_task(spec("echo hi"))
        assert caught.value.http_status == 401
        assert isinstance(caught.value, PermissionError)


async def test_a_token_is_renewed_once(peer: Peer) -> None:
    asked: list[bool] = []

    def authorize(is_refresh: bool) -> str:
        asked.append(is_refresh)
        return "Bearer right" if is_refresh else "Bearer old"

    async with client_of(peer, authorization=authorize) as client:
        assert (await client.send_task(spec("echo hi"))).status.state == "completed"
        assert asked.count(True) == 1
        assert told(await collect(client, spec("stream 1")))[-1] == "completed: "
        assert asked.count(True) == 1, "the new token is kept"
    tokens = [seen["headers"].get("authorization") for seen in peer.seen("send")]
    assert tokens[:2] == ["Bearer old", "Bearer right"]


async def test_coroutines_can_give_tokens(peer: Peer) -> None:
    async def authorize(is_refresh: bool) -> str:
        await asyncio.sleep(0)
        return "Bearer right" if is_refresh else "Bearer old"

    async with client_of(peer, authorization=authorize) as client:
        assert told(await collect(client, spec("stream 1")))[-1] == "completed: "


async def test_a_token_that_stays_wrong_is_given_up(peer: Peer) -> None:
    asked: list[bool] = []

    def authorize(is_refresh: bool) -> str:
        asked.append(is_refresh)
        return "Bearer wrong"

    async with client_of(peer, authorization=authorize) as client:
        with pytest.raises(ruvector.AuthRequired):
            await client.send_task(spec("echo hi"))
    assert asked.count(True) == 1
    assert len(peer.seen("send")) <= 2


async def test_what_the_callback_raises_is_raised(peer: Peer) -> None:
    def authorize(is_refresh: bool) -> str:
        raise KeyError("no token in the drawer")

    with pytest.raises((KeyError, ruvector.AuthRequired)):
        async with client_of(peer, authorization=authorize) as client:
            await client.send_task(spec("echo hi"))


async def test_a_card_for_members_only(rvagent_peer: Peer) -> None:
    rvagent_peer.configure(card_token="card")
    with pytest.raises(ruvector.AuthRequired):
        await connect(rvagent_peer)
    assert len(rvagent_peer.operations()) == 1, "401 is no reason to look elsewhere"
    async with client_of(rvagent_peer, authorization="Bearer card") as client:
        assert client.card.name == "rvagent-peer"


@pytest.mark.parametrize("place", ["header", "query", "cookie"])
@pytest.mark.parametrize("dialect", ["0.3", "1.0"])
async def test_api_keys_go_where_the_card_says(
    a2a_servers: Servers, dialect: str, place: str
) -> None:
    peer = a2a_servers(dialect)
    peer.configure(api_key="k-1", api_key_in=place)
    async with client_of(peer, api_key="k-1") as client:
        assert (await client.send_task(spec("echo hi"))).status.state == "completed"
        assert told(await collect(client, spec("stream 1")))[-1] == "completed: "
    async with client_of(peer) as client:
        with pytest.raises(ruvector.AuthRequired):
            await client.send_task(spec("echo hi"))


async def test_credentials_stay_with_the_origin_of_the_card(peer_1_0: Peer) -> None:
    with process.running(dialect="1.0") as other:
        peer_1_0.configure(advertised_url=other.url, api_key="k-1")
        options: dict[str, Any] = {
            "authorization": "Bearer right",
            "headers": {"X-Mine": "secret"},
            "api_key": "k-1",
            "allow_other_origin": True,
        }
        async with client_of(peer_1_0, **options) as client:
            await client.send_task(spec("echo hi"))
            await collect(client, spec("stream 1"))
        assert len(other.stats()["seen"]) == 2
        for seen in other.stats()["seen"]:
            everything = json.dumps(seen)
            assert "Bearer right" not in everything
            assert "secret" not in everything
            assert "k-1" not in everything
    card = peer_1_0.seen("card")[0]["headers"]
    assert card["authorization"] == "Bearer right"
    assert card["x-mine"] == "secret"


async def test_credentials_do_not_follow_a_redirect(peer_1_0: Peer, rvagent_peer: Peer) -> None:
    headers = {"location": rvagent_peer.url}
    async with client_of(peer_1_0, authorization="Bearer right") as client:
        peer_1_0.fault("status", on="get", status=307, headers=headers)
        with pytest.raises(ruvector.A2aError):
            await client.get_task("t")
    assert rvagent_peer.stats()["connections"] == 0


async def test_errors_and_hooks_do_not_tell_credentials(peer: Peer) -> None:
    notices: list[str] = []

    def note(notice: ruvector.Notice) -> None:
        notices.append(repr(notice))

    hooks: dict[str, Any] = {"on_request": note, "on_response": note, "on_retry": note}
    async with client_of(peer, authorization="Bearer wrong-secret", **hooks) as client:
        with pytest.raises(ruvector.AuthRequired) as caught:
            await client.send_task(spec("echo hi"))
        assert "wrong-secret" not in f"{caught.value!r} {caught.value} {client!r}"
    await asyncio.sleep(0)
    assert notices
    assert "wrong-secret" not in " ".join(notices)


async def test_each_request_carries_the_trace_of_its_task(rvagent_peer: Peer) -> None:
    context = ruvector.TaskContext(trace_id="0af7651916cd43dd8448eb211c80319c")
    async with client_of(rvagent_peer) as client:
        await client.send_task(spec("echo hi", context=context))
    seen = rvagent_peer.seen("send")[0]
    version, trace_id, span_id, flags = seen["headers"]["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", context.trace_id, "01")
    assert len(span_id) == 16
    assert json.loads(seen["body"])["params"]["context"]["trace_id"] == context.trace_id


async def test_the_version_is_named_to_peers_that_want_it(a2a_servers: Servers) -> None:
    for dialect in DIALECTS:
        peer = a2a_servers(dialect)
        async with client_of(peer) as client:
            await client.send_task(spec("echo hi"))
        assert peer.seen("card")[0]["headers"]["a2a-version"] == "1.0"
        version = peer.seen("send")[0]["headers"].get("a2a-version")
        allowed: dict[str, list[str | None]] = {
            "1.0": ["1.0"],
            "0.3": [None, "0.3"],
            "rvagent": [None],
        }
        assert version in allowed[dialect]

"""What A2aClient.connect takes: trust, credentials, hooks, limits, and wrong arguments."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ruvector
from ruvector import A2aClient, TaskSpec
from ruvector.a2a import ConnectOptions, Notice
from tests.python.a2a_server.process import Peer, running

ECHO = TaskSpec("echo", "x")
NOWHERE = "http://127.0.0.1:1"


# --- wrong arguments


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "2.0"}, "protocol: '2.0' is none of 'auto', 'rvagent', '0.3', '1.0'"),
        ({"binding": "GRPC"}, "binding: 'GRPC' is none of 'auto', 'JSONRPC', 'HTTP\\+JSON'"),
        ({"trust": "all"}, "trust: 'all' is none of 'signature', 'tls'"),
        ({"on_missing_estimate": "ask"}, "on_missing_estimate: 'ask' is none of 'allow', 'reject'"),
        ({"timeout_ms": -1}, "timeout_ms: -1 is outside 0\\.\\.86400000"),
        ({"idle_timeout_ms": 10**12}, "idle_timeout_ms: 1000000000000 is outside"),
        ({"max_event_bytes": -1}, "max_event_bytes: -1 is outside"),
        ({"card": ruvector.AgentCard("x")}, "card: this AgentCard has no raw bytes"),
    ],
)
def test_a_wrong_value_is_a_value_error_that_names_it(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        A2aClient.connect_sync(NOWHERE, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colour": "red"}, "unexpected keyword argument 'colour'"),
        ({"strict_verify": 1}, "strict_verify: expected a bool, got int"),
        ({"timeout_ms": 1.5}, "timeout_ms: expected an int, got float"),
        ({"trusted_agents": "abc"}, "trusted_agents: expected a sequence of str, got one"),
        ({"trusted_agents": [3]}, "trusted_agents: expected a str, got int"),
        ({"headers": {"X-N": 3}}, "headers: expected a str, got int"),
        ({"budget": 3}, "expected a ruvector.ClientBudget, got int"),
        ({"agent_id": 3}, "agent_id: expected a str, got int"),
        ({"authorization": 3}, "authorization: expected a str or a callable, got int"),
        ({"on_event": 3}, "on_event: expected a callable, got int"),
    ],
)
def test_a_wrong_type_is_a_type_error_that_names_it(options: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        A2aClient.connect_sync(NOWHERE, **options)


def test_each_option_is_documented() -> None:
    import inspect

    described = inspect.getdoc(A2aClient.connect) or ""
    missing = [name for name in ConnectOptions.__annotations__ if f"``{name}``" not in described]
    assert missing == []


# --- trust


def test_a_card_that_the_caller_has_is_not_fetched(rvagent_peer: Peer) -> None:
    text = json.dumps(rvagent_peer.card())
    rvagent_peer.reset()
    for card in (text, text.encode()):
        with A2aClient.connect_sync(rvagent_peer.url, card=card) as client:
            assert client.card.verification.method == "ed25519"
    with A2aClient.connect_sync(card=client.card) as again:
        assert again.card == client.card
    assert "card" not in rvagent_peer.operations()


def test_a_missing_signature_is_admitted_by_choice_only(a2a_servers: Callable[[str], Peer]) -> None:
    peer = a2a_servers("1.0")
    peer.configure(sign="none")
    with pytest.raises(ruvector.CardSignatureInvalid):
        A2aClient.connect_sync(peer.url)
    with pytest.raises(ruvector.CardSignatureInvalid):
        A2aClient.connect_sync(peer.url, trust="tls")  # this is no https
    with A2aClient.connect_sync(peer.url, strict_verify=False) as client:
        assert client.card.verification.method == "none"


def test_keys_are_a_dict_a_text_or_a_file(peer_1_0: Peer, tmp_path: Path) -> None:
    keys = peer_1_0.jwks()
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(keys))
    for given in (keys, json.dumps(keys), path, str(path)):
        with A2aClient.connect_sync(peer_1_0.url, card_keys=given) as client:
            assert client.card.verification.method == "jws"
            assert client.card.verification.canonical_form
    with pytest.raises(FileNotFoundError):
        A2aClient.connect_sync(peer_1_0.url, card_keys=tmp_path / "missing.json")


def test_identities_are_pinned(rvagent_peer: Peer) -> None:
    agent_id = rvagent_peer.card()["metadata"]["ruvector"]["agent_id"]
    options: Any
    for options in ({"expected_agent_id": agent_id}, {"trusted_agents": ["0" * 64, agent_id]}):
        with A2aClient.connect_sync(rvagent_peer.url, **options) as client:
            assert client.card.verification.is_pinned
    with pytest.raises(ruvector.CardSignatureInvalid):
        A2aClient.connect_sync(rvagent_peer.url, trusted_agents=["0" * 64])


@pytest.mark.parametrize("binding", ["JSONRPC", "HTTP+JSON"])
async def test_the_binding_is_chosen(peer_1_0: Peer, binding: Any) -> None:
    client = await A2aClient.connect(peer_1_0.url, card_keys=peer_1_0.jwks(), binding=binding)
    async with client:
        assert client.binding == binding
        assert (await client.send_task(ECHO)).artifacts[0].text == "echo: x"


# --- credentials

LOCKED = {"dialect": "1.0", "token": "right", "sign": "none"}


@pytest.fixture(scope="module")
def locked_peer() -> Any:
    with running(**LOCKED) as peer:
        yield peer


async def connect(peer: Peer, **options: Any) -> A2aClient:
    peer.reset()
    return await A2aClient.connect(peer.url, strict_verify=False, **options)


async def test_an_agent_that_wants_credentials_says_so(locked_peer: Peer) -> None:
    async with await connect(locked_peer) as client:
        with pytest.raises(ruvector.AuthRequired) as caught:
            await client.send_task(ECHO)
        assert caught.value.http_status == 401
    async with await connect(locked_peer, authorization="Bearer right") as client:
        assert (await client.send_task(ECHO)).status.state.is_terminal


class Tokens:
    """Gives an old token first and a right one after a 401."""

    def __init__(self) -> None:
        self.asked: list[tuple[bool, int]] = []

    def __call__(self, is_refresh: bool) -> str:
        self.asked.append((is_refresh, threading.get_ident()))
        return "Bearer right" if is_refresh else "Bearer old"


async def test_a_function_is_asked_again_after_a_401(locked_peer: Peer) -> None:
    tokens = Tokens()
    async with await connect(locked_peer, authorization=tokens) as client:
        assert (await client.send_task(ECHO)).status.state.is_terminal
        assert [is_refresh for is_refresh, _ in tokens.asked].count(True) == 1
        assert threading.get_ident() not in {ident for _, ident in tokens.asked}
        before = len(tokens.asked)
        await client.send_task(ECHO)
        assert not [refresh for refresh, _ in tokens.asked[before:] if refresh]


async def test_a_coroutine_function_runs_on_the_loop_that_connects(locked_peer: Peer) -> None:
    ran_on = set()

    async def token(is_refresh: bool) -> str:
        await asyncio.sleep(0.01)
        ran_on.add((asyncio.get_running_loop(), threading.get_ident()))
        return "Bearer right"

    async with await connect(locked_peer, authorization=token) as client:
        assert (await client.send_task(ECHO)).status.state.is_terminal
        async with client.stream_task(ECHO) as stream:
            assert [update async for update in stream][-1].state is ruvector.TaskState.COMPLETED
    assert ran_on == {(asyncio.get_running_loop(), threading.get_ident())}


def test_a_coroutine_function_runs_without_a_loop_too(locked_peer: Peer) -> None:
    async def token(is_refresh: bool) -> str:
        await asyncio.sleep(0)
        return "Bearer right"

    locked_peer.reset()
    with A2aClient.connect_sync(
        locked_peer.url, strict_verify=False, authorization=token
    ) as client:
        assert client.send_task_sync(ECHO).status.state.is_terminal


async def test_what_a_function_raises_is_the_cause(locked_peer: Peer) -> None:
    def broken(is_refresh: bool) -> str:
        raise KeyError("vault")

    with pytest.raises(ruvector.AuthRequired, match="authorization raised KeyError") as caught:
        async with await connect(locked_peer, authorization=broken) as client:
            await client.send_task(ECHO)
    assert isinstance(caught.value.__cause__, KeyError)
    wrong: Any = lambda is_refresh: 3  # noqa: E731
    with pytest.raises(ruvector.AuthRequired, match="expected a str, got int"):
        async with await connect(locked_peer, authorization=wrong) as client:
            await client.send_task(ECHO)


async def test_headers_go_along(peer_1_0: Peer) -> None:
    client = await A2aClient.connect(
        peer_1_0.url, card_keys=peer_1_0.jwks(), headers={"X-Tenant": "blue"}, user_agent="mine/1"
    )
    async with client:
        await client.send_task(ECHO)
    headers = {name.lower(): value for name, value in peer_1_0.seen("send")[0]["headers"].items()}
    assert (headers["x-tenant"], headers["user-agent"]) == ("blue", "mine/1")


# --- hooks


class Log:
    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.threads: set[int] = set()

    def __call__(self, notice: Notice) -> None:
        self.notices.append(notice)
        self.threads.add(threading.get_ident())

    @property
    def options(self) -> Any:
        return dict.fromkeys(("on_request", "on_response", "on_event", "on_retry"), self)

    def kinds(self) -> set[str]:
        return {notice.kind for notice in self.notices}


async def test_hooks_run_on_the_loop(peer_1_0: Peer) -> None:
    log = Log()
    secret = "Bearer s3cret"
    client = await A2aClient.connect(
        peer_1_0.url, card_keys=peer_1_0.jwks(), authorization=secret, **log.options
    )
    async with client:
        await client.send_task(ECHO)
        async for _ in client.stream_task(TaskSpec("stream", "stream 3")):
            pass
        await asyncio.sleep(0.05)
    assert log.kinds() >= {"request", "response", "event"}
    assert log.threads == {threading.get_ident()}
    assert all(notice.url.startswith(peer_1_0.url) for notice in log.notices if notice.url)
    assert {notice.status for notice in log.notices if notice.kind == "response"} == {200}
    assert "s3cret" not in repr(log.notices)


def test_hooks_of_calls_that_wait_run_before_they_return(peer_1_0: Peer) -> None:
    log = Log()
    with A2aClient.connect_sync(peer_1_0.url, card_keys=peer_1_0.jwks(), **log.options) as client:
        assert log.kinds() == {"request", "response"}
        log.notices.clear()
        client.send_task_sync(ECHO)
        assert log.kinds() == {"request", "response"}
    assert log.threads == {threading.get_ident()}


async def test_hooks_hear_of_a_connection_that_fails(peer_1_0: Peer) -> None:
    log = Log()
    with pytest.raises(ruvector.CardSignatureInvalid):
        await A2aClient.connect(peer_1_0.url, **log.options)
    await asyncio.sleep(0.05)
    assert log.kinds() == {"request", "response"}


async def test_a_hook_that_raises_does_no_harm(
    peer_1_0: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", seen.append)

    def broken(notice: Notice) -> None:
        raise ValueError("full disk")

    client = await A2aClient.connect(peer_1_0.url, card_keys=peer_1_0.jwks(), on_request=broken)
    async with client:
        assert (await client.send_task(ECHO)).status.state.is_terminal
        await asyncio.sleep(0.05)
    assert seen
    assert {type(one.exc_value) for one in seen} == {ValueError}


# --- limits of time and size


async def test_a_silent_stream_times_out(peer_1_0: Peer) -> None:
    client = await A2aClient.connect(peer_1_0.url, card_keys=peer_1_0.jwks(), idle_timeout_ms=200)
    async with client:
        peer_1_0.fault("stall_at", on="stream", at=2)
        peer_1_0.fault("stall_at", on="subscribe", at=0, times=100)
        with pytest.raises(ruvector.TransportError):
            async for _ in client.stream_task(TaskSpec("long", "long 60"), max_reconnects=0):
                pass


async def test_a_call_times_out(peer_1_0: Peer) -> None:
    client = await A2aClient.connect(peer_1_0.url, card_keys=peer_1_0.jwks(), timeout_ms=300)
    async with client:
        peer_1_0.fault("slow_head", on="get", times=9, pause_s=0.05)
        with pytest.raises(ruvector.Timeout) as caught:
            await client.get_task("t1")
        assert isinstance(caught.value, TimeoutError)


def test_a_large_card_is_refused(peer_1_0: Peer) -> None:
    with pytest.raises(ruvector.TransportError):
        A2aClient.connect_sync(peer_1_0.url, card_keys=peer_1_0.jwks(), max_card_bytes=100)


def test_an_address_is_refused_by_policy(peer_1_0: Peer) -> None:
    with pytest.raises(ruvector.TransportError):
        A2aClient.connect_sync(peer_1_0.url, allow_loopback=False)
    with pytest.raises(ruvector.TransportError):
        A2aClient.connect_sync("http://169.254.169.254/", connect_timeout_ms=2000)
    assert peer_1_0.operations() == []

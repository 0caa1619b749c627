"""Cards that are believed, and cards that are not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ruvector
from ruvector import A2aClient
from tests.python.a2a_clients import client_of, connect, trusting
from tests.python.a2a_server import signing
from tests.python.a2a_server.process import Peer, running

MY_ID = "bb42f5a06cec4f36e3e9173236e88cdba7aa1a7bf737f6c6c372aa4c9268573e"
OTHER_ID = "706db118bee93a17129952fb85e4cd19a1be250dfb2414d2c425a88e0b464d21"


@pytest.fixture
def new_rvagent_peer() -> Iterator[Peer]:
    """One whose card no client has seen: where it was, a process remembers for each origin."""
    with running(dialect="rvagent") as peer:
        yield peer


async def refused(peer: Peer, **options: Any) -> ruvector.CardSignatureInvalid:
    with pytest.raises(ruvector.CardSignatureInvalid) as caught:
        await connect(peer, **options)
    return caught.value


async def test_a_signed_card_is_believed_and_its_place_remembered(new_rvagent_peer: Peer) -> None:
    async with client_of(new_rvagent_peer) as client:
        card = client.card
        assert card.name == "rvagent-peer"
        assert [skill.id for skill in card.skills] == ["echo", "slow", "fail"]
        assert card.agent_id == MY_ID
        assert card.verification.method == "ed25519"
        assert client.protocol == "rvagent"
        assert {"name", "url", "skills", "metadata"} <= set(card.verification.covered_fields)
        assert card.verification.uncovered_fields == ()
    assert [seen["target"] for seen in new_rvagent_peer.stats()["seen"]] == [
        "/.well-known/agent-card.json",
        "/.well-known/agent.json",
    ]
    async with client_of(new_rvagent_peer):
        pass
    assert len(new_rvagent_peer.operations()) == 3, "where the card was is remembered"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            yield from leaves(item, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return ("0" if value[:1] != "0" else "1") + value[1:] if len(value) > 60 else value + "!"
    return ["changed"]


async def test_a_card_changed_anywhere_is_rejected(rvagent_peer: Peer) -> None:
    """Each member of the card, one after the other, also where missing signatures are admitted."""
    paths = list(leaves(rvagent_peer.card()))
    assert len(paths) > 25
    for path, value in paths:
        for options in ({}, {"strict_verify": False}):
            rvagent_peer.fault("card_tampered", on="card", path=path, value=changed(value))
            # A signature of another kind is none that we know, and so is a key of another size.
            with pytest.raises((ruvector.CardSignatureInvalid, ruvector.ProtocolError)) as caught:
                await connect(rvagent_peer, **options)
            if "url" not in path:
                assert isinstance(caught.value, ruvector.CardSignatureInvalid), path


@pytest.mark.parametrize("path", ["description", "version", "metadata.ruvector.agent_id", "skills"])
async def test_a_card_without_a_member_is_refused(rvagent_peer: Peer, path: str) -> None:
    rvagent_peer.fault("card_member_missing", on="card", path=path)
    with pytest.raises((ruvector.CardSignatureInvalid, ruvector.ProtocolError)):
        await connect(rvagent_peer)


async def test_a_card_signed_by_another_key_fails_only_where_an_identity_is_pinned(
    rvagent_peer: Peer,
) -> None:
    for options in ({}, {"trusted_agents": [OTHER_ID]}, {"expected_agent_id": OTHER_ID}):
        rvagent_peer.fault("card_by_another_key", on="card")
        async with client_of(rvagent_peer, **options) as client:
            assert client.card.agent_id == OTHER_ID
            assert client.card.verification.is_pinned == bool(options)
    for options in ({"trusted_agents": [MY_ID]}, {"expected_agent_id": MY_ID}):
        rvagent_peer.fault("card_by_another_key", on="card")
        await refused(rvagent_peer, **options)


async def test_a_member_that_nobody_signed_is_not_exposed(rvagent_peer: Peer) -> None:
    rvagent_peer.fault("card_tampered", on="card", path="extra", value={"a": 1})
    async with client_of(rvagent_peer) as client:
        assert client.card.verification.uncovered_fields == ("extra",)
        assert "extra" not in client.card.verification.covered_fields


@pytest.mark.parametrize("fault", ["card_signature_moved", "card_signature_renamed"])
async def test_a_signature_in_another_place_is_none(rvagent_peer: Peer, fault: str) -> None:
    rvagent_peer.fault(fault, on="card")
    await refused(rvagent_peer)


async def test_upper_case_digits_are_the_same_signature(rvagent_peer: Peer) -> None:
    rvagent_peer.fault("card_upper_case_hex", on="card")
    async with client_of(rvagent_peer) as client:
        assert client.card.agent_id == MY_ID


MALFORMED: list[tuple[str, dict[str, Any]]] = [
    ("card_key_size", {"size": 31}),
    ("card_key_size", {"size": 33}),
    ("card_small_order_key", {}),
    ("card_large_s", {}),
    ("card_signature_malformed", {"value": "text"}),
    ("card_signature_malformed", {"value": {}}),
    ("card_signature_malformed", {"value": []}),
    ("card_signature_malformed", {"value": None}),
    ("card_signature_member", {"alg": "none"}),
    ("card_signature_member", {"alg": None}),
    ("card_signature_member", {"public_key": None}),
    ("card_signature_member", {"signature": None}),
    ("card_signature_member", {"signature": ""}),
    ("card_signature_member", {"signature": "zz" * 64}),
    ("card_signature_member", {"signature": "00" * 63}),
    ("card_signature_member", {"public_key": 7}),
    ("card_resigned", {"path": "metadata.ruvector.agent_id", "value": OTHER_ID}),
    ("card_resigned", {"path": "metadata.ruvector.identity", "value": {"agent_id": OTHER_ID}}),
    ("card_resigned", {"path": "agentId", "value": OTHER_ID}),
]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(("fault", "arguments"), MALFORMED, ids=str)
async def test_what_is_no_right_signature_is_never_a_missing_one(
    rvagent_peer: Peer, fault: str, arguments: dict[str, Any], strict: bool
) -> None:
    rvagent_peer.fault(fault, on="card", **arguments)
    await refused(rvagent_peer, strict_verify=strict)


async def test_a_missing_signature_is_admitted_only_on_request(rvagent_peer: Peer) -> None:
    for options in ({}, {"trust": "tls"}):  # plain http: no certificate speaks for the card
        rvagent_peer.fault("card_unsigned", on="card")
        await refused(rvagent_peer, **options)
    rvagent_peer.fault("card_unsigned", on="card")
    async with client_of(rvagent_peer, strict_verify=False) as client:
        assert client.card.verification.method == "none"


async def test_an_unsigned_card_is_nobody_that_was_pinned(rvagent_peer: Peer) -> None:
    rvagent_peer.fault("card_unsigned", on="card")
    await refused(rvagent_peer, strict_verify=False, expected_agent_id=MY_ID)


async def test_an_invalid_card_at_the_new_path_is_final(new_rvagent_peer: Peer) -> None:
    new_rvagent_peer.fault("card_invalid_at_new_path")
    with pytest.raises(ruvector.ProtocolError):
        await connect(new_rvagent_peer)
    assert len(new_rvagent_peer.operations()) == 1


async def test_no_card_at_all_is_an_error(rvagent_peer: Peer) -> None:
    rvagent_peer.fault("card_absent", times=9)
    with pytest.raises(ruvector.A2aError) as caught:
        await connect(rvagent_peer)
    assert caught.value.http_status == 404


async def test_a_card_of_more_than_the_limit_is_refused(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer, max_card_bytes=2000):
        pass
    rvagent_peer.fault("big_body", on="card", size=2001)
    with pytest.raises(ruvector.TransportError, match="2000"):
        await connect(rvagent_peer, max_card_bytes=2000)


@pytest.mark.parametrize(
    ("fault", "arguments"),
    [
        ("duplicate_keys", {}),
        ("deep_nesting", {}),
        ("lone_surrogate", {}),
        ("cut_json", {}),
        ("raw_body", {"body": "[]"}),
        ("raw_body", {"hexadecimal": "7bff7d"}),
    ],
    ids=str,
)
async def test_a_card_that_is_no_plain_json_is_refused(
    rvagent_peer: Peer, fault: str, arguments: dict[str, Any]
) -> None:
    rvagent_peer.fault(fault, on="card", **arguments)
    with pytest.raises(ruvector.A2aError) as caught:
        await connect(rvagent_peer)
    assert isinstance(caught.value, ruvector.ProtocolError | ruvector.CardSignatureInvalid)


async def test_a_card_that_the_caller_has_is_verified_and_not_fetched(rvagent_peer: Peer) -> None:
    card = json.dumps(rvagent_peer.card(), ensure_ascii=False)
    async with await A2aClient.connect(card=card) as client:
        assert client.card.agent_id == MY_ID
    with pytest.raises(ruvector.CardSignatureInvalid):
        await A2aClient.connect(card=card.replace("test peer", "best peer"))
    assert rvagent_peer.stats()["connections"] == 0


# ---- signatures by JWS

FORM_CASES = [("1.0", form) for form in ("raw-jcs", "spec", "js", "py-ascii")] + [
    ("0.3", form) for form in ("raw-jcs", "py-0.3")
]


@pytest.mark.parametrize("alg", signing.ALGS)
@pytest.mark.parametrize(("dialect", "form"), FORM_CASES)
async def test_each_canonical_form_verifies(
    a2a_servers: Callable[[str], Peer], dialect: str, form: str, alg: str
) -> None:
    peer = a2a_servers(dialect)
    peer.configure(sign=form, alg=alg)
    async with client_of(peer) as client:
        verification = client.card.verification
        assert verification.method == "jws"
        assert verification.key_id == "test-1"
        assert verification.canonical_form
        assert client.protocol == dialect


@pytest.mark.parametrize("style", ["py", "js"])
async def test_the_cards_of_official_servers_verify(peer_1_0: Peer, style: str) -> None:
    """@a2a-js/sdk prints members that are not under its signature."""
    peer_1_0.configure(style=style)
    async with client_of(peer_1_0) as client:
        assert client.card.verification.method == "jws"
        assert client.card.description == "a 1.x test agent é"


@pytest.mark.parametrize("dialect", ["0.3", "1.0"])
async def test_tampered_official_cards_are_refused(
    a2a_servers: Callable[[str], Peer], dialect: str
) -> None:
    peer = a2a_servers(dialect)
    for path, value in leaves(peer.card()):
        peer.fault("card_tampered", on="card", path=path, value=changed(value))
        for options in ({}, {"strict_verify": False}):
            with pytest.raises((ruvector.CardSignatureInvalid, ruvector.ProtocolError)):
                await connect(peer, **options)
            peer.fault("card_tampered", on="card", path=path, value=changed(value))
        peer.reset()


async def test_official_cards_need_a_key_of_the_caller(peer_1_0: Peer) -> None:
    with pytest.raises(ruvector.CardSignatureInvalid):
        await A2aClient.connect(peer_1_0.url)
    other = signing.JwsKey("EdDSA").jwk()  # of the same name, and of another kind
    with pytest.raises(ruvector.CardSignatureInvalid):
        await A2aClient.connect(peer_1_0.url, card_keys={"keys": [other]})


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256K", "RS1"])
@pytest.mark.parametrize("strict", [True, False])
async def test_weak_algorithms_are_refused(peer_1_0: Peer, alg: str, strict: bool) -> None:
    peer_1_0.fault("card_jws_alg", on="card", alg=alg)
    await refused(peer_1_0, strict_verify=strict)


@pytest.mark.parametrize(
    "members",
    [
        {"signature": ""},
        {"signature": "!!"},
        {"protected": "e30"},
        {"protected": ""},
        {"protected": 7},
    ],
    ids=str,
)
async def test_malformed_signatures_of_official_cards_are_refused(
    peer_1_0: Peer, members: dict[str, Any]
) -> None:
    peer_1_0.fault("card_jws_member", on="card", **members)
    await refused(peer_1_0, strict_verify=False)


# ---- where a card sends its callers


async def test_an_interface_at_another_origin_is_refused_unless_permitted(peer_1_0: Peer) -> None:
    peer_1_0.configure(advertised_url="http://127.0.0.1:1")
    with pytest.raises(ruvector.A2aError, match=r"127\.0\.0\.1:1\b"):
        await connect(peer_1_0)
    async with client_of(peer_1_0, allow_other_origin=True) as client:
        assert client.endpoint.startswith("http://127.0.0.1:1")
    async with client_of(peer_1_0, rewrite_to_origin=True) as client:
        assert client.endpoint.startswith(peer_1_0.url)
        assert (
            await client.send_task(ruvector.TaskSpec("echo", "echo hi"))
        ).status.state == "completed"


async def test_rvagent_is_called_where_it_was_found(rvagent_peer: Peer) -> None:
    rvagent_peer.configure(advertised_url="http://127.0.0.1:1")
    async with client_of(rvagent_peer) as client:
        task = await client.send_task(ruvector.TaskSpec("echo", "hi"))
        assert task.status.state == "completed"


async def test_a_base_with_a_path_is_kept(rvagent_peer: Peer) -> None:
    rvagent_peer.configure(prefix="/agents/a")
    url = f"{rvagent_peer.url}/agents/a"
    async with await A2aClient.connect(url, **trusting(rvagent_peer)) as client:
        task = await client.send_task(ruvector.TaskSpec("echo", "hi"))
        assert task.artifacts[0].text == "hi"


async def test_the_binding_can_be_chosen(a2a_servers: Callable[[str], Peer]) -> None:
    for dialect in ("0.3", "1.0"):
        peer = a2a_servers(dialect)
        async with client_of(peer, binding="HTTP+JSON") as client:
            assert client.binding == "HTTP+JSON"
        peer.configure(binding="http+json")
        async with client_of(peer) as client:
            assert client.binding == "HTTP+JSON"

"""Cards of the test server verify where they should."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.python.a2a_server import signing
from tests.python.a2a_server.cards import spoiled
from tests.python.a2a_server.process import Peer


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify_jws(card: dict[str, Any], jwk: dict[str, Any], payload: bytes) -> None:
    """Throws InvalidSignature. Written against RFC 7515 and 7518, not with signing.py."""
    signature = card["signatures"][0]
    data = f"{signature['protected']}.{signing.b64url(payload)}".encode()
    raw = decoded(signature["signature"])
    if jwk["kty"] == "OKP":
        Ed25519PublicKey.from_public_bytes(decoded(jwk["x"])).verify(raw, data)
        return
    names = ("n", "e") if jwk["kty"] == "RSA" else ("x", "y")
    first, second = (int.from_bytes(decoded(jwk[name]), "big") for name in names)
    if jwk["kty"] == "RSA":
        key = rsa.RSAPublicNumbers(second, first).public_key()
        key.verify(raw, data, padding.PKCS1v15(), hashes.SHA256())
        return
    half = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    curve = ec.EllipticCurvePublicNumbers(first, second, ec.SECP256R1()).public_key()
    curve.verify(encode_dss_signature(*half), data, ec.ECDSA(hashes.SHA256()))


PAYLOADS = {  # what each producer signs of {"b": é, "a": 1, "skills": [], "name": ""}
    "raw-jcs": '{"a":1,"b":"é","name":"","skills":[]}'.encode(),
    "spec": '{"a":1,"b":"é","name":"","skills":[]}'.encode(),
    "js": '{"a":1,"b":"é"}'.encode(),
    "py-ascii": b'{"a":1,"b":"\\u00e9"}',
    "py-0.3": b'{"a":1,"b":"\\u00e9"}',
}


@pytest.mark.parametrize("alg", signing.ALGS)
@pytest.mark.parametrize("form", signing.FORMS)
def test_cards_are_signed_in_each_canonical_form(form: str, alg: str) -> None:
    key = signing.JwsKey(alg)
    card = {"b": "é", "a": 1, "skills": [], "name": ""}
    signed = signing.sign_jws(card, form, key)
    verify_jws(signed, key.jwk(), PAYLOADS[form])
    with pytest.raises(InvalidSignature):
        verify_jws(signed, key.jwk(), PAYLOADS[form] + b" ")


def test_the_reference_vector_is_reproduced() -> None:
    """An independent implementation's signature of a card with the key of 32 bytes 7."""
    skill = {"description": "x", "id": "echo", "inputModes": ["text/plain"], "name": "echo"}
    agent_id = "bb42f5a06cec4f36e3e9173236e88cdba7aa1a7bf737f6c6c372aa4c9268573e"
    card = {
        "authentication": {"schemes": []},
        "capabilities": {"pushNotifications": False, "streaming": True},
        "description": "d",
        "metadata": {"ruvector": {"agent_id": agent_id}},
        "name": "signer",
        "provider": {"organization": "ruvector"},
        "skills": [{**skill, "outputModes": ["text/plain"], "tags": ["test"]}],
        "url": "http://127.0.0.1:8080",
        "version": "0.1.0",
    }
    assert signing.agent_id(signing.public_key(signing.KEY_SEED)) == agent_id
    signature = signing.sign_ed25519(card)["metadata"]["ruvector"]["signature"]
    assert signature["signature"] == (
        "9a25b999fff03415fd8955be0b359b04b0d8bd7a4a0fb1392e7ec022982ef6e2"
        "aa6eb22dddb29b4ed55f2abe44385b7e1d6c0e6ad638976a814a7d797dd4880f"
    )


def test_a_small_order_key_would_verify_without_a_check(rvagent_peer: Peer) -> None:
    card = json.loads(spoiled(rvagent_peer.card(), "card_small_order_key"))
    signature = card["metadata"]["ruvector"]["signature"]
    assert signature["public_key"] == "01" + "00" * 31
    assert bytes.fromhex(signature["signature"]) == b"\x01" + bytes(63)
    assert card["metadata"]["ruvector"]["agent_id"] == signing.agent_id(b"\x01" + bytes(31))

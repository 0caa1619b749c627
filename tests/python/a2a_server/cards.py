"""The cards that the server gives, and what can be wrong with one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from . import signing
from .options import Options
from .signing import JwsKey, compact

Json = dict[str, Any]

_CARD_SKILLS = ("echo", "slow", "fail")  # as the recorded rvAgent has them


def rvagent_card(options: Options, url: str) -> Json:
    skills = [
        {
            "id": name,
            "name": name,
            "description": name,
            "tags": ["test"],
            "inputModes": ["text/plain"],
            "outputModes": ["text/plain"],
        }
        for name in _CARD_SKILLS
    ]
    return {
        "name": "rvagent-peer",
        "description": "test peer",
        "url": options.advertised_url or url,
        "provider": {"organization": "test"},
        "version": "0.1.0",
        "capabilities": {"streaming": True, "pushNotifications": False},
        "skills": skills,
        "authentication": {"schemes": ["bearer"] if options.token else []},
        "metadata": {
            "ruvector": {"agent_id": signing.agent_id(signing.public_key(signing.KEY_SEED))}
        },
    }


def _modes_and_skills() -> Json:
    return {
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/plain"],
        "skills": [{"id": "echo", "name": "echo", "description": "echoes", "tags": ["test"]}],
    }


def card_0_3(options: Options, url: str) -> Json:
    base = options.advertised_url or url
    ways = [("JSONRPC", f"{base}/"), ("HTTP+JSON", f"{base}/rest")]
    if options.binding == "http+json":
        ways.reverse()
    card = {
        "name": f"{options.style}03",
        "description": "a 0.3 test agent",
        "version": "1.0.0",
        "protocolVersion": "0.3.0",
        "url": ways[0][1],
        "preferredTransport": ways[0][0],
        "additionalInterfaces": [{"url": where, "transport": way} for way, where in ways],
        "capabilities": {"streaming": True, "pushNotifications": True},
        **_modes_and_skills(),
    }
    if options.token:
        card["securitySchemes"] = {"login": {"type": "http", "scheme": "bearer"}}
        card["security"] = [{"login": []}]
    if options.api_key:
        key = {"type": "apiKey", "in": options.api_key_in, "name": "X-Api-Key"}
        card["securitySchemes"] = {"key": key}
        card["security"] = [{"key": []}]
    return card


def card_1_0(options: Options, url: str) -> Json:
    base = options.advertised_url or url
    ways = [("JSONRPC", f"{base}/"), ("HTTP+JSON", f"{base}/rest")]
    if options.binding == "http+json":
        ways.reverse()
    versions = ["1.0", "0.3"] if options.also_0_3 else ["1.0"]
    card: Json = {
        "name": f"{options.style}10",
        "description": "a 1.x test agent é",
        "supportedInterfaces": [
            {"url": where, "protocolBinding": way, "protocolVersion": version}
            for version in versions
            for way, where in ways
        ],
        "version": "1.0.0",
        "capabilities": {"streaming": True, "pushNotifications": True},
        **_modes_and_skills(),
    }
    if options.token:
        card["securitySchemes"] = {"login": {"httpAuthSecurityScheme": {"scheme": "bearer"}}}
        card["securityRequirements"] = [{"schemes": {"login": {"list": []}}}]
    if options.api_key:
        key = {"location": options.api_key_in, "name": "X-Api-Key"}
        card["securitySchemes"] = {"key": {"apiKeySecurityScheme": key}}
        card["securityRequirements"] = [{"schemes": {"key": {"list": []}}}]
    if options.style == "js":  # prints what is empty, too, after signing as if it did not
        card["capabilities"] |= {"extensions": [], "extendedAgentCard": False}
    return card


_DEFAULT_FORMS = {("0.3", "py"): "py-0.3", ("1.0", "py"): "js", ("1.0", "js"): "js"}


class CardMaker:
    """Makes the card that a server of these options gives."""

    def __init__(self, options: Options, url: str) -> None:
        self._options = options
        self.key = JwsKey(options.alg)
        self.card = self._make(url)

    def _make(self, url: str) -> Json:
        options = self._options
        form = options.sign
        if options.dialect == "rvagent":
            card = rvagent_card(options, url)
            return card if form == "none" else signing.sign_ed25519(card)
        card = card_0_3(options, url) if options.dialect == "0.3" else card_1_0(options, url)
        if form == "default":
            form = _DEFAULT_FORMS.get((options.dialect, options.style), "none")
        if form == "none":
            return card
        if form == "js" and options.style == "js":
            return self._signed_before_printing(card)
        return signing.sign_jws(card, form, self.key)

    def _signed_before_printing(self, card: Json) -> Json:
        plain = copy.deepcopy(card)
        del plain["capabilities"]["extensions"]
        signed = signing.sign_jws(plain, "js", self.key)
        return {**card, "signatures": signed["signatures"]}

    def text(self) -> bytes:
        card = self.card
        if self._options.dialect == "0.3" and self._options.style == "py":
            return json.dumps(card, separators=(",", ":"), sort_keys=True).encode()
        return compact(card).encode()

    def jwks(self) -> Json:
        return {"keys": [self.key.jwk()]}


def _ruvector(card: Json) -> Json:
    found: Json = card["metadata"]["ruvector"]
    return found


def _set(card: Json, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    place: Any = card
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place[name]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value


def _tampered(card: Json, path: str = "name", value: Any = "somebody else") -> Json:
    _set(card, path, value)
    return card


def _without(card: Json, path: str = "description") -> Json:
    *parents, last = path.split(".")
    place: Any = card
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place[name]
    del place[last]
    return card


def _by_another_key(card: Json) -> Json:
    key = signing.public_key(signing.OTHER_SEED)
    _ruvector(card).pop("signature")
    _ruvector(card)["agent_id"] = signing.agent_id(key)
    return signing.sign_ed25519(card, signing.OTHER_SEED)


def _resigned(card: Json, path: str, value: Any) -> Json:
    """Changed, and signed again by the same key."""
    _ruvector(card).pop("signature")
    _set(card, path, value)
    return signing.sign_ed25519(card)


def _moved(card: Json) -> Json:
    card["signature"] = _ruvector(card).pop("signature")
    return card


def _renamed(card: Json, name: str = "Signature") -> Json:
    _ruvector(card)[name] = _ruvector(card).pop("signature")
    return card


def _upper_case(card: Json) -> Json:
    signature = _ruvector(card)["signature"]
    for name in ("public_key", "signature"):
        signature[name] = signature[name].upper()
    return card


def _signature(card: Json, **members: Any) -> Json:
    """The signature object with members replaced; None takes one away."""
    signature = _ruvector(card)["signature"]
    for name, value in members.items():
        if value is None:
            signature.pop(name)
        else:
            signature[name] = value
    return card


def _whole_signature(card: Json, value: Any = "malformed") -> Json:
    _ruvector(card)["signature"] = value
    return card


def _key_of(card: Json, size: int = 31) -> Json:
    signature = _ruvector(card)["signature"]
    signature["public_key"] = (signature["public_key"] + "00")[: 2 * size]
    return card


def _small_order(card: Json) -> Json:
    """A key of order 1, under which R = identity, S = 0 verifies for any text."""
    identity = (b"\x01" + bytes(31)).hex()
    _ruvector(card)["agent_id"] = signing.agent_id(bytes.fromhex(identity))
    signature = identity + bytes(32).hex()
    return _signature(card, public_key=identity, signature=signature)


def _large_s(card: Json) -> Json:
    """S + L is the same number to a careless verifier."""
    signature = bytes.fromhex(_ruvector(card)["signature"]["signature"])
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order
    return _signature(card, signature=(signature[:32] + s.to_bytes(32, "little")).hex())


def _unsigned(card: Json) -> Json:
    if "metadata" in card:
        _ruvector(card).pop("signature", None)
    card.pop("signatures", None)
    return card


def _jws(card: Json, **members: Any) -> Json:
    for name, value in members.items():
        card["signatures"][0][name] = value
    return card


def _jws_alg(card: Json, alg: str = "none") -> Json:
    head = signing.b64url(compact({"alg": alg, "kid": "test-1", "typ": "JOSE"}).encode())
    return _jws(card, protected=head, signature="" if alg == "none" else signing.b64url(bytes(32)))


# By name: what to do to a card that is right.
CARD_FAULTS: dict[str, Callable[..., Json]] = {
    "card_tampered": _tampered,
    "card_member_missing": _without,
    "card_by_another_key": _by_another_key,
    "card_resigned": _resigned,
    "card_signature_moved": _moved,
    "card_signature_renamed": _renamed,
    "card_upper_case_hex": _upper_case,
    "card_signature_member": _signature,
    "card_signature_malformed": _whole_signature,
    "card_key_size": _key_of,
    "card_small_order_key": _small_order,
    "card_large_s": _large_s,
    "card_unsigned": _unsigned,
    "card_jws_member": _jws,
    "card_jws_alg": _jws_alg,
}


def spoiled(card: Json, fault: str, **arguments: Any) -> bytes:
    """The card's text with a fault."""
    return compact(CARD_FAULTS[fault](copy.deepcopy(card), **arguments)).encode()

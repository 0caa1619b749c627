"""Signatures of cards: rvAgent's own, and JWS in every canonical form that is found in the wild."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Json = dict[str, Any]

KEY_SEED = bytes([7]) * 32  # of the reference vector
OTHER_SEED = bytes([9]) * 32

_REQUIRED = {
    "name",
    "description",
    "supportedInterfaces",
    "version",
    "capabilities",
    "defaultInputModes",
    "defaultOutputModes",
    "skills",
    "id",
    "tags",
    "url",
    "protocolBinding",
    "protocolVersion",
}
_DEFAULTS_0_3 = {"protocolVersion": "0.3.0", "preferredTransport": "JSONRPC"}


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def rvagent_canonical(card: Json) -> bytes:
    """The card without its signature, keys sorted by their bytes."""
    copy: Json = json.loads(json.dumps(card))
    ruvector = (copy.get("metadata") or {}).get("ruvector")
    if isinstance(ruvector, dict):
        ruvector.pop("signature", None)
    return json.dumps(copy, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def public_key(seed: bytes) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def agent_id(key: bytes) -> str:
    return hashlib.shake_256(key).hexdigest(32)


def sign_ed25519(card: Json, seed: bytes = KEY_SEED) -> Json:
    """Adds ``metadata.ruvector.signature``, and nothing else."""
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(rvagent_canonical(card))
    signed: Json = json.loads(json.dumps(card))
    metadata = signed["metadata"] = signed.get("metadata") or {}
    ruvector = metadata.setdefault("ruvector", {})
    ruvector["signature"] = {
        "alg": "ed25519-hex",
        "public_key": public_key(seed).hex(),
        "signature": signature.hex(),
    }
    return signed


def _jcs_number(value: float) -> str:
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent):+d}" if mark else text


def jcs(value: Any) -> str:
    """RFC 8785."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{compact(name)}:{jcs(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(jcs(item) for item in value) + "]"
    return _jcs_number(value) if isinstance(value, float) else compact(value)


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _without_empties(value: Any, kept: set[str]) -> Any:
    if isinstance(value, list):
        items = [_without_empties(item, kept) for item in value]
        return [item for item in items if not _is_empty(item)]
    if not isinstance(value, dict):
        return value
    cleaned = {name: _without_empties(item, kept) for name, item in value.items()}
    return {name: item for name, item in cleaned.items() if name in kept or not _is_empty(item)}


def _ascii(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _form_0_3(card: Json) -> str:
    rest = {name: item for name, item in card.items() if _DEFAULTS_0_3.get(name) != item}
    # Each class of a scheme has its type as a default.
    rest["securitySchemes"] = {
        scheme: {name: item for name, item in members.items() if name != "type"}
        for scheme, members in card.get("securitySchemes", {}).items()
    }
    return _ascii(_without_empties(rest, set()))


# What is signed, by the name of its producer.
FORMS = {
    "raw-jcs": jcs,
    "spec": lambda card: jcs(_without_empties(card, _REQUIRED)),
    "js": lambda card: jcs(_without_empties(card, set())),
    "py-ascii": lambda card: _ascii(_without_empties(card, set())),
    "py-0.3": _form_0_3,
}
ALGS = ("ES256", "EdDSA", "RS256")


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class JwsKey:
    """A key for signing, with its public half as a JWK."""

    def __init__(self, alg: str, kid: str = "test-1") -> None:
        self.alg = alg
        self.kid = kid
        self._ed25519 = Ed25519PrivateKey.from_private_bytes(KEY_SEED)
        self._ec = ec.derive_private_key(7**40, ec.SECP256R1())
        self._rsa = rsa.generate_private_key(65537, 2048) if alg == "RS256" else None

    def sign(self, data: bytes) -> bytes:
        if self.alg == "EdDSA":
            return self._ed25519.sign(data)
        if self._rsa is not None:
            return self._rsa.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self._ec.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def jwk(self) -> Json:
        head = {"kid": self.kid, "alg": self.alg, "use": "sig"}
        if self.alg == "EdDSA":
            return {**head, "kty": "OKP", "crv": "Ed25519", "x": b64url(public_key(KEY_SEED))}
        if self._rsa is not None:
            numbers = self._rsa.public_key().public_numbers()
            n, e = (_big(number) for number in (numbers.n, numbers.e))
            return {**head, "kty": "RSA", "n": n, "e": e}
        point = self._ec.public_key().public_numbers()
        x, y = (b64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
        return {**head, "kty": "EC", "crv": "P-256", "x": x, "y": y}


def _big(number: int) -> str:
    return b64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def sign_jws(card: Json, form: str, key: JwsKey, **protected: Any) -> Json:
    """Adds one of ``signatures``, of the card in the canonical form ``form``."""
    rest = {name: item for name, item in card.items() if name != "signatures"}
    head = {"alg": key.alg, "kid": key.kid, "typ": "JOSE", **protected}
    encoded = b64url(_ascii(head).encode())
    signing_input = f"{encoded}.{b64url(FORMS[form](rest).encode())}"
    signature = {"protected": encoded, "signature": b64url(key.sign(signing_input.encode()))}
    return {**rest, "signatures": [*card.get("signatures", []), signature]}

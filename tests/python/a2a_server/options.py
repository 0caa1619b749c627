"""What a server is like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Dialect = Literal["rvagent", "0.3", "1.0"]
Style = Literal["py", "js"]
Binding = Literal["jsonrpc", "http+json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The defaults are what the real servers do, but for pauses."""

    dialect: Dialect = "rvagent"
    binding: Binding = "jsonrpc"  # the one that the card prefers; official dialects have both
    style: Style = "py"  # whose server an official dialect imitates: a2a-sdk's or @a2a-js/sdk's
    port: int = 0
    control_port: int = 0
    ping_s: float = 15.0  # between comments on a quiet stream
    step_ms: float = 5.0  # between the steps of slow skills
    token: str = ""  # if set, calls need "Bearer <token>"; the card does not
    card_token: str = ""  # the same for the card
    api_key: str = ""  # if set, calls need it where ``api_key_in`` says, as "X-Api-Key"
    api_key_in: Literal["header", "query", "cookie"] = "header"
    sign: str = "default"  # none, ed25519, or a canonical form of signing.FORMS
    alg: str = "ES256"  # of JWS
    also_0_3: bool = False  # a 1.0 server that speaks 0.3, too
    subscribe_verb: Literal["any", "GET", "POST"] = "any"
    advertised_url: str = ""  # instead of the true one, in the card
    prefix: str = ""  # a path before all others
    queue: int = 256  # events that a slow subscriber of rvagent may be behind

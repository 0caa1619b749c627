"""The keyword arguments of ``A2aClient.connect``."""

from __future__ import annotations

import inspect
import json
import os
import sys
import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from ruvector.a2a_card import AgentCard, ProtocolName
from ruvector.a2a_spec import ClientBudget, TaskEstimate, TaskSpec
from ruvector.a2a_types import Notice

if TYPE_CHECKING:
    import asyncio

__all__ = ["Authorization", "BindingName", "ConnectOptions", "CostEstimator", "Hook"]

BindingName: TypeAlias = Literal["JSONRPC", "HTTP+JSON"]
# Gives the value of the header; the argument is True after the last one was refused.
Authorization: TypeAlias = Callable[[bool], str | Awaitable[str]]
CostEstimator: TypeAlias = Callable[[TaskSpec, AgentCard], TaskEstimate | None]
Hook: TypeAlias = Callable[[Notice], object]


class ConnectOptions(TypedDict, total=False):
    """What ``A2aClient.connect`` and ``connect_sync`` take by keyword; all may be left out."""

    card: bytes | str | AgentCard | None
    """A card that the caller has, in place of fetching one; it is verified as well."""

    # What makes a card believed.
    strict_verify: bool
    """False admits a missing signature, never a wrong one; for tests. Default True."""
    trust: Literal["signature", "tls"]
    """``"tls"``: an unsigned card is believed, too, when it comes by https."""
    expected_agent_id: str | None
    """The one identity to accept, 64 hexadecimal digits."""
    trusted_agents: Iterable[str]
    """The identities to accept; none means any."""
    card_keys: Mapping[str, Any] | str | os.PathLike[str] | None
    """JSON Web Key Set for cards signed by JWS: a dict, JSON text, or the path of a file."""

    # Which of the agent's interfaces.
    protocol: Literal["auto"] | ProtocolName
    """The dialect, in place of what the card's shape says."""
    binding: Literal["auto"] | BindingName
    """Of several interfaces, this one."""
    allow_downgrade: bool
    """Speak an older dialect of the card after ``VersionNotSupported``."""
    allow_other_origin: bool
    """Accept interfaces at another origin than the card's."""
    rewrite_to_origin: bool
    """Take interfaces to be at the card's origin, whatever they say."""
    extensions: Iterable[str]
    """URIs of extensions to ask for."""

    # Who asks.
    authorization: str | Authorization | None
    """The header ``Authorization``, such as ``"Bearer ..."``, or a function, also a coroutine
    function, that gives it: called once before the first request and again, with True, after a
    401. Goes to the card's origin only. Functions run on threads of the library, coroutines on the
    loop that connects."""
    api_key: str | None
    """Sent where the card's apiKey scheme says."""
    headers: Mapping[str, str] | None
    """Sent with each request to the card's origin."""
    agent_id: str
    """Of this side, for ``TaskContext``."""
    send_deep_contexts: bool
    """rvAgent's servers refuse tasks that come from another task, so depth and visited agents are
    not sent to them. True: they are. Default False."""

    # What tasks may cost.
    budget: ClientBudget | None
    """Limits of all tasks of the client together."""
    cost_estimator: CostEstimator | None
    """Called with (spec, card) for specs without an estimate, on the calling thread."""
    on_missing_estimate: Literal["allow", "reject"]
    """What a task with a limit of cost or tokens gets that nobody has an estimate for."""

    # The network.
    connect_timeout_ms: int
    """Default 10,000."""
    timeout_ms: int
    """Of a call that is no stream, in all; a task that blocks has its policy's duration. Default
    30,000."""
    header_timeout_ms: int
    """Of a stream until it begins. Default 30,000."""
    idle_timeout_ms: int
    """Of a stream, between two bytes of any kind. Default 60,000."""
    ca_file: str | os.PathLike[str] | None
    """Default: the one that Python's ``ssl`` uses."""
    client_certificate: str | os.PathLike[str] | None
    """A PEM file."""
    client_key: str | os.PathLike[str] | None
    """A PEM file."""
    client_key_password: str | None
    """Of ``client_key``."""
    proxy: str | None
    """Default: as the environment says; ``""``: none."""
    allow_plain_http: bool
    """``http://`` to what is no loopback address. Default False."""
    allow_loopback: bool
    """Default True."""
    allow_private: bool
    """Addresses of private networks. Default True."""
    allow_link_local: bool
    """Link-local addresses and those where clouds keep metadata. Default False."""
    max_card_bytes: int
    """Default 1 MiB."""
    max_body_bytes: int
    """Of an answer that is no stream. Default 64 MiB."""
    max_event_bytes: int
    """Of one event of a stream. Default 16 MiB."""
    user_agent: str
    """Default ``"ruvector/<version>"``."""

    # For logs and traces. Hooks run on the thread of the event loop; those of a client that is used
    # without one in the calls that wait, before they return.
    on_request: Hook | None
    """A request begins."""
    on_response: Hook | None
    """Its answer begins."""
    on_event: Hook | None
    """An update of a stream came."""
    on_retry: Hook | None
    """A request is tried again, or a stream taken up again."""


_PATHS = ("ca_file", "client_certificate", "client_key")


def native_options(options: ConnectOptions) -> dict[str, Any]:
    """The options as the native client takes them. Coroutines will run on the running loop."""
    unknown = options.keys() - ConnectOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"connect() got an unexpected keyword argument {min(unknown)!r}")
    native: dict[str, Any] = {**options}
    native.pop("cost_estimator", None)  # called here
    for name in _PATHS:
        if native.get(name) is not None:
            native[name] = os.fspath(native[name])
    if native.get("ca_file") is None:
        native["ca_file"] = _default_ca_file()
    native["card"] = _card_bytes(options.get("card"))
    native["card_keys"] = _key_set(options.get("card_keys"))
    headers = options.get("headers")
    native["headers"] = None if headers is None else tuple(headers.items())
    authorization = options.get("authorization")
    if callable(authorization):
        native["authorization"] = _waiting(authorization)
    return native


def _default_ca_file() -> str | None:
    import ssl

    return ssl.get_default_verify_paths().cafile


def _card_bytes(card: bytes | str | AgentCard | None) -> bytes | None:
    if isinstance(card, AgentCard):
        if not card.raw:
            raise ValueError("card: this AgentCard has no raw bytes to verify")
        return card.raw
    return card.encode() if isinstance(card, str) else card


def _key_set(keys: Mapping[str, Any] | str | os.PathLike[str] | None) -> str | None:
    if keys is None:
        return None
    if isinstance(keys, Mapping):
        return json.dumps(keys)
    if isinstance(keys, str) and keys.lstrip().startswith("{"):
        return keys
    return Path(keys).read_text(encoding="utf-8")


def _waiting(authorization: Authorization) -> Callable[[bool], object]:
    """A function for a thread of the library, which waits for what coroutines give."""
    asyncio = sys.modules.get("asyncio")  # without it no loop runs
    loop = None if asyncio is None else asyncio._get_running_loop()
    # The client must not keep the loop.
    weak_loop = None if loop is None else weakref.ref(loop)

    def authorize(is_refresh: bool) -> object:
        answer = authorization(is_refresh)
        if not inspect.isawaitable(answer):
            return answer
        return _outcome(answer, None if weak_loop is None else weak_loop())

    return authorize


def _outcome(answer: Awaitable[str], loop: asyncio.AbstractEventLoop | None) -> object:
    import asyncio

    async def wait() -> str:
        return await answer

    if loop is None:  # connected by a call that waits
        return asyncio.run(wait())
    future = asyncio.run_coroutine_threadsafe(wait(), loop)
    while True:
        try:
            return future.result(timeout=0.5)
        except TimeoutError:
            if future.done():
                raise
            if loop.is_closed():
                future.cancel()
                raise RuntimeError("the event loop was closed") from None

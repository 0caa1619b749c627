"""What can go wrong with an answer, by name. A test picks a fault and the requests that get it.

``EDITS`` change a whole answer, ``STREAM_EDITS`` the events of a stream, ``DELIVERIES`` how the
bytes are sent (delivery.py has them), ``cards.CARD_FAULTS`` the card.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from .cards import CARD_FAULTS
from .wire import Frame, Reply

Json = dict[str, Any]
Frames = AsyncIterator[Frame | bytes]


@dataclass(slots=True)
class Fault:
    """``on``: an operation (card, send, stream, ...) or "any"."""

    name: str
    on: str = "any"
    times: int = 1
    skip: int = 0  # requests that are spared first
    arguments: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ValueError(f"no fault is called {self.name!r}")

    def takes(self, operation: str) -> bool:
        """Whether it strikes now; counts down."""
        if self.on not in ("any", operation) or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


# ---- whole answers


def _with_body(reply: Reply, body: bytes) -> Reply:
    reply.frames = None
    reply.body = body
    reply.set("transfer-encoding", None)
    reply.set("content-length", str(len(body)))
    return reply


def _status(
    reply: Reply,
    status: int = 503,
    headers: Json | None = None,
    body: str = "",
    content_type: str = "text/plain",
) -> Reply:
    """Another status: 204, 301 with a Location, 401, 403, 413, 429 with Retry-After, 503, ..."""
    reply.status = status
    reply.set("content-type", content_type)
    _with_body(reply, body.encode())
    if status in (204, 304):
        reply.set("content-length", None)
    for name, value in (headers or {}).items():
        reply.set(name, value)
    return reply


def _content_type(reply: Reply, value: str | None = None) -> Reply:
    reply.set("content-type", value)
    return reply


def _json_error(
    reply: Reply, code: int = -32603, message: str = "no stream", id: Any = None
) -> Reply:
    """A JSON-RPC error where a stream or a result is due, with HTTP 200."""
    reply.set("content-type", "application/json")
    error = {"code": code, "message": message}
    return _with_body(reply, json.dumps({"jsonrpc": "2.0", "id": id, "error": error}).encode())


def _gzip_body(reply: Reply) -> Reply:
    reply.set("content-encoding", "gzip")
    return _with_body(reply, gzip.compress(reply.body))


def _raw_body(reply: Reply, body: str = "", hexadecimal: str = "") -> Reply:
    """Any bytes in place of the right ones."""
    return _with_body(reply, bytes.fromhex(hexadecimal) if hexadecimal else body.encode())


def _cut_json(reply: Reply, size: int = 10) -> Reply:
    return _with_body(reply, reply.body[:size])


def _wrong_id(reply: Reply, id: Any = "not-yours") -> Reply:
    answer = json.loads(reply.body)
    answer["id"] = id
    return _with_body(reply, json.dumps(answer).encode())


def _insert(reply: Reply, member: str) -> Reply:
    """Puts the text of a member first into the outermost object."""
    assert reply.body.startswith(b"{")
    return _with_body(reply, b"{" + member.encode() + b"," + reply.body[1:])


def _duplicate_keys(reply: Reply) -> Reply:
    """The first member of the outermost object, twice."""
    found = re.match(rb'\{"([^"]+)":', reply.body)
    assert found is not None
    return _insert(reply, f'"{found[1].decode()}":null')


def _deep(reply: Reply, depth: int = 100_000) -> Reply:
    return _insert(reply, '"deep":' + "[" * depth + "]" * depth)


def _huge_number(reply: Reply, number: str = "1e999999") -> Reply:
    return _insert(reply, f'"number":{number}')


def _lone_surrogate(reply: Reply) -> Reply:
    return _insert(reply, r'"text":"\ud800"')


def _big_body(reply: Reply, size: int) -> Reply:
    """Spaces before the right JSON, up to ``size`` bytes in all."""
    return _with_body(reply, b" " * (size - len(reply.body)) + reply.body)


def _big_head(reply: Reply, size: int = 70_000) -> Reply:
    reply.headers.append(("X-Big", "x" * size))
    return reply


def _header(reply: Reply, name: str, value: str | None) -> Reply:
    reply.set(name, value)
    return reply


EDITS: dict[str, Callable[..., Reply]] = {
    "status": _status,
    "content_type": _content_type,
    "json_error": _json_error,
    "gzip_body": _gzip_body,
    "raw_body": _raw_body,
    "cut_json": _cut_json,
    "wrong_id": _wrong_id,
    "duplicate_keys": _duplicate_keys,
    "deep_nesting": _deep,
    "huge_number": _huge_number,
    "lone_surrogate": _lone_surrogate,
    "big_body": _big_body,
    "big_head": _big_head,
    "header": _header,
}


# ---- events of a stream


def _rendered(item: Frame | bytes) -> bytes:
    return item if isinstance(item, bytes) else item.render()


async def _line_endings(frames: Frames, eol: str) -> Frames:
    async for item in frames:
        assert isinstance(item, Frame)
        yield Frame(item.data, item.event, eol)


async def _bom(frames: Frames) -> Frames:
    yield b"\xef\xbb\xbf"
    async for item in frames:
        yield item


async def _comment_flood(frames: Frames, count: int = 1000) -> Frames:
    async for item in frames:
        yield b": not an event\n" * count + b"\n"
        yield item


async def _multi_line(frames: Frames) -> Frames:
    """The JSON of each event over many data lines."""
    async for item in frames:
        assert isinstance(item, Frame)
        yield Frame(json.dumps(json.loads(item.data), indent=1), item.event, item.eol)


async def _no_space(frames: Frames) -> Frames:
    """Nothing after the colons, which is as good."""
    async for item in frames:
        yield re.sub(rb"(?m)^(event|data): ", rb"\1:", _rendered(item))


async def _foreign_separators(frames: Frames) -> Frames:
    """Line separators of Unicode within strings, which end no line here."""
    async for item in frames:
        yield _rendered(item).replace(b"step", "st\u2028e\u2029p\u0085".encode())


async def _ids(frames: Frames) -> Frames:
    """An id of no use and a time to reconnect, with each event."""
    async for item in frames:
        yield b"id: 4f2c\nretry: 20\n" + _rendered(item)


async def _unknown_events(frames: Frames) -> Frames:
    """Events without data, fields without a meaning."""
    async for item in frames:
        yield b"event: heartbeat\n\n" + b"foo: bar\n\n"
        yield item


async def _big_event(frames: Frames, size: int, at: int = 1) -> Frames:
    """Event ``at`` is filled up with spaces to a data line of exactly ``size`` bytes."""
    index = 0
    async for item in frames:
        if index == at and isinstance(item, Frame):
            item = Frame(item.data + " " * (size - len(item.data.encode())), item.event, item.eol)
        index += 1
        yield item


async def _error_event(
    frames: Frames, at: int = 2, code: int = -32603, name: str = "", id: Any = None
) -> Frames:
    """A JSON-RPC error instead of event ``at``, and the end."""
    index = 0
    async for item in frames:
        if index == at:
            error = {"code": code, "message": "it broke"}
            yield Frame(json.dumps({"jsonrpc": "2.0", "id": id, "error": error}), name)
            return
        index += 1
        yield item


async def _wrong_ids(frames: Frames, at: int = 1) -> Frames:
    index = 0
    async for item in frames:
        if index == at and isinstance(item, Frame):
            data = json.loads(item.data)
            data["id"] = "not-yours"
            item = Frame(json.dumps(data), item.event, item.eol)
        index += 1
        yield item


async def _replaced(frames: Frames, data: str, at: int = 1) -> Frames:
    """Event ``at`` has this data instead."""
    index = 0
    async for item in frames:
        if index == at and isinstance(item, Frame):
            item = Frame(data, item.event, item.eol)
        index += 1
        yield item


async def _inserted(frames: Frames, member: str, at: int = 1) -> Frames:
    """Event ``at`` has this member first in its outermost object."""
    index = 0
    async for item in frames:
        if index == at and isinstance(item, Frame):
            item = Frame("{" + member + "," + item.data[1:], item.event, item.eol)
        index += 1
        yield item


async def _repeated(frames: Frames) -> Frames:
    """Each event twice."""
    async for item in frames:
        yield item
        yield item


async def _gzip(frames: Frames) -> Frames:
    packer = zlib.compressobj(wbits=31)
    async for item in frames:
        yield packer.compress(_rendered(item)) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


STREAM_EDITS: dict[str, Callable[..., Frames]] = {
    "line_endings": _line_endings,
    "bom": _bom,
    "comment_flood": _comment_flood,
    "multi_line_data": _multi_line,
    "no_space": _no_space,
    "foreign_separators": _foreign_separators,
    "ids_and_retry": _ids,
    "unknown_events": _unknown_events,
    "big_event": _big_event,
    "error_event": _error_event,
    "wrong_event_id": _wrong_ids,
    "replaced_event": _replaced,
    "member_in_event": _inserted,
    "repeated_events": _repeated,
    "gzip_stream": _gzip,
}

DELIVERIES = (
    "split",
    "reset_at",
    "close_at",
    "truncate_at",
    "half_frame",
    "stall_at",
    "trickle",
    "slow_head",
    "no_answer",
    "reset_at_once",
    "garbage",
    "stale_connection",
    "close_after",
    "http_1_0",
    "wrong_length",
)

# A card that is no JSON at the path of today, beside a right one at the old path; and no card.
PLACES = ("card_invalid_at_new_path", "card_absent")

NAMES = frozenset([*EDITS, *STREAM_EDITS, *DELIVERIES, *CARD_FAULTS, *PLACES])


def edited(reply: Reply, fault: Fault | None) -> Reply:
    """The answer with the fault, as far as it is one of the content."""
    if fault is None:
        return reply
    if fault.name in EDITS:
        return EDITS[fault.name](reply, **fault.arguments)
    if fault.name in STREAM_EDITS and reply.frames is not None:
        if fault.name == "gzip_stream":
            reply.set("content-encoding", "gzip")
        reply.frames = STREAM_EDITS[fault.name](reply.frames, **fault.arguments)
    return reply

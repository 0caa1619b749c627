"""HTTP/1.1 over raw streams: what is sent is exactly what was asked for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

Headers = list[tuple[str, str]]


class Malformed(Exception):
    """Not HTTP."""


class Truncated(Exception):
    """Raised by frames: the connection is to end within the answer."""


class BodyTooLarge(Exception):
    """A request above the limit; ``declared`` if its Content-Length said so at once."""

    def __init__(self, size: int, *, declared: bool) -> None:
        super().__init__(size)
        self.size = size
        self.declared = declared


@dataclass(slots=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        pairs = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        return {name: values[0] for name, values in pairs.items()}


@dataclass(slots=True)
class Frame:
    """One server-sent event."""

    data: str
    event: str = ""
    eol: str = "\n"

    def lines(self) -> list[str]:
        head = [f"event: {self.event}"] if self.event else []
        return head + [f"data: {line}" for line in self.data.split("\n")]

    def render(self) -> bytes:
        return "".join(line + self.eol for line in [*self.lines(), ""]).encode()


@dataclass(slots=True)
class Reply:
    """An answer; ``frames`` makes it a stream. Bytes among them are events encoded before."""

    status: int = 200
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    frames: AsyncIterator[Frame | bytes] | None = None
    ping: bytes = b""
    ping_s: float = 15.0

    def set(self, name: str, value: str | None) -> None:
        """Puts ``value`` where the header was; None takes it away."""
        found = [index for index, (key, _) in enumerate(self.headers) if key.lower() == name]
        if value is None:
            self.headers = [pair for pair in self.headers if pair[0].lower() != name]
        elif found:
            self.headers[found[0]] = (self.headers[found[0]][0], value)
        else:
            self.headers.append((name, value))

    def head(self, version: str = "HTTP/1.1") -> bytes:
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [f"{version} {self.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Counter(Protocol):
    """What is told of a connection's bytes."""

    bytes_in: int
    bytes_out: int


class Connection:
    """One accepted connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counter: Counter
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._counter = counter
        self._ahead = b""  # read while an answer was on its way
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def read_request(self, limit: int) -> Request | None:
        """The next request, or None at the end of the connection."""
        try:
            text = self._ahead + await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial or self._ahead:
                raise Malformed("the connection ended within a head") from error
            return None
        except asyncio.LimitOverrunError as error:
            raise Malformed("the head is too long") from error
        except ConnectionError:
            return None
        self._ahead = b""
        self._counter.bytes_in += len(text)
        request = _parse_head(text)
        request.body = await self._read_body(request, limit)
        return request

    async def _read_body(self, request: Request, limit: int) -> bytes:
        size = int(request.headers.get("content-length", "0"))
        if size > limit:
            raise BodyTooLarge(size, declared=True)
        if request.headers.get("expect", "").lower() == "100-continue":
            await self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in request.headers.get("transfer-encoding", "").lower():
            return await self._read_chunks(limit)
        try:
            body = await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Malformed("the connection ended within a body") from error
        self._counter.bytes_in += len(body)
        return body

    async def _read_chunks(self, limit: int) -> bytes:
        body = b""
        while True:
            size = int((await self._reader.readline()).split(b";")[0], 16)
            body += await self._reader.readexactly(size)
            await self._reader.readline()
            self._counter.bytes_in += size
            if size == 0:
                return body
            if len(body) > limit:
                raise BodyTooLarge(len(body), declared=False)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        self._counter.bytes_out += len(data)
        await self._writer.drain()

    async def write_chunk(self, data: bytes) -> None:
        if data:
            await self.write(b"%x\r\n%b\r\n" % (len(data), data))

    async def until_gone(self) -> None:
        """Waits until the peer closes; a request that comes early is kept."""
        while True:
            try:
                data = await self._reader.read(1)
            except ConnectionError:
                return
            if not data:
                return
            self._ahead += data
            await asyncio.Event().wait()  # whoever waits is cancelled at the end of the answer

    async def drain(self, limit: int = 64 << 20) -> None:
        """Reads what the peer still sends, so that closing does not tear the answer down."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            self._writer.write_eof()
            async with asyncio.timeout(2):
                while limit > 0 and (data := await self._reader.read(1 << 16)):
                    limit -= len(data)

    def reset(self) -> None:
        """Ends the connection with RST."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


def _parse_head(text: bytes) -> Request:
    lines = text.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise Malformed(f"no request line: {lines[0]!r}")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        if line:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
    target = parts[1]
    if target.startswith("http://"):  # a proxy is asked so
        split = urlsplit(target)
        target = (split.path or "/") + (f"?{split.query}" if split.query else "")
    return Request(parts[0], target, headers)

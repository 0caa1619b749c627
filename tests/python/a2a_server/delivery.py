"""Sending answers, and the faults of sending."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from .faults import Fault
from .wire import Connection, Frame, Reply, Truncated

_FOREVER = 3600.0


class Gone(Exception):
    """The connection is over."""


class Delivery:
    """One answer on its way."""

    def __init__(self, connection: Connection, reply: Reply, fault: Fault | None) -> None:
        self._connection = connection
        self._reply = reply
        self._fault = fault
        self._name = fault.name if fault else ""
        self._arguments = fault.arguments if fault else {}
        self._is_chunked = reply.frames is not None
        self._sent = 0  # bytes of the body

    async def send(self, *, with_body: bool = True) -> bool:
        """Sends it; whether the connection may be used on."""
        try:
            await self._send_head()
            if self._reply.frames is not None and with_body:
                await self._send_stream(self._reply.frames)
            elif with_body:
                await self._send_body(self._reply.body)
        except Gone:
            return False
        return self._name not in ("close_after", "http_1_0")

    async def _send_head(self) -> None:
        name, connection = self._name, self._connection
        if name == "no_answer":
            raise Gone
        if name == "reset_at_once":
            connection.reset()
            raise Gone
        if name == "garbage":
            await connection.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            raise Gone
        if name == "http_1_0":
            self._is_chunked = False
            for header in ("transfer-encoding", "content-length", "connection", "keep-alive"):
                self._reply.set(header, None)
        if name == "wrong_length":
            size = len(self._reply.body) + int(self._arguments.get("by", 5))
            self._reply.set("content-length", str(size))
        head = self._reply.head("HTTP/1.0" if name == "http_1_0" else "HTTP/1.1")
        if name == "slow_head":
            for byte in head:
                await connection.write(bytes([byte]))
                await asyncio.sleep(self._arguments.get("pause_s", 0.05))
        else:
            await connection.write(head)

    async def _send_body(self, body: bytes) -> None:
        if self._name == "split":
            await self._split(body)
        elif self._name == "trickle":
            for byte in body:
                await self._connection.write(bytes([byte]))
                await asyncio.sleep(self._arguments.get("pause_s", 0.01))
        elif self._name in ("truncate_at", "reset_at", "stall_at"):
            await self._connection.write(body[: len(body) // 2])
            await self._stop()
        else:
            await self._connection.write(body)
            if self._name == "wrong_length":
                raise Gone

    async def _put(self, data: bytes) -> None:
        if self._is_chunked:
            await self._connection.write_chunk(data)
        else:
            await self._connection.write(data)

    async def _split(self, data: bytes) -> None:
        """In pieces of ``size`` bytes, or cut once at byte ``at`` of the whole body."""
        size, at = self._arguments.get("size", 1), self._arguments.get("at")
        if at is None:
            for start in range(0, len(data), size):
                await self._put(data[start : start + size])
        else:
            cut = min(max(at - self._sent, 0), len(data))
            self._sent += len(data)
            await self._put(data[:cut])
            if 0 < cut < len(data):
                await asyncio.sleep(0)
            await self._put(data[cut:])

    async def _stop(self) -> None:
        if self._name == "stall_at":
            await asyncio.sleep(_FOREVER)
        if self._name == "reset_at":
            self._connection.reset()
        raise Gone

    async def _send_stream(self, frames: AsyncIterator[Frame | bytes]) -> None:
        at = int(self._arguments.get("at", 2))
        index = 0
        try:
            async for data in self._with_pings(frames):
                if index == at and self._name in ("reset_at", "truncate_at", "stall_at"):
                    await self._stop()
                if index == at and self._name == "close_at":
                    break
                if index == at and self._name == "half_frame":
                    await self._put(data[: len(data) // 2])
                    break
                await self._put_event(data)
                index += 1
        except Truncated:
            raise Gone from None
        finally:
            await frames.aclose()  # type: ignore[attr-defined]
        if self._is_chunked:
            await self._connection.write(b"0\r\n\r\n")

    async def _put_event(self, data: bytes) -> None:
        if self._name == "split":
            await self._split(data)
        elif self._name == "trickle":
            for byte in data:
                await self._put(bytes([byte]))
                await asyncio.sleep(self._arguments.get("pause_s", 0.01))
        else:
            await self._put(data)

    async def _with_pings(self, frames: AsyncIterator[Frame | bytes]) -> AsyncIterator[bytes]:
        """The events in bytes, and a comment whenever none came for a while."""
        while True:
            coming = asyncio.ensure_future(anext(frames, None))
            try:
                while self._reply.ping:
                    done, _ = await asyncio.wait({coming}, timeout=self._reply.ping_s)
                    if done:
                        break
                    await self._put(self._reply.ping)
                item = await coming
            except asyncio.CancelledError:
                coming.cancel()
                with contextlib.suppress(asyncio.CancelledError, Truncated):
                    await coming
                raise
            if item is None:
                return
            yield item if isinstance(item, bytes) else item.render()

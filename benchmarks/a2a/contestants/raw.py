"""The floor of a round trip in asyncio: a stream, a request made beforehand, json.loads."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

from benchmarks.a2a.contestants.client import Client
from benchmarks.a2a.frames import request


class Contestant(Client):
    async def open(self, url: str, connections: int) -> None:
        parts = urlsplit(url)
        self._reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port)
        body = json.dumps(request("SendMessage")).encode()
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nA2A-Version: 1.0\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._request = head.encode() + body

    async def stream(self) -> int:
        raise NotImplementedError

    async def send(self) -> None:
        self._writer.write(self._request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        json.loads(await self._reader.readexactly(size))["result"]

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()

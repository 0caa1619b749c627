"""What one writes by hand: aiohttp, the lines of the stream, json.loads. Plain dicts come out."""

from __future__ import annotations

import json

import aiohttp

from benchmarks.a2a.contestants.client import Client
from benchmarks.a2a.frames import request


class Contestant(Client):
    async def open(self, url: str, connections: int) -> None:
        self._url = url
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        headers = {"A2A-Version": "1.0"}
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=timeout, headers=headers, read_bufsize=1 << 20
        )

    async def stream(self) -> int:
        count = 0
        async with self._session.post(self._url, json=request("SendStreamingMessage")) as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    json.loads(line[6:])["result"]
                    count += 1
        return count

    async def send(self) -> None:
        async with self._session.post(self._url, json=request("SendMessage")) as answer:
            (await answer.json())["result"]

    async def close(self) -> None:
        await self._session.close()

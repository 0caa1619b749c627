"""Ours, as a user calls it."""

from __future__ import annotations

import json

import ruvector
from benchmarks.a2a import frames
from benchmarks.a2a.contestants.client import Client


class Contestant(Client):
    async def open(self, url: str, connections: int) -> None:
        card = json.dumps(frames.card(self.dialect, url)).encode()
        self._client = await ruvector.A2aClient.connect(card=card, strict_verify=False)
        self._spec = ruvector.TaskSpec("echo", "go")

    async def stream(self) -> int:
        count = 0
        async with self._client.stream_task(self._spec) as stream:
            async for _update in stream:
                count += 1
        return count

    async def send(self) -> None:
        await self._client.send_task(self._spec)

    async def close(self) -> None:
        await self._client.aclose()

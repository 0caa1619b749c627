"""The official Python SDK 0.3, by its client."""

from __future__ import annotations

import httpx
from a2a.client import ClientConfig, ClientFactory
from a2a.types import AgentCard, Message, Part, Role, TextPart

from benchmarks.a2a import frames
from benchmarks.a2a.contestants.client import Client


class Contestant(Client):
    dialect = "03"

    async def open(self, url: str, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._http = httpx.AsyncClient(timeout=None, limits=limits)
        card = AgentCard.model_validate(frames.card(self.dialect, url))
        made = (
            ClientFactory(ClientConfig(httpx_client=self._http, streaming=streaming)).create(card)
            for streaming in (True, False)
        )
        self._streaming, self._single = made

    def _message(self) -> Message:
        return Message(message_id="u1", role=Role.user, parts=[Part(root=TextPart(text="go"))])

    async def stream(self) -> int:
        count = 0
        async for _event in self._streaming.send_message(self._message()):
            count += 1
        return count

    async def send(self) -> None:
        async for _event in self._single.send_message(self._message()):
            pass

    async def close(self) -> None:
        await self._http.aclose()

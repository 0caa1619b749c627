"""The official Python SDK 1.x, by its client."""

from __future__ import annotations

import httpx
from a2a.client import ClientConfig, ClientFactory
from a2a.types import AgentCard, Message, Part, Role, SendMessageRequest
from google.protobuf.json_format import ParseDict

from benchmarks.a2a import frames
from benchmarks.a2a.contestants.client import Client


class Contestant(Client):
    async def open(self, url: str, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._http = httpx.AsyncClient(timeout=None, limits=limits)
        card = ParseDict(frames.card(self.dialect, url), AgentCard())
        made = (
            ClientFactory(ClientConfig(httpx_client=self._http, streaming=streaming)).create(card)
            for streaming in (True, False)
        )
        self._streaming, self._single = made

    def _request(self) -> SendMessageRequest:
        message = Message(message_id="u1", role=Role.ROLE_USER, parts=[Part(text="go")])
        return SendMessageRequest(message=message)

    async def stream(self) -> int:
        count = 0
        async for _event in self._streaming.send_message(self._request()):
            count += 1
        return count

    async def send(self) -> None:
        async for _event in self._single.send_message(self._request()):
            pass

    async def close(self) -> None:
        await self._http.aclose()

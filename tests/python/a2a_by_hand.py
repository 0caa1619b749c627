"""Requests to the test server written by hand, and answers in all of their bytes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from tests.python.a2a_server.process import Peer

CONTEXT = {
    "trace_id": "0123456789abcdef0123456789abcdef",
    "depth": 0,
    "root_agent_id": "1" * 64,
    "current_agent": "1" * 64,
    "visited_agents": [],
}


@dataclass(frozen=True)
class Answer:
    """An answer in its parts, and all of its bytes."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    raw: bytes

    def header(self, name: str) -> str:
        return {key.lower(): value for key, value in self.headers}.get(name, "")


def unchunked(data: bytes) -> tuple[bytes, bool]:
    """The body, and whether it was complete."""
    body = b""
    while data and data != b"<RST>":
        size, _, rest = data.partition(b"\r\n")
        count = int(size, 16)
        if count == 0:
            return body, True
        body += rest[:count]
        data = rest[count + 2 :]
    return body, False


def parsed(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines[1:])]
    if any(name.lower() == "transfer-encoding" for name, _ in headers):
        body, _ = unchunked(body)
    return Answer(int(lines[0].split(" ")[1]), headers, body, raw)


async def ask(
    peer: Peer,
    method: str,
    target: str,
    body: bytes | None = None,
    *,
    headers: dict[str, str] | None = None,
    until: bytes | None = None,
) -> Answer:
    """One request by hand; reads to the end of the connection, or until these bytes came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", peer.port)
    lines = [f"{method} {target} HTTP/1.1", "Host: test", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
    raw = b""
    try:
        while until is None or until not in raw:
            data = await asyncio.wait_for(reader.read(1 << 16), 10)
            if not data:
                break
            raw += data
    except ConnectionResetError:
        raw += b"<RST>"
    finally:
        writer.close()
    return parsed(raw)


def rpc(method: str, params: Any, rpc_id: Any = 1) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": rpc_id, "method": method, "params": params}).encode()


def spec(task_id: str, skill: str, text: str = "hello") -> dict[str, Any]:
    message = {"role": "user", "parts": [{"type": "text", "text": text}]}
    return {"id": task_id, "skill": skill, "message": message, "context": CONTEXT}


async def stream(peer: Peer, text: str, *, until: bytes | None = None) -> Answer:
    message = {"messageId": "u-1", "role": "ROLE_USER", "parts": [{"text": text}]}
    body = rpc("SendStreamingMessage", {"message": message}, "r")
    return await ask(peer, "POST", "/", body, headers={"A2A-Version": "1.0"}, until=until)

"""The bytes that the server sends, encoded before anybody asks for them."""

from __future__ import annotations

import functools
import json
from typing import Any

TASK_ID = "0f9c3f6e-52b1-4c62-8a55-6f0c4d7b9a10"
CONTEXT_ID = "b6a4d9c2-0c1e-4b7f-9d38-2f3a1e5c7d84"
TIME = "2026-11-23T18:11:30.609718Z"
BLOCK = 32  # frames in one write of the server
STATES = {
    "10": {"submitted": "TASK_STATE_SUBMITTED", "working": "TASK_STATE_WORKING"}
    | {"completed": "TASK_STATE_COMPLETED"},
    "03": {"submitted": "submitted", "working": "working", "completed": "completed"},
}


def part(dialect: str, text: str) -> dict[str, Any]:
    return {"text": text} if dialect == "10" else {"kind": "text", "text": text}


def status(dialect: str, state: str, text: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"state": STATES[dialect][state], "timestamp": TIME}
    if text is not None:
        role = "ROLE_AGENT" if dialect == "10" else "agent"
        made["message"] = {
            **({} if dialect == "10" else {"kind": "message"}),
            "messageId": f"m-{text}",
            "taskId": TASK_ID,
            "contextId": CONTEXT_ID,
            "role": role,
            "parts": [part(dialect, text)],
        }
    return made


def task(dialect: str, state: str) -> dict[str, Any]:
    artifact = {"artifactId": "a-1", "name": "answer", "parts": [part(dialect, "forty-two")]}
    made: dict[str, Any] = {"id": TASK_ID, "contextId": CONTEXT_ID}
    made["status"] = status(dialect, state)
    if state == "completed":
        made["artifacts"] = [artifact]
    return {"task": made} if dialect == "10" else {"kind": "task", **made}


def update(dialect: str, state: str, text: str | None = None) -> dict[str, Any]:
    made = {"taskId": TASK_ID, "contextId": CONTEXT_ID, "status": status(dialect, state, text)}
    if dialect == "10":
        return {"statusUpdate": made}
    return {"kind": "status-update", **made, "final": state == "completed"}


def results(dialect: str, count: int) -> list[dict[str, Any]]:
    """A stream's `count` events: a task, steps, and the end."""
    steps = [update(dialect, "working", f"step {step}") for step in range(count - 2)]
    return [task(dialect, "submitted"), *steps, update(dialect, "completed")]


def answer(result: dict[str, Any], request_id: bytes) -> bytes:
    text = json.dumps(result, separators=(",", ":")).encode()
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (request_id, text)


def chunk(frame: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(frame), frame)


@functools.cache
def stream(dialect: str, count: int, id_bytes: int) -> list[bytes]:
    """The body of a stream, one HTTP chunk for each event, with `@` for the request's id."""
    placeholder = b"@" * id_bytes
    chunks = [
        chunk(b"data: %b\n\n" % answer(result, placeholder)) for result in results(dialect, count)
    ]
    blocks = [b"".join(chunks[begin : begin + BLOCK]) for begin in range(0, count, BLOCK)]
    return [*blocks, b"0\r\n\r\n"]


@functools.cache
def single(dialect: str, id_bytes: int) -> bytes:
    """The whole answer to a task that is sent."""
    body = answer(task(dialect, "completed"), b"@" * id_bytes)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


MESSAGE = {"messageId": "u1", "role": "ROLE_USER", "parts": [{"text": "go"}]}


def request(method: str) -> dict[str, Any]:
    """What a client without a library sends."""
    return {"jsonrpc": "2.0", "id": "1", "method": method, "params": {"message": MESSAGE}}


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


def card(dialect: str, url: str) -> dict[str, Any]:
    """An unsigned card of an agent whose only interface is `url`."""
    made: dict[str, Any] = {
        "name": "bench",
        "description": "pre-encoded frames",
        "version": "1.0.0",
        "capabilities": {"streaming": True},
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/plain"],
        "skills": [{"id": "echo", "name": "echo", "description": "echoes", "tags": ["test"]}],
    }
    if dialect == "10":
        interface = {"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
        return {**made, "supportedInterfaces": [interface]}
    return {**made, "protocolVersion": "0.3.0", "url": url, "preferredTransport": "JSONRPC"}

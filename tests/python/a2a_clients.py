"""What the tests of the client share: clients of the test server, and what came over a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ruvector
from ruvector import Task, TaskSpec, TaskUpdate
from tests.python.a2a_server.process import Peer

DIALECTS = ("rvagent", "0.3", "1.0")


def trusting(peer: Peer, **options: Any) -> dict[str, Any]:
    """The options of a client that believes the server's card."""
    if peer.options.dialect == "rvagent":
        return options
    return {"card_keys": peer.jwks(), **options}


async def connect(peer: Peer, **options: Any) -> ruvector.A2aClient:
    return await ruvector.A2aClient.connect(peer.url, **trusting(peer, **options))


@asynccontextmanager
async def client_of(peer: Peer, **options: Any) -> AsyncIterator[ruvector.A2aClient]:
    client = await connect(peer, **options)
    async with client:
        yield client


def spec(text: str, **members: Any) -> TaskSpec:
    """A task whose first word is the server's skill."""
    return TaskSpec(text.split()[0], text, **members)


async def collect(
    client: ruvector.A2aClient, wanted: TaskSpec | str, **options: Any
) -> list[TaskUpdate]:
    """All updates of a stream, to its end."""
    async with client.stream_task(wanted, **options) as stream:
        return [update async for update in stream]


def told(updates: list[TaskUpdate]) -> list[str]:
    """What a stream says, in short, the same for each dialect: snapshots are left out."""
    lines = []
    for update in updates:
        if update.status is not None:
            message = update.status.message
            if message is None and update.status.state in ("working", "submitted"):
                continue  # which of these come, each server decides by itself
            lines.append(f"{update.status.state}: {message.text if message else ''}")
        elif update.artifact is not None:
            lines.append(f"artifact: {update.artifact.text}")
        elif update.message is not None:
            lines.append(f"message: {update.message.text}")
    return lines


def warnings(updates: list[TaskUpdate]) -> list[ruvector.StreamWarning]:
    return [update.warning for update in updates if update.warning is not None]


def last_state(updates: list[TaskUpdate]) -> str:
    """The state after the last update that names one."""
    states = [
        holder.status.state
        for holder in (update.status or update.task for update in updates)
        if holder is not None
    ]
    return str(states[-1])


async def soon(peer: Peer, condition: Any, timeout_s: float = 5.0) -> dict[str, Any]:
    """Waits for counters of the server without stopping the loop."""
    return await asyncio.to_thread(peer.wait_for, condition, timeout_s)


def texts(task: Task) -> list[str]:
    return [artifact.text for artifact in task.artifacts]

"""Tasks and what happens in them, in no dialect's words."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TERMINAL = ("completed", "canceled", "failed", "rejected")
INTERRUPTED = ("input-required", "auth-required")


@dataclass(slots=True)
class Status:
    state: str
    time: int = 0
    text: str | None = None
    message_id: str = ""
    is_final: bool = False

    @property
    def ends_stream(self) -> bool:
        return self.state in TERMINAL or self.state in INTERRUPTED


@dataclass(slots=True)
class Chunk:
    """A piece of an artifact."""

    parts: list[Json]  # {"text": ...}, or a dialect's own parts
    index: int = 0
    name: str = "out"
    append: bool = False
    last: bool = False


@dataclass(slots=True)
class Direct:
    """A message instead of a task."""

    text: str
    message_id: str = "m-1"


@dataclass(slots=True)
class Burst:
    """So many working statuses "step i" with one timestamp, encoded before and unpaced."""

    count: int
    status: Status


@dataclass(slots=True)
class Raised:
    """The executor raised."""

    text: str


Event = Status | Chunk | Direct | Burst | Raised


class Channel:
    """One subscriber's queue. With a capacity the oldest event is dropped, and counted."""

    def __init__(self, capacity: int | None) -> None:
        self._events: deque[Event] = deque()
        self._capacity = capacity
        self._lagged = 0
        self._filled = asyncio.Event()

    def put(self, event: Event) -> None:
        if self._capacity is not None and len(self._events) >= self._capacity:
            self._events.popleft()
            self._lagged += 1
        self._events.append(event)
        self._filled.set()

    async def get(self) -> Event | int:
        """The next event, or how many were dropped before it."""
        while not self._events:
            self._filled.clear()
            await self._filled.wait()
        if self._lagged:
            lagged, self._lagged = self._lagged, 0
            return lagged
        return self._events.popleft()


@dataclass(slots=True)
class Task:
    id: str
    context_id: str
    messages: list[Json] = field(default_factory=list)  # of the user, as they came
    status: Status = field(default_factory=lambda: Status("submitted"))
    artifacts: list[Chunk] = field(default_factory=list)
    replies: list[Status] = field(default_factory=list)  # statuses with texts, replaced since
    history: deque[Status] = field(default_factory=lambda: deque(maxlen=256))
    metadata: Any = None
    push_config: Json | None = None
    direct: Direct | None = None
    raised: Raised | None = None
    channels: list[Channel] = field(default_factory=list)
    runner: asyncio.Task[None] | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)  # over, or waits for its caller

    def apply(self, event: Event) -> None:
        """Takes in one event and hands it to all subscribers."""
        if isinstance(event, Status):
            if self.status.text is not None:
                self.replies.append(self.status)
            self.status = event
        elif isinstance(event, Chunk):
            self._add(event)
        elif isinstance(event, Direct):
            self.direct = event
        elif isinstance(event, Raised):
            self.raised = event
        for channel in self.channels:
            channel.put(event)

    def _add(self, chunk: Chunk) -> None:
        for index, artifact in enumerate(self.artifacts):
            if artifact.index == chunk.index:
                parts = artifact.parts + chunk.parts if chunk.append else chunk.parts
                self.artifacts[index] = Chunk(parts, chunk.index, chunk.name, last=chunk.last)
                return
        self.artifacts.append(Chunk(list(chunk.parts), chunk.index, chunk.name, last=chunk.last))

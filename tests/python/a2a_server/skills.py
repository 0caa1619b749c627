"""What the agents of the server can do. The first word of a text, or the skill, names it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .clock import Clock, Ids
from .tasks import Burst, Chunk, Direct, Event, Status, Task

SKILLS = (
    "echo",
    "slow",
    "stream",
    "fail",
    "raise",
    "input",
    "msg",
    "chunks",
    "many",
    "paced",
    "long",
    "big",
    "equal",
    "flood",
    "late",
    "sums",
    "odd",
)


class ExecutorError(Exception):
    """What the skill "raise" raises."""


@dataclass(frozen=True, slots=True)
class Command:
    """A skill with its numbers: "stream 3" is three steps."""

    skill: str
    text: str
    numbers: tuple[int, ...]
    parts: list[dict[str, Any]]
    is_followed_up: bool = False  # the second message of a task

    def number(self, index: int, default: int) -> int:
        return self.numbers[index] if index < len(self.numbers) else default


def command_of(
    skill: str, text: str, parts: list[dict[str, Any]], *, is_followed_up: bool = False
) -> Command:
    words = text.split()
    name = skill or (words[0] if words else "echo")
    if name == "send" or name not in SKILLS:
        name = "echo"
    numbers = tuple(int(word) for word in re.findall(r"\b\d+\b", text))
    return Command(name, text, numbers, parts, is_followed_up)


class Stage:
    """What a skill has to work with."""

    def __init__(self, clock: Clock, ids: Ids, step_s: float, task: Task) -> None:
        self._clock = clock
        self._ids = ids
        self.step_s = step_s
        self.task = task
        self.clock = clock

    def status(self, state: str, text: str | None = None) -> Status:
        message_id = self._ids.next() if text is not None else ""
        return Status(state, self._clock.now(), text, message_id)

    async def pause(self, seconds: float | None = None) -> None:
        await asyncio.sleep(self.step_s if seconds is None else seconds)


Skill = Callable[[Stage, Command], AsyncIterator[Event]]


async def _echo(stage: Stage, command: Command) -> AsyncIterator[Event]:
    yield stage.status("working")
    yield Chunk([{"text": f"echo: {command.text}"}])
    yield stage.status("completed")


async def _slow(stage: Stage, command: Command) -> AsyncIterator[Event]:
    steps = command.number(0, 4)
    for step in range(1, steps + 1):
        yield stage.status("working", f"step {step}/{steps}")
        await stage.pause()
    yield Chunk([{"text": command.text}], name="echo", last=True)
    yield stage.status("completed")


async def _stream(stage: Stage, command: Command) -> AsyncIterator[Event]:
    yield stage.status("working")
    for step in range(command.number(0, 3)):
        yield stage.status("working", f"step {step}")
    texts = ("alpha ", "beta ", "gamma")
    for index, text in enumerate(texts):
        yield Chunk([{"text": text}], append=index > 0, last=index == len(texts) - 1)
    yield stage.status("completed")


async def _fail(stage: Stage, command: Command) -> AsyncIterator[Event]:
    yield stage.status("working")
    yield stage.status("failed", "nope")


async def _raise(stage: Stage, command: Command) -> AsyncIterator[Event]:
    raise ExecutorError("executor blew up")
    yield  # a generator all the same


async def _input(stage: Stage, command: Command) -> AsyncIterator[Event]:
    yield stage.status("working")
    if command.is_followed_up:
        yield Chunk([{"text": f"got: {command.text}"}])
        yield stage.status("completed")
    else:
        yield stage.status("input-required", "need more")


async def _msg(stage: Stage, command: Command) -> AsyncIterator[Event]:
    yield Direct("hello")


async def _chunks(stage: Stage, command: Command) -> AsyncIterator[Event]:
    """So many chunks of each of so many artifacts, in turns."""
    count, artifacts = command.number(0, 4), command.number(1, 2)
    yield stage.status("working")
    for index in range(count):
        for artifact in range(artifacts):
            is_last = index == count - 1
            text = f"{artifact}:{index} "
            yield Chunk([{"text": text}], artifact, append=index > 0, last=is_last)
    yield stage.status("completed")


async def _many(stage: Stage, command: Command) -> AsyncIterator[Event]:
    yield Burst(command.number(0, 1000), stage.status("working", "step 0"))
    yield stage.status("completed")


async def _paced(stage: Stage, command: Command) -> AsyncIterator[Event]:
    """So many events, one in so many milliseconds, by the clock and not by sums of sleeps."""
    loop = asyncio.get_running_loop()
    begin, pause = loop.time(), command.number(1, 1) / 1000
    for step in range(command.number(0, 100)):
        await asyncio.sleep(max(0.0, begin + step * pause - loop.time()))
        yield stage.status("working", f"step {step}")
    yield stage.status("completed")


async def _long(stage: Stage, command: Command) -> AsyncIterator[Event]:
    """Ticks for so many seconds."""
    yield stage.status("working")
    for tick in range(command.number(0, 60) * 10):
        await stage.pause(0.1)
        if tick % 10 == 0:
            yield stage.status("working", f"tick {tick}")
    yield stage.status("completed")


async def _big(stage: Stage, command: Command) -> AsyncIterator[Event]:
    yield stage.status("working")
    yield Chunk([{"text": "x" * command.number(0, 1 << 20)}], last=True)
    yield stage.status("completed")


async def _equal(stage: Stage, command: Command) -> AsyncIterator[Event]:
    """Steps at one and the same time, with pauses between."""
    stage.clock.now()
    stage.clock.is_frozen = True
    try:
        for step in range(command.number(0, 4)):
            yield stage.status("working", f"step {step}")
            await stage.pause()
    finally:
        stage.clock.is_frozen = False
    yield stage.status("completed")


async def _flood(stage: Stage, command: Command) -> AsyncIterator[Event]:
    """So many events at once, each by the queue: rvAgent's subscribers fall behind."""
    for step in range(command.number(0, 400)):
        yield stage.status("working", f"step {step}")
    yield stage.status("completed")


async def _late(stage: Stage, command: Command) -> AsyncIterator[Event]:
    """Completes some steps later, whatever was said in between."""
    yield stage.status("working")
    await stage.pause(command.number(0, 10) * stage.step_s)
    yield Chunk([{"text": "late"}], last=True)
    yield stage.status("completed")


async def _sums(stage: Stage, command: Command) -> AsyncIterator[Event]:
    """Artifacts that break the rules of append and of the last chunk."""
    yield stage.status("working")
    yield Chunk([{"text": "never begun"}], index=7, append=True)
    yield Chunk([{"text": "a"}], index=0, last=True)
    yield Chunk([{"text": "b"}], index=0, append=True)
    yield Chunk([{"text": "c"}], index=0)
    yield stage.status("completed")


async def _odd(stage: Stage, command: Command) -> AsyncIterator[Event]:
    """A state that nobody has heard of."""
    yield stage.status("pondering", "hm")
    yield stage.status("completed")


_SKILLS: dict[str, Skill] = {
    "echo": _echo,
    "slow": _slow,
    "stream": _stream,
    "fail": _fail,
    "raise": _raise,
    "input": _input,
    "msg": _msg,
    "chunks": _chunks,
    "many": _many,
    "paced": _paced,
    "long": _long,
    "big": _big,
    "equal": _equal,
    "flood": _flood,
    "late": _late,
    "sums": _sums,
    "odd": _odd,
}


def perform(stage: Stage, command: Command) -> AsyncIterator[Event]:
    return _SKILLS[command.skill](stage, command)


async def run(
    stage: Stage, command: Command, emit: Callable[[Event], Awaitable[None] | None]
) -> None:
    """Performs a skill; its events go to ``emit``."""
    async for event in perform(stage, command):
        waiting = emit(event)
        if waiting is not None:
            await waiting

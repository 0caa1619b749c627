"""The servers of A2A 0.3 and 1.0, as a2a-sdk and @a2a-js/sdk behave."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from . import skills
from .calls import Answers, Call, resolve
from .clock import Clock, Ids
from .options import Options
from .rvagent import burst_blocks
from .shapes import Refusal
from .tasks import TERMINAL, Burst, Channel, Direct, Event, Raised, Status, Task
from .wire import BodyTooLarge, Frame, Reply, Request, Truncated

Json = dict[str, Any]


def _skill_in(value: Any) -> str:
    """A skill named anywhere in the metadata, whatever the extension is called."""
    if isinstance(value, dict):
        if isinstance(value.get("skill"), str):
            return str(value["skill"])
        for item in value.values():
            found = _skill_in(item)
            if found:
                return found
    return ""


class Official:
    """All answers but the card's."""

    body_limit = 64 << 20

    def __init__(self, options: Options, clock: Clock, ids: Ids) -> None:
        self._options = options
        self._clock = clock
        self._ids = ids
        self._tasks: dict[str, Task] = {}
        self.answers = Answers(options, clock)

    def operation(self, request: Request) -> str:
        return resolve(request, self._options).operation

    def close(self) -> None:
        for task in self._tasks.values():
            if task.runner is not None:
                task.runner.cancel()

    def card(self, body: bytes) -> Reply:
        return self.answers.body(body, "application/json")

    def too_large(self, error: BodyTooLarge) -> Reply:
        return self.answers.body(b"Payload Too Large", "text/plain", 413)

    async def handle(self, request: Request) -> Reply:
        if request.path != "/" and not request.path.startswith("/rest/"):
            return self.answers.no_route()
        if request.path == "/" and request.method != "POST":
            return self.answers.no_route(405)
        call = resolve(request, self._options)
        if call.operation in ("route", "verb"):
            return self.answers.no_route(404 if call.operation == "route" else 405)
        try:
            return await self._dispatch(call)
        except Refusal as refusal:
            return self.answers.refusal(call, refusal)

    async def _dispatch(self, call: Call) -> Reply:
        if call.operation in ("method", "version", "parse", "request"):
            raise Refusal(call.operation, detail=call.method)
        if call.operation == "send":
            return await self._send(call)
        if call.operation == "stream":
            return await self._stream(call)
        if call.operation == "subscribe":
            return self._subscribe(call)
        if call.operation == "extended":
            raise Refusal("no-extended-card")
        simple = {"get": self._get, "cancel": self._cancel, "list": self._list, "push": self._push}
        return self.answers.result(call, simple[call.operation](call))

    # ---- running

    def _begin(self, call: Call) -> Task:
        message = call.message
        known = message.get("taskId")
        if known:
            task = self._find(known)
            if task.status.state in TERMINAL:
                raise Refusal("terminal", known, task.status.state)
        else:
            context_id = message.get("contextId") or self._ids.next()
            task = Task(self._ids.next(), context_id)
            if self._options.style == "js":
                task.status.time = self._clock.now()
            self._tasks[task.id] = task
        parts = message[call.parts_key]
        if call.is_rest and (call.version, call.style) == ("0.3", "py"):
            message = {**message, "metadata": message.get("metadata", {})}  # as protobuf prints it
        task.messages.append(message)
        text = " ".join(str(part["text"]) for part in parts if "text" in part)
        skill = _skill_in(message.get("metadata")) or _skill_in(call.params.get("metadata"))
        command = skills.command_of(skill, text, parts, is_followed_up=bool(known))
        task.settled.clear()
        task.runner = asyncio.create_task(self._run(task, command))
        return task

    async def _run(self, task: Task, command: skills.Command) -> None:
        stage = skills.Stage(self._clock, self._ids, self._options.step_ms / 1000, task)
        try:
            async for event in skills.perform(stage, command):
                task.apply(event)
        except skills.ExecutorError as error:
            if self._options.style == "js":
                text = f"Agent execution error: {error}"
                task.apply(Status("failed", self._clock.now(), text, self._ids.next()))
            else:
                task.status = Status("failed", self._clock.now())
                task.apply(Raised(str(error)))
        finally:
            task.settled.set()

    def _find(self, task_id: str) -> Task:
        if task_id not in self._tasks:
            raise Refusal("not-found", task_id)
        return self._tasks[task_id]

    # ---- answers at once

    async def _send(self, call: Call) -> Reply:
        task = self._begin(call)
        value = call.shape.wrapped(task)
        if self._waits(call):
            await task.settled.wait()
            value = call.shape.wrapped(task)
        else:
            await asyncio.sleep(0)  # a message instead of a task is there by then
        if task.raised is not None:
            raise Refusal("internal", task.id, task.raised.text)
        if task.direct is not None:
            del self._tasks[task.id]
            message = call.shape.message(task, task.direct)
            is_bare = call.version == "0.3" and not call.is_rest
            return self.answers.result(call, message if is_bare else {"message": message})
        return self.answers.result(call, value)

    @staticmethod
    def _waits(call: Call) -> bool:
        configuration = call.params.get("configuration") or {}
        if call.version == "1.0":
            return not configuration.get("returnImmediately", False)
        # Over HTTP+JSON a2a-sdk takes a missing member for the false of protobuf.
        default = not (call.is_rest and call.style == "py")
        return bool(configuration.get("blocking", default))

    def _get(self, call: Call) -> Any:
        length = call.params.get("historyLength")
        is_honoured = call.version == "1.0"
        task = self._find(str(call.params.get("id")))
        return call.shape.task(task, length if is_honoured else None)

    def _cancel(self, call: Call) -> Any:
        task = self._find(str(call.params.get("id")))
        if task.status.state in TERMINAL:
            raise Refusal("not-cancelable", task.id, task.status.state)
        if task.runner is not None:
            task.runner.cancel()
        task.apply(Status("canceled", self._clock.now()))
        task.settled.set()
        return call.shape.task(task)

    def _list(self, call: Call) -> Any:
        wanted = call.params.get("contextId")
        found = [task for task in self._tasks.values() if wanted in (None, "", task.context_id)]
        found.reverse()
        start = int(call.params.get("pageToken") or 0)
        size = int(call.params.get("pageSize") or 50)
        page = found[start : start + size]
        token = str(start + size) if start + size < len(found) else ""
        tasks = [call.shape.task(task) for task in page]
        rest = {"nextPageToken": token, "pageSize": size, "totalSize": len(found)}
        return {"tasks": tasks, **rest}

    def _push(self, call: Call) -> Any:
        params = dict(call.params)
        task = self._find(str(params.pop("taskId", params.get("id"))))
        if call.version == "0.3":
            task.push_config = params["pushNotificationConfig"]
            return {"taskId": task.id, "pushNotificationConfig": task.push_config}
        config = params.get("pushNotificationConfig", params)
        return {"id": config.get("id", "p1"), "taskId": task.id, "url": config.get("url")}

    # ---- streams

    async def _stream(self, call: Call) -> Reply:
        task = self._begin(call)
        channel = Channel(None)
        task.channels.append(channel)
        snapshot = call.shape.wrapped(task) if call.version == "1.0" else call.shape.task(task)
        if call.is_rest:
            snapshot = {"task": call.shape.task(task)}
        first = await channel.get()
        assert not isinstance(first, int)
        if isinstance(first, Raised) and call.version == "1.0":
            raise Refusal("internal", task.id, first.text)
        is_task = not isinstance(first, Direct | Raised)
        if is_task and task.status.text is not None and task.status.text.startswith("Agent exec"):
            is_task = call.version == "1.0"
            snapshot = call.shape.wrapped(task)
        head = [snapshot] if is_task else []
        return self.answers.stream(self._frames(call, task, channel, head, first))

    def _subscribe(self, call: Call) -> Reply:
        try:
            task = self._find(str(call.params.get("id")))
            is_over = task.status.state in TERMINAL
            if is_over and (call.version, call.style) != ("0.3", "js"):
                raise Refusal("terminal", task.id, task.status.state)
        except Refusal as refusal:
            if call.version == "1.0" or call.is_rest:
                raise
            return self.answers.stream(self._only_error(call, refusal))
        channel = Channel(None)
        task.channels.append(channel)
        snapshot = call.shape.task(task)
        is_wrapped = call.version == "1.0" or call.is_rest
        head = [{"task": snapshot} if is_wrapped else snapshot]
        if (call.version, call.style) == ("0.3", "py"):
            head = []
        return self.answers.stream(self._frames(call, task, channel, head, None, is_over=is_over))

    async def _only_error(self, call: Call, refusal: Refusal) -> AsyncIterator[Frame | bytes]:
        yield self.answers.frame(call, self.answers.error(call, refusal), is_error=True)

    async def _frames(
        self,
        call: Call,
        task: Task,
        channel: Channel,
        head: list[Json],
        first: Event | None,
        *,
        is_over: bool = False,
    ) -> AsyncIterator[Frame | bytes]:
        """What the subscriber gets: ``head``, then events until one ends the stream."""
        try:
            for value in head:
                yield self.answers.frame(call, value)
            event: Event | int | None = first
            while not is_over:
                if event is None:
                    event = await channel.get()
                assert not isinstance(event, int)
                if isinstance(event, Raised):
                    raise Truncated
                is_over = isinstance(event, Direct) or (
                    isinstance(event, Status) and event.ends_stream
                )
                if isinstance(event, Burst):
                    frame = self.answers.frame(call, call.shape.event(task, event.status))
                    for block in burst_blocks(frame.render(), event.count):
                        yield block
                elif not self._is_hidden(call, event):
                    yield self.answers.frame(call, call.shape.event(task, event))
                event = None
        finally:
            with contextlib.suppress(ValueError):
                task.channels.remove(channel)

    @staticmethod
    def _is_hidden(call: Call, event: Event) -> bool:
        """a2a-sdk 0.3 ends the streams of a task that is cancelled from elsewhere, silently."""
        is_cancel = isinstance(event, Status) and event.state == "canceled"
        return is_cancel and (call.version, call.style) == ("0.3", "py")

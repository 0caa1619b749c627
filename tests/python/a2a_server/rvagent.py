"""The server of rvAgent: A2A 0.1 with its own routes, codes and oddities, all on purpose."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

from . import skills
from .clock import Clock, Ids, http_date, parse_rfc3339, rfc3339
from .options import Options
from .signing import compact
from .tasks import TERMINAL, Burst, Channel, Chunk, Event, Status, Task
from .wire import BodyTooLarge, Frame, Reply, Request

Json = dict[str, Any]

BODY_LIMIT = 2 << 20
_DECLARED_LIMIT = 8 << 20
_MAX_DEPTH = 8


class RpcError(Exception):
    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class RvAgent:
    """All answers but the card's."""

    body_limit = BODY_LIMIT

    def __init__(self, options: Options, clock: Clock, ids: Ids) -> None:
        self._options = options
        self._clock = clock
        self._ids = ids
        self._known: dict[str, Task] = {}  # what tasks/get answers with
        self._streams: dict[str, Task] = {}  # who listens, and what was said, by id

    def operation(self, request: Request) -> str:
        """Which of the operations of all dialects a request is."""
        if request.path in ("/tasks/sendSubscribe", "/tasks/resubscribe"):
            return "stream" if request.path.endswith("sendSubscribe") else "subscribe"
        found = re.search(rb'"method"\s*:\s*"tasks/([a-zA-Z/]+)"', request.body)
        names = {b"send": "send", b"sendSubscribe": "send", b"get": "get", b"cancel": "cancel"}
        return names.get(found[1], "other") if found else "other"

    def close(self) -> None: ...

    async def handle(self, request: Request) -> Reply:
        path, method = request.path, request.method
        if path in ("/tasks/sendSubscribe", "/tasks/resubscribe"):
            return self._subscribe(request) if method == "GET" else self._refuse(405, "GET,HEAD")
        if path != "/":
            return self._refuse(404)
        if method != "POST":
            return self._refuse(405, "POST")
        return await self._call(request.body)

    def too_large(self, error: BodyTooLarge) -> Reply:
        is_soft = not error.declared or error.size <= _DECLARED_LIMIT
        return self._text(
            413,
            ("Failed to buffer the request body: " if is_soft else "") + "length limit exceeded",
        )

    def _refuse(self, status: int, allow: str = "") -> Reply:
        headers = [("allow", allow)] if allow else []
        return Reply(status, [*headers, ("content-length", "0"), self._date()])

    def _text(self, status: int, text: str) -> Reply:
        size = str(len(text))
        head = [("content-type", "text/plain; charset=utf-8"), ("content-length", size)]
        return Reply(status, [*head, self._date()], text.encode())

    def _date(self) -> tuple[str, str]:
        return ("date", http_date(self._clock.ns))

    def card(self, body: bytes) -> Reply:
        return self._json(body)

    def _json(self, body: bytes) -> Reply:
        head = [("content-type", "application/json"), ("content-length", str(len(body)))]
        return Reply(200, [*head, self._date()], body)

    # ---- JSON-RPC

    async def _call(self, body: bytes) -> Reply:
        rpc_id: Any = None
        answer: Json = {"jsonrpc": "2.0"}
        try:
            call = _parse_call(body)
            rpc_id = call.get("id")
            if call["jsonrpc"] != "2.0":
                raise RpcError(-32600, 'jsonrpc != "2.0"')
            result = await self._dispatch(call.get("method", ""), call.get("params"))
            answer["result"] = json.loads(json.dumps(result, sort_keys=True))
        except RpcError as error:
            answer["error"] = {"code": error.code, "message": str(error)}
            if error.data is not None:
                answer["error"]["data"] = error.data
        answer["id"] = rpc_id
        return self._json(compact(answer).encode())

    async def _dispatch(self, method: str, params: Any) -> Any:
        if method in ("tasks/send", "tasks/sendSubscribe"):
            return await self._send(params)
        if method == "tasks/get":
            return _task_json(self._find(params["id"]))
        if method == "tasks/cancel":
            return self._cancel(params["id"])
        if method == "tasks/resubscribe":
            return {"pending": True}
        if method.startswith("tasks/pushNotification/"):
            return self._push(method, params)
        raise RpcError(-32600, f"method not found: {method}")

    def _find(self, task_id: str) -> Task:
        if task_id not in self._known:
            raise RpcError(-32010, f"not found: task {task_id}")
        return self._known[task_id]

    def _push(self, method: str, params: Json) -> Json:
        task = self._stream_of(params.get("id") or params["taskId"])
        if method.endswith("set"):
            task.push_config = params["pushNotificationConfig"]
        if task.push_config is None:
            raise RpcError(-32603, f"push error: no config for {task.id}")
        return {"taskId": task.id, "pushNotificationConfig": task.push_config}

    def _cancel(self, task_id: str) -> Json:
        now = self._clock.now()
        if task_id in self._known:
            self._known[task_id].status = Status("canceled", now)
        self._emit(task_id, Status("canceled", now, is_final=True))
        return {"id": task_id, "canceled": True}

    async def _send(self, spec: Any) -> Json:
        _check_spec(spec)
        _check_recursion(spec["context"])
        _check_policy(spec)
        task_id = spec["id"]
        task = Task(task_id, "", [spec["message"]], metadata=spec.get("metadata"))
        self._emit(task_id, Status("submitted", self._clock.now()))
        await self._run(task, spec)
        status = task.status
        self._emit(task_id, Status(status.state, status.time, status.text, is_final=True))
        self._known[task_id] = task  # only now: during the run there is no such task
        return _task_json(task)

    async def _run(self, task: Task, spec: Json) -> None:
        parts = spec["message"]["parts"]
        text = " ".join(part.get("text", "") for part in parts)
        command = skills.command_of(spec["skill"], text, parts)
        stage = skills.Stage(self._clock, self._ids, self._options.step_ms / 1000, task)
        try:
            if command.skill in ("fail", "raise"):
                reason = "runner refused" if command.skill == "fail" else "executor blew up"
                raise skills.ExecutorError(reason)
            async for event in skills.perform(stage, command):
                self._report(task, command, event)
        except skills.ExecutorError as error:
            task.status = Status("failed", self._clock.now(), f"internal error: {error}")

    def _report(self, task: Task, command: skills.Command, event: Event) -> None:
        if isinstance(event, Chunk) and command.skill in ("echo", "slow"):
            event = Chunk(command.parts, name="echo", last=True)
        task.apply(event)
        if isinstance(event, Status):
            is_quiet = command.skill == "echo" and event.text is None
            if event.state in TERMINAL or is_quiet:
                return
        self._emit(task.id, event)

    # ---- streams

    def _stream_of(self, task_id: str) -> Task:
        return self._streams.setdefault(task_id, Task(task_id, ""))

    def _emit(self, task_id: str, event: Event) -> None:
        stream = self._stream_of(task_id)
        if isinstance(event, Status):
            stream.history.append(event)
        for channel in stream.channels:
            channel.put(event)

    def _subscribe(self, request: Request) -> Reply:
        query = request.query
        if "id" not in query:
            return self._text(400, "Failed to deserialize query string: missing field `id`")
        head = [("content-type", "text/event-stream"), ("cache-control", "no-cache")]
        head += [("transfer-encoding", "chunked"), self._date()]
        cursor = query.get("last_event_id", request.headers.get("last-event-id", ""))
        is_resumed = request.path == "/tasks/resubscribe"
        frames = self._frames(query["id"], cursor if is_resumed else None)
        return Reply(200, head, frames=frames, ping=b":\n\n", ping_s=self._options.ping_s)

    async def _frames(self, task_id: str, cursor: str | None) -> AsyncIterator[Frame | bytes]:
        if cursor is not None and task_id not in self._streams:
            unknown = Status("failed", self._clock.now(), is_final=True)
            yield _frame(task_id, unknown)
            return
        stream = self._stream_of(task_id)
        channel = Channel(self._options.queue)
        replayed = _after(stream.history, cursor) if cursor is not None else []
        stream.channels.append(channel)
        try:
            for event in replayed:
                yield _frame(task_id, event)
                if event.is_final:
                    return
            while True:  # a final status is no reason to close
                coming = await channel.get()
                if isinstance(coming, int):
                    yield Frame(compact({"lagged": coming}), "warning")
                elif isinstance(coming, Burst):
                    frame = _frame(task_id, coming.status)
                    for block in burst_blocks(frame.render(), coming.count):
                        yield block
                else:
                    yield _frame(task_id, coming)
        finally:
            stream.channels.remove(channel)


def _after(history: Any, cursor: str) -> list[Status]:
    """What is strictly later than the cursor; everything for what is no time."""
    since = parse_rfc3339(cursor)
    return [status for status in history if since is None or status.time > since]


def burst_blocks(frame: bytes, count: int, size: int = 256) -> Any:
    """``count`` copies of an encoded event that say "step 0", "step 1", ... in blocks."""
    before, _, after = frame.partition(b"step 0")
    for start in range(0, count, size):
        steps = range(start, min(start + size, count))
        yield b"".join(b"%bstep %d%b" % (before, step, after) for step in steps)


def _message_json(text: str) -> Json:
    return {"role": "agent", "parts": [{"type": "text", "text": text}], "metadata": None}


def _status_json(status: Status) -> Json:
    fields: Json = {"state": status.state, "timestamp": rfc3339(status.time, 9)}
    if status.text is not None:
        fields["message"] = _message_json(status.text)
    return fields


def _artifact_json(chunk: Chunk) -> Json:
    return {
        "name": chunk.name,
        "parts": [part if "type" in part else {"type": "text", **part} for part in chunk.parts],
        "index": chunk.index,
        "append": chunk.append,
        "lastChunk": chunk.last,
        "metadata": None,
    }


def _task_json(task: Task) -> Json:
    return {
        "id": task.id,
        "status": _status_json(task.status),
        "history": [{"metadata": None, **message} for message in task.messages],
        "artifacts": [_artifact_json(chunk) for chunk in task.artifacts],
        "metadata": task.metadata,
    }


def _frame(task_id: str, event: Event) -> Frame:
    data: Json
    if isinstance(event, Chunk):
        data = {"id": task_id, "artifact": _artifact_json(event), "metadata": None}
        return Frame(compact(data), "artifact")
    assert isinstance(event, Status)
    status = _status_json(event)
    data = {"id": task_id, "status": status, "final": event.is_final, "metadata": None}
    return Frame(compact(data), "status")


def _parse_call(body: bytes) -> Json:
    text = body.decode("utf-8", "replace")
    try:
        call = json.loads(text)
    except ValueError:
        where = f"at line 1 column {len(text)}"
        raise RpcError(-32700, f"EOF while parsing a value {where}") from None
    if not isinstance(call, dict):
        raise RpcError(-32700, "invalid type: map, expected a string at line 1 column 1")
    if "jsonrpc" not in call:
        raise RpcError(-32700, f"missing field `jsonrpc` at line 1 column {len(text)}")
    return call


def _check_spec(spec: Any) -> None:
    prefix = "tasks/send: invalid params: "
    if spec is None:
        raise RpcError(-32600, prefix + "invalid type: null, expected struct TaskSpec")
    for name in ("id", "skill", "message", "context"):
        if name not in spec:
            raise RpcError(-32600, f"{prefix}missing field `{name}`")
    for name in ("role", "parts"):
        if name not in spec["message"]:
            raise RpcError(-32600, f"{prefix}missing field `{name}`")
    if any("type" not in part for part in spec["message"]["parts"]):
        raise RpcError(-32600, f"{prefix}missing field `type`")
    for name in ("trace_id", "depth", "root_agent_id", "visited_agents"):
        if name not in spec["context"]:
            raise RpcError(-32600, f"{prefix}missing field `{name}`")


def _check_recursion(context: Json) -> None:
    is_round = context["root_agent_id"] in context["visited_agents"]
    if context["depth"] > _MAX_DEPTH or is_round:
        path = {"path": context["visited_agents"]}
        raise RpcError(-32004, f"recursion limit at depth {context['depth']}", path)


def _check_policy(spec: Json) -> None:
    policy = spec.get("policy") or {}
    allowed = policy.get("allowed_skills")
    if allowed is not None and spec["skill"] not in allowed:
        raise RpcError(-32002, f"policy violation: skill {spec['skill']} not in allow list")
    if policy.get("max_concurrency") == 0:
        raise RpcError(-32002, "policy violation: concurrency cap reached: 0/0")

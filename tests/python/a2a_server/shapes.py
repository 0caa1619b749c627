"""How the official dialects write tasks, events and errors, as JSON in the order of each server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .clock import rfc3339
from .options import Style
from .tasks import Chunk, Direct, Event, Status, Task

Json = dict[str, Any]

_PROTO_STATES = {"input-required": "TASK_STATE_INPUT_REQUIRED"}


def proto_state(state: str) -> str:
    return _PROTO_STATES.get(state, "TASK_STATE_" + state.upper().replace("-", "_"))


class Shape:
    """What the forms have in common: a task, an event of it, text."""

    def __init__(self, style: Style) -> None:
        self.style = style

    def timestamp(self, status: Status) -> Json:
        digits = 6 if self.style == "py" else 3
        return {"timestamp": rfc3339(status.time, digits)} if status.time else {}

    def task(self, task: Task, history: int | None = None) -> Json:
        raise NotImplementedError

    def event(self, task: Task, event: Event) -> Json:
        """One element of a stream, as it stands in the result."""
        raise NotImplementedError

    def message(self, task: Task, direct: Direct) -> Json:
        raise NotImplementedError

    def wrapped(self, task: Task) -> Json:
        """A task as the result of sending."""
        return self.task(task)

    def dumps(self, value: Any) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    def dumps_event(self, value: Any) -> str:
        return self.dumps(value)

    @staticmethod
    def plain_parts(message: Json) -> list[Json]:
        """The parts of a message of any dialect, without kinds."""
        parts: Any = message.get("parts", message.get("content", []))
        return [{name: part[name] for name in part if name != "kind"} for part in parts]

    def _history(self, messages: list[Json], length: int | None) -> list[Json]:
        if length is None:
            return messages
        return messages[len(messages) - min(length, len(messages)) :]


class Shape03(Shape):
    """0.3 over JSON-RPC: kinds, and ``final``."""

    def timestamp(self, status: Status) -> Json:
        if not status.time:
            return {}
        if self.style == "py":
            return {"timestamp": rfc3339(status.time, 6, "+00:00")}
        return {"timestamp": rfc3339(status.time, 3)}

    def dumps(self, value: Any) -> str:
        if self.style == "py":
            return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        return super().dumps(value)

    def _of(self, task: Task) -> Json:
        return {"taskId": task.id, "contextId": task.context_id}

    def _status(self, task: Task, status: Status) -> Json:
        message = {}
        if status.text is not None:
            message = {
                "message": {
                    "kind": "message",
                    "messageId": status.message_id,
                    "role": "agent",
                    "parts": [{"kind": "text", "text": status.text}],
                    **self._of(task),
                }
            }
        return {"state": status.state, **message, **self.timestamp(status)}

    def _artifact(self, chunk: Chunk) -> Json:
        parts = [{"kind": "text", **part} for part in chunk.parts]
        return {"artifactId": f"art-{chunk.index + 1}", "name": chunk.name, "parts": parts}

    def task(self, task: Task, history: int | None = None) -> Json:
        mine = {"contextId": task.context_id, "taskId": task.id}
        messages = [self._user_message(message) | mine for message in task.messages]
        artifacts = [self._artifact(chunk) for chunk in task.artifacts]
        return {
            "kind": "task",
            "id": task.id,
            "contextId": task.context_id,
            "status": self._status(task, task.status),
            "history": self._history(messages, history),
            **({"artifacts": artifacts} if artifacts else {}),
        }

    def _user_message(self, message: Json) -> Json:
        if "content" not in message and message.get("role") == "user":
            return message
        parts = [{"kind": "text", **part} for part in self.plain_parts(message)]
        message_id = message.get("messageId")
        return {"kind": "message", "messageId": message_id, "role": "user", "parts": parts}

    def event(self, task: Task, event: Event) -> Json:
        if isinstance(event, Direct):
            return self.message(task, event)
        if isinstance(event, Chunk):
            return {
                "kind": "artifact-update",
                **self._of(task),
                "append": event.append,
                "lastChunk": event.last,
                "artifact": self._artifact(event),
            }
        assert isinstance(event, Status)
        # a2a-sdk says false of a task that waits, and closes all the same.
        is_final = event.ends_stream and (self.style == "js" or event.state != "input-required")
        status = self._status(task, event)
        return {"kind": "status-update", **self._of(task), "status": status, "final": is_final}

    def message(self, task: Task, direct: Direct) -> Json:
        return {
            "kind": "message",
            "messageId": direct.message_id,
            "role": "agent",
            "contextId": task.context_id,
            "parts": [{"kind": "text", "text": direct.text}],
        }


class Shape10(Shape):
    """1.0, over both bindings: ProtoJSON with one member of a union."""

    parts_key = "parts"
    sends_final = False

    def dumps_event(self, value: Any) -> str:
        if self.style == "py":
            return json.dumps(value, ensure_ascii=False)
        return self.dumps(value)

    def _of(self, task: Task) -> Json:
        return {"taskId": task.id, "contextId": task.context_id}

    def _status(self, task: Task, status: Status) -> Json:
        message = {}
        if status.text is not None:
            message = {
                "message": {
                    "messageId": status.message_id,
                    "contextId": task.context_id,
                    "taskId": task.id,
                    "role": "ROLE_AGENT",
                    self.parts_key: [{"text": status.text}],
                }
            }
        return {"state": proto_state(status.state), **message, **self.timestamp(status)}

    def _artifact(self, chunk: Chunk) -> Json:
        return {"artifactId": f"art-{chunk.index + 1}", "name": chunk.name, "parts": chunk.parts}

    def _user_message(self, task: Task, message: Json) -> Json:
        known = {
            "messageId": message.get("messageId"),
            "contextId": task.context_id,
            "taskId": task.id,
            "role": "ROLE_USER",
            self.parts_key: self.plain_parts(message),
        }
        others = ("kind", "parts", "content", *known)
        return known | {name: item for name, item in message.items() if name not in others}

    def task(self, task: Task, history: int | None = None) -> Json:
        messages = [self._user_message(task, message) for message in task.messages]
        messages = self._history(messages, history)
        artifacts = [self._artifact(chunk) for chunk in task.artifacts]
        return {
            "id": task.id,
            "contextId": task.context_id,
            "status": self._status(task, task.status),
            **({"artifacts": artifacts} if artifacts else {}),
            **({"history": messages} if messages else {}),
        }

    def wrapped(self, task: Task) -> Json:
        return {"task": self.task(task)}

    def event(self, task: Task, event: Event) -> Json:
        if isinstance(event, Direct):
            return {"message": self.message(task, event)}
        if isinstance(event, Chunk):
            flags = {"append": event.append, "lastChunk": event.last}
            update = {**self._of(task), "artifact": self._artifact(event)}
            return {"artifactUpdate": update | {name: True for name in flags if flags[name]}}
        assert isinstance(event, Status)
        update = {**self._of(task), "status": self._status(task, event)}
        is_question = self.style == "py" and event.state == "input-required"
        if self.sends_final and event.ends_stream and not is_question:
            update["final"] = True
        return {"statusUpdate": update}

    def message(self, task: Task, direct: Direct) -> Json:
        return {
            "messageId": direct.message_id,
            "contextId": task.context_id,
            "role": "ROLE_AGENT",
            self.parts_key: [{"text": direct.text}],
        }


class Shape03Rest(Shape10):
    """0.3 over HTTP+JSON: the words of 1.0, but for ``content``."""

    parts_key = "content"
    sends_final = True

    def timestamp(self, status: Status) -> Json:
        return {} if self.style == "py" else super().timestamp(status)

    def dumps_event(self, value: Any) -> str:
        """a2a-sdk prints it over many lines."""
        return json.dumps(value, indent=2) if self.style == "py" else self.dumps(value)


@dataclass(slots=True)
class Refusal(Exception):
    """An error by its name; the tables below say how it is written."""

    kind: str
    task_id: str = ""
    detail: str = ""

    def code(self, version: str, style: Style) -> int:
        if self.kind == "terminal":
            return -32004 if version == "1.0" else -32602 if style == "py" else -32600
        if self.kind == "no-extended-card":
            return -32603 if (version, style) == ("0.3", "py") else -32004
        return _CODES[self.kind]

    def text(self, version: str, style: Style) -> str:
        return (
            _TEXTS[style]
            .get(f"{self.kind} {version}", _TEXTS[style][self.kind])
            .format(id=self.task_id, detail=self.detail, proto=proto_state(self.detail))
        )


_CODES = {
    "not-found": -32001,
    "not-cancelable": -32002,
    "method": -32601,
    "params": -32602,
    "parse": -32700,
    "request": -32600,
    "version": -32009,
    "internal": -32603,
}
REASONS = {
    "not-found": "TASK_NOT_FOUND",
    "not-cancelable": "TASK_NOT_CANCELABLE",
    "terminal": "UNSUPPORTED_OPERATION",
    "no-extended-card": "UNSUPPORTED_OPERATION",
    "params": "INVALID_PARAMS",
    "request": "INVALID_REQUEST",
    "version": "VERSION_NOT_SUPPORTED",
}
_TEXTS: dict[Style, dict[str, str]] = {
    "py": {
        "not-found": "Task not found",
        "not-cancelable": "Task cannot be canceled - current state: TaskState.{detail}",
        "not-cancelable 1.0": "Task cannot be canceled",
        "terminal": "Task {id} is in terminal state: {detail}",
        "terminal 1.0": "Task {id} is in terminal state: {proto}",
        "method": "Method not found",
        "params": "Invalid parameters",
        "params 1.0": "Invalid params",
        "parse": "{detail}",
        "request": "{detail}",
        "version": "A2A version '{detail}' is not supported by this handler."
        " Expected version '1.0'.",
        "internal": "{detail}",
        "no-extended-card": "Authenticated card not supported",
        "no-extended-card 1.0": "The agent does not support authenticated extended cards",
    },
    "js": {
        "not-found": "Task not found: {id}",
        "not-cancelable": "Task not cancelable: {id}",
        "terminal": "Task {id} is in a terminal state ({detail}) and cannot be modified.",
        "terminal 1.0": "Task {id} is in a terminal state (3) and cannot be modified.",
        "method": "Method not found: {detail}",
        "method 1.0": "Invalid method.",
        "params": "message.messageId is required",
        "parse": "Invalid JSON payload.",
        "request": "Invalid JSON-RPC Request.",
        "version": "The requested A2A protocol version '{detail}' is not supported."
        " Supported versions: 1.0",
        "internal": "{detail}",
        "no-extended-card": "Unsupported operation: Agent does not support authenticated"
        " extended card.",
    },
}

"""Tasks, messages and artifacts: what goes to agents and comes from them.

Values of plain types, the same for every dialect of the protocol. A text that the peer did not send
is empty, a sequence without items an empty tuple, metadata without members an empty dict.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ruvector._a2a_values import JsonValue, freeze_sequences

__all__ = [
    "Artifact",
    "ArtifactViolation",
    "Message",
    "Notice",
    "Part",
    "Role",
    "StreamWarning",
    "Task",
    "TaskArtifactUpdateEvent",
    "TaskPage",
    "TaskState",
    "TaskStatus",
    "TaskStatusUpdateEvent",
    "TaskUpdate",
]

_Bytes: TypeAlias = bytes  # within Part the name is a field's


class Role(enum.StrEnum):
    """Who says something."""

    USER = "user"
    """The client's side."""
    AGENT = "agent"
    """The agent."""
    UNKNOWN = "unknown"
    """A word that this version does not know."""


class TaskState(enum.StrEnum):
    """Where a task is.

    >>> import ruvector
    >>> ruvector.TaskState.CANCELED.is_terminal, ruvector.TaskState.WORKING.is_terminal
    (True, False)
    """

    SUBMITTED = "submitted"
    """Taken, not begun."""
    WORKING = "working"
    """Begun."""
    INPUT_REQUIRED = "input-required"
    """It asks its caller something."""
    AUTH_REQUIRED = "auth-required"
    """It wants credentials of its caller."""
    COMPLETED = "completed"
    """Done."""
    CANCELED = "canceled"
    """Ended by request."""
    FAILED = "failed"
    """Ended by an error."""
    REJECTED = "rejected"
    """The agent will not do it."""
    UNKNOWN = "unknown"
    """A word that this version does not know; ``TaskStatus.raw_state`` has it."""

    @property
    def is_terminal(self) -> bool:
        """Whether the task is over: completed, canceled, failed or rejected."""
        return self in _TERMINAL

    @property
    def is_interrupted(self) -> bool:
        """Whether the task waits for its caller."""
        return self in (TaskState.INPUT_REQUIRED, TaskState.AUTH_REQUIRED)


_TERMINAL = frozenset(
    (TaskState.COMPLETED, TaskState.CANCELED, TaskState.FAILED, TaskState.REJECTED)
)


@dataclass(frozen=True, slots=True, repr=False)
class Part(JsonValue):
    """One piece of content: a text, bytes, a URL, or data that JSON can say.

    >>> import ruvector
    >>> ruvector.Part("hello").kind, ruvector.Part(data={"x": [1, 2]}).kind
    ('text', 'data')
    >>> ruvector.Part(bytes=b"GIF89a", media_type="image/gif").text is None
    True
    """

    text: str | None = None
    """The text; None of other parts."""
    bytes: _Bytes | None = field(default=None, kw_only=True)
    """The content of a file; None of other parts."""
    url: str | None = field(default=None, kw_only=True)
    """Where a file is; None of other parts."""
    data: Any = field(default=None, kw_only=True, hash=False)
    """What ``json.loads`` gives; None of other parts."""
    file_name: str = field(default="", kw_only=True)
    """Of bytes and URLs."""
    media_type: str = field(default="", kw_only=True)
    """Of bytes and URLs."""
    metadata: dict[str, Any] = field(default_factory=dict, kw_only=True, hash=False)
    """What the sender adds."""

    def __post_init__(self) -> None:
        given = [
            name for name in ("text", "bytes", "url", "data") if getattr(self, name) is not None
        ]
        if len(given) > 1:
            raise ValueError(f"Part: {' and '.join(given)} are given; a part has one of them")

    @property
    def kind(self) -> Literal["text", "bytes", "url", "data"]:
        """Which of the fields counts. A part without any is the data ``None``."""
        if self.text is not None:
            return "text"
        if self.bytes is not None:
            return "bytes"
        return "data" if self.url is None else "url"


@dataclass(frozen=True, slots=True, repr=False)
class Message(JsonValue):
    """Something that is said.

    >>> import ruvector
    >>> parts = ruvector.Part("Hello, "), ruvector.Part("world")
    >>> message = ruvector.Message(ruvector.Role.AGENT, parts)
    >>> message.text
    'Hello, world'
    >>> ruvector.Message.from_dict(message.to_dict()) == message
    True
    """

    role: Role
    """Who says it."""
    parts: tuple[Part, ...] = ()
    """What is said, in order."""
    message_id: str = field(default="", kw_only=True)
    """Made by the sender."""
    task_id: str = field(default="", kw_only=True)
    """The task that it belongs to."""
    context_id: str = field(default="", kw_only=True)
    """The conversation that it belongs to."""
    reference_task_ids: tuple[str, ...] = field(default=(), kw_only=True)
    """Other tasks that it speaks of."""
    extensions: tuple[str, ...] = field(default=(), kw_only=True)
    """URIs of the extensions that it uses."""
    metadata: dict[str, Any] = field(default_factory=dict, kw_only=True, hash=False)
    """What the sender adds."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", Role(self.role))
        object.__setattr__(self, "parts", as_parts(self.parts, "parts"))
        freeze_sequences(self, "reference_task_ids", "extensions")

    @property
    def text(self) -> str:
        """The texts of its parts, one after the other."""
        return text_of(self.parts)


@dataclass(frozen=True, slots=True, repr=False)
class Artifact(JsonValue):
    """Something that a task made."""

    artifact_id: str
    """Made by the agent; rvAgent's are numbered."""
    parts: tuple[Part, ...] = ()
    """Its content, in order."""
    name: str = field(default="", kw_only=True)
    """For people."""
    description: str = field(default="", kw_only=True)
    """For people."""
    extensions: tuple[str, ...] = field(default=(), kw_only=True)
    """URIs of the extensions that it uses."""
    metadata: dict[str, Any] = field(default_factory=dict, kw_only=True, hash=False)
    """What the agent adds."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", as_parts(self.parts, "parts"))
        freeze_sequences(self, "extensions")

    @property
    def text(self) -> str:
        """The texts of its parts, one after the other."""
        return text_of(self.parts)


@dataclass(frozen=True, slots=True, repr=False)
class TaskStatus(JsonValue):
    """Where a task is, and what the agent says to it."""

    state: TaskState
    """Where it is."""
    message: Message | None = None
    """What the agent says."""
    timestamp: str = field(default="", kw_only=True)
    """When, as the peer wrote it: RFC 3339."""
    raw_state: str = field(default="", kw_only=True)
    """The state as the peer wrote it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", TaskState(self.state))


@dataclass(frozen=True, slots=True, repr=False)
class Task(JsonValue):
    """A task as its agent sees it.

    A peer may answer a task at once with a message, and make no task of it: then ``id`` is empty,
    the state is ``COMPLETED`` with an empty ``raw_state``, and ``status.message`` is the answer.
    """

    id: str
    """Made by the peer; on rvAgent by the client."""
    status: TaskStatus
    """Where it is."""
    context_id: str = field(default="", kw_only=True)
    """The conversation that it belongs to."""
    artifacts: tuple[Artifact, ...] = field(default=(), kw_only=True)
    """What it made."""
    history: tuple[Message, ...] = field(default=(), kw_only=True)
    """What was said."""
    metadata: dict[str, Any] = field(default_factory=dict, kw_only=True, hash=False)
    """What the agent adds."""

    def __post_init__(self) -> None:
        freeze_sequences(self, "artifacts", "history")


@dataclass(frozen=True, slots=True, repr=False)
class TaskPage(JsonValue):
    """Some of the tasks of a peer."""

    tasks: tuple[Task, ...] = ()
    """In the peer's order."""
    next_page_token: str = ""
    """For the next call; empty on the last page."""
    total_size: int | None = field(default=None, kw_only=True)
    """How many there are, if the peer says so."""

    def __post_init__(self) -> None:
        freeze_sequences(self, "tasks")


# --- streams


@dataclass(frozen=True, slots=True, repr=False)
class TaskStatusUpdateEvent(JsonValue):
    """A task's new status."""

    task_id: str
    """The task."""
    status: TaskStatus
    """Where it is now."""
    context_id: str = field(default="", kw_only=True)
    """The conversation that it belongs to."""
    is_final: bool = field(default=False, kw_only=True)
    """The peer says that nothing follows. Agents of 1.0 do not say so."""
    metadata: dict[str, Any] = field(default_factory=dict, kw_only=True, hash=False)
    """What the agent adds."""

    @property
    def state(self) -> TaskState:
        """The same as ``status.state``."""
        return self.status.state

    @property
    def message(self) -> Message | None:
        """The same as ``status.message``."""
        return self.status.message


@dataclass(frozen=True, slots=True, repr=False)
class TaskArtifactUpdateEvent(JsonValue):
    """An artifact of a task, or a piece of one."""

    task_id: str
    """The task."""
    artifact: Artifact
    """The artifact, or the parts that are new."""
    context_id: str = field(default="", kw_only=True)
    """The conversation that it belongs to."""
    append: bool = field(default=False, kw_only=True)
    """Its parts follow those that came before under the same id."""
    last_chunk: bool = field(default=False, kw_only=True)
    """No more of it follows."""
    metadata: dict[str, Any] = field(default_factory=dict, kw_only=True, hash=False)
    """What the agent adds."""

    @property
    def artifact_id(self) -> str:
        """The same as ``artifact.artifact_id``."""
        return self.artifact.artifact_id

    @property
    def text(self) -> str:
        """The same as ``artifact.text``: of a piece, its own."""
        return self.artifact.text


@dataclass(frozen=True, slots=True, repr=False)
class StreamWarning(JsonValue):
    """What a stream has to say about itself."""

    reason: str
    """Such as ``"reconnected"``, ``"lagged"``."""
    gap: bool = False
    """Updates are, or may be, missing here."""
    missed: int | None = field(default=None, kw_only=True)
    """How many, if the peer says so."""


@dataclass(frozen=True, slots=True, repr=False)
class TaskUpdate(JsonValue):
    """One element of a stream; ``kind`` names the field that is set.

    >>> import ruvector
    >>> working = ruvector.TaskStatus(ruvector.TaskState.WORKING)
    >>> update = ruvector.TaskUpdate(
    ...     "status", "t1", status=ruvector.TaskStatusUpdateEvent("t1", working)
    ... )
    >>> update.state
    <TaskState.WORKING: 'working'>
    """

    kind: Literal["status", "artifact", "task", "message", "warning"]
    """Which of the fields below is set."""
    task_id: str = ""
    """The task; empty until the peer has named it."""
    context_id: str = field(default="", kw_only=True)
    """The conversation that the task belongs to."""
    status: TaskStatusUpdateEvent | None = field(default=None, kw_only=True)
    """The task's new status."""
    artifact: TaskArtifactUpdateEvent | None = field(default=None, kw_only=True)
    """An artifact, or a piece of one."""
    task: Task | None = field(default=None, kw_only=True)
    """The task as it stands, with what came of it before."""
    message: Message | None = field(default=None, kw_only=True)
    """The answer; there is no task."""
    warning: StreamWarning | None = field(default=None, kw_only=True)
    """What happened to the stream."""

    @property
    def state(self) -> TaskState | None:
        """Where the task is, of a ``"status"`` and of a ``"task"``; None of the others."""
        if self.status is not None:
            return self.status.status.state
        return None if self.task is None else self.task.status.state


@dataclass(frozen=True, slots=True, repr=False)
class ArtifactViolation(JsonValue):
    """A rule that a piece of an artifact breaks; see ``ArtifactAssembler``."""

    kind: Literal["append_to_nothing", "after_last", "without_id"]
    """The first piece is one to append; a piece comes after the last; a piece has no id."""
    artifact_id: str
    """Of the artifact."""
    message: str
    """For people."""


@dataclass(frozen=True, slots=True, repr=False)
class Notice(JsonValue):
    """What the hooks of ``A2aClient.connect`` get. Credentials are left out."""

    kind: Literal["request", "response", "event", "retry"]
    """What happened."""
    method: str
    """The protocol's method, or the HTTP verb."""
    url: str = field(default="", kw_only=True)
    """Where the request goes."""
    status: int = field(default=0, kw_only=True)
    """The HTTP status of a response."""
    elapsed_ms: float = field(default=0.0, kw_only=True)
    """Since the request began."""
    detail: str = field(default="", kw_only=True)
    """For people."""


def as_parts(given: Any, name: str) -> tuple[Part, ...]:
    """The parts that a str, a Part or a sequence of both means."""
    items = (given,) if isinstance(given, str | Part) else given
    if isinstance(items, bytes) or not isinstance(items, Iterable):
        raise TypeError(
            f"{name}: expected a str, a Part or a sequence of both, got {type(given).__name__}"
        )
    parts = tuple(Part(item) if isinstance(item, str) else item for item in items)
    for i, part in enumerate(parts):
        if not isinstance(part, Part):
            raise TypeError(f"{name}[{i}]: expected a str or a Part, got {type(part).__name__}")
    return parts


def text_of(parts: Iterable[Part]) -> str:
    """The texts among the parts, one after the other."""
    return "".join(part.text for part in parts if part.text is not None)

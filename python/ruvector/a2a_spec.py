"""What is asked of an agent, and what it may cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruvector._a2a_values import JsonValue, freeze_sequences
from ruvector.a2a_types import Part, as_parts

__all__ = ["ClientBudget", "TaskContext", "TaskEstimate", "TaskPolicy", "TaskSpec"]


@dataclass(frozen=True, slots=True, repr=False)
class TaskPolicy(JsonValue):
    """Limits of one task, checked before a byte is sent; None: no limit.

    A value equal to its limit is permitted. Cost and tokens are compared with the estimate.
    """

    max_tokens: int | None = field(default=None, kw_only=True)
    """Tokens."""
    max_cost_usd: float | None = field(default=None, kw_only=True)
    """US dollars."""
    max_duration_ms: int | None = field(default=None, kw_only=True)
    """Wall clock; at its end the task is cancelled and the call raises ``PolicyViolation``."""
    allowed_skills: tuple[str, ...] | None = field(default=None, kw_only=True)
    """Ids of the skills that may be asked for."""
    max_concurrency: int | None = field(default=None, kw_only=True)
    """Tasks of the client in flight at once, this one included."""

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            max_tokens: int | None = None,
            max_cost_usd: float | None = None,
            max_duration_ms: int | None = None,
            allowed_skills: Sequence[str] | None = None,
            max_concurrency: int | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        if self.allowed_skills is not None:
            freeze_sequences(self, "allowed_skills")


@dataclass(frozen=True, slots=True, repr=False)
class TaskEstimate(JsonValue):
    """What a task is expected to take; None: not known."""

    cost_usd: float | None = field(default=None, kw_only=True)
    """US dollars."""
    tokens: int | None = field(default=None, kw_only=True)
    """Tokens."""


@dataclass(frozen=True, slots=True, repr=False)
class TaskContext(JsonValue):
    """Where a task stands in a chain of agents."""

    trace_id: str = field(default="", kw_only=True)
    """32 lower-case hexadecimal digits; made when empty. The same as of ``traceparent``."""
    parent_task_id: str = field(default="", kw_only=True)
    """The task that this one is for."""
    depth: int = field(default=0, kw_only=True)
    """How many agents lie between the first caller and this side: at most 8."""
    root_agent_id: str = field(default="", kw_only=True)
    """The first caller."""
    current_agent: str = field(default="", kw_only=True)
    """This side."""
    visited_agents: tuple[str, ...] = field(default=(), kw_only=True)
    """Those that the task came through; none of them may get it again."""

    def __post_init__(self) -> None:
        freeze_sequences(self, "visited_agents")


@dataclass(frozen=True, slots=True, repr=False)
class TaskSpec(JsonValue):
    """What is asked of an agent, and what it may cost.

    ``input`` is a text, a ``Part`` or a sequence of both; the field is a tuple of parts.

    >>> import ruvector
    >>> spec = ruvector.TaskSpec("rag.query", "What is RaBitQ?",
    ...                          policy=ruvector.TaskPolicy(max_cost_usd=0.10))
    >>> spec.input
    (Part(text='What is RaBitQ?'),)
    """

    skill: str
    """Id of a skill of the card; may be empty on official peers."""
    input: tuple[Part, ...]
    """What the agent gets."""
    policy: TaskPolicy | None = field(default=None, kw_only=True)
    """Limits."""
    estimate: TaskEstimate | None = field(default=None, kw_only=True)
    """What the limits are compared with; default: the client's or the card's."""
    context: TaskContext = field(default_factory=TaskContext, kw_only=True)
    """Where it stands in a chain of agents."""
    id: str = field(default="", kw_only=True)
    """rvAgent: the task's id, made when empty. Other peers make their own."""
    task_id: str = field(default="", kw_only=True)
    """Continues this task of the peer."""
    context_id: str = field(default="", kw_only=True)
    """Continues this conversation."""
    message_id: str = field(default="", kw_only=True)
    """Made when empty; the same when the client sends again."""
    accepted_output_modes: tuple[str, ...] = field(default=(), kw_only=True)
    """Media types."""
    history_length: int | None = field(default=None, kw_only=True)
    """How much of the history the answer shall have."""
    blocking: bool = field(default=True, kw_only=True)
    """Whether ``send_task`` waits for the task's end, or for a question of it."""
    metadata: dict[str, Any] = field(default_factory=dict, kw_only=True, hash=False)
    """What goes along; anything that JSON can say."""

    if TYPE_CHECKING:

        def __init__(
            self,
            skill: str,
            input: str | Part | Sequence[str | Part],  # noqa: A002  the field's name
            *,
            policy: TaskPolicy | None = None,
            estimate: TaskEstimate | None = None,
            context: TaskContext = ...,
            id: str = "",
            task_id: str = "",
            context_id: str = "",
            message_id: str = "",
            accepted_output_modes: Sequence[str] = (),
            history_length: int | None = None,
            blocking: bool = True,
            metadata: dict[str, Any] = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "input", as_parts(self.input, "input"))
        freeze_sequences(self, "accepted_output_modes")


@dataclass(frozen=True, slots=True, repr=False)
class ClientBudget(JsonValue):
    """Limits of all tasks of a client together, over the last 60 seconds; None: no limit."""

    max_usd_per_minute: float | None = field(default=None, kw_only=True)
    """US dollars, by the estimates."""
    max_tokens_per_minute: int | None = field(default=None, kw_only=True)
    """Tokens, by the estimates."""
    max_tasks_per_minute: int | None = field(default=None, kw_only=True)
    """Tasks begun."""

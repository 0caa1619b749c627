"""A client of agents that speak A2A: verified cards, limits before the first byte, streams that end
only when their task did.

>>> import ruvector
>>> async def ask(url: str) -> str:
...     async with await ruvector.A2aClient.connect(url) as client:
...         task = await client.send_task(ruvector.TaskSpec("rag.query", "What is RaBitQ?"))
...         return task.artifacts[0].text
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ruvector._native import ArtifactAssembler, NativeA2aClient, TaskStream
from ruvector.a2a_card import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentProvider,
    AgentSkill,
    AuthScheme,
    CardVerification,
    ProtocolName,
)
from ruvector.a2a_options import BindingName, ConnectOptions, CostEstimator, native_options
from ruvector.a2a_spec import ClientBudget, TaskContext, TaskEstimate, TaskPolicy, TaskSpec
from ruvector.a2a_types import (
    Artifact,
    ArtifactViolation,
    Message,
    Notice,
    Part,
    Role,
    StreamWarning,
    Task,
    TaskArtifactUpdateEvent,
    TaskPage,
    TaskState,
    TaskStatus,
    TaskStatusUpdateEvent,
    TaskUpdate,
)

if TYPE_CHECKING:
    from typing import Self, Unpack

__all__ = [
    "A2aClient",
    "AgentCapabilities",
    "AgentCard",
    "AgentInterface",
    "AgentProvider",
    "AgentSkill",
    "Artifact",
    "ArtifactAssembler",
    "ArtifactViolation",
    "AuthScheme",
    "CardVerification",
    "ClientBudget",
    "ConnectOptions",
    "Message",
    "Notice",
    "Part",
    "Role",
    "StreamWarning",
    "Task",
    "TaskArtifactUpdateEvent",
    "TaskContext",
    "TaskEstimate",
    "TaskPage",
    "TaskPolicy",
    "TaskSpec",
    "TaskState",
    "TaskStatus",
    "TaskStatusUpdateEvent",
    "TaskStream",
    "TaskUpdate",
]


class A2aClient:
    """A client of one agent; make one by ``connect``.

    Methods are for coroutines; each has a sibling named ``*_sync`` that waits, lets other Python
    threads run, and refuses with ``RuntimeError`` where it would stop an event loop. Cancelling a
    call closes its connection; the agent's task goes on unless ``cancel_task`` ends it.

    Thread-safe. One thread of the library serves all clients of the process; it never runs Python
    code. Errors are ``A2aError`` and what derives from it; a limit that a task would break raises
    ``PolicyViolation`` or ``BudgetExceeded`` before anything is sent.

    >>> import asyncio, ruvector
    >>> async def main(url: str) -> None:
    ...     async with await ruvector.A2aClient.connect(url) as client:
    ...         spec = ruvector.TaskSpec("rag.query", "What is RaBitQ?")
    ...         async for update in client.stream_task(spec):
    ...             if update.kind == "artifact":
    ...                 print(update.artifact.text)
    >>> asyncio.run(main("http://127.0.0.1:1"))
    Traceback (most recent call last):
    ruvector.TransportError: ...
    """

    __slots__ = ("__weakref__", "_card", "_estimate", "_native")

    _native: NativeA2aClient
    _card: AgentCard
    _estimate: CostEstimator | None

    def __init__(self) -> None:
        raise TypeError("A2aClient: make one by `await A2aClient.connect(url)`")

    # --- connecting

    @classmethod
    def connect(
        cls, url: str | None = None, **options: Unpack[ConnectOptions]
    ) -> Coroutine[Any, Any, Self]:
        """Fetch the card of the agent at ``url``, verify it, and be ready to call the agent.

        Args:
            url: The agent's base, or its card. May be left out when ``card`` is given.
            **options: See ``ruvector.a2a.ConnectOptions``, which documents each. Of trust:
                ``card``, ``strict_verify``, ``trust``, ``expected_agent_id``, ``trusted_agents``,
                ``card_keys``. Of the interface: ``protocol``, ``binding``, ``allow_downgrade``,
                ``allow_other_origin``, ``rewrite_to_origin``, ``extensions``. Of credentials:
                ``authorization``, ``api_key``, ``headers``, ``agent_id``, ``send_deep_contexts``.
                Of cost: ``budget``, ``cost_estimator``, ``on_missing_estimate``. Of the network:
                ``connect_timeout_ms``, ``timeout_ms``, ``header_timeout_ms``, ``idle_timeout_ms``,
                ``ca_file``, ``client_certificate``, ``client_key``, ``client_key_password``,
                ``proxy``, ``allow_plain_http``, ``allow_loopback``, ``allow_private``,
                ``allow_link_local``, ``max_card_bytes``, ``max_body_bytes``, ``max_event_bytes``,
                ``user_agent``. Hooks: ``on_request``, ``on_response``, ``on_event``, ``on_retry``.

        Raises:
            CardSignatureInvalid: the signature is missing, wrong, or of somebody else.
            TransportError: the agent cannot be reached, or its card makes no sense.
            AuthRequired: the card is not for everybody.
            TypeError, ValueError: an argument is none of what it can be.
        """
        make = partial(cls._of, options.get("cost_estimator"))
        return NativeA2aClient.connect(_base(url, options), native_options(options), make)

    @classmethod
    def connect_sync(cls, url: str | None = None, **options: Unpack[ConnectOptions]) -> Self:
        """``connect`` for threads without an event loop."""
        make = partial(cls._of, options.get("cost_estimator"))
        return NativeA2aClient.connect_sync(_base(url, options), native_options(options), make)

    @classmethod
    def _of(cls, estimate: CostEstimator | None, native: NativeA2aClient) -> Self:
        self = cls.__new__(cls)
        self._native = native
        self._card = native.card
        self._estimate = estimate
        return self

    def close(self) -> None:
        """End what is in flight; later calls raise. May be called again."""
        self._native.close()

    async def aclose(self) -> None:
        """The same as ``close``, which waits for nothing."""
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # --- what it is

    @property
    def card(self) -> AgentCard:
        """The agent's card; ``card.verification`` says why it is believed."""
        return self._card

    @property
    def protocol(self) -> ProtocolName:
        """The dialect in use."""
        return self._native.protocol

    @property
    def binding(self) -> BindingName:
        """How calls are put into HTTP."""
        return self._native.binding

    @property
    def endpoint(self) -> str:
        """Where calls go."""
        return self._native.endpoint

    def __repr__(self) -> str:
        return f"A2aClient({self.card.name!r}, {self.endpoint!r}, protocol={self.protocol!r})"

    # --- tasks

    def send_task(self, spec: TaskSpec) -> Coroutine[Any, Any, Task]:
        """Send a task; by default wait for its end, or until it asks for something.

        An agent may answer with a message and make no task of it; see ``Task``.

        Raises:
            PolicyViolation, BudgetExceeded: at the call, before anything is sent.
            A2aError: what the agent reports.
        """
        return self._native.send_task(self._estimated(spec))

    def send_task_sync(self, spec: TaskSpec) -> Task:
        """``send_task`` for threads without an event loop."""
        return self._native.send_task_sync(self._estimated(spec))

    def get_task(self, id: str, *, history_length: int | None = None) -> Coroutine[Any, Any, Task]:
        """Ask for a task as it stands.

        Args:
            id: The task's.
            history_length: How many messages of its history at most; default what the agent gives.

        Raises:
            TaskNotFound: the agent does not know it. rvAgent knows a task only once it is over.
        """
        return self._native.get_task(id, history_length)

    def get_task_sync(self, id: str, *, history_length: int | None = None) -> Task:
        """``get_task`` for threads without an event loop."""
        return self._native.get_task_sync(id, history_length)

    def list_tasks(
        self, context_id: str = "", *, page_token: str = "", page_size: int = 50
    ) -> Coroutine[Any, Any, TaskPage]:
        """Ask for tasks, a page at a time.

        Args:
            context_id: Those of one conversation; default all.
            page_token: ``TaskPage.next_page_token`` of the page before.
            page_size: How many at most.

        Raises:
            UnsupportedOperation: the agent does not speak 1.0.
        """
        return self._native.list_tasks(context_id, page_token, page_size)

    def list_tasks_sync(
        self, context_id: str = "", *, page_token: str = "", page_size: int = 50
    ) -> TaskPage:
        """``list_tasks`` for threads without an event loop."""
        return self._native.list_tasks_sync(context_id, page_token, page_size)

    def cancel_task(self, id: str) -> Coroutine[Any, Any, Task]:
        """End a task; gives it as it stands then.

        Raises:
            TaskNotFound: the agent does not know it.
            TaskNotCancelable: it is over.
        """
        return self._native.cancel_task(id)

    def cancel_task_sync(self, id: str) -> Task:
        """``cancel_task`` for threads without an event loop."""
        return self._native.cancel_task_sync(id)

    def wait(self, id: str, *, interval_ms: int = 500) -> Coroutine[Any, Any, Task]:
        """Ask for a task every ``interval_ms`` until it is over or waits for its caller."""
        return self._native.wait(id, interval_ms)

    def wait_sync(self, id: str, *, interval_ms: int = 500) -> Task:
        """``wait`` for threads without an event loop."""
        return self._native.wait_sync(id, interval_ms)

    def stream_task(
        self,
        spec_or_id: TaskSpec | str,
        *,
        max_events: int = 1024,
        max_bytes: int = 8 << 20,
        max_reconnects: int = 5,
        idle_timeout_ms: int | None = None,
        cancel_remote: bool = False,
    ) -> TaskStream:
        """The updates of a task: ``async for update in client.stream_task(spec)``.

        Not a coroutine; the request begins at the call. Leave the stream by ``async with``, or read
        it to its end. Threads without an event loop iterate by ``for`` and leave by ``with``.

        Args:
            spec_or_id: A task to send, or the id of one that runs.
            max_events: So many updates are kept for a slow reader; then the agent must wait.
            max_bytes: The same in bytes.
            max_reconnects: How often in a row a connection that breaks is taken up again.
            idle_timeout_ms: Between two bytes of any kind; default the client's.
            cancel_remote: Closing the stream before its end cancels the task, too.

        Raises:
            PolicyViolation, BudgetExceeded: at the call, before anything is sent.
        """
        given = spec_or_id if isinstance(spec_or_id, str) else self._estimated(spec_or_id)
        return self._native.stream_task(
            given,
            max_events=max_events,
            max_bytes=max_bytes,
            max_reconnects=max_reconnects,
            idle_timeout_ms=idle_timeout_ms,
            cancel_remote=cancel_remote,
        )

    # --- more of the agent

    def extended_card(self) -> Coroutine[Any, Any, AgentCard]:
        """The card for those who have logged in, verified like the first.

        Raises:
            UnsupportedOperation: the agent has none.
            AuthRequired: it wants credentials, or others.
        """
        return self._native.extended_card()

    def extended_card_sync(self) -> AgentCard:
        """``extended_card`` for threads without an event loop."""
        return self._native.extended_card_sync()

    def set_push_config(
        self, task_id: str, config: Mapping[str, Any]
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Have the agent call a webhook about a task.

        Args:
            task_id: The task's id.
            config: As the agent's dialect has it, such as ``{"url": "https://..."}``.

        Returns:
            What the agent made of it.
        """
        return self._native.set_push_config(task_id, config)

    def set_push_config_sync(self, task_id: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """``set_push_config`` for threads without an event loop."""
        return self._native.set_push_config_sync(task_id, config)

    def _estimated(self, spec: TaskSpec) -> TaskSpec:
        if self._estimate is None or not isinstance(spec, TaskSpec) or spec.estimate is not None:
            return spec
        estimate = self._estimate(spec, self.card)
        return spec if estimate is None else replace(spec, estimate=estimate)


def _base(url: str | None, options: ConnectOptions) -> str:
    if url is None and options.get("card") is None:
        raise TypeError("connect: give the agent's url, or its card by `card=`")
    return url or ""


def _show_public_names() -> None:
    """Let tracebacks and pickles name the classes as users do."""
    import ruvector

    for name in set(__all__) - {"ArtifactAssembler", "ConnectOptions", "TaskStream"}:
        globals()[name].__module__ = "ruvector" if name in ruvector._AGENTS else "ruvector.a2a"


_show_public_names()

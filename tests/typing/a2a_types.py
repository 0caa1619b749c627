"""Types that a user's checker sees; checked by mypy --strict and pyright, never run."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, assert_type

import ruvector
from ruvector.a2a import ArtifactViolation, Notice


async def token(is_refresh: bool) -> str:
    return "Bearer new" if is_refresh else "Bearer old"


def log(notice: Notice) -> None:
    print(notice.kind, notice.elapsed_ms)


async def connecting(card: ruvector.AgentCard) -> None:
    call: Coroutine[Any, Any, ruvector.A2aClient]
    call = ruvector.A2aClient.connect("https://peer.example.com")
    assert_type(await call, ruvector.A2aClient)
    async with await ruvector.A2aClient.connect(
        "https://peer.example.com",
        expected_agent_id="00" * 32,
        card_keys={"keys": []},
        protocol="0.3",
        authorization=token,
        budget=ruvector.ClientBudget(max_usd_per_minute=1.0),
        cost_estimator=lambda spec, card: ruvector.TaskEstimate(cost_usd=0.01),
        ca_file=Path("ca.pem"),
        on_event=log,
    ) as client:
        assert_type(client, ruvector.A2aClient)
        assert_type(client.card.skills, tuple[ruvector.AgentSkill, ...])
        assert_type(client.card.agent_id, str)
        assert_type(client.card.verification.is_pinned, bool)
        assert_type(client.endpoint, str)
    await ruvector.A2aClient.connect(card=card, authorization=lambda _: "Bearer x")
    ruvector.A2aClient.connect_sync("", protocol="2.0")  # type: ignore[arg-type]  # pyright: ignore
    ruvector.A2aClient.connect_sync("", colour="red")  # type: ignore[call-arg]  # pyright: ignore


async def tasks(client: ruvector.A2aClient) -> None:
    spec = ruvector.TaskSpec(
        "rag.query",
        "What is RaBitQ?",
        policy=ruvector.TaskPolicy(max_tokens=4_000, max_cost_usd=0.10, max_duration_ms=30_000),
    )
    assert_type(spec.input, tuple[ruvector.Part, ...])
    ruvector.TaskSpec(skill="rag.query", input=["look at", ruvector.Part(url="https://x/y.png")])
    ruvector.TaskSpec("rag.query", 3)  # type: ignore[arg-type]  # pyright: ignore
    task = await client.send_task(spec)
    assert_type(task, ruvector.Task)
    assert_type(task.status.state, ruvector.TaskState)
    assert_type(task.artifacts[0].parts[0].text, str | None)
    assert_type(await client.get_task(task.id, history_length=3), ruvector.Task)
    assert_type((await client.list_tasks()).tasks, tuple[ruvector.Task, ...])
    assert_type(await client.cancel_task(task.id), ruvector.Task)
    assert_type(await client.wait(task.id, interval_ms=100), ruvector.Task)
    assert_type(await client.extended_card(), ruvector.AgentCard)
    assert_type(await client.set_push_config(task.id, {"url": ""}), dict[str, Any])


async def streams(client: ruvector.A2aClient) -> None:
    async with client.stream_task("t1") as stream:
        assert_type(stream, ruvector.TaskStream)
        async for update in stream:
            assert_type(update, ruvector.TaskUpdate)
            match update.kind:
                case "artifact":
                    assert_type(update.artifact, ruvector.TaskArtifactUpdateEvent | None)
                case "status":
                    assert_type(update.status, ruvector.TaskStatusUpdateEvent | None)
        assert_type(await anext(stream), ruvector.TaskUpdate)
    for update in client.stream_task("t1", max_events=10):
        assert_type(update, ruvector.TaskUpdate)


def assembling(update: ruvector.TaskUpdate) -> None:
    assert_type(update.state, ruvector.TaskState | None)
    assembler = ruvector.ArtifactAssembler()
    assert_type(assembler.add(update), tuple[ArtifactViolation, ...])
    assert_type(assembler.artifacts, tuple[ruvector.Artifact, ...])


def waiting() -> None:
    with ruvector.A2aClient.connect_sync("https://peer.example.com") as client:
        assert_type(client, ruvector.A2aClient)
        assert_type(client.send_task_sync(ruvector.TaskSpec("", "x")), ruvector.Task)
        assert_type(client.list_tasks_sync(page_size=3).next_page_token, str)


def errors(
    error: ruvector.A2aError,
    violation: ruvector.PolicyViolation,
    timeout: ruvector.Timeout,
    missing: ruvector.TaskNotFound,
) -> None:
    assert_type(error.code, int)
    assert_type(error.http_status, int | None)
    assert_type(violation.field, str)
    value: ValueError = violation
    builtin_timeout: TimeoutError = timeout
    connection: ConnectionError = timeout
    lookup: LookupError = missing
    print(value, builtin_timeout, connection, lookup)


def values(card: ruvector.AgentCard) -> None:
    assert_type(card.to_dict(), dict[str, Any])
    assert_type(ruvector.AgentCard.from_dict({}), ruvector.AgentCard)
    card.name = "other"  # type: ignore[misc]  # pyright: ignore

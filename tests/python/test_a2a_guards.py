"""Limits of cost, time and depth hold before a single connection is opened."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from typing import Any

import pytest

import ruvector
from ruvector import ClientBudget, TaskContext, TaskEstimate, TaskPolicy, TaskSpec
from tests.python.a2a_clients import DIALECTS, client_of, collect, soon, spec, trusting
from tests.python.a2a_server.process import Peer

Servers = Callable[[str], Peer]
CENTS = TaskEstimate(cost_usd=0.10, tokens=1000)


async def offline(peer: Peer, **options: Any) -> ruvector.A2aClient:
    """A client that knows the card already, and has opened no connection."""
    card = json.dumps(peer.card(), ensure_ascii=False)
    return await ruvector.A2aClient.connect(card=card, **trusting(peer, **options))


async def nothing_sent(client: ruvector.A2aClient, wanted: TaskSpec, kind: type[Exception]) -> Any:
    """Both ways of sending are refused with ``kind``."""
    with pytest.raises(kind):
        await collect(client, wanted)
    with pytest.raises(kind) as caught:
        await client.send_task(wanted)
    return caught.value


@pytest.fixture(params=DIALECTS)
def peer(request: pytest.FixtureRequest, a2a_servers: Servers) -> Peer:
    return a2a_servers(request.param)


async def test_a_spent_budget_stops_a_task_before_any_connection(peer: Peer) -> None:
    async with await offline(peer) as client:
        wanted = spec("echo hi", policy=TaskPolicy(max_cost_usd=0.05), estimate=CENTS)
        error = await nothing_sent(client, wanted, ruvector.PolicyViolation)
        assert error.field == "max_cost_usd"
        assert float(error.value) == 0.10
        assert float(error.limit) == 0.05
    assert peer.stats()["connections"] == 0


REFUSED: list[tuple[str, TaskPolicy, TaskEstimate | None]] = [
    ("max_tokens", TaskPolicy(max_tokens=999), CENTS),
    ("max_cost_usd", TaskPolicy(max_cost_usd=0.0), TaskEstimate(cost_usd=1e-9)),
    ("allowed_skills", TaskPolicy(allowed_skills=("other",)), None),
    ("allowed_skills", TaskPolicy(allowed_skills=()), None),
    ("max_concurrency", TaskPolicy(max_concurrency=0), None),
]


@pytest.mark.parametrize(("field", "policy", "estimate"), REFUSED, ids=str)
async def test_each_limit_holds_before_a_connection(
    peer: Peer, field: str, policy: TaskPolicy, estimate: TaskEstimate | None
) -> None:
    async with await offline(peer) as client:
        wanted = spec("echo hi", policy=policy, estimate=estimate)
        error = await nothing_sent(client, wanted, ruvector.PolicyViolation)
        assert error.field == field
    assert peer.stats()["connections"] == 0


async def test_a_value_equal_to_its_limit_passes(peer: Peer) -> None:
    policy = TaskPolicy(
        max_cost_usd=0.10,
        max_tokens=1000,
        allowed_skills=("echo",),
        max_concurrency=1,
        max_duration_ms=30_000,
    )
    async with await offline(peer) as client:
        task = await client.send_task(spec("echo hi", policy=policy, estimate=CENTS))
        assert task.status.state == "completed"


@pytest.mark.parametrize("amount", [math.nan, math.inf, -0.01])
async def test_amounts_that_are_none_are_refused(rvagent_peer: Peer, amount: float) -> None:
    async with await offline(rvagent_peer) as client:
        policy = spec("echo hi", policy=TaskPolicy(max_cost_usd=amount))
        estimate = spec("echo hi", estimate=TaskEstimate(cost_usd=amount))
        for wanted in (policy, estimate):
            await nothing_sent(client, wanted, ValueError)
    assert rvagent_peer.stats()["connections"] == 0


async def test_a_limit_without_an_estimate_is_refused_on_request(rvagent_peer: Peer) -> None:
    wanted = spec("echo hi", policy=TaskPolicy(max_cost_usd=0.05))
    async with await offline(rvagent_peer, on_missing_estimate="reject") as client:
        error = await nothing_sent(client, wanted, ruvector.PolicyViolation)
        assert error.field == "max_cost_usd"
    assert rvagent_peer.stats()["connections"] == 0
    async with await offline(rvagent_peer) as client:
        assert (await client.send_task(wanted)).status.state == "completed"
        assert await collect(client, wanted)


async def test_the_clients_estimator_counts_where_the_spec_says_nothing(rvagent_peer: Peer) -> None:
    asked: list[tuple[str, str]] = []

    def estimate(wanted: TaskSpec, card: ruvector.AgentCard) -> TaskEstimate:
        asked.append((wanted.skill, card.name))
        return TaskEstimate(cost_usd=2.0)

    policy = TaskPolicy(max_cost_usd=1.0)
    async with await offline(rvagent_peer, cost_estimator=estimate) as client:
        await nothing_sent(client, spec("echo hi", policy=policy), ruvector.PolicyViolation)
        assert asked[0] == ("echo", "rvagent-peer")
        own = spec("echo hi", policy=policy, estimate=TaskEstimate(cost_usd=0.5))
        assert (await client.send_task(own)).status.state == "completed"


@pytest.mark.parametrize(
    "context",
    [
        TaskContext(depth=9),
        TaskContext(root_agent_id="1" * 64, visited_agents=("2" * 64, "1" * 64), depth=2),
    ],
    ids=["too deep", "in a circle"],
)
async def test_chains_end_before_a_connection(rvagent_peer: Peer, context: TaskContext) -> None:
    if context.visited_agents:  # whoever is asked must not have had the task before
        agent_id = rvagent_peer.card()["metadata"]["ruvector"]["agent_id"]
        context = TaskContext(depth=2, visited_agents=("2" * 64, agent_id))
    async with await offline(rvagent_peer) as client:
        await nothing_sent(client, spec("echo hi", context=context), ruvector.RecursionLimit)
    assert rvagent_peer.stats()["connections"] == 0


async def test_a_chain_of_the_greatest_depth_passes(rvagent_peer: Peer) -> None:
    async with await offline(rvagent_peer) as client:
        task = await client.send_task(spec("echo hi", context=TaskContext(depth=8)))
        assert task.status.state == "completed"


BUDGETS = [
    ("tasks", ClientBudget(max_tasks_per_minute=3)),
    ("usd", ClientBudget(max_usd_per_minute=0.30)),
    ("tokens", ClientBudget(max_tokens_per_minute=3000)),
]


@pytest.mark.parametrize(("dimension", "budget"), BUDGETS)
async def test_the_rolling_budget_admits_what_fills_it_exactly(
    rvagent_peer: Peer, dimension: str, budget: ClientBudget
) -> None:
    async with await offline(rvagent_peer, budget=budget) as client:
        wanted = spec("echo hi", estimate=CENTS)
        for _ in range(3):
            await client.send_task(wanted)
        before = rvagent_peer.stats()["bytes_in"]
        error = await nothing_sent(client, wanted, ruvector.BudgetExceeded)
        assert error.dimension == dimension
        assert rvagent_peer.stats()["bytes_in"] == before


async def test_asking_again_costs_nothing_more(rvagent_peer: Peer) -> None:
    budget = ClientBudget(max_tasks_per_minute=2)
    async with await offline(rvagent_peer, budget=budget) as client:
        rvagent_peer.fault("status", on="send", status=503, headers={"retry-after": "0"})
        await client.send_task(spec("echo hi"))
        await client.send_task(spec("echo hi"))
        assert rvagent_peer.operations().count("send") == 3
        await nothing_sent(client, spec("echo hi"), ruvector.BudgetExceeded)


async def test_a_refused_task_costs_nothing(rvagent_peer: Peer) -> None:
    async with await offline(rvagent_peer, budget=ClientBudget(max_tasks_per_minute=1)) as client:
        wanted = spec("echo hi", policy=TaskPolicy(max_tokens=1), estimate=CENTS)
        await nothing_sent(client, wanted, ruvector.PolicyViolation)
        assert (await client.send_task(spec("echo hi"))).status.state == "completed"


async def test_tasks_in_flight_are_counted(rvagent_peer: Peer) -> None:
    policy = TaskPolicy(max_concurrency=1)
    async with await offline(rvagent_peer) as client:
        first = asyncio.ensure_future(client.send_task(spec("late 60", policy=policy)))
        await soon(rvagent_peer, lambda stats: len(stats["seen"]) == 1)
        error = await nothing_sent(client, spec("echo hi", policy=policy), ruvector.PolicyViolation)
        assert error.field == "max_concurrency"
        await first
        assert (await client.send_task(spec("echo hi", policy=policy))).id
        assert len(rvagent_peer.seen("send")) == 2


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_task_that_takes_too_long_is_cancelled(a2a_servers: Servers, dialect: str) -> None:
    peer = a2a_servers(dialect)
    policy = TaskPolicy(max_duration_ms=150)
    async with await offline(peer) as client:
        with pytest.raises(ruvector.PolicyViolation) as caught:
            await collect(client, spec("long 20", policy=policy))
        assert caught.value.field == "max_duration_ms"
        await soon(peer, lambda stats: any(one["operation"] == "cancel" for one in stats["seen"]))


async def test_the_peers_own_refusals_are_the_same_errors(rvagent_peer: Peer) -> None:
    async with client_of(rvagent_peer) as client:
        rvagent_peer.fault("json_error", on="send", code=-32003, message="budget exceeded: tasks")
        with pytest.raises(ruvector.BudgetExceeded, match="budget exceeded"):
            await client.send_task(spec("echo hi"))


async def test_limits_go_to_the_peer(rvagent_peer: Peer) -> None:
    policy = TaskPolicy(max_tokens=4000, max_cost_usd=0.5, allowed_skills=("echo",))
    async with client_of(rvagent_peer) as client:
        await client.send_task(spec("echo hi", policy=policy, estimate=CENTS))
    sent = json.loads(rvagent_peer.seen("send")[0]["body"])["params"]
    assert sent["policy"]["max_tokens"] == 4000
    assert sent["policy"]["max_cost_usd"] == 0.5
    assert sent["policy"]["allowed_skills"] == ["echo"]
    assert sent["context"]["depth"] == 0
    assert len(sent["context"]["trace_id"]) == 32

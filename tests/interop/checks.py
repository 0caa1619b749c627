"""The columns of the matrix: what our client is seen to do with an agent.

A check returns "" or a word about what this agent does otherwise; `NotServed` says that the agent,
or its dialect, has no such thing. Anything else that is raised is a failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import ruvector
from ruvector import Task, TaskSpec, TaskState, TaskUpdate
from tests.interop.peer import Binding, Peer, Running

KEY_ID = "interop-1"
STEPS = 5
QUIET_SECONDS = 3.0


class NotServed(Exception):
    """The agent, or its dialect, has nothing to check here; the message says why."""


class StillOpenError(Exception):
    """The agent keeps a broken task open; the message says how."""


@dataclass(frozen=True)
class Case:
    """A client connected to an agent by one binding."""

    peer: Peer
    agent: Running
    binding: Binding
    client: ruvector.A2aClient

    @property
    def is_rvagent(self) -> bool:
        return self.peer.protocol == "rvagent"

    def needs(self, skill: str) -> None:
        if skill not in self.peer.skills:
            raise NotServed(f"no skill {skill!r} in this agent")


async def connect(peer: Peer, agent: Running, binding: Binding, **options: Any) -> Any:
    """A client; the options of the peer unless others are given."""
    chosen: dict[str, Any] = {"binding": binding, "protocol": peer.protocol}
    if agent.jwks is not None:
        chosen["card_keys"] = agent.jwks
    return await ruvector.A2aClient.connect(agent.url, **{**chosen, **options})


def expect(found: object, wanted: object, what: str) -> None:
    """Plain `assert` would vanish under -O, and says less."""
    if found != wanted:
        raise AssertionError(f"{what} is {found!r}, not {wanted!r}")


def texts(task: Task) -> list[str]:
    return [artifact.text for artifact in task.artifacts]


async def card(case: Case) -> str:
    """It is fetched, and says what the agent is."""
    client = case.client
    expect(client.protocol, case.peer.protocol, "the protocol")
    expect(client.binding, case.binding, "the binding")
    expect(client.card.capabilities.streaming, True, "streaming")
    expect(client.card.skill("echo").name, "echo", "the skill")
    expect(client.endpoint.startswith(case.agent.url), True, f"the origin of {client.endpoint}")
    return ""


async def signature(case: Case) -> str:
    """It verifies, and does not after a change of a letter or with another key."""
    found = case.client.card.verification
    expect(found.method, "ed25519" if case.is_rvagent else "jws", "the method")
    raw = bytes(case.client.card.raw)
    members = json.loads(raw)
    members["description"] += "!"
    tampered = json.dumps(members, ensure_ascii=False).encode()
    await refused(case, "a changed description", card=tampered)
    if case.agent.jwks is None:
        await refused(case, "another identity", expected_agent_id="0" * 64)
    else:
        expect(found.key_id, KEY_ID, "the key")
        keys = json.loads(case.agent.jwks.read_text())
        keys["keys"][0]["x"], keys["keys"][0]["y"] = OTHER_KEY
        await refused(case, "another key", card_keys=keys)
    return f"as {found.canonical_form}"


SCHEMES = {
    "login": ("http", "bearer", ""),
    "key": ("apiKey", "header", "X-Interop-Key"),
    "oauth": ("oauth2", "", ""),
    "open": ("openIdConnect", "", ""),
    "tls": ("mutualTLS", "", ""),
}
CREDENTIALS = {"authorization": "Bearer interop", "api_key": "open sesame"}


async def security(case: Case) -> str:
    """The schemes are read, signed, and served with the credentials that they ask for."""
    if case.is_rvagent:
        raise NotServed("the dialect's cards have words for schemes")
    card = case.client.card
    found = {each.name: (each.type, each.scheme, each.parameter) for each in card.auth_schemes}
    expect(found, {name: SCHEMES[name] for name in found}, "the schemes")
    expect({*SCHEMES} - {*found} <= {"tls"}, True, f"all schemes but tls in {list(found)}")
    expect("securitySchemes" in card.verification.covered_fields, True, "a signature of schemes")
    for text in ("Bearer", "X-Interop-Key", "https://login.example/token", "read", "may write"):
        changed = bytes(card.raw).replace(f'"{text}"'.encode(), f'"{text}!"'.encode())
        await refused(case, f"the change of {text!r}", card=changed)
    locked = {"headers": {"X-Interop-Locked": "yes"}}
    known = {**locked, **CREDENTIALS}
    async with await connect(case.peer, case.agent, case.binding, **known) as client:
        task = await client.send_task(TaskSpec("echo", "echo hi"))
        expect(task.status.state, TaskState.COMPLETED, "the state")
        updates = await collect(client, TaskSpec("stream", "stream 1"))
        expect(last_state(updates), TaskState.COMPLETED, "the last state")
    async with await connect(case.peer, case.agent, case.binding, **locked) as client:
        await raises(client.send_task(TaskSpec("echo", "echo hi")), ruvector.AuthRequired)
    return "" if "tls" in found else "a scheme that has nothing but its type is not signed"


# A point of P-256 that signs nothing here: that of RFC 7515, appendix A.3.
OTHER_KEY = (
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
)


async def refused(case: Case, what: str, **options: Any) -> None:
    try:
        client = await connect(case.peer, case.agent, case.binding, **options)
    except ruvector.CardSignatureInvalid:
        return
    await client.aclose()
    raise AssertionError(f"{what} was accepted")


async def send(case: Case) -> str:
    """A task is done and brings its artifact; a message comes without a task."""
    task = await case.client.send_task(TaskSpec("echo", "echo hi ☃"))
    expect(task.status.state, TaskState.COMPLETED, "the state")
    found = [text.removeprefix("echo: ") for text in texts(task)]  # rvAgent's adds nothing
    expect(found, ["echo hi ☃"], "the artifacts")
    if "msg" in case.peer.skills:
        answer = await case.client.send_task(TaskSpec("msg", "msg you"))
        expect(answer.id, "", "the id of a task that is none")
        message = answer.status.message
        expect(message is not None and message.text.startswith("hello"), True, "the message")
    return ""


async def get(case: Case) -> str:
    """A task that is done can be asked for."""
    task = await case.client.send_task(TaskSpec("echo", "echo again"))
    found = await case.client.get_task(task.id)
    expect(found.id, task.id, "the id")
    expect(found.status.state, TaskState.COMPLETED, "the state")
    expect(texts(found), texts(task), "the artifacts")
    return ""


async def begun(stream: Any) -> str:
    """Reads until the agent works; the id. RvAgent's runner says no more than "submitted"."""
    async for update in stream:
        if update.kind == "status" and update.state in (TaskState.WORKING, TaskState.SUBMITTED):
            return str(update.task_id)
    raise AssertionError("the stream ended before the agent worked")


async def cancel(case: Case) -> str:
    """A task that runs is cancelled, and says so when it is asked for."""
    if case.is_rvagent:
        # Its server knows a task only after the end, and marks it canceled even then.
        task = await case.client.send_task(TaskSpec("echo", "echo late"))
        await case.client.cancel_task(task.id)
        found = await case.client.get_task(task.id)
        expect(found.status.state, TaskState.CANCELED, "the state")
        return "only once the task is over"
    stream = case.client.stream_task(TaskSpec("long", "long 30"))
    async with contextlib.aclosing(stream):
        task_id = await begun(stream)
        canceled = await case.client.cancel_task(task_id)
        expect(canceled.status.state, TaskState.CANCELED, "the state in the answer")
    found = await case.client.get_task(task_id)
    expect(found.status.state, TaskState.CANCELED, "the state afterwards")
    return ""


async def collect(client: ruvector.A2aClient, spec: TaskSpec | str) -> list[TaskUpdate]:
    stream = client.stream_task(spec)
    async with contextlib.aclosing(stream):
        return [update async for update in stream]


def last_state(updates: list[TaskUpdate]) -> TaskState | None:
    states = [update.state for update in updates if update.state is not None]
    return states[-1] if states else None


async def stream(case: Case) -> str:
    """Every step arrives, in order, then the artifact, then the end."""
    updates = await collect(case.client, TaskSpec("stream", f"stream {STEPS}"))
    said = [
        update.status.message.text
        for update in updates
        if update.status is not None and update.status.message is not None
    ]
    expect(said, [f"step {step}" for step in range(STEPS)], "what was said")
    expect(last_state(updates), TaskState.COMPLETED, "the last state")
    expect(any(update.kind == "artifact" for update in updates), True, "an artifact's coming")
    expect([update for update in updates if update.kind == "warning"], [], "the warnings")
    if "chunks" in case.peer.skills:
        chunks = await collect(case.client, TaskSpec("chunks", "chunks 3"))
        pieces = [update for update in chunks if update.kind == "artifact"]
        by_id = {update.artifact.artifact_id for update in pieces if update.artifact is not None}
        expect(len(pieces), 3 * len(by_id), "the number of pieces")
    return ""


async def resubscribe(case: Case) -> str:
    """A stream that was left is taken up again by the task's id, and ends with the task."""
    case.needs("long")
    stream = case.client.stream_task(TaskSpec("long", "long 1"))
    async with contextlib.aclosing(stream):
        task_id = await begun(stream)
    updates = await collect(case.client, task_id)
    expect(last_state(updates), TaskState.COMPLETED, "the last state")
    expect({update.task_id for update in updates}, {task_id}, "the ids")
    return ""


async def input_required(case: Case) -> str:
    """A question ends the stream; the answer goes to the same task."""
    case.needs("input")
    updates = await collect(case.client, TaskSpec("input", "input"))
    expect(last_state(updates), TaskState.INPUT_REQUIRED, "the last state")
    asked = updates[-1]
    if case.is_rvagent:
        return "a second message makes a new task of the same id"
    answer = TaskSpec("input", "blue", task_id=asked.task_id, context_id=asked.context_id)
    task = await case.client.send_task(answer)
    expect(task.id, asked.task_id, "the task")
    expect(task.status.state, TaskState.COMPLETED, "the state")
    expect(texts(task), ["got: blue"], "the artifacts")
    return ""


async def error(case: Case) -> str:
    """Errors have their own classes."""
    await raises(case.client.get_task("no-such-task"), ruvector.TaskNotFound)
    task = await case.client.send_task(TaskSpec("echo", "echo done"))
    if case.is_rvagent:
        return "what is over can be cancelled"
    await raises(case.client.cancel_task(task.id), ruvector.TaskNotCancelable)
    return ""


async def raises(call: Awaitable[Any], wanted: type[Exception]) -> None:
    try:
        await call
    except wanted:
        return
    raise AssertionError(f"no {wanted.__name__} was raised")


async def executor_failure(case: Case) -> str:
    """An agent that breaks is never taken for one that is done, streaming or not."""
    outcomes = []
    for call in (sent(case), streamed(case)):
        try:
            state = await call
        except ruvector.A2aError as caught:
            outcomes.append(type(caught).__name__)
        except StillOpenError as caught:
            outcomes.append(str(caught))
        else:
            expect(state, TaskState.FAILED, "the state")
            outcomes.append("failed")
    return " / ".join(outcomes)


async def sent(case: Case) -> TaskState:
    return (await case.client.send_task(TaskSpec("raise", "raise"))).status.state


async def streamed(case: Case) -> TaskState | None:
    """A stream that broke may be taken up again, and then says so."""
    updates: list[TaskUpdate] = []
    stream = case.client.stream_task(TaskSpec("raise", "raise"))
    try:
        async with asyncio.timeout(QUIET_SECONDS), contextlib.aclosing(stream):
            async for update in stream:
                updates.append(update)
    except TimeoutError as error:
        gaps = [update for update in updates if update.warning is not None and update.warning.gap]
        state = last_state(updates)
        if gaps and state is not None and not state.is_terminal:
            raise StillOpenError(f"a gap, then {state} for ever, as the agent says") from error
        raise
    return last_state(updates)


Check = Callable[[Case], Awaitable[str]]
CHECKS: dict[str, Check] = {
    "card": card,
    "signature": signature,
    "security": security,
    "send": send,
    "get": get,
    "cancel": cancel,
    "stream": stream,
    "resubscribe": resubscribe,
    "input-required": input_required,
    "error": error,
    "executor failure": executor_failure,
}
CHECK_SECONDS = 30.0


async def run(name: str, case: Case) -> str:
    return await asyncio.wait_for(CHECKS[name](case), CHECK_SECONDS)

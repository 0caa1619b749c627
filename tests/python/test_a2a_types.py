"""Values of the A2A client: they compare, print, pickle, copy and go to JSON."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import subprocess
import sys
from typing import Any

import pytest

import ruvector
from ruvector import a2a

MESSAGE = ruvector.Message(
    ruvector.Role.AGENT,
    (
        ruvector.Part("one "),
        ruvector.Part(bytes=b"\x00\xff", file_name="x.bin", media_type="application/x"),
        ruvector.Part(url="https://x.example/y"),
        ruvector.Part(data={"n": [1, 2.5, None]}, metadata={"k": "v"}),
        ruvector.Part("two"),
    ),
    message_id="m1",
    task_id="t1",
    context_id="c1",
    reference_task_ids=("t0",),
    extensions=("https://x.example/e",),
    metadata={"ключ": [True]},
)
STATUS = ruvector.TaskStatus(
    ruvector.TaskState.INPUT_REQUIRED,
    MESSAGE,
    timestamp="2026-11-29T01:02:03.123456Z",
    raw_state="TASK_STATE_INPUT_REQUIRED",
)
ARTIFACT = ruvector.Artifact("a1", MESSAGE.parts, name="n", description="d", metadata={"a": 1})
TASK = ruvector.Task(
    "t1", STATUS, context_id="c1", artifacts=(ARTIFACT,), history=(MESSAGE,), metadata={"x": {}}
)
CARD = ruvector.AgentCard(
    "librarian",
    "https://x.example/a2a",
    protocol="0.3",
    provider=ruvector.AgentProvider("ruvector", "https://x.example"),
    capabilities=ruvector.AgentCapabilities(streaming=True, extensions=("https://e",)),
    skills=(ruvector.AgentSkill("rag.query", "query", tags=("rag",), input_modes=("text/plain",)),),
    interfaces=(ruvector.AgentInterface("https://x.example/a2a", "JSONRPC", version="0.3"),),
    auth_schemes=(ruvector.AuthScheme("key", "apiKey", scheme="header", parameter="X-Key"),),
    agent_id="ab" * 32,
    verification=ruvector.CardVerification("ed25519", covered_fields=("name",), is_pinned=True),
    raw=b'{"name":"librarian"}',
)
SPEC = ruvector.TaskSpec(
    "rag.query",
    ["What is this?", ruvector.Part(url="https://x.example/y.png", media_type="image/png")],
    policy=ruvector.TaskPolicy(max_tokens=4000, max_cost_usd=0.1, allowed_skills=["rag.query"]),
    estimate=ruvector.TaskEstimate(cost_usd=0.05, tokens=100),
    context=ruvector.TaskContext(trace_id="1" * 32, depth=1, visited_agents=("a",)),
    history_length=0,
    blocking=False,
    metadata={"n": 1},
)
VALUES: list[Any] = [
    MESSAGE,
    STATUS,
    ARTIFACT,
    TASK,
    CARD,
    SPEC,
    ruvector.TaskPage((TASK,), "next", total_size=7),
    ruvector.TaskUpdate("task", "t1", context_id="c1", task=TASK),
    ruvector.TaskUpdate(
        "status", "t1", status=ruvector.TaskStatusUpdateEvent("t1", STATUS, is_final=True)
    ),
    ruvector.TaskUpdate(
        "artifact",
        "t1",
        artifact=ruvector.TaskArtifactUpdateEvent("t1", ARTIFACT, append=True, last_chunk=True),
    ),
    ruvector.TaskUpdate("message", message=MESSAGE),
    ruvector.TaskUpdate(
        "warning", "t1", warning=ruvector.StreamWarning("lagged", gap=True, missed=3)
    ),
    ruvector.ClientBudget(max_usd_per_minute=1.5, max_tasks_per_minute=0),
    a2a.Notice("response", "SendMessage", url="https://x.example", status=200, elapsed_ms=1.5),
]
each_value = pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)


@each_value
def test_a_value_pickles_copies_and_is_hashable(value: Any) -> None:
    for again in (
        pickle.loads(pickle.dumps(value)),
        copy.copy(value),
        copy.deepcopy(value),
        dataclasses.replace(value),
    ):
        assert type(again) is type(value)
        assert again == value
        assert hash(again) == hash(value)
    assert value != 3


@each_value
def test_a_value_goes_to_json_and_comes_back(value: Any) -> None:
    text = json.dumps(value.to_dict())
    assert type(value).from_dict(json.loads(text)) == value


@each_value
def test_the_repr_of_a_value_makes_it_again(value: Any) -> None:
    namespace = {name: getattr(a2a, name) for name in a2a.__all__}
    text = repr(value)
    for cls in (ruvector.TaskState, ruvector.Role):
        for member in cls:
            text = text.replace(repr(member), f"{cls.__name__}.{member.name}")
    assert eval(text, namespace) == value


@each_value
def test_a_value_is_frozen_has_no_dict_and_is_called_as_users_call_it(value: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(value)[0].name, None)
    assert not hasattr(value, "__dict__")
    cls = type(value)
    assert cls.__module__ in ("ruvector", "ruvector.a2a")
    assert getattr(sys.modules[cls.__module__], cls.__name__) is cls


def test_defaults_are_left_out_of_the_repr_and_of_the_dict() -> None:
    policy = ruvector.TaskPolicy(max_cost_usd=0.5)
    assert repr(policy) == "TaskPolicy(max_cost_usd=0.5)"
    assert policy.to_dict() == {"max_cost_usd": 0.5}
    assert ruvector.Part(bytes=b"abc").to_dict() == {"bytes": "YWJj"}
    assert ruvector.TaskStatus(ruvector.TaskState.WORKING).to_dict() == {"state": "working"}


@pytest.mark.parametrize(
    ("cls", "data", "message"),
    [
        (ruvector.Part, {"txt": "x"}, "Part: 'txt' is no field of it"),
        (ruvector.Part, {"text": 3}, "Part.text: expected str, got int"),
        (ruvector.Part, {"bytes": "%%%"}, "Part.bytes: no base64"),
        (ruvector.Part, {"text": "x", "url": "y"}, "text and url are given"),
        (ruvector.Task, {"id": "t1"}, "missing 1 required positional argument: 'status'"),
        (
            ruvector.Task,
            {"id": "t1", "status": {"state": "asleep"}},
            "TaskStatus.state: 'asleep' is no TaskState",
        ),
        (ruvector.TaskPage, {"tasks": 3}, "TaskPage.tasks: expected a list, got int"),
        (ruvector.TaskPage, {"total_size": True}, "TaskPage.total_size: expected int, got bool"),
        (ruvector.TaskUpdate, {"kind": "gossip"}, "TaskUpdate.kind: 'gossip' is none of 'status'"),
        (ruvector.TaskPage, [], "TaskPage: expected a dict, got list"),
        (ruvector.TaskPolicy, {"max_cost_usd": "1"}, "max_cost_usd: expected float, got str"),
    ],
)
def test_wrong_data_is_a_value_error_that_names_it(cls: Any, data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        cls.from_dict(data)


def test_a_whole_number_of_dollars_is_read() -> None:
    assert ruvector.TaskPolicy.from_dict({"max_cost_usd": 1}).max_cost_usd == 1.0


def test_the_enums_have_the_words_of_the_wire() -> None:
    assert [state.value for state in ruvector.TaskState] == [
        "submitted",
        "working",
        "input-required",
        "auth-required",
        "completed",
        "canceled",
        "failed",
        "rejected",
        "unknown",
    ]
    assert [role.value for role in ruvector.Role] == ["user", "agent", "unknown"]
    assert ruvector.TaskState("input-required") is ruvector.TaskState.INPUT_REQUIRED
    assert isinstance(ruvector.TaskState.COMPLETED, str)


def test_each_state_is_over_or_waits_or_neither() -> None:
    over = {state for state in ruvector.TaskState if state.is_terminal}
    waits = {state for state in ruvector.TaskState if state.is_interrupted}
    assert {state.name for state in over} == {"COMPLETED", "CANCELED", "FAILED", "REJECTED"}
    assert {state.name for state in waits} == {"INPUT_REQUIRED", "AUTH_REQUIRED"}


def test_a_part_is_of_one_kind() -> None:
    assert [part.kind for part in MESSAGE.parts] == ["text", "bytes", "url", "data", "text"]
    assert [part.text for part in MESSAGE.parts] == ["one ", None, None, None, "two"]
    assert ruvector.Part("").kind == "text"
    assert ruvector.Part(data=None).kind == "data"
    with pytest.raises(ValueError, match="text and data are given"):
        ruvector.Part("x", data=1)


def test_texts_of_parts_are_put_together() -> None:
    assert MESSAGE.text == ARTIFACT.text == "one two"
    assert ruvector.TaskArtifactUpdateEvent("t1", ARTIFACT).text == "one two"
    assert ruvector.TaskArtifactUpdateEvent("t1", ARTIFACT).artifact_id == "a1"
    assert ruvector.TaskStatusUpdateEvent("t1", STATUS).message is MESSAGE


def test_an_update_says_where_the_task_is() -> None:
    event = ruvector.TaskStatusUpdateEvent("t1", STATUS)
    assert ruvector.TaskUpdate("status", "t1", status=event).state is STATUS.state
    assert ruvector.TaskUpdate("task", "t1", task=TASK).state is STATUS.state
    assert ruvector.TaskUpdate("message", message=MESSAGE).state is None


@pytest.mark.parametrize(
    "given",
    ["x", ruvector.Part("x"), ["x"], (ruvector.Part("x"),), iter(["x"])],
    ids=["str", "Part", "list of str", "tuple of Part", "iterator"],
)
def test_the_input_of_a_spec_is_a_text_a_part_or_several(given: Any) -> None:
    assert ruvector.TaskSpec("s", given).input == (ruvector.Part("x"),)
    assert ruvector.TaskSpec(skill="s", input=given if not hasattr(given, "send") else "x")


@pytest.mark.parametrize(("given", "named"), [(3, "int"), (b"x", "bytes"), ([3], "int")])
def test_another_input_is_a_type_error(given: Any, named: str) -> None:
    with pytest.raises(TypeError, match=f"input.*got {named}"):
        ruvector.TaskSpec("s", given)


def test_sequences_become_tuples_and_a_text_is_none() -> None:
    policy = ruvector.TaskPolicy(allowed_skills=["a", "b"])
    assert policy.allowed_skills == ("a", "b")
    with pytest.raises(TypeError, match="allowed_skills: expected a sequence, got str"):
        ruvector.TaskPolicy(allowed_skills="a")


def test_a_card_finds_its_skills() -> None:
    assert CARD.skill("rag.query").tags == ("rag",)
    with pytest.raises(
        LookupError, match=r"skill 'rag' is none of those of 'librarian': 'rag\.que"
    ):
        CARD.skill("rag")


def test_importing_ruvector_imports_none_of_it() -> None:
    code = """
import sys, ruvector
assert "A2aClient" in dir(ruvector) and "asyncio" not in sys.modules
assert not [name for name in sys.modules if "a2a" in name]
ruvector.TaskSpec("s", "x")
assert "ruvector.a2a" in sys.modules and "ssl" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)


def piece(text: str, artifact_id: str = "a1", **flags: Any) -> ruvector.TaskUpdate:
    artifact = ruvector.Artifact(artifact_id, (ruvector.Part(text),))
    event = ruvector.TaskArtifactUpdateEvent("t1", artifact, **flags)
    return ruvector.TaskUpdate("artifact", "t1", artifact=event)


def test_an_assembler_puts_pieces_together() -> None:
    assembler = ruvector.ArtifactAssembler()
    assert assembler.add(piece("a")) == ()
    assert assembler.add(piece("x", "a2", last_chunk=True)) == ()
    assert assembler.add(piece("b", append=True, last_chunk=True)) == ()
    assert assembler.add(ruvector.TaskUpdate("message", message=MESSAGE)) == ()
    assert [artifact.text for artifact in assembler.artifacts] == ["ab", "x"]
    assert assembler.text("a1") == "ab"
    assert assembler.is_complete("a1")
    assert assembler.text("a3") == ""
    assert assembler.add(ruvector.TaskUpdate("task", "t1", task=TASK)) == ()
    assert assembler.artifacts[0] == ARTIFACT
    assert assembler.text("a2") == "x"


def test_an_assembler_tells_broken_rules_and_drops_nothing() -> None:
    assembler = ruvector.ArtifactAssembler()
    (first,) = assembler.add(piece("a", append=True, last_chunk=True))
    (second,) = assembler.add(piece("b", append=True))
    assert (first.kind, first.artifact_id) == ("append_to_nothing", "a1")
    assert second.kind == "after_last"
    assert "a1" in second.message
    assert assembler.text("a1") == "ab"
    wrong: Any = "x"
    with pytest.raises(TypeError, match=r"update: expected a ruvector\.TaskUpdate, got str"):
        assembler.add(wrong)

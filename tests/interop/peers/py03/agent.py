"""An agent on the official Python SDK 0.3: `agent.py --jwks FILE`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.apps import A2AFastAPIApplication, A2ARESTFastAPIApplication
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import (
    AgentCapabilities,
    AgentCard,
    AgentExtension,
    AgentInterface,
    AgentProvider,
    AgentSkill,
    APIKeySecurityScheme,
    ClientCredentialsOAuthFlow,
    HTTPAuthSecurityScheme,
    In,
    MutualTLSSecurityScheme,
    OAuth2SecurityScheme,
    OAuthFlows,
    OpenIdConnectSecurityScheme,
    Part,
    SecurityScheme,
    TaskState,
    TextPart,
)
from a2a.utils import new_agent_text_message, new_task
from a2a.utils.signing import create_agent_card_signer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import loopback


def text_part(text: str) -> Part:
    return Part(root=TextPart(text=text))


class Executor(AgentExecutor):
    """Does what the first word of the request says; see tests/interop/README.md."""

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        text = context.get_user_input()
        name, rest = loopback.command(text)
        if name == "msg":
            await event_queue.enqueue_event(
                new_agent_text_message(f"hello {rest}", context_id=context.context_id)
            )
            return
        task = context.current_task
        if task is None:
            task = new_task(context.message)
            await event_queue.enqueue_event(task)
        else:
            name = "answer"
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        await updater.start_work()
        await getattr(self, f"do_{name}")(updater, text if name in ("echo", "answer") else rest)

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()

    async def do_echo(self, updater: TaskUpdater, rest: str) -> None:
        await updater.add_artifact([text_part(f"echo: {rest}")], artifact_id="answer")
        await updater.complete()

    async def do_answer(self, updater: TaskUpdater, rest: str) -> None:
        """The second message of `input`."""
        await updater.add_artifact([text_part(f"got: {rest}")], artifact_id="answer")
        await updater.complete()

    async def do_long(self, updater: TaskUpdater, rest: str) -> None:
        await asyncio.sleep(float(rest))
        await updater.complete()

    async def do_stream(self, updater: TaskUpdater, rest: str) -> None:
        for step in range(int(rest)):
            message = updater.new_agent_message([text_part(f"step {step}")])
            await updater.update_status(TaskState.working, message)
        await self.do_echo(updater, f"stream {rest}")

    async def do_chunks(self, updater: TaskUpdater, rest: str) -> None:
        for step in range(int(rest)):
            await updater.add_artifact(
                [text_part(f"chunk {step};")],
                artifact_id="chunks",
                append=step > 0,
                last_chunk=step == int(rest) - 1,
            )
        await updater.complete()

    async def do_input(self, updater: TaskUpdater, rest: str) -> None:
        await updater.requires_input(updater.new_agent_message([text_part("which one?")]))

    async def do_fail(self, updater: TaskUpdater, rest: str) -> None:
        await updater.failed(updater.new_agent_message([text_part("it failed")]))

    async def do_raise(self, updater: TaskUpdater, rest: str) -> None:
        raise ValueError("the executor raised")


def schemes() -> dict[str, SecurityScheme]:
    """One of each kind, and some with what is empty."""
    flow = ClientCredentialsOAuthFlow(
        token_url="https://login.example/token", scopes={"read": "", "write": "may write"}
    )
    found = {
        "login": HTTPAuthSecurityScheme(scheme="Bearer", bearer_format="JWT"),
        "key": APIKeySecurityScheme(in_=In.header, name=loopback.KEY_HEADER, description=""),
        "oauth": OAuth2SecurityScheme(flows=OAuthFlows(client_credentials=flow)),
        "open": OpenIdConnectSecurityScheme(open_id_connect_url="https://login.example/id"),
        "tls": MutualTLSSecurityScheme(),
    }
    return {name: SecurityScheme(root=scheme) for name, scheme in found.items()}


def make_card(url: str) -> AgentCard:
    extension = AgentExtension(uri="https://example/e", required=False, params=loopback.PARAMS)
    return AgentCard(
        name="py03",
        description="An agent on a2a-sdk 0.3, naïvely",  # not ASCII: canonical forms differ
        version="1.0.0",
        url=f"{url}/",
        preferred_transport="JSONRPC",
        additional_interfaces=[
            AgentInterface(url=f"{url}/", transport="JSONRPC"),
            AgentInterface(url=f"{url}/rest", transport="HTTP+JSON"),
        ],
        provider=AgentProvider(organization="Interop", url="https://example"),
        capabilities=AgentCapabilities(streaming=True, extensions=[extension]),
        security_schemes=schemes(),
        security=[{"login": []}, {"key": [], "oauth": ["read"]}],
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[
            AgentSkill(id=name, name=name, description=f"does {name}", tags=["test"])
            for name in loopback.SKILLS
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jwks", type=Path, required=True)
    options = parser.parse_args()
    bound, url = loopback.free_socket()
    header = {"alg": "ES256", "kid": loopback.KEY_ID, "typ": "JOSE"}
    sign = create_agent_card_signer(loopback.new_key(options.jwks), header)
    card = sign(make_card(url))
    handler = DefaultRequestHandler(agent_executor=Executor(), task_store=InMemoryTaskStore())
    app = A2AFastAPIApplication(agent_card=card, http_handler=handler).build()
    app.mount("/rest", A2ARESTFastAPIApplication(agent_card=card, http_handler=handler).build())
    loopback.serve(app, bound, url)


if __name__ == "__main__":
    main()

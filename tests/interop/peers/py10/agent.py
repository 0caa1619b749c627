"""An agent on the official Python SDK 1.x: `agent.py --jwks FILE [--legacy]`.

`--legacy` serves the 0.3 dialect, too.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from a2a.helpers import new_task_from_user_message, new_text_message, new_text_part
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
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
    MutualTlsSecurityScheme,
    OAuth2SecurityScheme,
    OAuthFlows,
    OpenIdConnectSecurityScheme,
    SecurityRequirement,
    SecurityScheme,
    StringList,
    TaskState,
)
from a2a.utils.signing import create_agent_card_signer
from starlette.applications import Starlette

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import loopback


class Executor(AgentExecutor):
    """Does what the first word of the request says; see tests/interop/README.md."""

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        text = context.get_user_input()
        name, rest = loopback.command(text)
        if name == "msg":
            await event_queue.enqueue_event(
                new_text_message(f"hello {rest}", context_id=context.context_id)
            )
            return
        if context.current_task is None:
            await event_queue.enqueue_event(new_task_from_user_message(context.message))
        else:
            name = "answer"
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        await updater.start_work()
        await getattr(self, f"do_{name}")(updater, text if name in ("echo", "answer") else rest)

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()

    async def do_echo(self, updater: TaskUpdater, rest: str) -> None:
        await updater.add_artifact([new_text_part(f"echo: {rest}")], artifact_id="answer")
        await updater.complete()

    async def do_answer(self, updater: TaskUpdater, rest: str) -> None:
        """The second message of `input`."""
        await updater.add_artifact([new_text_part(f"got: {rest}")], artifact_id="answer")
        await updater.complete()

    async def do_long(self, updater: TaskUpdater, rest: str) -> None:
        await asyncio.sleep(float(rest))
        await updater.complete()

    async def do_stream(self, updater: TaskUpdater, rest: str) -> None:
        for step in range(int(rest)):
            message = updater.new_agent_message([new_text_part(f"step {step}")])
            await updater.update_status(TaskState.TASK_STATE_WORKING, message)
        await self.do_echo(updater, f"stream {rest}")

    async def do_chunks(self, updater: TaskUpdater, rest: str) -> None:
        for step in range(int(rest)):
            await updater.add_artifact(
                [new_text_part(f"chunk {step};")],
                artifact_id="chunks",
                append=step > 0,
                last_chunk=step == int(rest) - 1,
            )
        await updater.complete()

    async def do_input(self, updater: TaskUpdater, rest: str) -> None:
        await updater.requires_input(updater.new_agent_message([new_text_part("which one?")]))

    async def do_fail(self, updater: TaskUpdater, rest: str) -> None:
        await updater.failed(updater.new_agent_message([new_text_part("it failed")]))

    async def do_raise(self, updater: TaskUpdater, rest: str) -> None:
        raise ValueError("the executor raised")


def schemes() -> dict[str, SecurityScheme]:
    """One of each kind, and some with what is empty."""
    login = HTTPAuthSecurityScheme(scheme="Bearer", bearer_format="JWT")
    key = APIKeySecurityScheme(location="header", name=loopback.KEY_HEADER, description="")
    flow = ClientCredentialsOAuthFlow(
        token_url="https://login.example/token", scopes={"read": "", "write": "may write"}
    )
    oauth = OAuth2SecurityScheme(flows=OAuthFlows(client_credentials=flow))
    by_id = OpenIdConnectSecurityScheme(open_id_connect_url="https://login.example/id")
    return {
        "login": SecurityScheme(http_auth_security_scheme=login),
        "key": SecurityScheme(api_key_security_scheme=key),
        "oauth": SecurityScheme(oauth2_security_scheme=oauth),
        "open": SecurityScheme(open_id_connect_security_scheme=by_id),
        "tls": SecurityScheme(mtls_security_scheme=MutualTlsSecurityScheme()),
    }


def requirements() -> list[SecurityRequirement]:
    both = {"key": StringList(), "oauth": StringList(list=["read"])}
    return [SecurityRequirement(schemes={"login": StringList()}), SecurityRequirement(schemes=both)]


def make_card(url: str, legacy: bool) -> AgentCard:
    versions = ("1.0", "0.3") if legacy else ("1.0",)
    extension = AgentExtension(uri="https://example/e", required=False, params=loopback.PARAMS)
    return AgentCard(
        name="py10",
        description="An agent on a2a-sdk 1.x, naïvely",  # not ASCII: canonical forms differ
        version="1.0.0",
        supported_interfaces=[
            AgentInterface(url=f"{url}{path}", protocol_binding=binding, protocol_version=version)
            for version in versions
            for binding, path in (("JSONRPC", "/"), ("HTTP+JSON", "/rest"))
        ],
        provider=AgentProvider(organization="Interop", url="https://example"),
        capabilities=AgentCapabilities(streaming=True, extensions=[extension]),
        security_schemes=schemes(),
        security_requirements=requirements(),
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
    parser.add_argument("--legacy", action="store_true")
    options = parser.parse_args()
    bound, url = loopback.free_socket()
    header = {"alg": "ES256", "kid": loopback.KEY_ID, "typ": "JOSE"}
    sign = create_agent_card_signer(loopback.new_key(options.jwks), header)
    card = sign(make_card(url, options.legacy))
    handler = DefaultRequestHandler(
        agent_executor=Executor(), task_store=InMemoryTaskStore(), agent_card=card
    )
    routes = [
        *create_agent_card_routes(card),
        *create_jsonrpc_routes(handler, "/", enable_v0_3_compat=options.legacy),
        *create_rest_routes(handler, path_prefix="/rest", enable_v0_3_compat=options.legacy),
    ]
    loopback.serve(Starlette(routes=routes), bound, url)


if __name__ == "__main__":
    main()

"""An agent on the official a2a-sdk that answers from a ruvector index: `rag_agent.py KEYS`.

Its one skill, `rag.query`, finds the documentation strings of Python's standard library that are
nearest to a question. It listens on a free port of the loopback, signs its card, writes the public
key into the file KEYS, prints its address, and ends when its standard input closes.

Needs `pip install ruvector 'a2a-sdk[http-server,signing]' cryptography uvicorn`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import statistics
import sys
import textwrap
from pathlib import Path

import jwt
import uvicorn
from a2a.helpers import new_task_from_user_message, new_text_part
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill
from a2a.utils.signing import create_agent_card_signer
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette

import ruvector

ANSWERS = 3
SIGNED_WITH = {"alg": "ES256", "kid": "rag-agent", "typ": "JOSE"}


class RagAgent(AgentExecutor):
    """Answers questions with passages, the nearest first."""

    def __init__(self) -> None:
        self._embedder = ruvector.Embedder.from_pretrained("all-MiniLM-L6-v2")
        functions = (*vars(shutil).items(), *vars(statistics).items())
        self._passages = [
            f"{name}: {textwrap.shorten(value.__doc__, 200)}"
            for name, value in functions
            if callable(value) and value.__doc__
        ]
        self._index = ruvector.RabitqPlusIndex.build(self._embedder.embed_batch(self._passages))

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        task = context.current_task or new_task_from_user_message(context.message)
        await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        await updater.start_work()
        question = await self._embedder.embed_async(context.get_user_input(), prompt="query")
        for hit in self._index.search(question, k=ANSWERS):
            text = f"{hit.score:.3f} {self._passages[hit.id]}"
            await updater.add_artifact([new_text_part(text)], name="passage")
        await updater.complete()

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


def signed_card(url: str, keys: Path) -> AgentCard:
    private = ec.generate_private_key(ec.SECP256R1())
    to_jwk = jwt.algorithms.ECAlgorithm.to_jwk
    names = {"kid": SIGNED_WITH["kid"], "alg": "ES256"}
    keys.write_text(json.dumps({"keys": [{**to_jwk(private.public_key(), as_dict=True), **names}]}))
    description = "Finds what Python's documentation says about a question."
    card = AgentCard(
        name="rag-agent",
        description=description,
        version="1.0.0",
        supported_interfaces=[
            AgentInterface(url=url, protocol_binding="JSONRPC", protocol_version="1.0")
        ],
        capabilities=AgentCapabilities(streaming=True),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="rag.query", name="Query", description=description, tags=["rag"])],
    )
    key = jwt.PyJWK({**to_jwk(private, as_dict=True), **names})
    return create_agent_card_signer(key, SIGNED_WITH)(card)


async def main(keys: Path) -> None:
    # asyncio answers at once (TCP_NODELAY) only on sockets that say which protocol they are of.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    url = f"http://127.0.0.1:{bound.getsockname()[1]}/"
    card = signed_card(url, keys)
    handler = DefaultRequestHandler(
        agent_executor=RagAgent(), task_store=InMemoryTaskStore(), agent_card=card
    )
    routes = [*create_agent_card_routes(card), *create_jsonrpc_routes(handler, "/")]
    config = uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off")
    server = uvicorn.Server(config)

    def on_input() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            server.should_exit = True

    asyncio.get_running_loop().add_reader(sys.stdin, on_input)
    print(url, flush=True)
    await server.serve(sockets=[bound])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

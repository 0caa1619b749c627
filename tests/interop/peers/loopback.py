"""What the two Python agents share: a socket on a free port, a key, a word when they are ready."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec

KEY_ID = "interop-1"
SKILLS = ("echo", "long", "stream", "chunks", "input", "msg", "fail", "raise")


def free_socket() -> tuple[socket.socket, str]:
    """A listening socket, and the address that the card is to name."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()  # requests may come before the server is up
    return bound, f"http://127.0.0.1:{bound.getsockname()[1]}"


def new_key(jwks: Path) -> jwt.PyJWK:
    """A key of this process; its public half goes into the file `jwks`."""
    private = ec.generate_private_key(ec.SECP256R1())
    names = {"kid": KEY_ID, "alg": "ES256", "use": "sig"}
    public = jwt.algorithms.ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    jwks.write_text(json.dumps({"keys": [{**public, **names}]}))
    return jwt.PyJWK({**jwt.algorithms.ECAlgorithm.to_jwk(private, as_dict=True), **names})


def serve(app: Any, bound: socket.socket, url: str) -> None:
    """Until standard input closes, which it does when the one who started this ends."""
    config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)

    async def run() -> None:
        asyncio.get_running_loop().add_reader(sys.stdin, stop_at_end, server)
        print(json.dumps({"url": url}), flush=True)
        await server.serve(sockets=[bound])

    asyncio.run(run())


def stop_at_end(server: uvicorn.Server) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        server.should_exit = True


def command(text: str) -> tuple[str, str]:
    """The first word of a request names what to do, the rest is its argument."""
    name, _, rest = text.strip().partition(" ")
    return name, rest

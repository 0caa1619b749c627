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
KEY_HEADER = "X-Interop-Key"  # of the card's scheme "key"
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


# Of an extension: what is empty, and numbers, which canonical forms write differently.
PARAMS = {"none": "", "list": [{}, "", 1], "half": 0.5, "small": 1e-7, "big": 1e16, "name": "ï"}


class Locked:
    """An application whose requests need both credentials, when they say so themselves."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        is_open = b"x-interop-locked" not in headers or scope["path"].startswith("/.well-known/")
        given = (headers.get(b"authorization"), headers.get(KEY_HEADER.lower().encode()))
        if is_open or given == (b"Bearer interop", b"open sesame"):
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def serve(app: Any, bound: socket.socket, url: str) -> None:
    """Until standard input closes, which it does when the one who started this ends."""
    settings = {"log_level": "error", "lifespan": "off", "timeout_graceful_shutdown": 1}
    config = uvicorn.Config(Locked(app), **settings)
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

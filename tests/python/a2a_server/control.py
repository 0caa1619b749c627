"""The second port, by which a test plans faults and asks what happened."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from .faults import Fault
from .server import Server
from .wire import Connection, Malformed, Reply

Json = dict[str, Any]


class _Uncounted:
    bytes_in = 0
    bytes_out = 0


class Control:
    """POST a JSON object to /<command>; the answer is JSON."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._listener: asyncio.Server | None = None
        self.port = 0
        self.stopped = asyncio.Event()

    async def start(self, port: int) -> None:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, _Uncounted())
        with contextlib.suppress(ConnectionError, Malformed):
            request = await connection.read_request(1 << 20)
            if request is not None:
                status, answer = self._run(request.path.strip("/"), request.body)
                body = json.dumps(answer).encode()
                head = [("content-type", "application/json"), ("content-length", str(len(body)))]
                await connection.write(Reply(status, head).head() + body)
        with contextlib.suppress(asyncio.CancelledError):
            await connection.close()

    def _run(self, command: str, body: bytes) -> tuple[int, Any]:
        arguments = json.loads(body or b"{}")
        try:
            return 200, getattr(self, f"_do_{command}")(**arguments)
        except (AttributeError, TypeError, ValueError) as error:
            return 400, str(error)

    def _do_stats(self) -> Json:
        return self._server.describe()

    def _do_fault(self, **arguments: Any) -> None:
        self._server.faults.append(Fault(**arguments))

    def _do_fault_each(self, name: str, on: str, arguments: list[Json]) -> None:
        self._server.faults += [Fault(name, on, arguments=one) for one in arguments]

    def _do_reset(self) -> None:
        self._server.reset()

    def _do_configure(self, **options: Any) -> None:
        self._server.configure(**options)

    def _do_drop(self) -> None:
        self._server.drop_connections()

    def _do_jwks(self) -> Json:
        return self._server.cards.jwks()

    def _do_card(self) -> Json:
        return self._server.cards.card

    def _do_stop(self) -> None:
        self.stopped.set()

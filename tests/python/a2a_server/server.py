"""The listener: connections, counters, the card, and which request gets which fault."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
import traceback
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from . import faults
from .cards import CARD_FAULTS, CardMaker, spoiled
from .clock import Clock, Ids, http_date
from .delivery import Delivery
from .faults import Fault
from .official import Official
from .options import Options
from .rvagent import RvAgent
from .wire import BodyTooLarge, Connection, Malformed, Reply, Request

Json = dict[str, Any]

_NEW_PATH = "/.well-known/agent-card.json"
_OLD_PATH = "/.well-known/agent.json"


@dataclass(slots=True)
class Seen:
    """One request, as it came."""

    operation: str
    method: str
    target: str
    headers: dict[str, str]
    connection: int
    body: str


@dataclass(slots=True)
class Stats:
    """What happened since the last reset."""

    connections: int = 0
    open: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    abandoned: int = 0  # answers during which the client went away
    last_close: float = 0.0  # time.monotonic() of the last end of a connection
    seen: list[Seen] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # of the server itself

    def clear(self) -> None:
        self.connections = self.bytes_in = self.bytes_out = self.abandoned = 0
        self.last_close = 0.0
        self.seen.clear()
        self.errors.clear()


class Server:
    """All state of one server. Runs in the loop that starts it."""

    def __init__(self, options: Options) -> None:
        self.first_options = options
        self.options = options
        self.stats = Stats()
        self.faults: list[Fault] = []
        self.port = 0
        self._numbers = 0
        self._listener: asyncio.Server | None = None
        self._handlers: set[asyncio.Task[None]] = set()
        self.clock, self.ids = Clock(), Ids()
        self.agent = self._make_agent()
        self.cards = CardMaker(options, self.url)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.options.prefix}"

    def reset(self) -> None:
        """As freshly started, on the same port; open connections stay."""
        self.configure()

    def configure(self, **changes: Any) -> None:
        """Starts afresh with other options."""
        self.options = replace(self.first_options, **changes)
        self.faults.clear()
        self.stats.clear()
        self.clock, self.ids = Clock(), Ids()
        self.agent.close()
        self.agent = self._make_agent()
        self.cards = CardMaker(self.options, self.url)

    def _make_agent(self) -> RvAgent | Official:
        is_rvagent = self.options.dialect == "rvagent"
        return (RvAgent if is_rvagent else Official)(self.options, self.clock, self.ids)

    async def start(self) -> None:
        self._listener = await asyncio.start_server(
            self._accept, "127.0.0.1", self.options.port, limit=1 << 17, backlog=1024
        )
        self.port = self._listener.sockets[0].getsockname()[1]
        self.reset()

    async def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
        self.agent.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    def drop_connections(self) -> None:
        """Ends all connections."""
        for handler in self._handlers:
            handler.cancel()

    def describe(self) -> Json:
        return {**asdict(self.stats), "port": self.port}

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self._numbers += 1
        self.stats.connections += 1
        self.stats.open += 1
        connection = Connection(reader, writer, self.stats)
        try:
            await self._serve(connection, self._numbers)
        except (ConnectionError, Malformed):
            self.stats.abandoned += 1
        except asyncio.CancelledError:
            pass  # the server stops
        except Exception:
            self.stats.errors.append(traceback.format_exc())
        finally:
            self.stats.open -= 1
            self.stats.last_close = time.monotonic()
            self._handlers.discard(task)
            with contextlib.suppress(asyncio.CancelledError):
                await connection.close()

    async def _serve(self, connection: Connection, number: int) -> None:
        is_usable, is_stale = True, False
        while is_usable:
            try:
                request = await connection.read_request(self.agent.body_limit)
            except BodyTooLarge as error:
                reply = self.agent.too_large(error)
                await Delivery(connection, reply, None).send()
                await connection.drain()
                return
            if request is None or is_stale:
                return
            request.target = request.target.removeprefix(self.options.prefix) or "/"
            operation = self._operation(request)
            self._note(request, operation, number)
            fault = next((one for one in self.faults if one.takes(operation)), None)
            is_stale = fault is not None and fault.name == "stale_connection"
            is_usable = await self._answer(connection, request, operation, fault)
            is_usable &= request.headers.get("connection", "").lower() != "close"

    def _note(self, request: Request, operation: str, number: int) -> None:
        body = request.body[:4096].decode("utf-8", "replace")
        headers = dict(request.headers)
        seen = Seen(operation, request.method, request.target, headers, number, body)
        self.stats.seen.append(seen)
        del self.stats.seen[:-2000]

    def _operation(self, request: Request) -> str:
        if request.path in (_NEW_PATH, _OLD_PATH):
            return "card" if self._has_card_at(request.path) else "card_elsewhere"
        return self.agent.operation(request)

    async def _answer(
        self, connection: Connection, request: Request, operation: str, fault: Fault | None
    ) -> bool:
        """Answers while watching for a client that goes away."""
        work = asyncio.create_task(self._work(connection, request, operation, fault))
        gone = asyncio.create_task(connection.until_gone())
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            self.stats.abandoned += 1
            return False
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    async def _work(
        self, connection: Connection, request: Request, operation: str, fault: Fault | None
    ) -> bool:
        if fault is not None and fault.name in ("no_answer", "reset_at_once", "garbage"):
            return await Delivery(connection, Reply(), fault).send()
        if not self._is_let_in(request, operation):
            reply = self._empty(401, ("www-authenticate", "Bearer"))
        elif operation in ("card", "card_elsewhere"):
            reply = self._card(request, fault)
        else:
            reply = await self.agent.handle(request)
        reply = faults.edited(reply, fault)
        return await Delivery(connection, reply, fault).send(with_body=request.method != "HEAD")

    def _is_let_in(self, request: Request, operation: str) -> bool:
        is_card = operation in ("card", "card_elsewhere")
        token = self.options.card_token if is_card else self.options.token
        if not is_card and self.options.api_key:
            return self._api_key(request) == self.options.api_key
        return not token or request.headers.get("authorization") == f"Bearer {token}"

    def _api_key(self, request: Request) -> str | None:
        if self.options.api_key_in == "header":
            return request.headers.get("x-api-key")
        if self.options.api_key_in == "query":
            return request.query.get("X-Api-Key")
        return request.headers.get("cookie", "").removeprefix("X-Api-Key=")

    # ---- the card

    def _has_card_at(self, path: str) -> bool:
        if self.options.dialect == "rvagent":
            return path == _OLD_PATH
        return path == _NEW_PATH or self.options.dialect == "0.3"

    def _card(self, request: Request, fault: Fault | None) -> Reply:
        name = fault.name if fault is not None else ""
        if name == "card_invalid_at_new_path" and request.path == _NEW_PATH:
            return Reply(200, [("content-type", "application/json"), ("content-length", "1")], b"{")
        if name == "card_absent" or not self._has_card_at(request.path):
            return self._empty(404)
        if request.method not in ("GET", "HEAD"):
            return self._empty(405, ("allow", "GET,HEAD"))
        body = self.cards.text()
        if fault is not None and name in CARD_FAULTS:
            body = spoiled(self.cards.card, name, **fault.arguments)
        return self._tagged(request, self.agent.card(body))

    def _empty(self, status: int, *headers: tuple[str, str]) -> Reply:
        date = ("date", http_date(self.clock.ns))
        return Reply(status, [*headers, ("content-length", "0"), date])

    def _tagged(self, request: Request, reply: Reply) -> Reply:
        """Validators: a2a-sdk 1.x knows its card again, @a2a-js/sdk 1.x never does."""
        if self.options.dialect == "1.0" and self.options.style == "py":
            tag = f'W/"{hashlib.sha256(reply.body).hexdigest()}"'
            reply.set("etag", tag)
            if request.headers.get("if-none-match") == tag:
                reply.status, reply.body = 304, b""
                reply.set("content-length", None)
                reply.set("content-type", None)
        elif self.options.dialect == "1.0":
            reply.set("etag", f'W/"{self.clock.now():016x}"')
            reply.set("cache-control", "public, max-age=3600")
        return reply


async def serve(options: Options, announce: Any) -> None:
    """Runs a server and its control port until a control request or a cancellation ends it."""
    from .control import Control

    server = Server(options)
    await server.start()
    control = Control(server)
    await control.start(options.control_port)
    announce(json.dumps({"port": server.port, "control_port": control.port}))
    try:
        await control.stopped.wait()
    finally:
        await control.stop()
        await server.stop()

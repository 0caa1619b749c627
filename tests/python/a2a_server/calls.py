"""Requests and answers of the official dialects, over JSON-RPC and over HTTP+JSON."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock, http_date
from .options import Options, Style
from .shapes import REASONS, Refusal, Shape, Shape03, Shape03Rest, Shape10
from .wire import Frame, Headers, Reply, Request

Json = dict[str, Any]

_METHODS_1_0 = {
    "SendMessage": "send",
    "SendStreamingMessage": "stream",
    "GetTask": "get",
    "ListTasks": "list",
    "CancelTask": "cancel",
    "SubscribeToTask": "subscribe",
    "CreateTaskPushNotificationConfig": "push",
    "GetExtendedAgentCard": "extended",
}
_METHODS_0_3 = {
    "message/send": "send",
    "message/stream": "stream",
    "tasks/get": "get",
    "tasks/cancel": "cancel",
    "tasks/resubscribe": "subscribe",
    "tasks/pushNotificationConfig/set": "push",
    "agent/getAuthenticatedExtendedCard": "extended",
}
_ROUTES: list[tuple[str, str, str]] = [
    ("POST", r"/message:send", "send"),
    ("POST", r"/message:stream", "stream"),
    ("GET", r"/tasks/(?P<id>[^/:]+)", "get"),
    ("GET", r"/tasks", "list"),
    ("POST", r"/tasks/(?P<id>[^/:]+):cancel", "cancel"),
    ("GET", r"/tasks/(?P<id>[^/:]+):subscribe", "subscribe"),
    ("POST", r"/tasks/(?P<id>[^/:]+):subscribe", "subscribe"),
    ("POST", r"/tasks/(?P<id>[^/:]+)/pushNotificationConfigs", "push"),
    ("GET", r"/extendedAgentCard", "extended"),
    ("GET", r"/card", "extended"),
]
_STATUSES = {
    "not-found": (404, "NOT_FOUND"),
    "params": (400, "INVALID_ARGUMENT"),
    "request": (400, "INVALID_ARGUMENT"),
    "parse": (400, "INVALID_ARGUMENT"),
    "internal": (500, "INTERNAL"),
}


@dataclass(slots=True)
class Call:
    """What a request asks for. ``rpc_id`` is of JSON-RPC only."""

    operation: str
    version: str
    style: Style
    is_rest: bool = False
    params: Json = field(default_factory=dict)
    rpc_id: Any = None
    verb: str = "POST"
    method: str = ""

    @property
    def shape(self) -> Shape:
        if self.version == "1.0":
            return Shape10(self.style)
        return Shape03Rest(self.style) if self.is_rest else Shape03(self.style)

    @property
    def message(self) -> Json:
        message = self.params.get("message")
        if not isinstance(message, dict) or not isinstance(message.get(self.parts_key), list):
            raise Refusal("params", detail="message")
        return message

    @property
    def parts_key(self) -> str:
        return "content" if self.is_rest and self.version == "0.3" else "parts"

    def envelope(self, name: str, value: Any) -> Json:
        """``value`` as the result or the error of the JSON-RPC call; as it is over HTTP+JSON."""
        if self.is_rest:
            return value if isinstance(value, dict) else {"value": value}
        if self.style == "js":
            return {"jsonrpc": "2.0", "id": self.rpc_id, name: value}
        return {name: value, "id": self.rpc_id, "jsonrpc": "2.0"}


def resolve(request: Request, options: Options) -> Call:
    """Reads a request. What it cannot read it says as a Refusal when the call is made."""
    if request.path.startswith("/rest/"):
        return _resolve_rest(request, options)
    call = Call("other", options.dialect, options.style)
    try:
        body = json.loads(request.body)
    except ValueError as error:
        call.operation, call.method = "parse", str(error)
        return call
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        call.operation = "request"
        call.method = "Invalid Request" if isinstance(body, dict) else "Batch requests"
        return call
    call.method, call.rpc_id = str(body.get("method")), body.get("id")
    call.params = body.get("params") or {}
    if options.also_0_3 and _speaks_0_3(call.method, request, options):
        call.version = "0.3"
    methods = _METHODS_1_0 if call.version == "1.0" else _METHODS_0_3
    call.operation = methods.get(call.method, "method")
    if call.version == "1.0" and call.operation != "method":
        _check_version(call, request)
    return call


def _speaks_0_3(method: str, request: Request, options: Options) -> bool:
    if options.style == "py":
        return method in _METHODS_0_3
    return request.headers.get("a2a-version", "") in ("", "0.3")


def _check_version(call: Call, request: Request) -> None:
    version = request.headers.get("a2a-version", "") or "0.3"
    if version != "1.0":
        call.operation, call.method = "version", version


def _resolve_rest(request: Request, options: Options) -> Call:
    path = request.path.removeprefix("/rest")
    call = Call("route", options.dialect, options.style, is_rest=True, verb=request.method)
    if path.startswith("/v1/") and (options.dialect == "0.3" or options.also_0_3):
        call.version, path = "0.3", path.removeprefix("/v1")
    elif options.dialect == "0.3":
        return call
    for verb, pattern, operation in _ROUTES:
        found = re.fullmatch(pattern, path)
        if found and verb == request.method:
            call.operation = operation
            call.params = _rest_params(request) | found.groupdict()
    if call.operation == "subscribe" and options.subscribe_verb not in ("any", request.method):
        call.operation = "verb"
    if call.version == "1.0" and call.operation not in ("route", "verb"):
        _check_version(call, request)
    return call


def _rest_params(request: Request) -> Json:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        body = {}
    params: Json = dict(body) if isinstance(body, dict) else {}
    for name, value in request.query.items():
        params[name] = int(value) if value.isdigit() else value
    return params


class Answers:
    """Writes answers with the heads of the server that is imitated."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._style = options.style
        self._clock = clock
        self._ping_s = options.ping_s

    def head(self, size: int | None, content_type: str, *, etag: str = "") -> Headers:
        date = http_date(self._clock.ns)
        if self._style == "py":
            tag = [("etag", etag)] if etag else []
            length = [("content-length", str(size))] if size is not None else []
            kind = [("content-type", content_type)] if content_type else []
            return [("date", date), ("server", "uvicorn"), *tag, *length, *kind]
        tag = [("ETag", etag)] if etag else []
        return [
            ("X-Powered-By", "Express"),
            ("Content-Type", f"{content_type}; charset=utf-8"),
            *([("Content-Length", str(size))] if size is not None else []),
            *tag,
            ("Date", date),
            ("Connection", "keep-alive"),
            ("Keep-Alive", "timeout=5"),
        ]

    def body(self, body: bytes, content_type: str, status: int = 200) -> Reply:
        etag = ""
        if self._style == "js":  # Express tags everything
            digest = hashlib.sha1(body, usedforsecurity=False).hexdigest()[:27]
            etag = f'W/"{len(body):x}-{digest}"'
        return Reply(status, self.head(len(body), content_type, etag=etag), body)

    def result(self, call: Call, value: Any) -> Reply:
        body = call.shape.dumps(call.envelope("result", value)).encode()
        if not call.is_rest:
            return self.body(body, "application/json")
        status = 201 if (call.version, call.style, call.operation) == ("0.3", "js", "send") else 200
        kind = "application/a2a+json" if call.version == "1.0" else "application/json"
        return self.body(body, kind, status)

    def refusal(self, call: Call, refusal: Refusal) -> Reply:
        if call.is_rest:
            return self._rest_refusal(call, refusal)
        status = (
            400 if (call.version, call.style) == ("0.3", "js") and refusal.kind == "parse" else 200
        )
        answer = call.envelope("error", self.error(call, refusal))
        if (call.version, call.style, refusal.kind) == ("0.3", "py", "parse"):
            del answer["id"]
        body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
        return self.body(body.encode(), "application/json", status)

    def error(self, call: Call, refusal: Refusal) -> Json:
        """The member ``error`` of a JSON-RPC answer."""
        code = refusal.code(call.version, call.style)
        error: Json = {"code": code, "message": refusal.text(call.version, call.style)}
        if call.version == "1.0" and refusal.kind in REASONS:
            error["data"] = [self._info(refusal)]
        return error

    def _info(self, refusal: Refusal) -> Json:
        kind = {"@type": "type.googleapis.com/google.rpc.ErrorInfo"}
        info = {**kind, "reason": REASONS[refusal.kind], "domain": "a2a-protocol.org"}
        return info if self._style == "js" else {**info, "metadata": {}}

    def _rest_refusal(self, call: Call, refusal: Refusal) -> Reply:
        text = refusal.text(call.version, call.style)
        status, name = _STATUSES.get(refusal.kind, (400, "FAILED_PRECONDITION"))
        answer: Json
        if call.version == "0.3":
            status = 409 if refusal.kind == "not-cancelable" else status
            answer = {"message": text}
            if call.style == "js":
                answer = {"code": refusal.code("0.3", "js"), **answer}
        else:
            text = "unknown exception" if refusal.kind == "internal" else text
            error: Json = {"code": status, "status": name, "message": text}
            if refusal.kind in REASONS:
                error["details"] = [self._info(refusal)]
            answer = {"error": error}
        is_js_1_0 = (call.version, call.style) == ("1.0", "js")
        kind = "application/a2a+json" if is_js_1_0 else "application/json"
        return self.body(json.dumps(answer, separators=(",", ":")).encode(), kind, status)

    def no_route(self, status: int = 404) -> Reply:
        kind = "text/plain; charset=utf-8" if self._style == "py" else "text/plain"
        return self.body(b"Not Found" if status == 404 else b"", kind, status)

    def stream(self, frames: AsyncIterator[Frame | bytes]) -> Reply:
        date = http_date(self._clock.ns)
        if self._style == "py":
            head = [
                ("date", date),
                ("server", "uvicorn"),
                ("cache-control", "no-store"),
                ("connection", "keep-alive"),
                ("x-accel-buffering", "no"),
                ("content-type", "text/event-stream; charset=utf-8"),
                ("Transfer-Encoding", "chunked"),
            ]
            ping = f": ping - {date}\r\n\r\n".encode()
            return Reply(200, head, frames=frames, ping=ping, ping_s=self._ping_s)
        head = [
            ("X-Powered-By", "Express"),
            ("Content-Type", "text/event-stream"),
            ("Cache-Control", "no-cache"),
            ("Connection", "keep-alive"),
            ("X-Accel-Buffering", "no"),
            ("Date", date),
            ("Transfer-Encoding", "chunked"),
        ]
        return Reply(200, head, frames=frames)

    def frame(self, call: Call, value: Any, *, is_error: bool = False) -> Frame:
        """An element of a stream as an event."""
        name = "error" if is_error else "result"
        data = call.shape.dumps_event(call.envelope(name, value))
        if is_error and self._style == "py":
            data = json.dumps(call.envelope(name, value), separators=(",", ":"))
        eol = "\r\n" if self._style == "py" else "\n"
        is_named = is_error and self._style == "js" and call.version == "0.3"
        return Frame(data, "error" if is_named else "", eol)

"""A server of model files on loopback that misbehaves in the ways that real ones do."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ruvector.models import Model, ModelFile

REVISION = "0123456789abcdef0123456789abcdef01234567"
PIECE = 1 << 16


@dataclass
class Reply:
    """How one request is answered."""

    status: int | None = None  # instead of 200 or 206
    headers: dict[str, str] = field(default_factory=dict)
    drop_after: int | None = None  # bytes of the body, then the connection is closed
    stall_after: int | None = None  # bytes, then nothing more comes
    ignore_range: bool = False
    body: bytes | None = None  # instead of the file's
    pause: float = 0.0  # seconds between pieces
    content_range: str | None = None


@dataclass
class Request:
    """What was asked for."""

    method: str
    path: str
    headers: dict[str, str]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away are what is tested."""


class ModelServer:
    """Serves ``files``, by path; the first requests get ``replies``, the rest ``always``."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}  # more of them, by path
        self.redirects: dict[str, str] = {}
        self.replies: list[Reply] = []
        self.always = Reply()
        self.requests: list[Request] = []
        self.released = threading.Event()  # stalled requests end
        self._lock = threading.Lock()
        self._server = _Quiet(("127.0.0.1", 0), self._handler())

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ranges(self) -> list[str | None]:
        """The Range of each GET so far."""
        return [
            request.headers.get("range") for request in self.requests if request.method == "GET"
        ]

    @contextmanager
    def running(self) -> Iterator[ModelServer]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def add(self, model: Model, content: dict[str, bytes]) -> None:
        for name, data in content.items():
            self.files[f"/{model.repository}/resolve/{model.revision}/{name}"] = data

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                try:
                    server._answer(self)
                except OSError:  # the client went away
                    self.close_connection = True

            do_HEAD = do_GET  # noqa: N815  as http.server names it

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as there
                """Say nothing."""

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            self.requests.append(Request(handler.command, handler.path, headers))
            reply = self.replies.pop(0) if self.replies else self.always
        data = self.files.get(handler.path) if reply.body is None else reply.body
        if handler.path in self.redirects:
            reply = Reply(status=307, headers={"Location": self.redirects[handler.path]})
        if reply.status is None and data is None:
            reply = Reply(status=404)
        if reply.status is not None:
            self._begin(handler, reply.status, {"Content-Length": "0"} | reply.headers)
            return
        assert data is not None
        self._send(handler, reply, data, headers)

    def _send(
        self,
        handler: BaseHTTPRequestHandler,
        reply: Reply,
        data: bytes,
        asked: dict[str, str],
    ) -> None:
        etag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
        status, start, more = 200, 0, {"ETag": etag, "Accept-Ranges": "bytes"}
        wanted = re.fullmatch(r"bytes=(\d+)-", asked.get("range", ""))
        if wanted and not reply.ignore_range and asked.get("if-range", etag) == etag:
            start = int(wanted[1])
            if start >= len(data):
                end = {"Content-Range": f"bytes */{len(data)}", "Content-Length": "0"}
                return self._begin(handler, 416, end)
            status = 206
            more["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if reply.content_range is not None:
            more["Content-Range"] = reply.content_range
        body = data[start:]
        more |= {"Content-Length": str(len(body))} | self.headers.get(handler.path, {})
        self._begin(handler, status, more | reply.headers)
        if handler.command == "HEAD":
            return None
        for offset in range(0, len(body), PIECE):
            piece = body[offset : offset + PIECE]
            for limit in (reply.drop_after, reply.stall_after):
                if limit is not None and offset + len(piece) > limit:
                    handler.wfile.write(piece[: max(0, limit - offset)])
                    if limit == reply.stall_after:
                        self.released.wait(30)
                    handler.close_connection = True
                    return None
            handler.wfile.write(piece)
            if reply.pause:
                time.sleep(reply.pause)
        return None

    def _begin(self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()


def model_of(content: dict[str, bytes], name: str = "tiny") -> Model:
    """A model whose files have these bytes."""
    files = [
        ModelFile(file, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for file, data in content.items()
    ]
    return Model(name, repository=f"someone/{name}", revision=REVISION, files=files)

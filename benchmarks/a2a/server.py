"""The agent that all clients talk to: a uvloop server of pre-encoded frames.

`python -m benchmarks.a2a.server` listens on a free port of the loopback, prints one line of JSON
and ends with its standard input. `POST /<dialect>/stream/<count>` streams as fast as it is read,
`/<dialect>/paced/<count>/<microseconds>` at a pace, `/<dialect>/send` answers at once.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import cast

import uvloop

from benchmarks.a2a import frames

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self) -> None:
        self._input = bytearray()
        self._blocks: Iterator[bytes] | None = None
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._input += data
        end = self._input.find(b"\r\n\r\n")
        if end < 0:
            return
        found = LENGTH.search(self._input, 0, end)
        size = int(found[1]) if found else 0
        if len(self._input) < end + 4 + size:
            return
        path = self._input.split(b" ", 2)[1].decode()
        body = bytes(self._input[end + 4 : end + 4 + size])
        del self._input[: end + 4 + size]
        self._answer(path, json.dumps(json.loads(body)["id"]).encode())

    def _answer(self, path: str, request_id: bytes) -> None:
        _, dialect, what, *numbers = path.split("/")
        placeholder = b"@" * len(request_id)
        if what == "send":
            whole = frames.single(dialect, len(request_id))
            self._transport.write(whole.replace(placeholder, request_id))
            return
        self._transport.write(frames.STREAM_HEAD)
        if what == "stream":
            blocks = frames.stream(dialect, int(numbers[0]), len(request_id))
            self._blocks = (block.replace(placeholder, request_id) for block in blocks)
            self._pump()
        else:
            self._pace(dialect, int(numbers[0]), int(numbers[1]) / 1e6, request_id)

    def _pump(self) -> None:
        while self._blocks is not None and not self._is_paused:
            block = next(self._blocks, None)
            if block is None:
                self._blocks = None
            else:
                self._transport.write(block)

    def _pace(self, dialect: str, count: int, pause: float, request_id: bytes) -> None:
        """One event at each tick of the clock, and not at sums of sleeps."""
        loop = asyncio.get_running_loop()
        results = iter(frames.results(dialect, count))
        begin = loop.time()

        def step(number: int) -> None:
            result = next(results, None)
            if result is None or self._transport.is_closing():
                self._transport.write(b"0\r\n\r\n")
                return
            frame = b"data: %b\n\n" % frames.answer(result, request_id)
            self._transport.write(frames.chunk(frame))
            loop.call_at(begin + (number + 1) * pause, step, number + 1)

        step(0)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._pump()

    def connection_lost(self, error: Exception | None) -> None:
        self._blocks = None


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=512)
    port = server.sockets[0].getsockname()[1]
    ended = asyncio.Event()

    def on_input() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            ended.set()

    loop.add_reader(sys.stdin.fileno(), on_input)
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(main())

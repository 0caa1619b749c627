"""Starting servers from tests: as processes, or on a thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from .options import Options
from .server import serve

Json = dict[str, Any]


class Peer:
    """A server that runs, as a test sees it."""

    def __init__(self, port: int, control_port: int, options: Options) -> None:
        self.port = port
        self.options = options
        self._control_port = control_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.options.prefix}"

    def _ask(self, command: str, **arguments: Any) -> Any:
        connection = HTTPConnection("127.0.0.1", self._control_port, timeout=10)
        try:
            connection.request("POST", f"/{command}", json.dumps(arguments))
            answer = connection.getresponse()
            value = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(value)
        return value

    def fault(
        self, name: str, /, *, on: str = "any", times: int = 1, skip: int = 0, **arguments: Any
    ) -> None:
        """Plans a fault for the next requests of a kind."""
        self._ask("fault", name=name, on=on, times=times, skip=skip, arguments=arguments)

    def fault_each(self, name: str, on: str, arguments: list[Json]) -> None:
        """Plans a fault once for each of some arguments."""
        self._ask("fault_each", name=name, on=on, arguments=arguments)

    def stats(self) -> Json:
        """The fields of server.Stats."""
        found: Json = self._ask("stats")
        return found

    def operations(self) -> list[str]:
        """What was asked for so far, in order."""
        return [seen["operation"] for seen in self.stats()["seen"]]

    def seen(self, operation: str) -> list[Json]:
        return [seen for seen in self.stats()["seen"] if seen["operation"] == operation]

    def configure(self, **options: Any) -> None:
        """Starts afresh with options unlike the first ones."""
        self._ask("configure", **options)

    def reset(self) -> None:
        self._ask("reset")

    def drop_connections(self) -> None:
        self._ask("drop")

    def jwks(self) -> Json:
        found: Json = self._ask("jwks")
        return found

    def card(self) -> Json:
        found: Json = self._ask("card")
        return found

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._ask("stop")

    def wait_for(self, condition: Callable[[Json], bool], timeout_s: float = 5.0) -> Json:
        """Asks for the counters until they are as wanted. Blocks."""
        end = time.monotonic() + timeout_s
        while True:
            stats = self.stats()
            if condition(stats):
                return stats
            if time.monotonic() > end:
                raise TimeoutError(f"the counters stay at {stats}")
            time.sleep(0.005)


def _arguments(options: Options) -> list[str]:
    arguments = []
    for name in Options.__slots__:
        value, flag = getattr(options, name), name.replace("_", "-")
        if isinstance(value, bool):
            arguments.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            arguments += [f"--{flag}", str(value)]
    return arguments


@contextmanager
def running(**options: Any) -> Iterator[Peer]:
    """A server in a process of its own."""
    wanted = Options(**options)
    folder = Path(__file__).parent.parent
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    with subprocess.Popen(
        [sys.executable, "-m", "a2a_server", *_arguments(wanted)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"the server did not start: {process.wait(10)}")
            ports = json.loads(line)
            yield Peer(ports["port"], ports["control_port"], wanted)
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def running_on_thread(**options: Any) -> Iterator[Peer]:
    """A server on a thread of this process."""
    wanted = Options(**options)
    lines: list[str] = []
    ready = threading.Event()

    def announce(line: str) -> None:
        lines.append(line)
        ready.set()

    def main() -> None:
        try:
            asyncio.run(serve(wanted, announce))
        finally:
            ready.set()

    thread = threading.Thread(target=main, daemon=True)
    thread.start()
    ready.wait(10)
    if not lines:
        raise RuntimeError("the server did not start")
    ports = json.loads(lines[0])
    peer = Peer(ports["port"], ports["control_port"], wanted)
    try:
        yield peer
    finally:
        peer.stop()
        thread.join(10)

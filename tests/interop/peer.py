"""The agents, and how one is started and stopped."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.interop import environments
from tests.interop.environments import ROOT, SCRATCH, MissingPeerError

START_SECONDS = 30.0
SKILLS = frozenset(("echo", "long", "stream", "chunks", "input", "msg", "fail", "raise"))
RVAGENT_SKILLS = frozenset(("echo", "long", "stream", "raise"))
Protocol = Literal["rvagent", "0.3", "1.0"]
Binding = Literal["JSONRPC", "HTTP+JSON"]


@dataclass(frozen=True)
class Peer:
    """One row of the matrix, or two: one for each binding."""

    name: str
    title: str
    protocol: Protocol
    command: Callable[[], list[str]]
    options: tuple[str, ...] = ()
    bindings: tuple[Binding, ...] = ("JSONRPC", "HTTP+JSON")
    skills: frozenset[str] = SKILLS  # also those that its card does not name


def test_server() -> list[str]:
    """Our own server of rvAgent's dialect, which the tests use."""
    if not (ROOT / "tests" / "python" / "a2a_server" / "__main__.py").is_file():
        raise MissingPeerError("tests/python/a2a_server cannot be run")
    return [sys.executable, "-m", "tests.python.a2a_server"]


PEERS = (
    Peer(
        "test-server",
        "test server, rvAgent's dialect",
        "rvagent",
        test_server,
        bindings=("JSONRPC",),
        skills=SKILLS - {"msg"},  # the dialect has no messages without a task
    ),
    Peer(
        "rvagent",
        "rvagent-a2a 0.1.0",
        "rvagent",
        environments.rvagent,
        bindings=("JSONRPC",),
        skills=RVAGENT_SKILLS,
    ),
    Peer("py03", "a2a-sdk 0.3.26", "0.3", lambda: environments.python("py03")),
    Peer("py10", "a2a-sdk 1.3.0", "1.0", lambda: environments.python("py10")),
    Peer(
        "py10-legacy",
        "a2a-sdk 1.3.0, its 0.3",
        "0.3",
        lambda: environments.python("py10"),
        ("--legacy",),
    ),
    Peer("js03", "@a2a-js/sdk 0.3.14", "0.3", lambda: environments.node("js03")),
    Peer("js10", "@a2a-js/sdk 1.3.0", "1.0", lambda: environments.node("js10")),
    Peer(
        "js10-legacy",
        "@a2a-js/sdk 1.3.0, its 0.3",
        "0.3",
        lambda: environments.node("js10"),
        ("--legacy",),
    ),
)


@dataclass(frozen=True)
class Running:
    """A started agent."""

    url: str
    jwks: Path | None  # the public key of its card's signature; rvAgent's is in the card
    process_id: int


@contextmanager
def running(peer: Peer) -> Iterator[Running]:
    """Starts an agent on a free port. Raises MissingPeerError with the reason if it cannot be."""
    command = [*peer.command(), *peer.options]
    SCRATCH.mkdir(parents=True, exist_ok=True)
    jwks = None
    if peer.protocol != "rvagent":
        jwks = SCRATCH / f"{peer.name}.jwks"
        command += ["--jwks", str(jwks)]
    log_path = SCRATCH / f"{peer.name}.log"
    with log_path.open("w") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
        )
    try:
        yield Running(url_of(process, log_path), jwks, process.pid)
    finally:
        stop(process)


def url_of(process: subprocess.Popen[str], log: Path) -> str:
    """Where an agent listens."""
    said = json.loads(text_line(process, log))
    return str(said.get("url") or f"http://127.0.0.1:{said['port']}")


def text_line(process: subprocess.Popen[str], log: Path) -> str:
    """The first line of an agent, which it prints when it is ready."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(START_SECONDS) else ""
    if not line:
        last = " ".join(log.read_text().split()[-40:])
        raise MissingPeerError(f"it did not start: {last or 'it said nothing'}")
    return line


def stop(process: subprocess.Popen[str]) -> None:
    """The agents end when their standard input does."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()

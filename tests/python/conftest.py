"""What the tests of the package share."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

import ruvector
from tests.python.a2a_server.process import Peer, running

ROOT = Path(__file__).parents[2]

# Timing on a busy machine says nothing about correctness.
settings.register_profile(
    "ruvector", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ruvector")

# A shell that runs the tests in the background has them ignore Ctrl-C, and so the programs that
# they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

INDEX_CLASSES = (
    ruvector.FlatF32Index,
    ruvector.RabitqIndex,
    ruvector.RabitqPlusIndex,
    ruvector.RabitqAsymIndex,
)
EXACT_CLASSES = (ruvector.FlatF32Index, ruvector.RabitqPlusIndex)


@pytest.fixture(params=INDEX_CLASSES, ids=lambda cls: cls.__name__)
def index_class(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=EXACT_CLASSES, ids=lambda cls: cls.__name__)
def exact_class(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="session")
def vectors() -> NDArray[np.float32]:
    return np.random.default_rng(7).standard_normal((300, 64), dtype=np.float32)


@pytest.fixture
def run_script() -> Callable[..., str]:
    """Runs Python code in a process of its own and gives what it printed."""

    def run(code: str, *arguments: str, timeout_s: float = 50, **environment: str) -> str:
        import os

        process = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env={**os.environ, **environment},
            cwd=ROOT,  # for imports of what tests share
        )
        assert process.returncode == 0, process.stderr
        return process.stdout

    return run


@pytest.fixture(scope="session")
def a2a_servers() -> Iterator[Callable[[str], Peer]]:
    """The test server of agents of a dialect: a process that is started once."""
    with ExitStack() as stack:
        peers: dict[str, Peer] = {}

        def get(dialect: str) -> Peer:
            if dialect not in peers:
                peers[dialect] = stack.enter_context(running(dialect=dialect))
            peers[dialect].reset()
            return peers[dialect]

        yield get


@pytest.fixture
def rvagent_peer(a2a_servers: Callable[[str], Peer]) -> Peer:
    return a2a_servers("rvagent")


@pytest.fixture
def peer_1_0(a2a_servers: Callable[[str], Peer]) -> Peer:
    return a2a_servers("1.0")


@pytest.fixture
def peer_0_3(a2a_servers: Callable[[str], Peer]) -> Peer:
    return a2a_servers("0.3")

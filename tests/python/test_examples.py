"""The examples of the lake run as a user would run them."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import ruvector

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "python"
SECONDS = 30.0


def test_a_service_that_was_killed_restarts_warm() -> None:
    process = subprocess.run(
        [sys.executable, str(EXAMPLES / "lake_warm_restart.py"), "3000", "64"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    cold, warm = process.stdout.splitlines()
    assert cold.startswith("cold start")
    assert warm.startswith("warm start")
    assert "1 pulls" in cold
    assert "0 pulls" in warm


class Lines:
    """What a process prints, line by line, with a limit on the wait."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        self._thread = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._thread.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._lines.put(line.rstrip("\n"))

    def next(self) -> str:
        return self._lines.get(timeout=SECONDS)

    def rest(self) -> list[str]:
        self._thread.join(SECONDS)
        return list(self._lines.queue)


@contextmanager
def sidecar(vectors: Path, published: Path) -> Iterator[tuple[subprocess.Popen[str], Lines]]:
    script = str(EXAMPLES / "lake_sidecar.py")
    command = [sys.executable, script, str(vectors), str(published), "docs", "0.02"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process, Lines(process)
        finally:
            process.kill()


def test_a_sidecar_follows_what_is_published_and_stops_on_sigterm(tmp_path: Path) -> None:
    vectors, published = tmp_path / "vectors", tmp_path / "published"
    disk = ruvector.FsBackend("disk", vectors)
    writer = ruvector.RuLake()
    writer.register_backend(disk)

    def publish(rows: int) -> str:
        disk.write("docs", ids=np.arange(rows), vectors=np.eye(rows, 8, dtype=np.float32))
        writer.publish_bundle(("disk", "docs"), published)
        return ruvector.RuLakeBundle.read_from_dir(published).rvf_witness[:12]

    with sidecar(vectors, published) as (process, lines):
        assert lines.next() == "watching"
        for rows in (5, 6):
            witness = publish(rows)
            assert lines.next() == f"serving docs, witness {witness}"
        bundle = published / ruvector.RuLakeBundle.FILE_NAME
        bundle.write_text(bundle.read_text().replace('"dim": 8', '"dim": 9'))
        assert lines.next().startswith("not refreshed: ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
        assert any("2   0 of changes alone" in line for line in lines.rest())

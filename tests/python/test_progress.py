"""Progress bars, callbacks, cancelling, Ctrl-C."""

from __future__ import annotations

import copy
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from ruvector._progress import ProgressBar


def test_a_callable_gets_counts_that_end_at_the_total(
    index_class: type[ruvector.RabitqPlusIndex],
) -> None:
    vectors = np.random.default_rng(0).standard_normal((30_000, 96), dtype=np.float32)
    calls: list[tuple[int, int]] = []
    index_class.build(vectors, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (len(vectors), len(vectors))
    assert all(0 <= done <= len(vectors) for done, _ in calls)
    assert {total for _, total in calls} == {len(vectors)}


def test_a_callable_that_returns_false_cancels(vectors: NDArray[np.float32]) -> None:
    index = ruvector.RabitqPlusIndex.build(vectors[:10])
    before = copy.copy(index)
    with pytest.raises(ruvector.RuVectorError, match=r"^add_batch cancelled at \d+ of \d+$"):
        index.add_batch(np.arange(10, 300), vectors[10:], progress=lambda done, total: False)
    assert index == before


def test_only_false_itself_cancels(vectors: NDArray[np.float32]) -> None:
    for answer in (None, 0, "", True):
        ruvector.FlatF32Index.build(vectors, progress=lambda *_, answer=answer: answer)


def test_what_a_callable_raises_comes_through(vectors: NDArray[np.float32]) -> None:
    def stop(done: int, total: int) -> None:
        raise ZeroDivisionError(f"at {done} of {total}")

    with pytest.raises(ZeroDivisionError, match="of 300"):
        ruvector.RabitqPlusIndex.build(vectors, progress=stop)


def test_something_else_than_a_callable_is_a_type_error(vectors: NDArray[np.float32]) -> None:
    with pytest.raises(TypeError, match="expected True, None or a callable, got int"):
        ruvector.FlatF32Index.build(vectors, progress=3)  # type: ignore[arg-type]  # pyright: ignore


def test_true_shows_a_bar(vectors: NDArray[np.float32], capsys: pytest.CaptureFixture[str]) -> None:
    ruvector.RabitqPlusIndex.build(vectors, progress=True)
    shown = capsys.readouterr()
    assert "build: 100%" in shown.err
    assert "300/300" in shown.err
    assert shown.out == ""


def test_a_bar_stands_where_it_was_last_told(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar("task")
    bar(10, 40)
    bar(20, 40)
    bar.close()
    assert "task:  50%" in capsys.readouterr().err


def test_tqdm_is_imported_only_for_a_bar(vectors: NDArray[np.float32]) -> None:
    code = (
        "import sys, numpy, ruvector;"
        "ruvector.FlatF32Index.build(numpy.ones((9, 4), numpy.float32), progress=None);"
        "assert not any(name.startswith('tqdm') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


LONG_BUILD = """
import sys, time
import numpy as np, ruvector

def report(done, total):
    if wait_for_codes and done < total:
        print("ready", flush=True)

wait_for_codes = sys.argv[1] == "codes"
vectors = np.random.default_rng(0).standard_normal((300_000, 256), dtype=np.float32)
if not wait_for_codes:
    print("ready", flush=True)
try:
    ruvector.RabitqPlusIndex.build(vectors, threads=1, progress=report)
except KeyboardInterrupt:
    print("interrupted", time.monotonic(), flush=True)
else:
    print("finished", time.monotonic(), flush=True)
"""


def seconds_from_interrupt_to_return(phase: str, delay_s: float) -> float:
    with subprocess.Popen(
        [sys.executable, "-c", LONG_BUILD, phase], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay_s)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        outcome, moment = next(
            line.split() for line in process.stdout if not line.startswith("ready")
        )
        assert outcome == "interrupted"
        return float(moment) - sent


# The best of three in each: another process may take the processor away for a moment.
@pytest.mark.alone
@pytest.mark.slow
def test_a_build_that_encodes_returns_within_200_ms_of_ctrl_c() -> None:
    assert any(seconds_from_interrupt_to_return("codes", 0.05) < 0.2 for _ in range(3))


@pytest.mark.alone
@pytest.mark.slow
def test_a_build_that_has_just_begun_returns_within_200_ms_of_ctrl_c() -> None:
    assert any(seconds_from_interrupt_to_return("begin", 0.05) < 0.2 for _ in range(3))

"""What the demo prints: one line for each step, a short block for each answer."""

import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rag_demo.passage import Passage

WIDTH = 96


class Step:
    """A step of the demo; `said` is filled in while it runs."""

    def __init__(self) -> None:
        self.said = ""
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """The time since the step began."""
        return time.perf_counter() - self.started


@contextmanager
def step(name: str) -> Iterator[Step]:
    """Runs a step and prints what it said and how long it took."""
    running = Step()
    yield running
    print(f"{name:<8} {running.said:<74} {running.seconds:8.3f} s", flush=True)


def print_answers(
    question: str, hits: Sequence[tuple[Passage, float]], encode_ms: float, search_us: float
) -> None:
    """Prints a question and the passages found, nearest first, with their scores."""
    print(f"\n? {question}")
    print(f"  question encoded in {encode_ms:.1f} ms, index searched in {search_us:.0f} us")
    for rank, (passage, score) in enumerate(hits, start=1):
        # Vectors have length one, so the squared distance tells the cosine.
        print(f"  {rank}. score {score:.3f}  cosine {1 - score / 2:.3f}  {passage.name}")
        print(textwrap.indent(textwrap.fill(passage.text, WIDTH - 5), " " * 5))

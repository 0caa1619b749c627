"""Kinds of event loops that asynchronous calls are tested in. Scripts of tests import it, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

import uvloop


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """Watches no descriptors for others, as asyncio's loop on Windows does not."""

    longest_timer_s: float | None = None

    def add_reader(self, *_: Any) -> NoReturn:  # type: ignore[override]
        raise NotImplementedError

    def remove_reader(self, fd: Any) -> NoReturn:
        raise NotImplementedError

    def call_later(  # type: ignore[override]
        self, delay: float, *args: Any, **kwargs: Any
    ) -> Any:
        if self.longest_timer_s is not None:
            delay = min(delay, self.longest_timer_s)
        return super().call_later(delay, *args, **kwargs)


NewLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS: dict[str, NewLoop] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
    "no_readers": LoopWithoutReaders,
}

"""Runs a server until SIGTERM, SIGINT, the control port, or the end of its standard input."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import os
import signal
import sys
from typing import Any

from .options import Options
from .server import serve


def _parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="a2a_server", description=__doc__)
    for field in dataclasses.fields(Options):
        name = "--" + field.name.replace("_", "-")
        if isinstance(field.default, bool):
            parser.add_argument(name, action=argparse.BooleanOptionalAction, default=field.default)
        else:
            parser.add_argument(name, type=type(field.default), default=field.default)
    return Options(**vars(parser.parse_args(arguments)))


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _main(options: Options) -> None:
    loop = asyncio.get_running_loop()
    work = asyncio.create_task(serve(options, _announce))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    if not sys.stdin.isatty():  # whoever started it holds the other end

        def on_input() -> Any:
            if not os.read(sys.stdin.fileno(), 1):
                work.cancel()

        with contextlib.suppress(PermissionError, OSError):  # a file is never waited for
            loop.add_reader(sys.stdin.fileno(), on_input)
    with contextlib.suppress(asyncio.CancelledError):
        await work


if __name__ == "__main__":
    asyncio.run(_main(_parse(sys.argv[1:])))

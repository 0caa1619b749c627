"""`python -m tests.interop`: our client against real agents, as a matrix.

Each agent is a process of its own on a free port of the loopback. The exit status is 1 if a cell
failed; what is missing here, or in an agent, is said and is no failure.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import traceback

from tests.interop import checks, environments, example
from tests.interop.matrix import Cell, Row, table
from tests.interop.peer import PEERS, Binding, Peer, Running, running


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.interop", description=__doc__)
    names = [peer.name for peer in PEERS]
    parser.add_argument("--only", action="append", metavar="PEER", choices=names, default=[])
    parser.add_argument("--check", action="append", choices=list(checks.CHECKS), default=[])
    parser.add_argument("--traceback", action="store_true", help="of every failure")
    parser.add_argument("--build-rvagent", action="store_true", help="with cargo, minutes")
    return parser.parse_args()


async def cell(name: str, case: checks.Case, show: bool) -> Cell:
    try:
        return Cell("ok", await checks.run(name, case))
    except checks.NotServed as reason:
        return Cell("none", str(reason))
    except Exception as error:
        if show:
            traceback.print_exc()
        said = str(error) or "no message"
        return Cell("failed", f"{type(error).__name__}: {said}")


async def row(peer: Peer, agent: Running, binding: Binding, names: list[str], show: bool) -> Row:
    try:
        client = await checks.connect(peer, agent, binding)
    except Exception as error:
        if show:
            traceback.print_exc()
        why = Cell("failed", f"connect: {type(error).__name__}: {error}")
        return Row(peer.title, binding, dict.fromkeys(names, why))
    async with client:
        case = checks.Case(peer, agent, binding, client)
        return Row(peer.title, binding, {name: await cell(name, case, show) for name in names})


def rows(peer: Peer, names: list[str], show: bool) -> list[Row]:
    try:
        with running(peer) as agent:
            return [asyncio.run(row(peer, agent, each, names, show)) for each in peer.bindings]
    except environments.MissingPeerError as reason:
        missing = Cell("missing", str(reason))
        return [Row(peer.title, each, dict.fromkeys(names, missing)) for each in peer.bindings]


def main() -> int:
    options = arguments()
    if options.build_rvagent:
        try:
            environments.build_rvagent()
        except environments.MissingPeerError as reason:
            print(f"rvagent-a2a cannot be built: {reason}", file=sys.stderr)
            return 1
    names = [name for name in checks.CHECKS if not options.check or name in options.check]
    found: list[Row] = []
    for peer in PEERS:
        if not options.only or peer.name in options.only:
            found += rows(peer, names, options.traceback)
            print(f"{peer.title}: done", file=sys.stderr, flush=True)
    print(table(found, names))
    cells = [cell for each in found for cell in each.cells.values()]
    if not options.only and not options.check:
        for name, run in (("Python", example.run_python), ("C++", example.run_cpp)):
            cells.append(run())
            print(f"example in {name}: {cells[-1].state}. {cells[-1].words}")
    return 1 if any(cell.state == "failed" for cell in cells) else 0


if __name__ == "__main__":
    sys.exit(main())

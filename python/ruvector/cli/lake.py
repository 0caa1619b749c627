"""``ruvector lake stats|verify|warm DIR``."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruvector.cli import snapshots
from ruvector.cli.printing import cell, make_table, print_json, print_table, safe
from ruvector.cli.snapshots import Check, Description
from ruvector.errors import RuVectorError

if TYPE_CHECKING:
    from rich.table import Table

_FINE, _MISMATCH, _USAGE = 0, 1, 2

_STATS = """Show what a directory, or a tree of them, holds of bundles and snapshots: of which
data, how many vectors, how many bytes, signed by whom, how old."""
_VERIFY = """Check bundles and snapshots: the witness, the signature, the digest over all bytes of
the index, and every value in it. With --key only what the holder of such a key signed passes."""
_WARM = """Map a snapshot as a lake does, search it for some of its own vectors, and show how long
the first answer took and how much memory it needs."""


def add_commands(commands: Any) -> None:
    """Add ``lake`` and its commands to those of ``ruvector``."""
    lake = commands.add_parser("lake", help="snapshots and bundles of ruLake")
    actions = lake.add_subparsers(metavar="ACTION", required=True)
    _add(actions, "stats", _stats, _STATS, "show what a directory holds")
    _add(actions, "verify", _verify, _VERIFY, "check bundles and snapshots")
    actions.choices["verify"].add_argument(
        "--key",
        action="append",
        type=_public_key,
        default=[],
        metavar="KEY",
        help="Ed25519 public key: 64 hexadecimal digits, or a file that holds them; repeatable",
    )
    warm = _add(actions, "warm", _warm, _WARM, "map a snapshot as a lake does, and time it")
    warm.add_argument("--searches", type=_count, default=100, metavar="N", help="default 100")


def _add(actions: Any, name: str, run: Any, text: str, summary: str) -> Any:
    action = actions.add_parser(name, help=summary, description=text)
    action.add_argument("directory", type=_directory, metavar="DIR")
    action.add_argument("--json", action="store_true", help="print JSON, for machines")
    action.add_argument(
        "--lenient", action="store_true", help="take snapshots of the original ruLake, too"
    )
    action.set_defaults(run=run)
    return action


def _directory(text: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a directory")
    return path


def _public_key(text: str) -> bytes:
    digits = text
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        try:
            digits = Path(text).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"{text!r} is neither 64 hexadecimal digits nor a file that holds them"
            raise argparse.ArgumentTypeError(message) from error
    if not re.fullmatch("[0-9a-fA-F]{64}", digits):
        raise argparse.ArgumentTypeError(f"the file {text!r} does not hold 64 hexadecimal digits")
    return bytes.fromhex(digits)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000000")
    return int(text)


# --- stats


def _stats(options: argparse.Namespace) -> int:
    found = [
        snapshots.describe(directory, lenient=options.lenient)
        for directory in snapshots.find(options.directory)
    ]
    if not found:
        return _nothing(options)
    if options.json:
        print_json([_description_json(one) for one in found])
    elif len(found) == 1 and found[0].bundle is not None:
        print_table(_details(found[0]))
    else:
        print_table(_overview(found))
    for one in found:
        if one.error is not None:
            print(f"{safe(one.directory)}: {safe(one.error)}", file=sys.stderr)
    return _MISMATCH if any(one.error for one in found) else _FINE


def _description_json(found: Description) -> dict[str, Any]:
    bundle = found.bundle
    return {
        "directory": str(found.directory),
        "kind": "damaged" if found.error else found.kind,
        "error": found.error,
        "written": found.written,
        "signed_by": found.signed_by,
        "rows": found.rows,
        "metric": found.metric,
        "file_bytes": found.file_bytes,
        "regions": found.regions,
        "bundle": json.loads(bundle.to_json()) if bundle is not None else None,
    }


def _age(written: float | None) -> str:
    if written is None:
        return "-"
    seconds = max(0.0, time.time() - written)
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _details(found: Description) -> Table:
    bundle = found.bundle
    assert bundle is not None
    table = make_table(
        "", "", title=f"{found.directory} ({'damaged' if found.error else found.kind})"
    )
    table.show_header = False
    rows: list[tuple[str, object]] = [
        ("data", bundle.data_ref),
        ("generation", bundle.generation),
        ("witness", bundle.rvf_witness),
        ("signed by", found.signed_by or "nobody"),
        ("age", _age(found.written)),
        ("dim", bundle.dim),
        ("rotation seed", bundle.rotation_seed),
        ("rerank factor", bundle.rerank_factor),
    ]
    for name in ("pii_policy", "lineage_id", "memory_class"):
        if getattr(bundle, name) is not None:
            rows.append((name, getattr(bundle, name)))
    if found.rows is not None:
        rows += [("rows", _number(found.rows)), ("metric", found.metric)]
        rows += [("index file", bundle.index_file or "index.rbpx")]
        rows += [("bytes", _number(found.file_bytes))]
        rows += [(f"  {name}", _number(size)) for name, size in found.regions.items()]
    for name, value in rows:
        table.add_row(name, cell(value))
    return table


def _overview(found: list[Description]) -> Table:
    header = ("directory", "kind", "rows", "dim", "generation", "witness", "bytes", "signed by")
    table = make_table(*header, "age")
    for one in found:
        bundle = one.bundle
        table.add_row(
            cell(one.directory),
            "damaged" if one.error else one.kind,
            _number(one.rows),
            _number(bundle.dim) if bundle else "-",
            cell(_short(str(bundle.generation), 20)) if bundle else "-",
            _short(bundle.rvf_witness, 12) if bundle else "-",
            _number(one.file_bytes),
            _short(one.signed_by, 12) if one.signed_by else "-",
            _age(one.written),
        )
    return table


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + "..."


# --- verify


def _verify(options: argparse.Namespace) -> int:
    results: list[tuple[Path, list[Check]]] = [
        (directory, snapshots.verify(directory, options.key, lenient=options.lenient))
        for directory in snapshots.find(options.directory)
    ]
    if not results:
        return _nothing(options)
    if options.json:
        print_json(
            [
                {
                    "directory": str(directory),
                    "passed": all(check.passed for check in checks),
                    "checks": [asdict(check) for check in checks],
                }
                for directory, checks in results
            ]
        )
    else:
        table = make_table("directory", "check", "outcome", "detail")
        for directory, checks in results:
            for number, check in enumerate(checks):
                shown = cell(directory) if number == 0 else ""
                outcome = "ok" if check.passed else "MISMATCH"
                table.add_row(shown, check.name, outcome, cell(check.detail))
        print_table(table)
    passed = all(check.passed for _, checks in results for check in checks)
    return _FINE if passed else _MISMATCH


# --- warm


def _warm(options: argparse.Namespace) -> int:
    try:
        warmth = snapshots.warm(options.directory, options.searches, lenient=options.lenient)
    except (RuVectorError, OSError) as error:
        print(f"{safe(options.directory)}: {safe(snapshots.message_of(error))}", file=sys.stderr)
        return _MISMATCH
    if options.json:
        print_json(asdict(warmth))
        return _FINE
    table = make_table("", "", title=str(options.directory))
    table.show_header = False
    table.add_row("vectors", f"{warmth.rows:,} x {warmth.dim:,}")
    table.add_row("mapped in", f"{warmth.warm_ms:,.2f} ms")
    table.add_row("first search", f"{warmth.first_search_ms:,.3f} ms")
    table.add_row(f"median of {warmth.searches:,}", f"{warmth.median_search_ms:,.3f} ms")
    if warmth.anonymous_bytes is not None and warmth.mapped_bytes is not None:
        table.add_row("own memory", f"{warmth.anonymous_bytes:,} bytes more than before")
        table.add_row("shared pages", f"{warmth.mapped_bytes:,} bytes more than before")
    print_table(table)
    return _FINE


# --- printing


def _nothing(options: argparse.Namespace) -> int:
    if options.json:
        print_json([])
    print(f"{safe(options.directory)}: no bundle in it or below it", file=sys.stderr)
    return _MISMATCH

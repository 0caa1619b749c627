"""``ruvector build|search|info``: indexes and their files."""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ruvector import _native
from ruvector.cli.files import (
    OpenedIndex,
    add_build_options,
    add_search_options,
    build_options,
    lists_of,
    number,
    open_index,
    read_ids,
    read_vectors,
    search_options,
    whole_number,
)
from ruvector.cli.printing import (
    complain,
    make_table,
    print_json,
    print_table,
    reporting_errors,
    safe,
)

_FINE, _USAGE = 0, 2
_NO_ID = np.uint64(2**64 - 1)  # pads rows with fewer hits

_BUILD = """Build an index of the vectors in a .npy file, float32 (n, dim), and write it. After a
crash or an error an old file of that name is still there."""
_SEARCH = """Find the nearest vectors of each query in a .npy file, float32 (n, dim), or of one
query (dim)."""
_INFO = "Show what an index file holds: class, vectors, metric, bits, memory by region."


def add_commands(commands: Any) -> None:
    """Add ``build``, ``search`` and ``info`` to the commands of ``ruvector``."""
    build = _add(commands, "build", _build, _BUILD, "build an index of vectors in a .npy file")
    build.add_argument("vectors", type=Path, metavar="VECTORS.npy")
    build.add_argument("--output", "-o", type=Path, required=True, metavar="INDEX.rbpx")
    add_build_options(build)
    build.add_argument("--ids", type=Path, metavar="IDS.npy", help="uint64 (n); default 0..n-1")
    _add_threads(build)
    build.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        help="show a bar; default: if stderr is a terminal",
    )

    search = _add(commands, "search", _search, _SEARCH, "find the nearest vectors of queries")
    search.add_argument("index", type=Path, metavar="INDEX.rbpx")
    search.add_argument("queries", type=Path, metavar="QUERIES.npy")
    search.add_argument(
        "-k", type=whole_number(1, 1_000_000), default=10, metavar="N", help="hits, default 10"
    )
    search.add_argument("--filter", type=Path, metavar="IDS.npy", help="only these ids")
    search.add_argument("--radius", type=number, metavar="X", help="only scores of at most this")
    add_search_options(search)
    search.add_argument("--format", choices=("table", "json", "npz"), help="default table")
    search.add_argument(
        "--output", "-o", type=Path, metavar="FILE", help="where --format npz puts ids and scores"
    )
    _add_threads(search)

    info = _add(commands, "info", _info, _INFO, "show what an index file holds")
    info.add_argument("index", type=Path, metavar="INDEX.rbpx")
    info.add_argument("--verify", action="store_true", help="check every checksum")
    info.add_argument("--json", action="store_true", help="print JSON, for machines")


def _add(commands: Any, name: str, run: Any, text: str, summary: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=text)
    command.set_defaults(run=reporting_errors(run))
    return command


def _add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads", type=whole_number(1, 256), metavar="N", help="how many may work"
    )


# --- build


def _build(options: argparse.Namespace) -> int:
    name, arguments = build_options(options)
    if name == "FlatF32Index" and options.bits is not None:
        complain("--bits: the index 'flat' has no codes")
        return _USAGE
    if options.output.suffix == ".npy":
        complain(f"--output: {options.output} is the name of an array; an index is a .rbpx file")
        return _USAGE
    vectors = read_vectors(options.vectors)
    ids = None if options.ids is None else read_ids(options.ids)
    show = sys.stderr.isatty() if options.progress is None else options.progress
    start = time.perf_counter()
    index = getattr(_native, name).build(
        vectors, ids=ids, threads=options.threads, progress=show or None, **arguments
    )
    seconds = time.perf_counter() - start
    index.save(options.output)
    count = lists_of(index)
    lists = f", {count:,} lists" if count else ""
    print(
        f"{safe(options.output)}: {name} of {len(index):,} x {index.dim:,}, {index.metric}, "
        f"{index.bits} bits{lists}, {options.output.stat().st_size:,} bytes, "
        f"built in {seconds:.2f} s"
    )
    return _FINE


# --- search


def _search(options: argparse.Namespace) -> int:
    if (options.format == "npz") != (options.output is not None):
        complain("--format npz and --output go together")
        return _USAGE
    index = open_index(options.index).index
    ids, scores = index.search_batch(
        read_vectors(options.queries),
        options.k,
        filter=None if options.filter is None else read_ids(options.filter),
        radius=options.radius,
        threads=options.threads,
        **search_options(options),
    )
    if options.format == "npz":
        _write_npz(options.output, ids, scores)
    elif options.format == "json":
        print_json([{"query": query, "hits": hits} for query, hits in _hits(ids, scores)])
    else:
        table = make_table("query", "rank", "id", "score")
        for query, hits in _hits(ids, scores):
            for rank, hit in enumerate(hits, start=1):
                row = (str(query), str(rank), str(hit["id"]), f"{hit['score']:.6g}")
                table.add_row(*row)
        print_table(table)
    return _FINE


def _hits(ids: NDArray[np.uint64], scores: NDArray[np.float32]) -> list[tuple[int, Any]]:
    """The hits of each query, without what only fills the arrays."""
    return [
        (
            query,
            [
                {"id": int(id), "score": float(score)}
                for id, score in zip(ids[query], scores[query], strict=True)
                if id != _NO_ID
            ],
        )
        for query in range(len(ids))
    ]


def _write_npz(path: Path, ids: NDArray[np.uint64], scores: NDArray[np.float32]) -> None:
    new = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open(new, "xb") as file:
            np.savez(file, ids=ids, scores=scores)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise


# --- info


def _info(options: argparse.Namespace) -> int:
    opened = open_index(options.index, verify=options.verify)
    found = _described(options.index, opened)
    if options.json:
        print_json(found)
        return _FINE
    table = make_table("", "", title=str(options.index))
    table.show_header = False
    table.add_row("class", found["class"])
    table.add_row("vectors", f"{found['n']:,} x {found['dim']:,}")
    for name in ("metric", "bits", "seed"):
        table.add_row(name, str(found[name]))
    table.add_row("lists", f"{found['partitions']:,}" if found["partitions"] else "none")
    table.add_row("rerank factor", str(found["rerank_factor"] or "by the error bound"))
    table.add_row("keeps rows", "yes" if found["keeps_rows"] else "no")
    table.add_row("format", f"rbpx version {found['format_version']}")
    table.add_row("file", f"{found['file_bytes']:,} bytes")
    table.add_row("memory", f"{found['memory_bytes']:,} bytes")
    for name, size in found["memory"].items():
        if size:
            table.add_row(f"  {name}", f"{size:,}")
    print_table(table)
    return _FINE


def _described(path: Path, opened: OpenedIndex) -> dict[str, Any]:
    index = opened.index
    return {
        "path": str(path),
        "class": opened.class_name,
        "format_version": opened.format_version,
        "file_bytes": opened.file_bytes,
        "n": len(index),
        "dim": index.dim,
        "metric": index.metric,
        "bits": index.bits,
        "seed": index.seed,
        "partitions": lists_of(index),
        "rerank_factor": index.rerank_factor,
        "keeps_rows": index.keeps_rows,
        "memory_bytes": index.memory_bytes,
        "memory": index.memory_usage(),
    }

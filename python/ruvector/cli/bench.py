"""``ruvector bench``: recall and latency of an index on this machine."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ruvector import _native
from ruvector.cli.files import (
    add_build_options,
    add_search_options,
    build_options,
    lists_of,
    open_index,
    read_vectors,
    search_options,
    whole_number,
)
from ruvector.cli.measuring import machine, measure
from ruvector.cli.printing import (
    complain,
    make_table,
    print_json,
    print_table,
    reporting_errors,
)
from ruvector.index import AnyIndex, FlatF32Index

_FINE, _USAGE = 0, 2

_BENCH = """Measure an index: recall against exact search, latency of single queries, queries per
second of a batch; printed with the threads and the machine. Of a .npy file an index is built
without the vectors that are then the queries; an index is searched for vectors of its own unless
--queries gives others."""


def add_commands(commands: Any) -> None:
    """Add ``bench`` to the commands of ``ruvector``."""
    bench = commands.add_parser("bench", help="measure recall and latency", description=_BENCH)
    bench.add_argument("source", type=Path, metavar="INDEX.rbpx|VECTORS.npy")
    bench.add_argument("--queries", type=Path, metavar="QUERIES.npy", help="float32 (n, dim)")
    bench.add_argument("-k", type=whole_number(1, 10_000), default=10, metavar="N")
    bench.add_argument(
        "--searches", type=whole_number(1, 1_000_000), default=1_000, metavar="N",
        help="how many queries at most, default 1000",
    )  # fmt: skip
    bench.add_argument(
        "--threads", type=whole_number(1, 256), default=1, metavar="N",
        help="of a single query, default 1",
    )  # fmt: skip
    add_search_options(bench)
    add_build_options(bench)
    bench.add_argument("--json", action="store_true", help="print JSON, for machines")
    bench.set_defaults(run=reporting_errors(_bench))


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is measured, on which queries, against which rows."""

    index: AnyIndex
    class_name: str
    exact: FlatF32Index
    queries: NDArray[np.float32]
    queries_are: str
    build_seconds: float | None = None


def _bench(options: argparse.Namespace) -> int:
    is_vectors = options.source.suffix == ".npy"
    name, arguments = build_options(options)
    if not is_vectors and (options.index or arguments):
        names = "--index, --metric, --bits, --partitions and --seed"
        complain(f"{names} are for a .npy file: the index is there")
        return _USAGE
    subject = _built(options, name, arguments) if is_vectors else _opened(options)
    measured = measure(
        subject.index,
        subject.exact,
        subject.queries,
        options.k,
        threads=options.threads,
        search=search_options(options),
    )
    index = subject.index
    report: dict[str, Any] = {
        "class": subject.class_name,
        "n": len(index),
        "dim": index.dim,
        "metric": index.metric,
        "bits": index.bits,
        "partitions": lists_of(index),
        "memory_bytes": index.memory_bytes,
        "build_seconds": subject.build_seconds,
        "queries_are": subject.queries_are,
        **asdict(measured),
        "machine": machine(),
    }
    if options.json:
        print_json(report)
    else:
        _print(options.source, report)
    return _FINE


def _built(options: argparse.Namespace, name: str, arguments: dict[str, Any]) -> _Subject:
    """An index of the file's vectors; without other queries some of them are left out for that."""
    vectors = read_vectors(options.source)
    if options.queries is not None:
        queries, kept, what = _some(read_vectors(options.queries), options), vectors, "given"
    else:
        if len(vectors) < 2:
            raise ValueError(f"{options.source}: {len(vectors)} vectors, expected at least 2")
        chosen = _chosen(len(vectors), min(options.searches, len(vectors) // 2))
        queries, what = np.ascontiguousarray(vectors[chosen]), "held out"
        kept = np.delete(vectors, chosen, axis=0)
    start = time.perf_counter()
    index = getattr(_native, name).build(kept, **arguments)
    seconds = time.perf_counter() - start
    exact = FlatF32Index.build(kept, metric=index.metric)
    return _Subject(index, name, exact, queries, what, seconds)


def _opened(options: argparse.Namespace) -> _Subject:
    opened = open_index(options.source)
    index = opened.index
    if not index.keeps_rows:
        raise ValueError(
            f"{options.source}: a {opened.class_name} keeps no rows, so there are no exact answers "
            f"to compare with: measure the .npy file of its vectors with --index"
        )
    if len(index) == 0:
        raise ValueError(f"{options.source}: holds no vectors")
    rows = np.asarray(index)
    exact = FlatF32Index.build(rows, ids=index.ids, metric=index.metric)
    if options.queries is not None:
        queries, what = _some(read_vectors(options.queries), options), "given"
    else:
        chosen = _chosen(len(index), min(options.searches, len(index)))
        queries, what = np.ascontiguousarray(rows[chosen]), "the index's own vectors"
    return _Subject(index, opened.class_name, exact, queries, what)


def _chosen(n: int, count: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(0).choice(n, count, replace=False))


def _some(queries: NDArray[np.float32], options: argparse.Namespace) -> NDArray[np.float32]:
    if len(queries) == 0:
        raise ValueError(f"{options.queries}: holds no queries")
    return queries[: options.searches]


def _print(source: Path, report: dict[str, Any]) -> None:
    table = make_table("", "", title=str(source))
    table.show_header = False
    shape = f"{report['n']:,} x {report['dim']:,}, {report['metric']}, {report['bits']} bits"
    if report["partitions"]:
        shape += f", {report['partitions']:,} lists"
    table.add_row(report["class"], shape)
    table.add_row("memory", f"{report['memory_bytes']:,} bytes")
    if report["build_seconds"] is not None:
        table.add_row("build", f"{report['build_seconds']:.3f} s")
    table.add_row("queries", f"{report['queries']:,}, {report['queries_are']}")
    table.add_row(f"recall@{report['k']}", f"{report['recall']:.4f} against exact search")
    threads = f"{report['threads']} thread" + ("s" if report["threads"] > 1 else "")
    table.add_row("latency p50", f"{report['p50_us']:,.1f} us, {threads}")
    table.add_row("latency p99", f"{report['p99_us']:,.1f} us, {threads}")
    batch = f"{report['batch_queries_per_s']:,.0f} queries/s"
    table.add_row("batch", f"{batch}, up to {report['batch_threads']} threads")
    where = report["machine"]
    table.add_row("machine", f"{where['cpu']}, {where['cores']} cores, {where['simd']}")
    table.add_row("", f"{where['system']}, Python {where['python']}, ruvector {where['ruvector']}")
    print_table(table)

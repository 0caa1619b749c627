"""One measurement of our lake in a process of its own: `python -m benchmarks.lake.ours MODE ...`.

Prints one line of JSON. Each mode does what the mode of the same name in `upstream/src/main.rs`
does with the original; arguments are the same.
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

# ruff: noqa: E402  the imports are part of what `warm` times
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import ruvector
from benchmarks.arrays import Rows
from benchmarks.timing.memory import resident_bytes

K = 10
BLOCK = 100
KEY = ("b", "c")

Answer = dict[str, Any]


def read(path: str) -> Rows:
    rows: Rows = np.load(path)
    return rows


def lake_with(
    backend: Any, consistency: ruvector.Consistency, cache_dir: Path | None = None
) -> ruvector.RuLake:
    lake = ruvector.RuLake.builder().consistency(consistency).cache_dir(cache_dir).build()
    lake.register_backend(backend)
    return lake


def local(rows: Rows, name: str = KEY[0], first: int = 0) -> ruvector.LocalBackend:
    backend = ruvector.LocalBackend(name)
    backend.upsert(KEY[1], ids=np.arange(first, first + len(rows)), vectors=rows)
    return backend


def ids_of(hits: list[ruvector.LakeHit]) -> list[int]:
    return [hit.id for hit in hits]


def overhead(base: str, queries: str, rounds: str) -> Answer:
    """A search of the index itself, and through lakes; blocks of queries in turn."""
    rows, asked = read(base), list(read(queries))
    index = ruvector.RabitqPlusIndex.build(rows)
    fresh = lake_with(local(rows), ruvector.Consistency.FRESH)
    eventual = lake_with(local(rows), ruvector.Consistency.EVENTUAL)

    def through(lake: ruvector.RuLake) -> Callable[[Rows], Any]:
        return lambda query: lake.search_one("c", query, K, backend="b")

    # The same call on top of each, so that only what is below it differs.
    searches = (lambda query: index.search(query, K), through(fresh), through(eventual))
    found = [ids_of(searches[1](query)) for query in asked]
    searches[2](asked[0])
    times: tuple[list[float], ...] = ([], [], [])
    clock = time.perf_counter_ns
    for turn in range(int(rounds)):
        start = turn * BLOCK % (len(asked) - BLOCK + 1)
        for offset in range(3):
            which = (turn + offset) % 3
            search, block = searches[which], []
            for query in asked[start : start + BLOCK]:
                begin = clock()
                search(query)
                block.append(clock() - begin)
            times[which].append(float(np.median(block)) / 1e3)
    names = ("direct_us", "fresh_us", "eventual_us")
    return {**dict(zip(names, times, strict=True)), "ids": found}


class Counting(ruvector.BackendAdapter):
    """A store in memory that counts its pulls."""

    id = KEY[0]

    def __init__(self, rows: Rows) -> None:
        self.rows, self.pulls, self._lock = rows, 0, threading.Lock()

    def list_collections(self) -> list[str]:
        return [KEY[1]]

    def generation(self, collection: str) -> int:
        return 1

    def pull_vectors(self, collection: str) -> ruvector.PulledBatch:
        with self._lock:
            self.pulls += 1
        return ruvector.PulledBatch(np.arange(len(self.rows)), self.rows, 1)


def in_threads(count: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def storm(base: str, clients: str) -> Answer:
    """Threads that all search a collection which is not cached; then as many asyncio tasks."""
    import asyncio

    rows, count = read(base), int(clients)
    backend = Counting(rows)
    lake = lake_with(backend, ruvector.Consistency.FRESH)
    barrier, failed = threading.Barrier(count), []

    def client(_: int) -> None:
        barrier.wait()
        try:
            lake.search_one("c", rows[0], K, backend="b")
        except ruvector.RuVectorError as error:
            failed.append(error)

    begin = time.perf_counter()
    in_threads(count, client)
    seconds = time.perf_counter() - begin
    later = 0
    for _ in range(100):
        later += ids_of(lake.search_one("c", rows[0], 1, backend="b")) != [0]

    other = Counting(rows)
    beside = lake_with(other, ruvector.Consistency.FRESH)

    async def tasks() -> int:
        searches = [beside.search_one_async("c", rows[0], K, backend="b") for _ in range(count)]
        outcomes = await asyncio.gather(*searches, return_exceptions=True)
        return sum(isinstance(outcome, BaseException) for outcome in outcomes)

    return {
        "pulls": backend.pulls,
        "errors": len(failed),
        "seconds": seconds,
        "errors_of_100_later": later,
        "task_errors": asyncio.run(tasks()),
        "task_pulls": other.pulls,
    }


def cold(root: str, queries: str) -> Answer:
    """The first answer from a file that was never pulled."""
    query = read(queries)[0]
    before = resident_bytes()
    begin = time.perf_counter()
    lake = lake_with(ruvector.FsBackend("b", root), ruvector.Consistency.FRESH)
    hits = lake.search_one("c", query, K, backend="b")
    seconds = time.perf_counter() - begin
    return {
        "seconds": seconds,
        "anonymous_bytes": resident_bytes() - before,
        "ids": [ids_of(hits)],
    }


def save(root: str, queries: str, directory: str) -> Answer:
    lake = lake_with(ruvector.FsBackend("b", root), ruvector.Consistency.FRESH)
    lake.search_one("c", read(queries)[0], K, backend="b")
    lake.save_cache_to_dir(KEY, directory)
    return {}


def warm(directory: str, queries: str) -> Answer:
    """The first answer of a process that finds a snapshot."""
    query = np.ascontiguousarray(np.load(queries, mmap_mode="r")[0])
    lake = ruvector.RuLake.builder().consistency(ruvector.Consistency.FROZEN).build()
    imported = time.perf_counter()
    lake.warm_from_dir(KEY, directory)
    hits = lake.search_one("c", query, K, backend="b")
    end = time.perf_counter()
    return {
        "seconds": end - imported,
        "seconds_with_imports": end - STARTED,
        "ids": [ids_of(hits)],
    }


def mapped_resident_bytes(part_of_name: str) -> int:
    """Pages of mapped files that are in memory, of files whose path holds `part_of_name`."""
    total, counts = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        fields = line.split()
        if "-" in fields[0] and not fields[0].endswith(":"):
            counts = len(fields) > 5 and part_of_name in " ".join(fields[5:])
        elif counts and fields[0] == "Rss:":
            total += int(fields[1]) * 1024
    return total


def memory(kind: str, source: str, queries: str, folder: str) -> Answer:
    """What a lake takes after all queries: `kind` is warm, cache_dir or memory."""
    asked = list(read(queries))
    lake = ruvector.RuLake()
    before = resident_bytes()
    if kind == "warm":
        lake = ruvector.RuLake.builder().consistency(ruvector.Consistency.FROZEN).build()
        lake.warm_from_dir(KEY, source)
    else:
        cache_dir = Path(folder) if kind == "cache_dir" else None
        backend = ruvector.FsBackend("b", source)
        lake = lake_with(backend, ruvector.Consistency.FRESH, cache_dir)
    found = [ids_of(lake.search_one("c", query, K, backend="b")) for query in asked]
    return {
        "anonymous_bytes": resident_bytes() - before,
        "mapped_bytes": mapped_resident_bytes(source if kind == "warm" else folder),
        "counted_bytes": lake.cache_stats().bytes,
        "ids": found,
    }


def clients(base: str, queries: str, shards: str, count: str, seconds: str) -> Answer:
    """Threads that search as fast as they can, one shard or several."""
    rows, asked = read(base), list(read(queries))
    parts = -(-len(rows) // int(shards))
    lake = ruvector.RuLake()
    keys = [(f"shard-{shard}", "c") for shard in range(int(shards))]
    for shard, (name, _) in enumerate(keys):
        low = shard * parts
        lake.register_backend(local(rows[low : low + parts], name, low))

    def search(query: Rows) -> list[ruvector.LakeHit]:
        if len(keys) == 1:
            return lake.search_one("c", query, K, backend="shard-0")
        return lake.search_federated(keys, query, K)

    found = [ids_of(search(query)) for query in asked]
    answered = [0] * int(count)
    begin = time.perf_counter()
    end = begin + float(seconds)

    def client(number: int) -> None:
        following = number * len(asked) // int(count)
        while time.perf_counter() < end:
            search(asked[following % len(asked)])
            following += 1
            answered[number] += 1

    in_threads(int(count), client)
    return {"qps": sum(answered) / (time.perf_counter() - begin), "ids": found}


def refresh(base: str, folder: str) -> Answer:
    """What a refresh reads after 1 % of the rows were appended to a directory of Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = read(base)
    directory = Path(folder) / "c"
    directory.mkdir(parents=True, exist_ok=True)
    files = 100
    size = len(rows) // files

    def write(number: int) -> None:
        part = rows[number * size : (number + 1) * size]
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), rows.shape[1])
        ids = pa.array(np.arange(number * size, number * size + len(part), dtype=np.uint64))
        table = pa.table({"id": ids, "vector": vectors})
        pq.write_table(table, directory / f"part-{number:03}.parquet")

    for number in range(files - 1):
        write(number)
    backend: Any = ruvector.ParquetBackend("b", folder)
    lake = lake_with(backend, ruvector.Consistency.FRESH)
    lake.search_one("c", rows[0], K, backend="b")
    before = backend.bytes_read
    write(files - 1)
    begin = time.perf_counter()
    hits = lake.search_one("c", rows[-1], 1, backend="b")
    seconds = time.perf_counter() - begin
    total = sum(file.stat().st_size for file in directory.iterdir())
    return {
        "part_read": (backend.bytes_read - before) / total,
        "seconds": seconds,
        "sees_the_append": ids_of(hits) == [files * size - 1],
        "incremental": lake.cache_stats().incremental,
    }


MODES: dict[str, Callable[..., Answer]] = {
    mode.__name__: mode for mode in (overhead, storm, cold, save, warm, memory, clients, refresh)
}


def main() -> None:
    mode, *arguments = sys.argv[1:]
    print(json.dumps(MODES[mode](*arguments)))


if __name__ == "__main__":
    main()

"""A service that restarts warm: the first process saves what it has cached, the second maps it.

    python examples/python/lake_warm_restart.py [ROWS DIM]

The first process is killed, as by a crash or a deployment, after it has saved. The second one is
new: it gives its first answer without reading the store.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import ruvector

KEY = ("disk", "docs")


def lake_over(folder: Path) -> ruvector.RuLake:
    lake = ruvector.RuLake()
    lake.register_backend(ruvector.FsBackend("disk", folder / "vectors"))
    return lake


def query_for(dim: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(dim, dtype=np.float32)


def timed_search(lake: ruvector.RuLake, dim: int) -> tuple[float, list[ruvector.LakeHit]]:
    start = time.perf_counter()
    hits = lake.search_one("docs", query_for(dim), k=3, backend="disk")
    return 1e3 * (time.perf_counter() - start), hits


def serve(folder: Path, dim: int) -> None:
    """The service: warm if there is a snapshot, cold if not; saves, then waits to be killed."""
    lake, start = lake_over(folder), time.perf_counter()
    snapshot = folder / "snapshot"
    warm = ruvector.RuLakeBundle.exists_in(snapshot)
    if warm:
        lake.warm_from_dir(KEY, snapshot)
    _, hits = timed_search(lake, dim)
    first = 1e3 * (time.perf_counter() - start)
    steady = sorted(timed_search(lake, dim)[0] for _ in range(100))[50]
    stats = lake.cache_stats()
    if not warm:
        lake.save_cache_to_dir(KEY, snapshot)
    print(f"{'warm' if warm else 'cold'} start: first answer after {first:,.1f} ms, ", end="")
    print(f"later ones take {steady:.2f} ms; {stats.pulls} pulls; best id {hits[0].id}", flush=True)
    signal.pause()


def run_service(folder: Path, dim: int) -> str:
    """Starts the service, waits for what it says, and kills it."""
    command = [sys.executable, __file__, "serve", str(folder), str(dim)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.kill()  # SIGKILL: no time to tidy up
    return said.strip()


def main() -> int:
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]), int(sys.argv[3]))
        return 0
    rows, dim = (int(word) for word in (sys.argv[1:3] or ("50000", "384")))
    with tempfile.TemporaryDirectory(prefix="ruvector-") as name:
        folder = Path(name)
        vectors = np.random.default_rng(0).standard_normal((rows, dim), dtype=np.float32)
        disk = ruvector.FsBackend("disk", folder / "vectors")
        disk.write("docs", ids=np.arange(rows), vectors=vectors)
        said = [run_service(folder, dim) for _ in range(2)]
    print("\n".join(said))
    ids = {line.rpartition("best id ")[2] for line in said}
    return 0 if len(ids) == 1 and "0 pulls" in said[1] else 1


if __name__ == "__main__":
    sys.exit(main())

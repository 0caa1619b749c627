"""A sidecar that follows a publish directory: when a new version is published, it pulls it.

    python examples/python/lake_sidecar.py VECTORS PUBLISHED COLLECTION [INTERVAL_SECONDS]

VECTORS is a directory of ruvec1 files, PUBLISHED where another process calls ``publish_bundle``.
The lake is FROZEN: it asks the store nothing until the bundle says that the data have changed. The
new version is pulled here, in the loop, and not by the first search that comes. Stops on SIGTERM
and SIGINT.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import numpy as np

import ruvector


class Sidecar:
    """Refreshes one collection of a lake that others search at the same time."""

    def __init__(self, lake: ruvector.RuLake, key: tuple[str, str], published: Path) -> None:
        self._lake = lake
        self._key = key
        self._published = published
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def run(self, interval: float) -> None:
        """Looks at the publish directory every `interval` seconds until stopped."""
        while not self._stop.is_set():
            self.look()
            self._stop.wait(interval)

    def look(self) -> None:
        try:
            result = self._lake.refresh_from_bundle_dir(self._key, self._published)
            if result is ruvector.RefreshResult.BUNDLE_MISSING or self._key in self._lake:
                return
            self._prime()
        except ruvector.RuVectorError as error:
            # What is cached stays; the next look may find a sound bundle, or the store again.
            print(f"not refreshed: {error}", file=sys.stderr, flush=True)
            return
        witness = self._lake.cache_witness_of(self._key) or ""
        print(f"serving {self._key[1]}, witness {witness[:12]}", flush=True)

    def _prime(self) -> None:
        """Pulls the new version now, so that no search has to wait for it."""
        bundle = ruvector.RuLakeBundle.read_from_dir(self._published)
        query = np.zeros(bundle.dim, dtype=np.float32)
        backend, collection = self._key
        self._lake.search_one(collection, query, k=1, backend=backend)


def main() -> int:
    if len(sys.argv) not in (4, 5):
        print(__doc__, file=sys.stderr)
        return 2
    vectors, published, collection = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    interval = float(sys.argv[4]) if len(sys.argv) == 5 else 1.0
    lake = ruvector.RuLake.builder().consistency(ruvector.Consistency.FROZEN).build()
    lake.register_backend(ruvector.FsBackend("disk", vectors))
    sidecar = Sidecar(lake, ("disk", collection), published)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sidecar.stop())
    print("watching", flush=True)
    sidecar.run(interval)  # in a service: on a thread beside the one that answers
    print(lake.cache_stats(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Values that go into and come out of ruLake."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "CacheStats",
    "Consistency",
    "FederatedHits",
    "LakeHit",
    "LakeKey",
    "PerBackendStats",
    "RefreshResult",
]

LakeKey: TypeAlias = tuple[str, str]
"""A collection of a backend: (backend, collection)."""


class Consistency(enum.Enum):
    """When a search asks the backend whether what is cached is still what the store holds."""

    FRESH = "fresh"
    """At each search: an answer is never older than its question."""
    EVENTUAL = "eventual"
    """At most every ``ttl_ms``; while a newer version is pulled the old one is served."""
    FROZEN = "frozen"
    """Never."""
    STALE = FROZEN
    """The same as ``FROZEN``."""


class RefreshResult(enum.Enum):
    """What ``RuLake.refresh_from_bundle_dir`` found."""

    UP_TO_DATE = "up_to_date"
    """The bundle is of the cached data, or nothing is cached."""
    INVALIDATED = "invalidated"
    """The bundle is of other data, and the cached data were dropped."""
    BUNDLE_MISSING = "bundle_missing"
    """The directory holds no bundle."""


class LakeHit(NamedTuple):
    """One found vector; unpacks as ``backend, collection, id, score = hit``."""

    backend: str
    """Id of the backend."""
    collection: str
    """Name of the collection."""
    id: int
    """Id of the vector."""
    score: float
    """Its distance to the query under the lake's metric: smaller is nearer."""


class FederatedHits(list[LakeHit]):
    """The hits of a federated search, best first, and which collections they come from.

    Attributes:
        searched: keys that were searched.
        skipped: what was left out, and why.

    >>> import ruvector
    >>> hits = ruvector.FederatedHits([], searched=[("hot", "docs")])
    >>> hits
    FederatedHits([], searched=(('hot', 'docs'),), skipped=())
    """

    class Skipped(NamedTuple):
        """A collection that was left out."""

        key: LakeKey
        """The pair (backend, collection)."""
        reason: str
        """What went wrong."""

    __slots__ = ("searched", "skipped")
    searched: tuple[LakeKey, ...]
    skipped: tuple[Skipped, ...]

    def __init__(
        self,
        hits: Iterable[LakeHit] = (),
        searched: Iterable[LakeKey] = (),
        skipped: Iterable[Skipped] = (),
    ) -> None:
        super().__init__(hits)
        self.searched = tuple(searched)
        self.skipped = tuple(skipped)

    def __repr__(self) -> str:
        return (
            f"FederatedHits({list(self)!r}, searched={self.searched!r}, skipped={self.skipped!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return FederatedHits, (list(self), self.searched, self.skipped)


@dataclass(frozen=True, slots=True)
class PerBackendStats:
    """What a lake did for one backend or collection. A search counts as one hit or one miss."""

    hits: int
    """Answered from the cache."""
    misses: int
    """Had to wait for a pull, or for another search's."""
    primes: int
    """Indexes built."""
    invalidations: int
    """Cached versions dropped because they were old, or by request."""
    shared_hits: int
    """Versions taken over from another key without a pull."""

    def hit_rate(self) -> float | None:
        """Of all searches, the part that were hits; None before the first."""
        searches = self.hits + self.misses
        return self.hits / searches if searches else None


@dataclass(frozen=True, slots=True)
class CacheStats(PerBackendStats):
    """What a lake's cache has done since the lake was made; prints as a table.

    >>> import ruvector
    >>> stats = ruvector.CacheStats(99, 1, 1, 0, 0, 0, 0, 100, 1, 0, 0, 80.5, 80.5, 1, 4096)
    >>> stats.hit_rate(), stats.avg_prime_ms()
    (0.99, 80.5)
    >>> print(stats)
    CacheStats
      searches       100   99 hits, 1 misses: hit rate 99.0 %
      checks         100   of the backend's generation
      pulls            1   0 of changes alone, 0 failures
      primes           1   80.5 ms on average, 80.5 ms the last
      shared           0   versions taken over without a pull
      warm             0   versions from snapshots
      dropped          0   0 invalidations, 0 evictions
      entries          1   4,096 bytes of memory
    """

    warm_installs: int
    """Versions that came from snapshots."""
    evictions: int
    """Versions dropped to stay below the caps."""
    checks: int
    """Questions for a generation; concurrent searches share one."""
    pulls: int
    """Whole collections pulled."""
    incremental: int
    """Pulls of changes alone."""
    failures: int
    """Checks and pulls that failed."""
    total_prime_ms: float
    """Time spent building indexes, without the pulls."""
    last_prime_ms: float
    """Time of the last build."""
    entries: int
    """Versions cached now."""
    bytes: int
    """Memory they take now; rows that are mapped from a file are not counted."""

    def avg_prime_ms(self) -> float | None:
        """Time of a build on average; None before the first."""
        return self.total_prime_ms / self.primes if self.primes else None

    def _rows(self) -> Iterable[tuple[str, int, str]]:
        rate, average = self.hit_rate(), self.avg_prime_ms()
        shown_rate = "none yet" if rate is None else f"{rate:.1%}".replace("%", " %")
        shown_times = (
            "none yet"
            if average is None
            else f"{average:,.1f} ms on average, {self.last_prime_ms:,.1f} ms the last"
        )
        searched = f"{self.hits:,} hits, {self.misses:,} misses: hit rate {shown_rate}"
        yield "searches", self.hits + self.misses, searched
        yield "checks", self.checks, "of the backend's generation"
        pulled = f"{self.incremental:,} of changes alone, {self.failures:,} failures"
        yield "pulls", self.pulls + self.incremental, pulled
        yield "primes", self.primes, shown_times
        yield "shared", self.shared_hits, "versions taken over without a pull"
        yield "warm", self.warm_installs, "versions from snapshots"
        dropped = f"{self.invalidations:,} invalidations, {self.evictions:,} evictions"
        yield "dropped", self.invalidations + self.evictions, dropped
        yield "entries", self.entries, f"{self.bytes:,} bytes of memory"

    def __str__(self) -> str:
        rows = [f"  {name:<9} {count:>8,}   {text}" for name, count, text in self._rows()]
        return "\n".join(["CacheStats", *rows])

    def __repr__(self) -> str:
        # One field a line: fifteen counters in one line are no use to a reader.
        lines = [f"    {field.name}={getattr(self, field.name)!r}," for field in fields(self)]
        return "\n".join(["CacheStats(", *lines, ")"])

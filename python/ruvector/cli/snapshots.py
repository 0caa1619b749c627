"""What directories with bundles and snapshots hold, and whether it is what it claims to be."""

from __future__ import annotations

import os
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ruvector.errors import BundleError, RuVectorError
from ruvector.index import RabitqPlusIndex
from ruvector.lake import Consistency, RuLake, RuLakeBundle

_KEY = ("snapshot", "snapshot")
_ORIGINAL_INDEX = "index.rbpx"
_ATTEMPTS = 3


def find(root: Path) -> Iterator[Path]:
    """The directories at and below `root` that hold a bundle, in order; follows no links."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        if RuLakeBundle.FILE_NAME in files:
            yield Path(folder)


def index_path(directory: Path, bundle: RuLakeBundle) -> Path | None:
    """The index beside a bundle; None when it is only a published bundle."""
    if bundle.index_file is not None:
        # Which names are right says warm_from_dir; none may lead elsewhere.
        if Path(bundle.index_file).name != bundle.index_file:
            raise BundleError(f"index_file {bundle.index_file!r} is not a plain file name")
        return directory / bundle.index_file
    original = directory / _ORIGINAL_INDEX
    return original if original.exists() else None


def signer_of(bundle: RuLakeBundle) -> str | None:
    """The public key whose holder signed the bundle. Raises BundleError for a wrong signature."""
    if bundle.signature is None and bundle.public_key is None:
        return None
    key = bundle.public_key or ""
    if not re.fullmatch("[0-9a-f]{64}", key) or not bundle.verify_signature(bytes.fromhex(key)):
        raise BundleError("the signature does not match the bundle")
    return key


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle and, of a snapshot, its index and a lake that serves it as ``_KEY``."""

    bundle: RuLakeBundle
    index: RabitqPlusIndex | None = None
    lake: RuLake | None = None
    warm_seconds: float = 0.0


def open_directory(directory: Path, *, lenient: bool = False, verify: bool = False) -> Opened:
    """Open what `directory` holds as a lake does. Raises RuVectorError."""
    for attempt in range(1, _ATTEMPTS + 1):
        bundle = RuLakeBundle.read_from_dir(directory, lenient=lenient)
        try:
            return _open_snapshot(directory, bundle, lenient, verify)
        except RuVectorError:
            # A newer save may have removed the index meanwhile.
            again = RuLakeBundle.exists_in(directory) and RuLakeBundle.read_from_dir(directory)
            if attempt == _ATTEMPTS or again == bundle:
                raise
    raise AssertionError("unreachable")


def _open_snapshot(directory: Path, bundle: RuLakeBundle, lenient: bool, verify: bool) -> Opened:
    path = index_path(directory, bundle)
    if path is None:
        return Opened(bundle)
    index = RabitqPlusIndex.load(path)
    lake = (
        RuLake.builder()
        .consistency(Consistency.FROZEN)
        .rotation_seed(bundle.rotation_seed)
        .metric(index.metric)
        .build()
    )
    start = time.perf_counter()
    lake.warm_from_dir(_KEY, directory, lenient=lenient, verify=verify)
    return Opened(bundle, index, lake, time.perf_counter() - start)


# --- stats


@dataclass(slots=True)
class Description:
    """What a directory holds; of a damaged one only what could be read before ``error``."""

    directory: Path
    kind: str = "bundle"
    written: float | None = None
    bundle: RuLakeBundle | None = None
    signed_by: str | None = None
    rows: int | None = None
    metric: str | None = None
    file_bytes: int | None = None
    regions: dict[str, int] = field(default_factory=dict)
    error: str | None = None


def describe(directory: Path, *, lenient: bool = False) -> Description:
    """Describe a directory; what is wrong with it is in ``error``."""
    found = Description(directory)
    try:
        found.written = (directory / RuLakeBundle.FILE_NAME).stat().st_mtime
        found.bundle = RuLakeBundle.read_from_dir(directory, lenient=lenient)
        found.signed_by = signer_of(found.bundle)
        opened = open_directory(directory, lenient=lenient)
        found.bundle, found.signed_by = opened.bundle, signer_of(opened.bundle)
        if opened.index is not None:
            found.kind = "snapshot"
            found.rows, found.metric = len(opened.index), opened.index.metric
            found.regions = {
                name: size for name, size in opened.index.memory_usage().items() if size
            }
            path = index_path(directory, opened.bundle)
            found.file_bytes = path.stat().st_size if path else None
    except (RuVectorError, OSError) as error:
        found.error = message_of(error)
    return found


def message_of(error: Exception) -> str:
    """What went wrong, with the kind of error where the message alone might be terse."""
    return f"{type(error).__name__}: {error}"


# --- verify


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    passed: bool
    detail: str


def verify(directory: Path, keys: Sequence[bytes], *, lenient: bool = False) -> list[Check]:
    """Check everything that can be checked; with `keys` a signature by one of them is required."""
    checks: list[Check] = []
    try:
        text = (directory / RuLakeBundle.FILE_NAME).read_text("utf-8")
        bundle = RuLakeBundle.from_json(text)
    except (RuVectorError, OSError, UnicodeDecodeError) as error:
        return [Check("bundle", False, message_of(error))]
    checks.append(Check("bundle", True, f"{bundle.data_ref}, generation {bundle.generation}"))
    checks.append(_witness(bundle))
    checks.append(_signature(bundle, keys))
    checks.append(_index(directory, lenient))
    return checks


def _witness(bundle: RuLakeBundle) -> Check:
    if bundle.verify_witness():
        return Check("witness", True, bundle.rvf_witness)
    return Check("witness", False, f"{bundle.rvf_witness} is not that of the other fields")


def _signature(bundle: RuLakeBundle, keys: Sequence[bytes]) -> Check:
    try:
        signer = signer_of(bundle)
    except BundleError as error:
        return Check("signature", False, str(error))
    if signer is None:
        detail = "not signed" if not keys else "not signed, and a key was given"
        return Check("signature", not keys, detail)
    if not keys:
        return Check("signature", True, f"by {signer}; whose key that is was not checked")
    trusted = bytes.fromhex(signer) in keys
    return Check("signature", trusted, f"by {signer}" + ("" if trusted else ", not a given key"))


def _index(directory: Path, lenient: bool) -> Check:
    try:
        opened = open_directory(directory, lenient=lenient, verify=True)
    except (RuVectorError, OSError) as error:
        return Check("index", False, message_of(error))
    if opened.index is None:
        return Check("index", True, "none: a published bundle")
    rows, digest = f"{len(opened.index):,} rows", opened.bundle.index_digest
    if digest is None:
        return Check("index", True, f"{rows}; no digest binds it to the bundle")
    return Check("index", True, f"{rows}; all bytes have the digest {digest[:16]}...")


# --- warm


@dataclass(frozen=True, slots=True)
class Warmth:
    """How a snapshot serves in this process."""

    rows: int
    dim: int
    warm_ms: float
    first_search_ms: float
    median_search_ms: float
    searches: int
    anonymous_bytes: int | None
    mapped_bytes: int | None


def warm(directory: Path, searches: int, *, lenient: bool = False) -> Warmth:
    """Map a snapshot and search it for some of its own vectors. Raises RuVectorError."""
    before = _resident()
    opened = open_directory(directory, lenient=lenient)
    if opened.index is None or opened.lake is None:
        raise BundleError(f"{directory} holds a bundle only, no snapshot to warm from")
    queries = _some_rows(opened.index, opened.bundle.dim, searches)
    rows, lake, seconds = len(opened.index), opened.lake, opened.warm_seconds
    bundle = opened.bundle
    del opened  # its own map of the index would count as memory
    times = []
    for query in queries:
        start = time.perf_counter()
        lake.search_one(_KEY[1], query, 10, backend=_KEY[0])
        times.append(1e3 * (time.perf_counter() - start))
    after = _resident()
    grown = [now - then for now, then in zip(after, before, strict=True)]
    return Warmth(
        rows=rows,
        dim=bundle.dim,
        warm_ms=1e3 * seconds,
        first_search_ms=times[0],
        median_search_ms=statistics.median(times),
        searches=len(times),
        anonymous_bytes=grown[0] if grown else None,
        mapped_bytes=grown[1] if grown else None,
    )


def _some_rows(index: RabitqPlusIndex, dim: int, count: int) -> NDArray[np.float32]:
    if len(index) == 0:
        return np.zeros((count, dim), dtype=np.float32)
    ids = index.codes.ids
    chosen = [int(ids[place * len(ids) // count]) for place in range(count)]
    return np.stack([np.asarray(index[wanted]) for wanted in chosen])


def _resident() -> list[int]:
    """Bytes of private memory and of mapped files; nothing where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return []
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return [int(fields[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile")]

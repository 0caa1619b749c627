"""What this process used: memory, pages from the disk, and time of the processors."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
from pathlib import Path

import numpy as np


def drop_from_cache(path: Path) -> None:
    """Makes the system forget a file's pages; no process may have it mapped."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def cached_bytes(path: Path) -> int:
    """How much of a file is in the page cache."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        pages = -(-len(mapped) // mmap.PAGESIZE)
        there = np.zeros(pages, np.uint8)
        begin = np.frombuffer(mapped, np.uint8)
        failed = ctypes.CDLL(None, use_errno=True).mincore(
            ctypes.c_void_p(begin.ctypes.data),
            ctypes.c_size_t(len(mapped)),
            ctypes.c_void_p(there.ctypes.data),
        )
        del begin
    if failed:
        raise OSError(ctypes.get_errno(), "mincore", str(path))
    return int((there & 1).sum()) * mmap.PAGESIZE


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field} line")


def own_bytes() -> int:
    """Private memory of this process, with what the allocator holds back."""
    return _status("RssAnon")


def mapped_bytes() -> int:
    """Pages of files that this process has mapped and in memory."""
    return _status("RssFile")


def page_ins() -> tuple[int, int]:
    """Page faults that waited for the disk, and bytes read from it, by this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_majflt, used.ru_inblock * 512


def cpu_seconds() -> float:
    """Of all threads of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

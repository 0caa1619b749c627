"""Linux, macOS and their like."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from typing import IO

assert sys.platform != "win32"

O_BINARY = 0  # files have no other form


@contextlib.contextmanager
def exclusive_lock(file: IO[bytes]) -> Iterator[None]:
    """Wait for the one lock of a file that is open for writing, and hold it.

    The system lifts it even from a process that is killed.
    """
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def sync_directory(directory: str | os.PathLike[str]) -> None:
    """Make renames in it durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_below(root: str, parts: Sequence[str]) -> int:
    """A descriptor of a file below a directory, for reading; follows no symbolic link.

    None of `parts` may be "..". Raises OSError.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for depth, part in enumerate(parts):
        kind = os.O_DIRECTORY if depth + 1 < len(parts) else os.O_NONBLOCK
        try:
            inner = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


def read_at(descriptor: int, count: int, position: int) -> bytes:
    """At most so many bytes from there on, none at the end. Any number of threads may call."""
    return os.pread(descriptor, count, position)

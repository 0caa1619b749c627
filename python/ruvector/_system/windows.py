"""Windows."""

import contextlib
import errno
import msvcrt
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import IO

assert sys.platform == "win32"

O_BINARY = os.O_BINARY

_RETRY_SECONDS = 0.05
_position_lock = threading.Lock()  # of the positions of all descriptors


@contextlib.contextmanager
def exclusive_lock(file: IO[bytes]) -> Iterator[None]:
    """Wait for the one lock of a file that is open for writing, and hold it.

    The system lifts it even from a process that is killed.
    """
    while True:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            break
        except OSError as error:
            if error.errno != errno.EACCES:
                raise
        time.sleep(_RETRY_SECONDS)
    try:
        yield
    finally:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)


def sync_directory(directory: str | os.PathLike[str]) -> None:
    """Do nothing: Windows writes down renames by itself, and opens no directories."""


def open_below(root: str, parts: Sequence[str]) -> int:
    """A descriptor of a file below a directory, for reading; follows no symbolic link.

    None of `parts` may be "..". Raises OSError.
    """
    path = os.path.join(root, *parts)
    descriptor = os.open(path, os.O_RDONLY | os.O_BINARY)
    try:
        # What was opened has this path and no other now, so no link led there.
        if os.path.realpath(path) != path or not os.path.samestat(
            os.fstat(descriptor), os.lstat(path)
        ):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_at(descriptor: int, count: int, position: int) -> bytes:
    """At most so many bytes from there on, none at the end. Any number of threads may call."""
    with _position_lock:
        os.lseek(descriptor, position, os.SEEK_SET)
        return os.read(descriptor, count)

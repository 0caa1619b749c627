"""The part of a file that has arrived so far."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from ruvector._native import ModelFile
from ruvector._system import O_BINARY, sync_directory
from ruvector.errors import EmbedError


class TooLong(Exception):
    """More bytes came than the file has."""


class PartFile:
    """Bytes beside where the file will lie, and a journal of where they came from.

    Whatever moment the process is killed at, the next one goes on with what is there: the bytes
    get their name only when their digest is the pinned one. The caller holds the directory's lock.
    """

    def __init__(self, target: Path, file: ModelFile, arrived: Callable[[int], None]) -> None:
        self._target = target
        self._file = file
        self._arrived = arrived  # called with the part's size
        # Named by the digest as well, so that it is never a part of other bytes.
        self._path = target.with_name(f".{target.name}.{file.sha256[:16]}.part")
        self._journal = self._path.with_suffix(".json")
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | O_BINARY, 0o666)
        self.size = os.fstat(self._fd).st_size
        self._origin = self._read_journal()
        if self.size > file.size:
            self.restart()

    def close(self) -> None:
        """Leave it for the next one who wants the file."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    # --- where the bytes came from

    def etag(self, url: str) -> str | None:
        """What the server calls the whole file, when all bytes so far are from `url`."""
        return self._origin[1] if self._origin is not None and self._origin[0] == url else None

    def note_origin(self, url: str, etag: str | None) -> None:
        """Remember where the bytes from here on come from."""
        # Of bytes from two servers neither can say whether they are all its own.
        is_whole = self.size == 0 or self.etag(url) == etag
        origin = (url, etag) if etag is not None and is_whole else None
        if origin != self._origin:
            self._origin = origin
            self._journal.write_text(json.dumps(origin), "utf-8")

    def _read_journal(self) -> tuple[str, str] | None:
        # It may be cut off: then nothing is known.
        try:
            url, etag = json.loads(self._journal.read_text("utf-8"))
        except (OSError, ValueError, TypeError):
            return None
        return (url, etag) if isinstance(url, str) and isinstance(etag, str) else None

    # --- what is done with them

    def restart(self) -> None:
        """Forget all bytes."""
        os.ftruncate(self._fd, 0)
        self.size = 0
        self._arrived(0)

    def write(self, data: bytes) -> int:
        """Add bytes at the end. Raises TooLong, OSError."""
        if self.size + len(data) > self._file.size:
            raise TooLong
        view = memoryview(data)
        os.lseek(self._fd, self.size, os.SEEK_SET)
        while view:
            count = os.write(self._fd, view)
            self.size += count
            view = view[count:]
        self._arrived(self.size)
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is no buffer. pooch wants it."""

    def sha256(self) -> str:
        """The digest of what is in the file, not of what was meant to be written."""
        with open(self._path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def finish(self) -> None:
        """Give the bytes their name, durably. Their digest must be the pinned one."""
        os.fsync(self._fd)
        self.close()  # Windows renames no open files
        os.replace(self._path, self._target)
        sync_directory(self._target.parent)
        with contextlib.suppress(FileNotFoundError):
            self._journal.unlink()


def require_space(directory: Path, wanted: int) -> None:
    """Raise EmbedError when the disk has no room for so many bytes more."""
    free = shutil.disk_usage(directory).free
    if free < wanted:
        raise EmbedError(f"{directory}: {wanted:,} bytes are needed and {free:,} are free")

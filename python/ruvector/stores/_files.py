"""Which Parquet files a collection consists of, and reading exactly the version of each that was
listed: in a local directory or in an object store.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from ruvector._system import open_below, read_at

if TYPE_CHECKING:
    from pyarrow import NativeFile
    from pyarrow.fs import FileSystem

SUFFIX = ".parquet"
_FOOTER_BYTES = 16 * 1024
# A file that was written less than a tick of the clock of its file system ago may be written again
# without a trace in its times: then its footer is read at each listing.
_TICK_NS = 100_000_000
_COARSE_TICK_NS = 2_000_000_000
_MAX_NAME_BYTES = 255
_REQUESTS_AT_ONCE = 16


class Moved(Exception):
    """A file is no longer the version that was listed."""


@dataclass(frozen=True)
class FileVersion:
    """A file of a collection at the time of its listing."""

    path: str  # below the root, with slashes
    size: int
    identity: tuple[str | int, ...]  # of the content, as far as the store tells


class ByteCounter:
    """Bytes read from a store. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0

    @property
    def value(self) -> int:
        return self._bytes

    def add(self, count: int) -> None:
        with self._lock:
            self._bytes += count


class PinnedFile(io.RawIOBase):
    """One version of a file, read at any place. For one thread at a time."""

    def __init__(self, size: int, counter: ByteCounter) -> None:
        super().__init__()
        self._size = size
        self._counter = counter
        self._position = 0

    def require_unchanged(self) -> None:
        """Raise `Moved` unless all that was read is of the listed version."""
        raise NotImplementedError

    def _read_at(self, position: int, count: int) -> bytes:
        raise NotImplementedError

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(self._size - self._position, 0)
        data = self._read_at(self._position, left if size is None or size < 0 else min(size, left))
        self._position += len(data)
        self._counter.add(len(data))
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def size(self) -> int:
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


class FileStore(Protocol):
    """Where collections lie. Thread-safe."""

    def collections(self) -> list[str]: ...

    def files(self, collection: str) -> list[FileVersion] | None:
        """The files sorted by path; None when there is no such collection."""
        ...

    def open(self, file: FileVersion) -> PinnedFile:
        """Open that version. Raises `Moved`."""
        ...

    def data_ref(self, collection: str) -> str: ...


def require_collection_name(name: str) -> None:
    """Refuse names that mean a place outside of the root, or that some file system cannot hold."""
    is_odd = any(character in "/\\:\x7f" or character < " " for character in name)
    too_long = len(name.encode(errors="surrogateescape")) > _MAX_NAME_BYTES
    if is_odd or too_long or not name or name.startswith((".", "_")):
        raise ValueError(
            f"collection {name!r}: a name is 1..{_MAX_NAME_BYTES} bytes without '/', '\\', ':' and "
            f"control characters, and does not begin with '.' or '_'"
        )


def _collection_of(entry: str, is_directory: bool) -> str | None:
    """The collection that an entry of the root is, if any."""
    name = entry if is_directory else entry.removesuffix(SUFFIX)
    if not is_directory and name == entry:
        return None
    try:
        require_collection_name(name)
    except ValueError:
        return None
    return name


def _is_data(path: PurePosixPath) -> bool:
    """Whether a path below the collection is data: others are logs, markers, half-written files."""
    hidden = any(part.startswith((".", "_")) for part in path.parts)
    return path.name.endswith(SUFFIX) and not hidden


class _LocalFile(PinnedFile):
    """An open descriptor: a file that is replaced or unlinked is read to its end all the same."""

    def __init__(self, descriptor: int, file: FileVersion, counter: ByteCounter) -> None:
        super().__init__(file.size, counter)
        self._descriptor = descriptor
        self._file = file
        self._opened = os.fstat(descriptor)

    def _read_at(self, position: int, count: int) -> bytes:
        parts = []
        while count > 0:
            part = read_at(self._descriptor, min(count, 1 << 30), position)
            if not part:
                raise Moved(f"{self._file.path} became shorter while it was read")
            parts.append(part)
            position += len(part)
            count -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def require_unchanged(self) -> None:
        now = os.fstat(self._descriptor)
        before = self._opened
        # The last link's going changes ctime, and the content not.
        is_unlinked = now.st_nlink < before.st_nlink
        same_times = now.st_mtime_ns == before.st_mtime_ns and (
            is_unlinked or now.st_ctime_ns == before.st_ctime_ns
        )
        if now.st_size != before.st_size or not same_times:
            raise Moved(f"{self._file.path} was written to while it was read")
        if _is_fresh(now):
            footer, _ = _footer_of(self._descriptor, self._file.size)
            if footer != self._file.identity[-1]:
                raise Moved(f"{self._file.path} was written to while it was read")

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _stat_identity(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _is_fresh(status: os.stat_result) -> bool:
    tick = _TICK_NS if status.st_ctime_ns % 1_000_000_000 else _COARSE_TICK_NS
    return time.time_ns() - status.st_ctime_ns < tick


def _footer_of(descriptor: int, size: int) -> tuple[str, int]:
    """SHA-256 of the last bytes, where Parquet keeps the statistics; and how many were read."""
    start = max(size - _FOOTER_BYTES, 0)
    footer = read_at(descriptor, size - start, start)
    return hashlib.sha256(footer).hexdigest(), len(footer)


class LocalFiles:
    """A directory. Symbolic links are followed as long as they stay below it."""

    def __init__(self, root: str | os.PathLike[str], counter: ByteCounter) -> None:
        self._root = Path(os.path.realpath(root))
        if not self._root.is_dir():
            raise NotADirectoryError(f"root: {os.fspath(root)} is no directory")
        self._counter = counter
        self._lock = threading.Lock()
        self._footers: dict[str, tuple[tuple[int, ...], str]] = {}  # of files that rest

    def collections(self) -> list[str]:
        with os.scandir(self._root) as entries:
            names = {_collection_of(entry.name, entry.is_dir()) for entry in entries}
        return sorted(name for name in names if name is not None)

    def data_ref(self, collection: str) -> str:
        return f"{self._root.as_uri()}/{quote(collection)}"

    def files(self, collection: str) -> list[FileVersion] | None:
        require_collection_name(collection)
        directory, single = self._root / collection, self._root / (collection + SUFFIX)
        if directory.is_dir():
            if single.exists():
                raise ValueError(f"{directory} and {single} are both there")
            paths = list(self._walk(collection))
        elif single.is_file():
            paths = [single.name]
        else:
            return None
        versions = [self._version(path) for path in paths]
        self._forget_others(collection, {version.path for version in versions})
        return sorted(versions, key=lambda version: version.path)

    def _forget_others(self, collection: str, paths: set[str]) -> None:
        with self._lock:
            for path in [path for path in self._footers if path.startswith(f"{collection}/")]:
                if path not in paths:
                    del self._footers[path]

    def open(self, file: FileVersion) -> _LocalFile:
        descriptor = self._open(file.path)
        try:
            if _stat_identity(os.fstat(descriptor)) != file.identity[:-1]:
                raise Moved(f"{file.path} was replaced after it was listed")
            return _LocalFile(descriptor, file, self._counter)
        except BaseException:
            os.close(descriptor)
            raise

    def _walk(self, collection: str) -> Iterator[str]:
        """Paths below the root of the files of data."""
        self._resolved(collection)
        folders = [collection]
        while folders:
            folder = folders.pop()
            with os.scandir(f"{self._root}/{folder}") as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}"
                    if entry.name.startswith((".", "_")):
                        continue
                    if entry.is_dir():
                        if entry.is_symlink():
                            raise ValueError(f"{path} is a symbolic link to a directory")
                        folders.append(path)
                    elif entry.name.endswith(SUFFIX):
                        yield path

    def _resolved(self, path: str) -> str:
        """The path below the root without symbolic links."""
        target = os.path.realpath(self._root / path)
        if os.path.commonpath([target, self._root]) != os.fspath(self._root):
            raise ValueError(f"{path} leads out of {self._root}")
        return os.path.relpath(target, self._root)

    def _open(self, path: str) -> int:
        """A descriptor of a regular file, which was below the root at the time of opening."""
        try:
            # The path is resolved: a link that is there now was put there meanwhile.
            descriptor = open_below(os.fspath(self._root), self._resolved(path).split(os.sep))
        except FileNotFoundError as error:
            raise Moved(f"{path} went away after it was listed") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise ValueError(f"{path} is no regular file")
        return descriptor

    def _version(self, path: str) -> FileVersion:
        return self._known_version(path) or self._read_version(path)

    def _known_version(self, path: str) -> FileVersion | None:
        """Without opening it: a file that was below the root at an earlier listing and rests."""
        with self._lock:
            known = self._footers.get(path)
        if known is None:
            return None
        try:
            identity = _stat_identity(os.lstat(f"{self._root}/{path}"))
        except OSError:
            return None
        return (
            FileVersion(path, identity[0], (*identity, known[1])) if known[0] == identity else None
        )

    def _read_version(self, path: str) -> FileVersion:
        descriptor = self._open(path)
        try:
            status = os.fstat(descriptor)
            identity = _stat_identity(status)
            is_fresh = _is_fresh(status)  # before the footer is read
            footer, count = _footer_of(descriptor, status.st_size)
            self._counter.add(count)
        finally:
            os.close(descriptor)
        if not is_fresh:
            with self._lock:
                self._footers[path] = (identity, footer)
        return FileVersion(path, status.st_size, (*identity, footer))


@dataclass(frozen=True)
class _Description:
    """An object at some time. Its metadata tell more than identity needs, such as when it came."""

    version: FileVersion
    metadata: tuple[tuple[str, bytes], ...]


class _ObjectFile(PinnedFile):
    """An object, read in ranges. What it is is compared before and after."""

    def __init__(self, store: ObjectFiles, opened: _Description, counter: ByteCounter) -> None:
        super().__init__(opened.version.size, counter)
        self._store = store
        self._opened = opened
        self._object = store.open_ranges(opened.version.path)

    def _read_at(self, position: int, count: int) -> bytes:
        data: bytes = self._object.read_at(count, position) if count else b""
        if len(data) != count:
            raise Moved(f"{self._opened.version.path} became shorter while it was read")
        return data

    def require_unchanged(self) -> None:
        if self._store.describe(self._opened.version.path) != self._opened:
            raise Moved(f"{self._opened.version.path} was replaced while it was read")

    def close(self) -> None:
        if not self.closed:
            self._object.close()
        super().close()


class ObjectFiles:
    """A prefix of a bucket, through a file system of pyarrow. One request for the listing and one
    for each object's ETag, several at once.
    """

    def __init__(
        self, filesystem: FileSystem, root: str, scheme: str, counter: ByteCounter
    ) -> None:
        self._filesystem = filesystem
        self._root = root.strip("/")
        self._scheme = scheme
        self._counter = counter

    def collections(self) -> list[str]:
        from pyarrow.fs import FileSelector, FileType

        found = self._filesystem.get_file_info(FileSelector(self._root, allow_not_found=True))
        names = {_collection_of(info.base_name, info.type == FileType.Directory) for info in found}
        return sorted(name for name in names if name is not None)

    def data_ref(self, collection: str) -> str:
        return f"{self._scheme}://{quote(self._root)}/{quote(collection)}"

    def files(self, collection: str) -> list[FileVersion] | None:
        from pyarrow.fs import FileSelector, FileType

        require_collection_name(collection)
        base = f"{self._root}/{collection}"
        single = self._filesystem.get_file_info(base + SUFFIX)
        below = self._filesystem.get_file_info(
            FileSelector(base, allow_not_found=True, recursive=True)
        )
        if single.type == FileType.File:
            if below:
                raise ValueError(f"{base}/ and {single.path} are both there")
            return [self.describe(collection + SUFFIX).version]
        if not below:
            return None
        paths = sorted(
            info.path.removeprefix(self._root + "/")
            for info in below
            if info.type == FileType.File
            and _is_data(PurePosixPath(info.path.removeprefix(base + "/")))
        )
        with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
            return [description.version for description in pool.map(self.describe, paths)]

    def open(self, file: FileVersion) -> _ObjectFile:
        opened = self.describe(file.path)
        if opened.version != file:
            raise Moved(f"{file.path} was replaced after it was listed")
        return _ObjectFile(self, opened, self._counter)

    def open_ranges(self, path: str) -> NativeFile:
        return self._filesystem.open_input_file(f"{self._root}/{path}")

    def describe(self, path: str) -> _Description:
        try:
            with self._filesystem.open_input_stream(f"{self._root}/{path}") as stream:
                metadata = {key: bytes(value) for key, value in (stream.metadata() or {}).items()}
            size = metadata.get("Content-Length")
            tag = metadata.get("ETag")
            info = None
            if size is None or tag is None:
                info = self._filesystem.get_file_info(f"{self._root}/{path}")
        except FileNotFoundError as error:
            raise Moved(f"{path} went away after it was listed") from error
        if info is not None and info.mtime_ns is None:
            raise ValueError(f"{path}: the store tells neither an ETag nor a time")
        version_id = metadata.get("VersionId", b"")
        identity: tuple[str | int, ...] = (
            (tag.decode(errors="replace"), version_id.decode(errors="replace"))
            if tag is not None
            else (info.mtime_ns if info is not None else 0,)
        )
        length = int(size) if size is not None else (info.size if info is not None else 0)
        return _Description(FileVersion(path, length, identity), tuple(sorted(metadata.items())))

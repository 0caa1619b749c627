"""The files of a store of documents: see docs/formats/documents.md."""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from ruvector._system import sync_directory
from ruvector.errors import PersistError
from ruvector.index import RabitqPlusIndex

FILE_NAME = "documents.jsonl"
_FORMAT, _VERSION = "ruvector-documents", 1
_INDEX_NAME = re.compile(r"index-[0-9a-f]{32}\.rbpx")
_DIGEST = re.compile("[0-9a-f]{64}")
_MAX_NUMBER = 2**64 - 2
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A document and the id of its vector."""

    number: int
    id: str
    text: str
    metadata: dict[str, Any]


class _Damaged(Exception):
    """What is wrong with a file."""


# --- writing


def write(
    directory: Path, settings: dict[str, Any], rows: Iterable[Row], index: RabitqPlusIndex | None
) -> None:
    """Write the index under a new name, then the file that names it, in place of the old one."""
    new_index = directory / f"index-{uuid.uuid4().hex}.rbpx"
    new_documents = directory / f"{FILE_NAME}.{uuid.uuid4().hex}.tmp"
    header = {"format": _FORMAT, "version": _VERSION, **settings, "index_file": None}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        old_index = _index_of(directory)
        if index is not None:
            index.save(new_index)
            header |= {"index_file": new_index.name, "index_sha256": _sha256(new_index)}
        _write_documents(new_documents, header, rows)
        os.replace(new_documents, directory / FILE_NAME)
        sync_directory(directory)
    except BaseException as error:
        for path in (new_documents, new_index):
            with suppress(OSError):
                path.unlink()
        if isinstance(error, OSError) and not isinstance(error, PersistError):
            raise PersistError(f"cannot write {directory}: {error}", path=directory) from error
        raise
    if old_index is not None:
        with suppress(OSError):  # where open files cannot be removed it stays
            old_index.unlink()


def _index_of(directory: Path) -> Path | None:
    """The index that the present file names; None when there is no file, or a damaged one."""
    try:
        with open(directory / FILE_NAME, "rb") as file:
            header = json.loads(file.readline())
        name = header["index_file"]
        return directory / name if _INDEX_NAME.fullmatch(name) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _write_documents(path: Path, header: dict[str, Any], rows: Iterable[Row]) -> None:
    digest, count = hashlib.sha256(), 0
    with open(path, "xb") as file:

        def put(value: object) -> None:
            line = json.dumps(value, allow_nan=False, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            file.write(line)

        put(header)
        for row in rows:
            put([row.number, row.id, row.text, row.metadata])
            count += 1
        put({"count": count, "sha256": digest.hexdigest()})
        file.flush()
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- reading


def read(
    directory: Path, checked_metadata: Callable[[Any, str], dict[str, Any]]
) -> tuple[dict[str, Any], list[Row], RabitqPlusIndex | None]:
    """The settings, documents and index that were saved. Raises PersistError."""
    path = directory / FILE_NAME
    for attempt in range(1, _ATTEMPTS + 1):
        named = _index_of(directory)
        try:
            with open(path, "rb") as file:
                header, rows = _read_documents(file, checked_metadata)
            return header, rows, _read_index(directory, header, rows)
        except _Damaged as error:
            raise PersistError(f"{path}: {error}", path=path) from error
        except OSError as error:
            # A newer save may have removed the index meanwhile.
            if attempt < _ATTEMPTS and path.exists() and _index_of(directory) != named:
                continue
            if isinstance(error, PersistError):
                raise
            raise PersistError(f"cannot read {directory}: {error}", path=path) from error
    raise AssertionError("unreachable")


def _read_documents(
    file: IO[bytes], checked_metadata: Callable[[Any, str], dict[str, Any]]
) -> tuple[dict[str, Any], list[Row]]:
    lines = _whole_lines(file)
    header = _header(next(lines))
    rows = []
    for number, value in enumerate(lines, start=2):
        rows.append(_row(value, f"line {number}", checked_metadata))
    if len({row.id for row in rows}) != len(rows) or len({row.number for row in rows}) != len(rows):
        raise _Damaged("an id is there twice")
    return header, rows


def _whole_lines(file: IO[bytes]) -> Iterator[Any]:
    """The values of all lines but the last, which has the digest over the others."""
    digest, previous, count = hashlib.sha256(), b"", 0
    for line in file:
        if previous:
            digest.update(previous)
            count += 1
            yield _parsed(previous, count)
        previous = line
    if count == 0:
        raise _Damaged("it ends before its last line")
    footer = _parsed(previous, count + 1)
    if footer != {"count": count - 1, "sha256": digest.hexdigest()}:
        raise _Damaged("its last line is not the digest of the others")


def _parsed(line: bytes, number: int) -> Any:
    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON")

    try:
        return json.loads(line.decode("ascii"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise _Damaged(f"line {number} is no JSON: {error}") from error


def _header(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or value.get("format") != _FORMAT:
        raise _Damaged("it does not hold documents of ruvector")
    if value.get("version") != _VERSION:
        raise _Damaged(f"version {value.get('version')!r}, and {_VERSION} is what can be read")
    kinds: dict[str, Any] = {"metric": str, "encoder": (str, type(None)), "seed": int}
    for name, kind in kinds.items():
        if name not in value or not isinstance(value[name], kind):
            raise _Damaged(f"{name} is {value.get(name)!r}")
    name = value.get("index_file", 0)
    if name is not None:
        if not isinstance(name, str) or not _INDEX_NAME.fullmatch(name):
            raise _Damaged(f"index_file is {name!r}")
        if not _DIGEST.fullmatch(str(value.get("index_sha256"))):
            raise _Damaged(f"index_sha256 is {value.get('index_sha256')!r}")
    return value


def _row(value: Any, place: str, checked_metadata: Callable[[Any, str], dict[str, Any]]) -> Row:
    if not isinstance(value, list) or len(value) != 4:
        raise _Damaged(f"{place} is no document")
    number, id, text, metadata = value
    if type(number) is not int or not 0 <= number <= _MAX_NUMBER:
        raise _Damaged(f"{place}: {number!r} is no id of a vector")
    if not isinstance(id, str) or not isinstance(text, str):
        raise _Damaged(f"{place}: id or text is no string")
    try:
        return Row(number, id, text, checked_metadata(metadata, id))
    except (TypeError, ValueError) as error:
        raise _Damaged(f"{place}: {error}") from error


def _read_index(directory: Path, header: dict[str, Any], rows: list[Row]) -> RabitqPlusIndex | None:
    name = header["index_file"]
    if name is None:
        if rows:
            raise _Damaged("it has documents, and no index")
        return None
    path = directory / name
    if _sha256(path) != header["index_sha256"]:
        raise _Damaged(f"{name} is not the index that was saved with it")
    index = RabitqPlusIndex.load(path)
    if index.metric != header["metric"] or index.seed != header["seed"]:
        raise _Damaged(f"{name} has metric {index.metric!r} and seed {index.seed}")
    numbers = np.fromiter((row.number for row in rows), dtype=np.uint64, count=len(rows))
    if not np.array_equal(np.sort(numbers), np.sort(index.ids)):
        raise _Damaged(f"{name} does not hold the vectors of these documents")
    return index

"""The files that the commands read: arrays of NumPy, and indexes of any class."""

from __future__ import annotations

import argparse
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ruvector import _native
from ruvector.errors import PersistError
from ruvector.index import AnyIndex

# By the names that --index takes; their order is that of the class numbers in a file.
INDEX_CLASSES = {
    "flat": "FlatF32Index",
    "rabitq": "RabitqIndex",
    "rabitq-plus": "RabitqPlusIndex",
    "rabitq-asym": "RabitqAsymIndex",
}
_HEADER_BYTES = 20
_NPY, _ZIP = b"\x93NUMPY", b"PK"  # how the files begin that NumPy writes
MOST_LISTS = 1_000_000


def _load(path: Path) -> NDArray[Any]:
    """An array, mapped where that is possible. Raises OSError, ValueError."""
    with open(path, "rb") as file:
        begins = file.read(len(_NPY))
    if begins != _NPY and not begins.startswith(_ZIP):
        # NumPy would take it for a pickle, and tell how to load one all the same.
        raise ValueError(f"{path}: no .npy file; save the array with np.save")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path}: no .npy file that can be read: {error}") from error
    if not isinstance(array, np.ndarray):
        array.close()
        raise ValueError(f"{path}: an archive of arrays, expected one array (.npy)")
    return array


def read_vectors(path: Path) -> NDArray[np.float32]:
    """Vectors, float32 (n, dim); one vector, (dim), is as good as a row.

    Raises:
        ValueError: it holds something else; the message names the conversion.
        OSError: the file cannot be read.
    """
    array = _load(path)
    if array.ndim == 1:
        array = array.reshape(1, -1)
    if array.ndim != 2:
        raise ValueError(f"{path}: shape {array.shape}, expected (n, dim)")
    if array.dtype != np.float32 or not array.flags.c_contiguous:
        raise ValueError(
            f"{path}: {array.dtype}, {'C' if array.flags.c_contiguous else 'not C'}-contiguous; "
            f"save it as np.ascontiguousarray(x, dtype=np.float32)"
        )
    return array


def read_ids(path: Path) -> NDArray[np.uint64] | NDArray[np.int64]:
    """Ids, uint64 or int64 (n).

    Raises:
        ValueError: it holds something else.
        OSError: the file cannot be read.
    """
    array = _load(path)
    if array.ndim != 1 or array.dtype not in (np.uint64, np.int64):
        raise ValueError(
            f"{path}: {array.dtype} of shape {array.shape}, expected uint64 or int64 of shape (n)"
        )
    return array


@dataclass(frozen=True, slots=True)
class OpenedIndex:
    """An index and what its file says of itself."""

    index: AnyIndex
    class_name: str
    format_version: int
    file_bytes: int


def open_index(path: Path, *, verify: bool = False) -> OpenedIndex:
    """Open an index of whatever class the file holds.

    Raises:
        PersistError: the file cannot be read, is damaged, or holds no index.
    """
    try:
        with open(path, "rb") as file:
            header = file.read(_HEADER_BYTES)
        size = os.stat(path).st_size
    except OSError as error:
        raise PersistError(f"{path}: {error.strerror}", path=path) from error
    version, name = _kind(path, header)
    index: AnyIndex = getattr(_native, name).load(path, verify=verify)
    return OpenedIndex(index, name, version, size)


def lists_of(index: AnyIndex) -> int | None:
    """Into how many lists an index is divided; None: not at all, as one without codes."""
    count: int | None = getattr(index, "partitions", None)
    return count


def _kind(path: Path, header: bytes) -> tuple[int, str]:
    """Version of the format and name of the class; the rest of the header is the loader's."""
    if header.startswith(b"rbpx0001"):
        return 1, "RabitqPlusIndex"
    number = int.from_bytes(header[16:20], "little")
    names = list(INDEX_CLASSES.values())
    if not header.startswith(b"rbpx") or len(header) < _HEADER_BYTES:
        raise PersistError(f"{path}: no index of ruvector (.rbpx)", path=path)
    # What is unknown the loader refuses, and says why.
    return 2, names[number - 1] if 1 <= number <= len(names) else "RabitqPlusIndex"


# --- arguments


def whole_number(low: int, high: int) -> Any:
    """A type of argparse: an integer within bounds."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return parse


def number(text: str) -> float:
    """A type of argparse: any number; which ones make sense the library says."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def _lists(text: str) -> int | str:
    if text == "auto":
        return text
    try:
        return int(whole_number(1, MOST_LISTS)(text))
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}, nor 'auto'") from None


def add_search_options(parser: argparse.ArgumentParser) -> None:
    """How far a search of lists goes."""
    parser.add_argument(
        "--recall", type=number, metavar="X",
        help="of an index with lists: go as far as this share of the true neighbours needs, "
        "default 0.99",
    )  # fmt: skip
    parser.add_argument(
        "--nprobe", type=whole_number(1, MOST_LISTS), metavar="N",
        help="go through so many lists instead",
    )  # fmt: skip


def search_options(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of ``search`` that were given."""
    given = {"recall": options.recall, "nprobe": options.nprobe}
    return {key: value for key, value in given.items() if value is not None}


def add_build_options(parser: argparse.ArgumentParser) -> None:
    """Which index is built of vectors."""
    parser.add_argument("--index", choices=INDEX_CLASSES, help="default rabitq-plus")
    parser.add_argument("--metric", choices=("l2", "ip", "cosine"), help="default l2")
    parser.add_argument(
        "--bits", type=whole_number(1, 8), metavar="N", help="of a code for each dimension, 1..8"
    )
    parser.add_argument(
        "--partitions", type=_lists, metavar="N|auto",
        help="divide the vectors into lists, of which a search goes through the most promising",
    )  # fmt: skip
    parser.add_argument("--seed", type=whole_number(0, 2**64 - 1), metavar="N", help="default 42")


def build_options(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Name of the class and the arguments of its ``build`` that were given."""
    given = {
        "metric": options.metric,
        "bits": options.bits,
        "partitions": options.partitions,
        "seed": options.seed,
    }
    name = INDEX_CLASSES[options.index or "rabitq-plus"]
    return name, {key: value for key, value in given.items() if value is not None}

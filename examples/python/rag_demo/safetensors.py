"""A reader for safetensors files: a JSON header, then the raw numbers, mapped instead of read.

Layout: u64 little-endian length of the header; the header, a JSON object that gives each tensor
its dtype, shape and byte range; then the bytes of all tensors. Every length is checked before use.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH_BYTES = 8
MAX_HEADER_BYTES = 100 << 20
DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}


class SafetensorsError(ValueError):
    """The file is not a safetensors file that this reader takes; the message says why."""


def load(path: Path) -> dict[str, NDArray[Any]]:
    """Maps the file and returns its tensors, read-only, by name.

    The arrays keep the map alive. Throws SafetensorsError, OSError.
    """
    size = path.stat().st_size
    if size < LENGTH_BYTES:
        raise SafetensorsError(f"{path}: {size} bytes, a safetensors file has at least 8")
    data = np.memmap(path, mode="r", dtype=np.uint8)
    header_bytes = int.from_bytes(data[:LENGTH_BYTES].tobytes(), "little")
    if header_bytes > min(size - LENGTH_BYTES, MAX_HEADER_BYTES):
        raise SafetensorsError(
            f"{path}: header of {header_bytes} bytes is above the limit of "
            f"{min(size - LENGTH_BYTES, MAX_HEADER_BYTES)}"
        )
    try:
        header = json.loads(data[LENGTH_BYTES : LENGTH_BYTES + header_bytes].tobytes())
    except (ValueError, RecursionError) as error:
        raise SafetensorsError(f"{path}: the header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise SafetensorsError(f"{path}: the header is not a JSON object")
    body = data[LENGTH_BYTES + header_bytes :]
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    return {name: tensor(f"{path}: {name}", entry, body) for name, entry in entries.items()}


def tensor(name: str, entry: object, body: NDArray[np.uint8]) -> NDArray[Any]:
    """Returns the view of `body` that a header entry describes. Throws SafetensorsError."""
    match entry:
        case {"dtype": str(code), "shape": [*shape], "data_offsets": [int(begin), int(end)]}:
            pass
        case _:
            raise SafetensorsError(f"{name}: no dtype, shape and data_offsets in {entry!r}")
    if code not in DTYPES:
        raise SafetensorsError(f"{name}: dtype {code} is none of {', '.join(DTYPES)}")
    if not all(isinstance(extent, int) and extent >= 0 for extent in shape):
        raise SafetensorsError(f"{name}: shape {shape} has an extent that is no count")
    if not 0 <= begin <= end <= body.size:
        raise SafetensorsError(f"{name}: bytes {begin}..{end} are not within 0..{body.size}")
    dtype = DTYPES[code]
    if math.prod(shape) * dtype.itemsize != end - begin:
        raise SafetensorsError(f"{name}: {code} {shape} does not take {end - begin} bytes")
    try:
        return np.reshape(body[begin:end].view(dtype), shape)
    except (ValueError, OverflowError) as error:  # more or larger dimensions than NumPy has
        raise SafetensorsError(f"{name}: shape {shape}: {error}") from error

"""Decodes PostgreSQL's COPY (SELECT id, vector ...) TO STDOUT (FORMAT BINARY) with NumPy.

All rows of such a stream have the same length, because a vector's dimension is the same and nulls
are refused: so rows are decoded as one structured array, and a row that differs in anything is an
error that names it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER_BYTES = len(_SIGNATURE) + 8
_TRAILER = b"\xff\xff"
_MAX_DIM = 8192
_FLOAT4_OID = 700
_FLOAT8_OID = 701

# By names of pg_type.
ID_TYPES = {"int2": ">i2", "int4": ">i4", "int8": ">i8"}
VECTOR_TYPES = ("vector", "halfvec", "_float4", "_float8")


class CopyError(ValueError):
    """Bytes that are no vectors, with the row where there is one."""


@dataclass(frozen=True)
class _Layout:
    """The bytes of each row."""

    row: np.dtype[Any]
    constants: dict[str, int]  # fields that are the same in each row
    dim: int

    @staticmethod
    def of(id_type: str, vector_type: str, dim: int) -> _Layout:
        id_format = ID_TYPES[id_type]
        fields: list[tuple[Any, ...]] = [
            ("fields", ">i2"),
            ("id_bytes", ">i4"),
            ("id", id_format),
            ("vector_bytes", ">i4"),
        ]
        constants = {"fields": 2, "id_bytes": int(id_format[2])}
        if vector_type in ("vector", "halfvec"):
            fields += [("dim", ">u2"), ("unused", ">u2")]
            fields += [("values", ">f4" if vector_type == "vector" else ">f2", (dim,))]
            constants |= {"dim": dim, "unused": 0}
        else:
            wide = vector_type == "_float8"
            element = np.dtype([("bytes", ">i4"), ("value", ">f8" if wide else ">f4")])
            fields += [("axes", ">i4"), ("has_null", ">i4"), ("element_type", ">i4")]
            fields += [("dim", ">i4"), ("first_index", ">i4"), ("elements", element, (dim,))]
            constants |= {"axes": 1, "has_null": 0, "dim": dim}
            constants["element_type"] = _FLOAT8_OID if wide else _FLOAT4_OID
        row = np.dtype(fields)
        before = 2 + 4 + int(id_format[2]) + 4
        constants["vector_bytes"] = row.itemsize - before
        return _Layout(row, constants, dim)

    def differing(self, rows: NDArray[Any]) -> int | None:
        """Number of the first row that is not as the layout has it."""
        is_good = np.ones(len(rows), dtype=bool)
        for name, value in self.constants.items():
            is_good &= rows[name] == value
        if "elements" in (self.row.names or ()):
            width = self.row["elements"].base["value"].itemsize
            is_good &= (rows["elements"]["bytes"] == width).all(axis=1)
        return None if is_good.all() else int(is_good.argmin())

    def vectors(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        values = rows["values"] if "values" in (self.row.names or ()) else rows["elements"]["value"]
        return np.ascontiguousarray(values, dtype=np.float32)


class CopyDecoder:
    """Takes the stream in pieces of any size and gives (ids, vectors). For one thread."""

    def __init__(self, id_type: str, vector_type: str) -> None:
        if id_type not in ID_TYPES:
            raise CopyError(f"ids are of the type {id_type}, not one of {', '.join(ID_TYPES)}")
        if vector_type not in VECTOR_TYPES:
            raise CopyError(
                f"vectors are of the type {vector_type}, not one of vector, halfvec, real[] and "
                f"double precision[]"
            )
        self._id_type = id_type
        self._vector_type = vector_type
        self._layout: _Layout | None = None
        self._rows = 0
        self._started = False
        self._ended = False
        self._rest = b""

    def decode(
        self, pieces: Iterable[bytes | bytearray | memoryview], chunk_bytes: int
    ) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.float32]]]:
        """Rows of about `chunk_bytes` at once."""
        waiting: list[bytes | bytearray | memoryview] = []
        size = 0
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= chunk_bytes:
                yield from self._take(b"".join([self._rest, *waiting]))
                waiting, size = [], 0
        yield from self._take(b"".join([self._rest, *waiting]))
        if not self._ended:
            self._refuse_end()

    def _take(self, data: bytes) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.float32]]]:
        if self._ended and data:
            raise CopyError("the stream goes on behind its end mark")
        start = 0
        if not self._started:
            if len(data) < _HEADER_BYTES:
                self._rest = data
                return
            start = self._header(data)
        if self._layout is None and data[start : start + 2] not in (b"", _TRAILER):
            self._layout = self._layout_of(data, start)
        count = 0
        if self._layout is not None:
            count = (len(data) - start) // self._layout.row.itemsize
            # A row that is shorter than the others makes what follows look like garbage: the check
            # names the first such row, whatever came behind it.
            if count:
                yield self._rows_at(self._layout, data, start, count)
                start += count * self._layout.row.itemsize
        self._rest = data[start:]
        self._finish()

    def _header(self, data: bytes) -> int:
        flags, extension = struct.unpack_from(">Ii", data, len(_SIGNATURE))
        if not data.startswith(_SIGNATURE) or flags >> 16 or extension != 0:
            raise CopyError("the stream does not begin as COPY BINARY does")
        self._started = True
        return _HEADER_BYTES

    def _layout_of(self, data: bytes, start: int) -> _Layout | None:
        """From the first row. None when it is not there yet."""
        width = int(ID_TYPES[self._id_type][2])
        head = 2 + 4 + width + 4
        is_array = self._vector_type.startswith("_")
        if len(data) < start + head + (20 if is_array else 4):
            if len(data) >= start + 6:
                self._refuse_nulls(data, start)
            return None
        self._refuse_nulls(data, start)
        at = start + head
        axes = struct.unpack_from(">i", data, at)[0] if is_array else 1
        if axes != 1:
            raise CopyError(f"row 0 has {axes} axes, not 1")
        dim = (
            struct.unpack_from(">i", data, at + 12)[0]
            if is_array
            else (struct.unpack_from(">H", data, at)[0])
        )
        if not 1 <= dim <= _MAX_DIM:
            raise CopyError(f"row 0 has {dim} dimensions, not 1..{_MAX_DIM}")
        return _Layout.of(self._id_type, self._vector_type, dim)

    def _refuse_nulls(self, data: bytes, start: int, number: int = 0) -> None:
        width = int(ID_TYPES[self._id_type][2])
        (id_bytes,) = struct.unpack_from(">i", data, start + 2)
        if id_bytes == -1:
            raise CopyError(f"row {number}: the id is null")
        at = start + 6 + width
        if len(data) >= at + 4 and struct.unpack_from(">i", data, at)[0] == -1:
            raise CopyError(f"row {number}: the vector is null")

    def _rows_at(
        self, layout: _Layout, data: bytes, start: int, count: int
    ) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
        rows = np.frombuffer(data, dtype=layout.row, count=count, offset=start)
        differing = layout.differing(rows)
        if differing is not None:
            self._refuse_row(layout, data, start + differing * layout.row.itemsize, differing)
        ids = rows["id"].astype(np.int64)
        if (ids < 0).any():
            row = int((ids < 0).argmax())
            raise CopyError(f"row {self._rows + row}: the id is {ids[row]}, below 0")
        self._rows += count
        return ids.view(np.uint64), layout.vectors(rows)

    def _refuse_row(self, layout: _Layout, data: bytes, start: int, differing: int) -> None:
        number = self._rows + differing
        self._refuse_nulls(data, start, number)
        (size,) = struct.unpack_from(">i", data, start + 6 + layout.constants["id_bytes"])
        raise CopyError(
            f"row {number}: the vector has {size} bytes, nulls or axes that the first row, of "
            f"{layout.dim} dimensions and {layout.constants['vector_bytes']} bytes, has not"
        )

    def _finish(self) -> None:
        """Look at what is left, which is less than a row, for the end mark."""
        if self._rest == _TRAILER and self._started:
            self._ended = True
            self._rest = b""

    def _refuse_end(self) -> None:
        """The last row is shorter than the others, or the stream was cut off."""
        if len(self._rest) >= 6 and self._started:
            self._refuse_nulls(self._rest, 0, self._rows)
        if self._rest.endswith(_TRAILER):
            raise CopyError(f"row {self._rows}: the vector is shorter than those before")
        raise CopyError(f"the stream ends after {self._rows} rows without its end mark")

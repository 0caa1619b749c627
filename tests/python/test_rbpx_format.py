"""Reads .rbpx files by docs/formats/rbpx.md alone: nothing here knows the C++ sources."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
CLASSES = {1: "FlatF32Index", 2: "RabitqIndex", 3: "RabitqPlusIndex", 4: "RabitqAsymIndex"}
METRICS = ("l2", "ip", "cosine")
NO_SLOT = 2**32 - 1
PLANES = {2: (2,), 3: (2, 1), 4: (4,), 5: (4, 1), 6: (4, 2), 7: (4, 2, 1), 8: (4, 4)}

Floats = NDArray[np.float64]


@dataclass
class Codes:
    """The codes of all vectors, (n, D), and their factors, (n,)."""

    bits: int
    values: NDArray[np.int64]
    add: Floats
    rescale: Floats
    error: Floats

    def estimates(self, s: Floats) -> tuple[Floats, Floats]:
        """The estimates for a prepared query and their standard deviations."""
        z = self.values - (2**self.bits - 1) / 2
        return self.add - self.rescale * (z @ s), self.error * np.linalg.norm(s)


class RbpxFile:
    """A file of version 2, read as the document says."""

    def __init__(self, data: bytes) -> None:
        magic, mark, major, minor, kind, count, table, entry = struct.unpack_from(
            "<8sIHHIIII", data
        )
        size, flags, reserved, _ = struct.unpack_from("<QQQQ", data, 32)
        assert (magic, mark, major, table, entry) == (b"rbpx0002", 0x01020304, 2, 64, 48)
        assert (size, flags, reserved) == (len(data), 0, 0)
        self.kind = CLASSES[kind]
        self.sections: dict[int, bytes] = {}
        end = table + entry * count
        for i in range(count):
            number, required, offset, length, element, zero, _, zero2 = struct.unpack_from(
                "<IIQQIIQQ", data, table + entry * i
            )
            assert required == 1
            assert (zero, zero2) == (0, 0)
            assert offset == -(-end // 4096) * 4096
            assert not any(data[end:offset])
            assert length % element == 0
            self.sections[number] = data[offset : offset + length]
            end = offset + length
        assert end == len(data)
        self._read_parameters()
        assert minor == (3 if 23 in self.sections else 1 if self.divided else 0)

    def _read_parameters(self) -> None:
        fields = struct.unpack("<QQQIIIIIIIfII", self.sections[1])
        self.n, self.seed, self.trained_on, self.dim, metric, self.bits = fields[:6]
        self.scan_bits, self.refine_bits, self.rerank_factor = fields[6:9]
        self.rotation_kind, self.unit, flags, self.lists_wanted = fields[9:]
        self.divided = bool(flags & 4)
        assert self.divided == (self.lists_wanted > 0)
        self.metric = METRICS[metric]
        self.keeps_rows, self.identity_ids = bool(flags & 1), bool(flags & 2)
        self.padded = -(-self.dim // 64) * 64

    def array(self, number: int, dtype: str) -> NDArray[Any]:
        return np.frombuffer(self.sections.get(number, b""), dtype)

    @property
    def ids(self) -> NDArray[Any]:
        return self.array(4, "<u8")

    @property
    def lane_count(self) -> int:
        """Lanes with a code of their own, and a record and a norm."""
        return 64 * len(self.array(18, "<u4")) if self.divided else self.n

    @property
    def lanes(self) -> NDArray[Any]:
        """The lane of each slot."""
        return self.array(20, "<u4") if self.divided else np.arange(self.n)

    @property
    def centroids(self) -> NDArray[Any]:
        return self.array(17, "<f4").reshape(-1, self.dim)

    @property
    def list_of_slot(self) -> NDArray[Any]:
        owners: NDArray[Any] = self.array(18, "<u4")[self.lanes // 64]
        return owners

    @property
    def rows(self) -> NDArray[Any]:
        return self.array(5, "<f4").reshape(-1, self.dim)

    def rotate(self, x: Floats) -> Floats:
        if self.rotation_kind == 1:
            assert self.padded <= 256
            return self.array(2, "<f4").reshape(self.padded, self.padded).astype(float) @ x
        words = self.array(2, "<u8")
        bits = np.unpackbits(words.view(np.uint8), bitorder="little").reshape(4, self.padded)
        h = 2 ** (self.padded.bit_length() - 1)
        for round_number, signs in enumerate(bits):
            x = np.where(signs == 1, -x, x)
            part = slice(0, h) if round_number % 2 == 0 else slice(self.padded - h, self.padded)
            x[part] = walsh_hadamard(x[part]) / np.sqrt(h)
            if h < self.padded:
                a, b = x[: self.padded // 2], x[self.padded // 2 :]
                x = np.concatenate([a + b, a - b]) / np.sqrt(2)
        return x

    def prepare(self, x: NDArray[Any]) -> Floats:
        """The r of a vector, or the s of a query."""
        values = np.asarray(x, float)
        if self.metric == "cosine":
            values = values / np.linalg.norm(values)
        return self.seen_from_centre(values)

    def seen_from_centre(self, values: NDArray[Any]) -> Floats:
        padded = np.zeros(self.padded)
        padded[: self.dim] = (values - self.array(3, "<f4")) / self.unit
        return self.rotate(padded)

    def scan_codes(self) -> Codes:
        words = self.padded * self.scan_bits // 32
        blocks = np.frombuffer(self.sections[7], np.uint8).reshape(-1, words * 256 + 384)
        assert len(blocks) == -(-self.lane_count // 64)
        dwords = blocks[:, : words * 256].copy().view("<u4").reshape(-1, words, 64)
        lanes = np.ascontiguousarray(dwords.transpose(0, 2, 1)).reshape(-1, words)
        bits = np.unpackbits(lanes.view(np.uint8), axis=1, bitorder="little").astype(np.int64)
        groups = bits.reshape(len(lanes), self.padded, self.scan_bits)
        values = (groups << np.arange(self.scan_bits)).sum(axis=2)
        factors = blocks[:, words * 256 :].copy().view("<f2").reshape(-1, 3, 64).astype(float)
        add, rescale, error = (factors[:, i].ravel() for i in range(3))
        empty = np.setdiff1d(np.arange(64 * len(blocks)), self.lanes)
        assert np.all(np.isposinf(add[empty]))
        assert not values[empty].any()
        assert not rescale[empty].any()
        assert not error[empty].any()
        kept = self.lanes
        return Codes(self.scan_bits, values[kept], add[kept], rescale[kept], error[kept])

    def refine_codes(self) -> Codes:
        code_bytes = self.padded // 8 * self.refine_bits
        stride = -(-(code_bytes + 12) // 16) * 16
        records = np.frombuffer(self.sections[8], np.uint8).reshape(self.lane_count, stride)
        records = records[self.lanes]
        values = np.zeros((self.n, self.padded), np.int64)
        at = 0
        for width in PLANES[self.refine_bits]:
            size = self.padded // 8 * width
            plane = records[:, at : at + size].reshape(self.n, -1, 8 * width).astype(np.int64)
            parts = [(plane >> (width * t)) & (2**width - 1) for t in range(8 // width)]
            # Byte j of a chunk: 8j + t in a plane of one bit, else j + t * (bytes of the chunk).
            dims = np.stack(parts, axis=3) if width == 1 else np.stack(parts, axis=2)
            values = (values << width) | dims.reshape(self.n, self.padded)
            at += size
        factors = records[:, code_bytes : code_bytes + 12].copy().view("<f4").astype(float)
        assert not records[:, code_bytes + 12 :].any()
        return Codes(self.refine_bits, values, factors[:, 0], factors[:, 1], factors[:, 2])

    def scores(
        self, estimates: Floats, query: NDArray[Any], s: Floats, m: Floats | None = None
    ) -> Floats:
        """Of codes around the centres m of their lists, (n, D), where there are lists."""
        unit2 = float(self.unit) ** 2
        m = np.zeros((len(estimates), len(s))) if m is None else m
        if self.metric == "ip":
            with_centre = float(np.dot(query, self.array(3, "<f4").astype(float)))
            return unit2 * (estimates - m @ s) - with_centre
        near: Floats = ((s - m) ** 2).sum(axis=1)
        return unit2 * (estimates + near) * (0.5 if self.metric == "cosine" else 1.0)


def walsh_hadamard(x: Floats) -> Floats:
    size = 1
    while size < len(x):
        pairs = x.reshape(-1, 2, size)
        x = np.concatenate([pairs[:, :1] + pairs[:, 1:], pairs[:, :1] - pairs[:, 1:]], axis=1)
        x = x.reshape(-1)
        size *= 2
    return x


def exact_scores(metric: str, rows: NDArray[Any], query: NDArray[Any]) -> Floats:
    x, q = rows.astype(float), query.astype(float)
    dots: Floats = x @ q
    if metric == "ip":
        return -dots
    squares: Floats = (x**2).sum(axis=1)
    query_square = float(q @ q)
    cosine: Floats = 1.0 - dots / np.sqrt(squares * query_square)
    distance: Floats = squares + query_square - 2.0 * dots
    return cosine if metric == "cosine" else distance


def sample_vectors(n: int, dim: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((n, dim), dtype=np.float32) + np.float32(0.2)


@pytest.mark.parametrize("metric", METRICS)
def test_rows_and_ids_are_where_the_document_says(tmp_path: Path, metric: Any) -> None:
    vectors = sample_vectors(70, 9, 1)
    ids = np.arange(70, dtype=np.uint64) * 10**12
    for cls in (ruvector.FlatF32Index, ruvector.RabitqPlusIndex):
        cls.build(vectors, ids=ids, metric=metric, seed=9).save(tmp_path / "a.rbpx")
        file = RbpxFile((tmp_path / "a.rbpx").read_bytes())
        assert (file.kind, file.n, file.dim, file.metric) == (cls.__name__, 70, 9, metric)
        assert (file.keeps_rows, file.identity_ids, file.rerank_factor) == (True, False, 0)
        np.testing.assert_array_equal(file.ids, ids)
        np.testing.assert_array_equal(file.rows, vectors)
        if metric == "cosine":
            norms = np.linalg.norm(vectors.astype(float), axis=1)
            np.testing.assert_allclose(file.array(6, "<f4"), 1 / norms, rtol=1e-6)
        else:
            assert 6 not in file.sections


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("partitions", [None, 3])
def test_a_file_that_begins_with_its_rows_holds_what_a_saved_one_holds(
    tmp_path: Path, metric: Any, partitions: int | None
) -> None:
    vectors = sample_vectors(300, 9, 1)
    first = tmp_path / "first.rbpx"
    index = ruvector.RabitqPlusIndex.build_from(
        [vectors[:100], vectors[100:]],
        rows="mapped",
        path=first,
        metric=metric,
        partitions=partitions,
    )
    index.save(tmp_path / "saved.rbpx")
    file, saved = (RbpxFile(path.read_bytes()) for path in (first, tmp_path / "saved.rbpx"))
    assert file.sections == saved.sections
    assert next(iter(file.sections)) == 5
    assert next(iter(saved.sections)) == 1
    np.testing.assert_array_equal(file.rows, vectors)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dim", [5, 100, 300])
@pytest.mark.parametrize("bits", range(1, 9))
def test_codes_mean_what_the_document_says(
    tmp_path: Path, metric: Any, dim: int, bits: int
) -> None:
    vectors = sample_vectors(150, dim, 2)
    queries = sample_vectors(5, dim, 3)
    index = ruvector.RabitqPlusIndex.build(vectors, metric=metric, bits=bits, seed=5)
    index.save(tmp_path / "a.rbpx")
    file = RbpxFile((tmp_path / "a.rbpx").read_bytes())
    assert (file.bits, file.seed, file.trained_on, file.identity_ids) == (bits, 5, 150, True)
    prepared = np.stack([file.prepare(x) for x in vectors])
    scan = file.scan_codes()
    # The top bit is the sign, unless rounding decides.
    clear = np.abs(prepared) > 1e-4
    assert np.array_equal((scan.values >> (file.scan_bits - 1) == 1)[clear], (prepared > 0)[clear])
    norms = np.linalg.norm(prepared, axis=1)
    np.testing.assert_allclose(file.array(9, "<f4"), norms * file.unit, rtol=1e-4)
    for codes in (scan, file.refine_codes()):
        for query in queries:
            s = file.prepare(query)
            estimates, deviations = codes.estimates(s)
            scores = file.scores(estimates, query, s)
            unit2 = float(file.unit) ** 2 * (0.5 if metric == "cosine" else 1.0)
            # float16 rounds add down by up to 2^-10 of it, which is no part of the deviation.
            rounding = unit2 * np.abs(codes.add) * 2.0**-10 + 1e-5
            errors = np.abs(scores - exact_scores(metric, vectors, query))
            assert np.all(errors <= 6 * unit2 * deviations + rounding)


@pytest.mark.parametrize("metric", METRICS)
def test_lists_lie_as_the_document_says(tmp_path: Path, metric: Any) -> None:
    vectors = sample_vectors(900, 24, 4)
    index = ruvector.RabitqPlusIndex.build(vectors, metric=metric, partitions=12)
    index.remove(np.arange(0, 900, 7, dtype=np.uint64))
    more = sample_vectors(300, 24, 5)
    index.add_batch(np.arange(5_000, 5_300, dtype=np.uint64), more)
    index.save(tmp_path / "a.rbpx")
    file = RbpxFile((tmp_path / "a.rbpx").read_bytes())
    assert (file.divided, file.lists_wanted, len(file.centroids)) == (True, 12, 12)
    sizes, owners, slots = (file.array(number, "<u4") for number in (16, 18, 19))
    np.testing.assert_array_equal(np.bincount(file.list_of_slot, minlength=12), sizes)
    assert (len(slots), sizes.sum()) == (64 * len(owners), file.n)
    np.testing.assert_array_equal(slots[file.lanes], np.arange(file.n))
    for number, size in enumerate(sizes):  # filled from the front
        own = slots.reshape(-1, 64)[owners == number].ravel()
        assert np.all(own[:size] != NO_SLOT)
        assert np.all(own[size:] == NO_SLOT)
    x = np.stack([np.asarray(row, float) for row in file.rows])
    if metric == "cosine":
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    distances = ((x[:, None, :] - file.centroids[None].astype(float)) ** 2).sum(axis=2)
    own_distance = distances[np.arange(file.n), file.list_of_slot]
    np.testing.assert_allclose(own_distance, distances.min(axis=1), rtol=1e-4, atol=1e-5)
    norms = file.array(9, "<f4")[file.lanes]
    np.testing.assert_allclose(norms, np.sqrt(own_distance), rtol=1e-3, atol=1e-4)
    margins = file.array(21, "<f4").reshape(4, 21)
    assert np.all(np.diff(margins, axis=1) >= 0)
    kth_distance, doubling = file.array(23, "<f4")
    assert 0 <= kth_distance <= 1
    assert doubling >= 0


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dim", [5, 100, 300])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_codes_in_lists_mean_what_the_document_says(
    tmp_path: Path, metric: Any, dim: int, bits: int
) -> None:
    vectors = sample_vectors(200, dim, 2)
    queries = sample_vectors(5, dim, 3)
    index = ruvector.RabitqPlusIndex.build(vectors, metric=metric, bits=bits, partitions=5)
    index.save(tmp_path / "a.rbpx")
    file = RbpxFile((tmp_path / "a.rbpx").read_bytes())
    centres = np.stack([file.seen_from_centre(c.astype(float)) for c in file.centroids])
    m = centres[file.list_of_slot]
    prepared = np.stack([file.prepare(x) for x in vectors]) - m
    scan = file.scan_codes()
    clear = np.abs(prepared) > 1e-4
    assert np.array_equal((scan.values >> (file.scan_bits - 1) == 1)[clear], (prepared > 0)[clear])
    unit2 = float(file.unit) ** 2 * (0.5 if metric == "cosine" else 1.0)
    for codes in (scan, file.refine_codes()):
        for query in queries:
            s = file.prepare(query)
            scores = file.scores(codes.estimates(s)[0], query, s, m)
            # float16 factors: add, and rescale times what it multiplies.
            rounding = unit2 * 2.0**-10 * (np.abs(codes.add) + codes.error * np.linalg.norm(s))
            allowed = 6 * unit2 * codes.error * np.linalg.norm(s - m, axis=1) + rounding + 1e-5
            assert np.all(np.abs(scores - exact_scores(metric, vectors, query)) <= allowed)


def test_more_bits_estimate_better_by_the_document(tmp_path: Path) -> None:
    vectors, query = sample_vectors(150, 100, 2), sample_vectors(1, 100, 3)[0]
    spread = []
    for bits in (3, 5, 8):
        ruvector.RabitqIndex.build(vectors, bits=bits).save(tmp_path / "a.rbpx")
        file = RbpxFile((tmp_path / "a.rbpx").read_bytes())
        assert not file.keeps_rows
        s = file.prepare(query)
        scores = file.scores(file.refine_codes().estimates(s)[0], query, s)
        spread.append(np.std(scores - exact_scores("l2", vectors, query)))
    assert spread[0] > 2 * spread[1] > 8 * spread[2]


@pytest.mark.parametrize("path", sorted((GOLDEN / "rbpx_v2").glob("*.rbpx")), ids=lambda p: p.stem)
def test_committed_files_are_read_and_loaded_alike(path: Path) -> None:
    file = RbpxFile(path.read_bytes())
    index = getattr(ruvector, file.kind).load(path, verify=True)
    assert (len(index), index.dim, index.metric) == (file.n, file.dim, file.metric)
    assert all(int(i) in index for i in file.ids)
    if file.keeps_rows:
        np.testing.assert_array_equal(np.asarray(index), file.rows)


@pytest.mark.parametrize("path", sorted((GOLDEN / "rbpx_v1").glob("*.rbpx")), ids=lambda p: p.stem)
def test_version_1_is_as_the_document_says(path: Path) -> None:
    data = path.read_bytes()
    magic, version, dim, seed, rerank_factor, n = struct.unpack_from("<8sIIQII", data)
    assert (magic, version, len(data)) == (b"rbpx0001", 1, 32 + n * (4 + 4 * dim))
    records = np.frombuffer(data, np.dtype([("id", "<u4"), ("row", "<f4", (dim,))]), offset=32)
    index = ruvector.RabitqPlusIndex.load(path)
    assert (len(index), index.dim, index.seed) == (n, dim, seed)
    assert index.rerank_factor == rerank_factor
    for record in records:
        np.testing.assert_array_equal(index[int(record["id"])], record["row"])

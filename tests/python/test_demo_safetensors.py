"""The demo's safetensors reader: what it reads, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_demo.safetensors import SafetensorsError, load

ENTRY = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
BODY = np.arange(6, dtype="<f4").tobytes() + np.array([7, -8], dtype="<i8").tobytes()
HEADER = {
    "__metadata__": {"format": "pt"},
    "a": ENTRY,
    "b": {"dtype": "I64", "shape": [2], "data_offsets": [24, 40]},
}


def file_of(header: Any, body: bytes = BODY) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def test_a_well_formed_file_gives_its_tensors(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(file_of(HEADER))
    tensors = load(path)
    assert set(tensors) == {"a", "b"}
    np.testing.assert_array_equal(tensors["a"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(tensors["b"], [7, -8])
    assert [tensors[name].dtype.name for name in "ab"] == ["float32", "int64"]
    assert not tensors["a"].flags.writeable


BAD_ENTRIES: list[tuple[dict[str, Any], str]] = [
    ({"dtype": "F99"}, "dtype F99 is none of F32, I64"),
    ({"shape": [2, -3]}, "extent that is no count"),
    ({"shape": [2, 2.0]}, "extent that is no count"),
    ({"shape": [2, 4]}, "does not take 24 bytes"),
    ({"shape": [2**40, 2**40]}, "does not take 24 bytes"),
    ({"shape": [0, 10**30], "data_offsets": [0, 0]}, "shape"),
    ({"shape": [1] * 99, "data_offsets": [0, 4]}, "shape"),
    ({"shape": "23"}, "no dtype, shape and data_offsets"),
    ({"data_offsets": [0, 41]}, "bytes 0..41 are not within 0..40"),
    ({"data_offsets": [-24, 0]}, "not within"),
    ({"data_offsets": [24, 0]}, "not within"),
    ({"data_offsets": [0, 24.0]}, "no dtype, shape and data_offsets"),
]


@pytest.mark.parametrize(("change", "message"), BAD_ENTRIES)
def test_an_entry_that_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(file_of({"a": ENTRY | change}))
    with pytest.raises(SafetensorsError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


BAD_FILES: list[tuple[bytes, str]] = [
    (b"", "0 bytes"),
    (b"1234567", "7 bytes"),
    (file_of(HEADER)[:20], "above the limit"),
    (b"\xff" * 8 + b"{}", "header of 18446744073709551615 bytes is above the limit of 2"),
    (file_of(b"{nonsense"), "not JSON"),
    (file_of(b"\xff\xfe\xfd"), "not JSON"),
    (file_of(b"[" * 200_000), "not JSON"),
    (file_of(b"[]"), "not a JSON object"),
    (file_of({"a": 3}), "no dtype"),
    (file_of({"a": ENTRY}, BODY[:23]), "not within 0..23"),
]


@pytest.mark.parametrize(("data", "message"), BAD_FILES)
def test_a_damaged_file_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(data)
    with pytest.raises(SafetensorsError, match=message):
        load(path)


@settings(deadline=None)
@given(data=st.data())
def test_any_change_of_bytes_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = bytearray(file_of(HEADER))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("flipped") / "m.safetensors"
    path.write_bytes(good[: data.draw(st.integers(0, len(good)))])
    try:
        tensors = load(path)
    except SafetensorsError:
        return
    assert sum(tensor.nbytes for tensor in tensors.values()) <= 2 * len(BODY)

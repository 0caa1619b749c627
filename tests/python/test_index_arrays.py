"""Arrays in: which are read, that none is copied, and what the refusals say."""

from __future__ import annotations

import array
import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from ruvector import _native

CONVERT = r"np\.ascontiguousarray\(x, dtype=np\.float32\)"


class Tensor:
    """A tensor of another library: DLPack, and neither a buffer nor NumPy's protocols."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._values = values

    def __dlpack__(self, **arguments: Any) -> Any:
        return self._values.__dlpack__(**arguments)

    def __dlpack_device__(self) -> tuple[Any, Any]:
        return self._values.__dlpack_device__()


class CudaTensor(Tensor):
    """A tensor that says that it lies in the memory of another device."""

    CUDA = 2

    def __dlpack__(self, **arguments: Any) -> Any:
        capsule = self._values.__dlpack__()
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype = ctypes.c_void_p
        pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
        # struct DLTensor { void* data; struct { int32_t device_type; int32_t device_id; } ... }
        address = pointer(capsule, b"dltensor") + ctypes.sizeof(ctypes.c_void_p)
        ctypes.c_int32.from_address(address).value = self.CUDA
        return capsule

    def __dlpack_device__(self) -> tuple[Any, Any]:
        return (self.CUDA, 0)


def providers() -> list[Any]:
    return [lambda x: x, memoryview, Tensor]


@pytest.mark.parametrize("provide", providers(), ids=["numpy", "buffer", "dlpack"])
def test_arrays_of_any_provider_are_read(
    exact_class: type[ruvector.RabitqPlusIndex],
    vectors: NDArray[np.float32],
    provide: Callable[[NDArray[Any]], Any],
) -> None:
    ids = np.arange(10, 310, dtype=np.uint64)
    index = exact_class.build(provide(vectors), ids=provide(ids))
    assert index == exact_class.build(vectors, ids=ids)
    assert index.search(provide(vectors[4]), 1) == [ruvector.Hit(14, 0.0)]
    found, _ = index.search_batch(provide(vectors[:2]), 1, filter=provide(ids[:5]))
    assert found.tolist() == [[10], [11]]
    index.remove(provide(ids[:3]))
    index.add_batch(provide(ids[:3]), provide(vectors[:3]))
    index.add(1, provide(vectors[0]))
    assert len(index) == 301


@pytest.mark.parametrize("provide", providers(), ids=["numpy", "buffer", "dlpack"])
@pytest.mark.parametrize("kind", ["vector", "matrix", "uint64", "int64"])
def test_the_memory_that_is_read_is_the_arrays_own(
    kind: str, provide: Callable[[NDArray[Any]], Any]
) -> None:
    values: Any = {
        "vector": np.ones(5, np.float32),
        "matrix": np.ones((3, 5), np.float32),
        "uint64": np.ones(5, np.uint64),
        "int64": np.ones(5, np.int64),
    }[kind]
    input_address = _native._input_address  # type: ignore[attr-defined]  # pyright: ignore
    address = input_address(provide(values), kind if kind in ("vector", "matrix") else "ids")
    assert address == values.__array_interface__["data"][0]


def test_a_torch_tensor_is_read_where_it_lies(vectors: NDArray[np.float32]) -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(vectors)
    input_address = _native._input_address  # type: ignore[attr-defined]  # pyright: ignore
    assert input_address(tensor, "matrix") == tensor.data_ptr()
    assert ruvector.FlatF32Index.build(tensor) == ruvector.FlatF32Index.build(vectors)


PEAK_MEMORY = """
import sys
import numpy as np, ruvector

def peak_growth(call):
    '''Bytes by which the process's largest memory grows during the call.'''
    def status(key):
        lines = open("/proc/self/status").read().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024
    open("/proc/self/clear_refs", "w").write("5")  # the peak starts anew
    before = status("VmRSS:")
    result = call()
    return status("VmHWM:") - before

vectors = np.random.default_rng(0).standard_normal((100_000, 256), dtype=np.float32)  # 102 MB
small = ruvector.FlatF32Index.build(vectors[:1])
small.search_batch(vectors[:1000], 1)  # starts the workers
batch = peak_growth(lambda: small.search_batch(vectors, 1))
build = peak_growth(lambda: ruvector.FlatF32Index.build(vectors))
print(batch / vectors.nbytes, build / vectors.nbytes)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="/proc is not mounted")
def test_queries_are_not_copied_and_vectors_only_once(run_script: Callable[..., str]) -> None:
    batch, build = (float(word) for word in run_script(PEAK_MEMORY).split())
    assert batch < 0.1  # ids and scores of the answer take 0.012
    assert build < 1.3  # the rows that the index keeps, and ids


def dtypes_that_are_not_float32() -> list[str]:
    return ["f2", "f8", ">f4", "i4", "i8", "u1", "?", "c8", "O", "U3", "M8[s]", "V4"]


@pytest.mark.parametrize("dtype", dtypes_that_are_not_float32())
def test_another_dtype_is_a_type_error_that_names_it_and_the_conversion(
    vectors: NDArray[np.float32], dtype: str
) -> None:
    index = ruvector.FlatF32Index.build(vectors)
    matrix = np.zeros((2, 64), dtype=dtype)
    calls: dict[str, Callable[[], Any]] = {
        "vectors": lambda: ruvector.FlatF32Index.build(matrix),
        "queries": lambda: index.search_batch(matrix, 1),
        "query": lambda: index.search(matrix[0], 1),
        "vector": lambda: index.add(1000, matrix[0]),
    }
    for name, call in calls.items():
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value).startswith(f"{name}: ")
        assert str(matrix.dtype) in str(caught.value)


def test_the_message_says_which_conversion_to_call(vectors: NDArray[np.float32]) -> None:
    index = ruvector.FlatF32Index.build(vectors)
    message = rf"^query: dtype is float64, not float32; call {CONVERT}$"
    with pytest.raises(TypeError, match=message):
        index.search(vectors[0].astype(np.float64), 1)
    message = rf"^vectors: the array is strided, not C-contiguous; call {CONVERT}$"
    for strided in (vectors[:, ::2], vectors[::2], vectors.T, np.asfortranarray(vectors)):
        with pytest.raises(TypeError, match=message):
            ruvector.FlatF32Index.build(strided)
    with pytest.raises(TypeError, match="strided"):
        index.search(vectors[:, 3], 1)
    with pytest.raises(TypeError, match="strided"):
        index.search(Tensor(vectors[:64, 3]), 1)
    message = r"^ids: dtype is float64, not uint64 or int64; call .*uint64"
    with pytest.raises(TypeError, match=message):
        index.remove(np.array([1.0]))
    with pytest.raises(TypeError, match=r"^filter: dtype is float32, not bool \(a mask by slot\)"):
        index.search(vectors[0], 1, filter=vectors[0])


def test_the_conversion_that_the_message_names_helps(vectors: NDArray[np.float32]) -> None:
    index = ruvector.FlatF32Index.build(vectors)
    for wrong in (vectors[3].astype(">f4"), vectors[3].astype(np.float64), vectors[3:, 0:64][0]):
        converted = np.ascontiguousarray(wrong, dtype=np.float32)
        assert index.search(converted, 1)[0].id == 3


def test_unaligned_memory_is_refused(vectors: NDArray[np.float32]) -> None:
    index = ruvector.FlatF32Index.build(vectors)
    unaligned = np.frombuffer(bytes(64 * 4 + 1), np.uint8)[1:].view(np.float32)
    if unaligned.ctypes.data % 4 == 0:
        unaligned = np.frombuffer(bytes(64 * 4 + 2), np.uint8)[2:].view(np.float32)
    with pytest.raises(TypeError, match="not aligned"):
        index.search(unaligned, 1)


@pytest.mark.parametrize("wrong", [None, "text", b"bytes", 3, {1: 2}, object(), ["a"], [None]])
def test_something_that_is_no_vector_is_a_type_error(
    vectors: NDArray[np.float32], wrong: Any
) -> None:
    with pytest.raises(TypeError, match=r"^query: "):
        ruvector.FlatF32Index.build(vectors).search(wrong, 1)


def test_a_tensor_on_another_device_is_refused(vectors: NDArray[np.float32]) -> None:
    with pytest.raises(TypeError, match=r"^vectors: the tensor is not in the CPU's memory"):
        ruvector.FlatF32Index.build(CudaTensor(vectors))


def test_a_plain_sequence_of_floats_is_a_query_and_not_a_matrix(
    vectors: NDArray[np.float32],
) -> None:
    index = ruvector.FlatF32Index.build(vectors)
    expected = index.search(vectors[3], 5)
    for query in (vectors[3].tolist(), tuple(vectors[3].tolist()), array.array("f", vectors[3])):
        assert index.search(query, 5) == expected
    with pytest.raises(
        TypeError, match=rf"^vectors: expected an array of float32, got list; call {CONVERT}"
    ):
        ruvector.FlatF32Index.build(vectors.tolist())


def test_read_only_arrays_are_read(vectors: NDArray[np.float32]) -> None:
    frozen = vectors.copy()
    frozen.flags.writeable = False
    index = ruvector.RabitqPlusIndex.build(frozen)
    assert index.search(frozen[9], 1)[0].id == 9


def test_empty_inputs_do_nothing(
    index_class: type[ruvector.RabitqPlusIndex], vectors: NDArray[np.float32]
) -> None:
    none = np.empty((0, 64), dtype=np.float32)
    index = index_class.build(none)
    assert len(index) == 0
    assert index.ids.shape == (0,)
    if index.keeps_rows:
        assert np.asarray(index).shape == (0, 64)
        assert list(index) == []
    index.add_batch([], none)
    index.remove([])
    index.compact()
    index.add_batch(np.arange(300), vectors)
    ids, scores = index.search_batch(none, 3)
    assert ids.shape == scores.shape == (0, 3)
    assert index.search(vectors[8], 1)[0].id == 8


def test_arguments_after_the_second_are_keywords(vectors: NDArray[np.float32]) -> None:
    index = ruvector.FlatF32Index.build(vectors)
    with pytest.raises(TypeError, match="incompatible function arguments"):
        index.search(vectors[0], 1, None)  # type: ignore[call-overload]  # pyright: ignore


def test_numpy_integers_and_floats_pass_as_numbers(vectors: NDArray[np.float32]) -> None:
    index = ruvector.FlatF32Index.build(vectors, seed=np.int64(3))  # type: ignore[arg-type]  # pyright: ignore
    hits = index.search(vectors[0], np.int32(2), radius=np.float64(0.5))  # type: ignore[call-overload]  # pyright: ignore
    assert [hit.id for hit in hits] == [0]
    with pytest.raises(TypeError, match="k: expected an int, got float"):
        index.search(vectors[0], 2.0)  # type: ignore[call-overload]  # pyright: ignore

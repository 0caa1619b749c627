"""Tables of other libraries through the Arrow C stream interface."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ruvector
from ruvector.stores import ArrowBackend

pa = pytest.importorskip("pyarrow")


def rows_of(count: int, dim: int = 4, seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, dim), dtype=np.float32)


def fixed_lists(vectors: NDArray[Any]) -> Any:
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])


def table_of(vectors: NDArray[Any], first: int = 0) -> Any:
    ids = pa.array(np.arange(first, first + len(vectors), dtype=np.uint64))
    return pa.table(
        {
            "text": pa.array(["x"] * len(vectors), pa.string()),
            "id": ids,
            "vector": fixed_lists(vectors),
        }
    )


def backend_of(source: Any, **options: Any) -> ArrowBackend:
    backend = ArrowBackend("tables")
    backend.register_collection("docs", source, **options)
    return backend


def pulled(source: Any, **options: Any) -> tuple[list[int], list[list[float]]]:
    batch = backend_of(source, **options).pull_vectors("docs")
    assert batch.ids.dtype == np.uint64
    assert batch.vectors.dtype == np.float32
    return batch.ids.tolist(), batch.vectors.tolist()


def test_a_table_is_read_in_place() -> None:
    values = rows_of(100)
    column = fixed_lists(values)
    backend = backend_of(pa.table({"id": np.arange(100), "vector": column}))
    batch = backend.pull_vectors("docs")
    np.testing.assert_array_equal(batch.vectors, values)
    np.testing.assert_array_equal(batch.ids, np.arange(100))
    assert batch.vectors.ctypes.data == column.values.buffers()[1].address
    assert not batch.vectors.flags.writeable
    assert not batch.ids.flags.writeable


def test_arrays_keep_the_memory_of_the_table_and_give_it_back() -> None:
    values = rows_of(1000, 64)
    buffer = pa.py_buffer(values)
    column = pa.FixedSizeListArray.from_arrays(
        pa.Array.from_buffers(pa.float32(), values.size, [None, buffer]), 64
    )
    alive = weakref.ref(values)
    expected = values.copy()
    backend = backend_of(pa.table({"id": np.arange(1000), "vector": column}))
    vectors = backend.pull_vectors("docs").vectors
    backend.drop("docs")
    del values, buffer, column
    gc.collect()
    assert alive() is not None
    np.testing.assert_array_equal(vectors, expected)
    del vectors
    gc.collect()
    assert alive() is None


def test_each_record_batch_is_a_chunk() -> None:
    table = pa.concat_tables([table_of(rows_of(3)), table_of(rows_of(0)), table_of(rows_of(2), 3)])
    chunks = list(backend_of(table).pull_chunks("docs"))
    assert [chunk.ids.tolist() for chunk in chunks] == [[0, 1, 2], [3, 4]]
    assert len({chunk.generation for chunk in chunks}) == 1
    assert pulled(table)[0] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("rows", [0, 1, 7, 9, 40])
@pytest.mark.parametrize("start", [0, 1, 5, 8, 13])
def test_slices_are_read_as_slices(start: int, rows: int) -> None:
    values = rows_of(60)
    ids, vectors = pulled(table_of(values).slice(start, rows))
    assert ids == list(range(start, start + rows))
    assert vectors == values[start : start + rows].tolist()


@pytest.mark.parametrize("kind", ["list", "large_list", "float16", "float64", "int8", "binary"])
def test_other_vector_types_are_converted(kind: str) -> None:
    values = np.array([[1, -2], [3, 4], [-5, 6]], dtype=np.float32)
    element = {"float16": pa.float16(), "float64": pa.float64(), "int8": pa.int8()}
    column = {
        "list": lambda: pa.array(values.tolist(), pa.list_(pa.float32())),
        "large_list": lambda: pa.array(values.tolist(), pa.large_list(pa.float32())),
        "binary": lambda: pa.array([row.tobytes() for row in values], pa.binary(8)),
    }.get(kind, lambda: fixed_lists(values.astype(element[kind].to_pandas_dtype())))()
    table = pa.table({"id": [5, 6, 7], "vector": column}).slice(1)
    assert pulled(table) == ([6, 7], values[1:].tolist())


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32])
def test_narrow_ids_are_widened(dtype: Any) -> None:
    top = int(np.iinfo(dtype).max)
    table = pa.table({"id": np.array([0, top], dtype=dtype), "vector": fixed_lists(rows_of(2))})
    assert pulled(table)[0] == [0, top]


def test_ids_of_64_bits_are_kept_whole() -> None:
    ids = np.array([2**64 - 1, 2**53 + 1], dtype=np.uint64)
    assert pulled(pa.table({"id": ids, "vector": fixed_lists(rows_of(2))}))[0] == ids.tolist()


def test_columns_have_the_names_that_were_registered() -> None:
    table = table_of(rows_of(2)).rename_columns(["id", "key", "emb"])
    assert pulled(table, id_column="key", vector_column="emb")[0] == [0, 1]
    with pytest.raises(ruvector.BackendError, match=r"column 'vector' is not among 'id', 'key'"):
        pulled(table, id_column="key")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": [1, None, 3], "vector": [[1.0], [2.0], [3.0]]}, "column 'id': row 1 is null"),
        ({"id": [1, 2, -3], "vector": [[1.0], [2.0], [3.0]]}, "'id': row 2 is -3, below 0"),
        ({"id": [1, 2, 3], "vector": [[1.0], None, [3.0]]}, "column 'vector': row 1 is null"),
        ({"id": [1, 2, 3], "vector": [[1.0], [2.0], [None]]}, "row 2 has a null at dimension 0"),
        ({"id": [1, 2], "vector": [[1.0], [2.0, 3.0]]}, "row 1 has 2 dimensions, not 1"),
        ({"id": [1], "vector": [[]]}, "elements of the Arrow type"),
        ({"id": ["a"], "vector": [[1.0]]}, "ids are integers"),
        ({"id": [1.0], "vector": [[1.0]]}, "ids are integers"),
        ({"id": [1], "vector": [1.0]}, "column 'vector': has the Arrow type 'g'"),
        ({"id": [1], "vector": [["a"]]}, "elements of the Arrow type 'u'"),
    ],
)
def test_what_is_no_vector_is_refused_with_its_row(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(ruvector.BackendError, match=message) as caught:
        pulled(pa.table(columns))
    assert caught.value.backend == "tables"


def test_rows_are_counted_across_record_batches() -> None:
    good = pa.record_batch({"id": [1, 2], "vector": [[1.0], [2.0]]})
    bad = pa.record_batch({"id": [3, None], "vector": [[1.0], [2.0]]})
    with pytest.raises(ruvector.BackendError, match="row 3 is null"):
        pulled(pa.Table.from_batches([good, bad]))


def test_an_error_of_the_source_says_what_the_source_said() -> None:
    schema = table_of(rows_of(1)).schema

    def batches() -> Iterator[Any]:
        yield table_of(rows_of(2)).to_batches()[0]
        raise ValueError("the disk is on fire")

    def reader() -> Any:
        return pa.RecordBatchReader.from_batches(schema, batches())

    chunks = backend_of(reader).pull_chunks("docs")
    assert len(next(chunks).ids) == 2
    with pytest.raises(ruvector.BackendError, match="the disk is on fire"):
        next(chunks)


def test_a_stream_that_can_be_read_once_is_not_taken_for_an_empty_table() -> None:
    backend = backend_of(table_of(rows_of(5)).to_reader())
    assert len(backend.pull_vectors("docs").ids) == 5
    with pytest.raises(ruvector.BackendError, match=r"made by a function|read before"):
        backend.pull_vectors("docs")


def test_a_function_makes_a_new_stream_for_each_pull() -> None:
    table = table_of(rows_of(5))
    backend = backend_of(lambda: table.to_reader())
    assert len(backend.pull_vectors("docs").ids) == 5
    assert len(backend.pull_vectors("docs").ids) == 5


def test_the_generation_stays_until_registered_again() -> None:
    table = table_of(rows_of(2))
    backend = backend_of(table)
    first = backend.generation("docs")
    assert backend.generation("docs") == first == backend.pull_vectors("docs").generation
    backend.register_collection("docs", table)
    assert backend.generation("docs") != first
    assert backend_of(table).generation("docs") != first


def test_a_generation_may_be_given_or_asked_for() -> None:
    assert backend_of(table_of(rows_of(2)), generation=7).generation("docs") == 7
    versions = iter(["a", "b", "b"])
    backend = backend_of(table_of(rows_of(2)), generation=lambda: next(versions))
    assert backend.generation("docs") == "a"
    assert backend.pull_vectors("docs").generation == "b"
    wrong: Any = lambda: None  # noqa: E731
    with pytest.raises(TypeError, match="generation: expected an int or a str, got NoneType"):
        backend_of(table_of(rows_of(2)), generation=wrong).generation("docs")


def test_an_empty_table_is_one_empty_batch() -> None:
    chunks = list(backend_of(table_of(rows_of(0, 4))).pull_chunks("docs"))
    assert [chunk.vectors.shape for chunk in chunks] == [(0, 4)]


def test_collections_are_listed_dropped_and_unknown() -> None:
    backend = backend_of(table_of(rows_of(2)))
    backend.register_collection("a", table_of(rows_of(1)))
    assert backend.id == "tables"
    assert backend.list_collections() == ["a", "docs"]
    backend.drop("docs")
    for call in (backend.drop, backend.generation, backend.pull_vectors):
        with pytest.raises(ruvector.UnknownCollection, match="'tables' has no collection 'docs'"):
            call("docs")


def test_wrong_arguments_are_named() -> None:
    backend = ArrowBackend("tables")
    wrong: Any = [1, 2]
    with pytest.raises(TypeError, match="source: list has no __arrow_c_stream__"):
        backend.register_collection("docs", wrong)
    with pytest.raises(ValueError, match="collection: is empty"):
        backend.register_collection("", table_of(rows_of(1)))
    with pytest.raises(TypeError, match="id_column: expected a str, got int"):
        backend.register_collection("docs", table_of(rows_of(1)), id_column=wrong[0])
    backend.register_collection("docs", lambda: wrong)
    with pytest.raises(TypeError, match="source: list has no __arrow_c_stream__"):
        backend.pull_vectors("docs")


def test_many_threads_read_one_table_at_once() -> None:
    values = rows_of(20_000, 16)
    backend = backend_of(table_of(values))
    seen: list[bool] = []

    def read() -> None:
        seen.extend(np.array_equal(backend.pull_vectors("docs").vectors, values) for _ in range(20))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 160


def test_tables_of_polars_are_read() -> None:
    polars = pytest.importorskip("polars")
    values = rows_of(10)
    frame = polars.DataFrame({"id": np.arange(10), "vector": values})
    assert pulled(frame) == (list(range(10)), values.tolist())
    lists = polars.DataFrame({"id": [1, 2], "vector": [[1.0, 2.0], [3.0, 4.0]]})
    assert pulled(lists.filter(polars.col("id") == 2)) == ([2], [[3.0, 4.0]])


def test_relations_of_duckdb_are_read() -> None:
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE t AS SELECT i AS id, [i, -i]::FLOAT[2] AS vector FROM range(5) r(i)"
    )
    backend = backend_of(lambda: connection.sql("SELECT * FROM t WHERE id >= 3 ORDER BY id"))
    for _ in range(2):
        batch = backend.pull_vectors("docs")
        assert batch.ids.tolist() == [3, 4]
        assert batch.vectors.tolist() == [[3, -3], [4, -4]]

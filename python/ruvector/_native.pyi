"""The native part of ruvector. Import the public names from `ruvector`."""

import os
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, final, overload

import numpy
from numpy.typing import DTypeLike, NDArray
from typing_extensions import Buffer

from ruvector._typing import FilterArray, IdsLike, Matrix, MetricName, Progress, Query, Vector
from ruvector.results import CpuFeatures, Hit, Recommendation, SearchStats

__version__: str

def cpu_features() -> CpuFeatures:
    """The processor's instruction sets, and which kernels are in use.

    The environment variable ``RUVECTOR_SIMD`` lowers the level; results do not depend on it.

    Raises:
        ValueError: ``RUVECTOR_SIMD`` names no level that this processor can run.

    >>> import ruvector
    >>> ruvector.cpu_features().simd_level in ruvector.cpu_features().available
    True
    """

def num_threads() -> int:
    """The workers that one call may use when it does not say.

    ``RUVECTOR_THREADS`` if set, else at most 8 and at most the CPUs that this process may run on.
    """

def set_num_threads(n: int) -> None:
    """Change how many workers calls that start from now on may use.

    Raises:
        ValueError: ``n`` is outside 1..256.
    """

def recommend(n: int, dim: int, recall_target: float) -> Recommendation:
    """Which index to use for ``n`` vectors of ``dim`` dimensions, and why.

    ``recall_target`` is the wanted share of true neighbours, in (0, 1].

    Raises:
        ValueError: an argument is outside its range.

    >>> import numpy as np, ruvector
    >>> advice = ruvector.recommend(100_000, 768, recall_target=0.99)
    >>> vectors = np.zeros((10, 768), dtype=np.float32)
    >>> index = getattr(ruvector, advice.index).build(vectors, **advice.build_kwargs)
    >>> hits = index.search(vectors[0], 3, **advice.search_kwargs)
    """

@final
class BinaryCodes:
    """The codes of an index, by slot: read-only arrays on the index's memory.

    They stay as they are when the index changes later. There is no public constructor; see
    ``RabitqIndex.codes``.
    """

    @property
    def bits(self) -> int:
        """Bits of a code for each dimension."""

    @property
    def padded_dim(self) -> int:
        """Dimensions of a code, a multiple of 64."""

    @property
    def ids(self) -> NDArray[numpy.uint64]:
        """The ids, (n)."""

    @property
    def norms(self) -> NDArray[numpy.float32]:
        """The distance of each vector to the index's centre, (n)."""

    @property
    def packed(self) -> NDArray[numpy.uint8]:
        """The codes in blocks of 64 vectors, (blocks, bytes); see docs/formats/rbpx.md."""

    def __len__(self) -> int: ...
    def __repr__(self) -> str: ...

@final
class Rotation:
    """The random rotation of an index, an opaque handle. No public constructor."""

    @property
    def kind(self) -> Literal["dense", "fht_kac"]:
        """``'dense'`` or ``'fht_kac'``."""

    @property
    def dim(self) -> int:
        """Dimensions that it turns."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""

    def __repr__(self) -> str: ...

class Index:
    """The surface that all indexes share. See ``ruvector.AnyIndex`` for annotations.

    Thread-safe: any number of threads may search at once; calls that change the index wait
    for them and exclude them. All calls let other Python threads run.
    """

    @overload
    def search(
        self,
        query: Query,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        threads: int | None = None,
        stats: Literal[False] = False,
    ) -> list[Hit]:
        """Find the ``k`` nearest vectors.

        Args:
            query: ``dim`` finite float32 values, C-contiguous, read without a copy; a plain
                sequence of floats works, too, and is slower.
            k: How many hits are wanted, at least 1. There are fewer when the index, the filter
                or the radius gives fewer.
            filter: Which vectors may be found: a bool array with one value for each slot (the
                order of ``ids``), a uint64 or int64 array of allowed ids, or a uint8 array with
                one bit for each slot (``np.packbits(mask, bitorder="little")``). A selective
                filter makes a search faster.
            confidence: Probability that a true neighbour is not lost to the error bound of its
                code, in (0, 1]. Default 0.999.
            rerank_factor: Compute exactly ``rerank_factor * k`` exact distances, 1..1024,
                instead of those that the error bound asks for. Default: the index's own.
            radius: Only hits with a score of at most this.
            threads: How many threads may work. Default ``ruvector.num_threads()``.
            stats: Also give a ``SearchStats``: what was read.

        Returns:
            The hits, nearest first, equal scores by the smaller id; with ``stats=True`` a pair.

        Raises:
            EmptyIndex: there is nothing to search.
            DimensionMismatch: the query has another dimension.
            TypeError: the query is of another dtype or strided; the message names the
                conversion.
            ValueError: a value is not finite or outside its range.

        >>> import numpy as np, ruvector
        >>> vectors = np.eye(4, 8, dtype=np.float32)
        >>> index = ruvector.RabitqPlusIndex.build(vectors)
        >>> index.search(vectors[2], 1)
        [Hit(id=2, score=0.0)]
        >>> hits, stats = index.search(vectors[2], 1, filter=np.array([0, 1], dtype=np.uint64), stats=True)
        >>> hits
        [Hit(id=0, score=2.0)]
        """
    @overload
    def search(
        self,
        query: Query,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        threads: int | None = None,
        stats: Literal[True],
    ) -> tuple[list[Hit], SearchStats]: ...
    @overload
    def search(
        self,
        query: Query,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        threads: int | None = None,
        stats: bool,
    ) -> list[Hit] | tuple[list[Hit], SearchStats]: ...
    @overload
    def search_batch(
        self,
        queries: Matrix,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        threads: int | None = None,
        stats: Literal[False] = False,
    ) -> tuple[NDArray[numpy.uint64], NDArray[numpy.float32]]:
        """Find the ``k`` nearest vectors of each of many queries, on several threads.

        ``queries`` is (n, dim) float32, C-contiguous, read without a copy; the other arguments
        and errors are those of ``search``, and so are the hits.

        Returns:
            Ids, uint64 (n, k), and scores, float32 (n, k). Rows with fewer hits are padded with
            the id 2**64 - 1 and the score infinity. With ``stats=True`` also a ``SearchStats``,
            summed.

        >>> import numpy as np, ruvector
        >>> vectors = np.eye(4, 8, dtype=np.float32)
        >>> ids, scores = ruvector.FlatF32Index.build(vectors).search_batch(vectors, 2)
        >>> ids[:, 0]
        array([0, 1, 2, 3], dtype=uint64)
        """
    @overload
    def search_batch(
        self,
        queries: Matrix,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        threads: int | None = None,
        stats: Literal[True],
    ) -> tuple[NDArray[numpy.uint64], NDArray[numpy.float32], SearchStats]: ...
    @overload
    def search_batch(
        self,
        queries: Matrix,
        k: int,
        *,
        filter: FilterArray | None = None,
        confidence: float | None = None,
        rerank_factor: int | None = None,
        radius: float | None = None,
        threads: int | None = None,
        stats: bool,
    ) -> (
        tuple[NDArray[numpy.uint64], NDArray[numpy.float32]]
        | tuple[NDArray[numpy.uint64], NDArray[numpy.float32], SearchStats]
    ): ...
    def add(self, id: int, vector: Vector) -> None:
        """Add one vector of ``dim`` finite float32 values.

        Raises:
            DuplicateId: the index holds the id; nothing is changed.
            DimensionMismatch: the vector has another dimension.
            ValueError: a value is not finite.
        """

    def add_batch(self, ids: IdsLike, vectors: Matrix, *, progress: Progress = None) -> None:
        """Add vectors, (n, dim) float32, with their ids, (n) uint64.

        All of them or, when an error is raised, none. ``progress`` is as in ``build``.

        Raises:
            DuplicateId: an id is held, or given twice.
            DimensionMismatch: the vectors have another dimension.
            ValueError: a value is not finite (the message names the row), or the counts differ.
        """

    def remove(self, ids: IdsLike) -> None:
        """Remove the vectors of these ids. The last vectors move into the freed slots.

        Raises:
            IdNotFound: the index does not hold an id; nothing is changed.
            DuplicateId: an id is given twice; nothing is changed.

        >>> import numpy as np, ruvector
        >>> index = ruvector.FlatF32Index.build(np.eye(4, dtype=np.float32))
        >>> index.remove([0, 2])
        >>> 2 in index, len(index)
        (False, 2)
        """

    def compact(self) -> None:
        """Give back memory that is held for growth."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the index to a file.

        After a crash at any moment the old file or the new one is there, whole.

        Raises:
            PersistError: the file cannot be written; an old file stays as it was.
        """

    def serialize(self) -> bytes:
        """The bytes that ``save`` writes; ``deserialize`` reads them."""

    def __len__(self) -> int: ...
    def __contains__(self, id: object) -> bool: ...
    def __getitem__(self, id: int) -> NDArray[numpy.float32]:
        """A copy of the vector of ``id`` as it was added, float32 (dim).

        Raises:
            IdNotFound: the index does not hold the id.
            RowsNotKept: the index keeps codes only.
        """

    def __iter__(self) -> Iterator[tuple[int, NDArray[numpy.float32]]]:
        """Pairs of id and vector (read-only, without a copy), by slot.

        The pairs are those of the moment of the call, also when the index changes meanwhile.

        Raises:
            RowsNotKept: the index keeps codes only.
        """

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The vectors by slot, float32 (n, dim), read-only and without a copy unless one is asked
        for.

        Raises:
            RowsNotKept: the index keeps codes only.
            ValueError: ``copy=False`` and a dtype that needs a copy.

        >>> import numpy as np, ruvector
        >>> np.asarray(ruvector.FlatF32Index.build(np.eye(2, dtype=np.float32)))
        array([[1., 0.],
               [0., 1.]], dtype=float32)
        """

    def __eq__(self, other: object, /) -> bool:
        """Whether both hold the same vectors, ids and codes in the same order, by the same parameters."""

    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __repr__(self) -> str: ...
    @property
    def dim(self) -> int:
        """Dimensions of a vector."""

    @property
    def metric(self) -> MetricName:
        """How near two vectors are: ``'l2'``, ``'ip'`` or ``'cosine'``."""

    @property
    def seed(self) -> int:
        """Seed of the random rotation."""

    @property
    def bits(self) -> int:
        """Bits of a code for each dimension; 32 where there are no codes."""

    @property
    def rerank_factor(self) -> int | None:
        """Exact distances for each wanted hit; None: the error bound decides."""

    @property
    def keeps_rows(self) -> bool:
        """Whether the index can give its vectors back."""

    @property
    def ids(self) -> NDArray[numpy.uint64]:
        """The ids by slot, uint64 (n), read-only; they stay as they are when the index changes later."""

    @property
    def memory_bytes(self) -> int:
        """Bytes that the index holds."""

    def memory_usage(self) -> dict[str, int]:
        """Bytes by region; ``spare`` is memory held for growth. The sum is ``memory_bytes``.

        >>> import numpy as np, ruvector
        >>> index = ruvector.FlatF32Index.build(np.eye(4, dtype=np.float32))
        >>> sum(index.memory_usage().values()) == index.memory_bytes
        True
        """

@final
class FlatF32Index(Index):
    """Exact search over float32 rows. Use it when n is small, or for ground truth.

    ``seed``, ``bits`` and ``rerank_factor`` are not used.
    """

    @staticmethod
    def build(
        vectors: Matrix,
        *,
        ids: IdsLike | None = None,
        seed: int = 42,
        metric: MetricName = "l2",
        rerank_factor: int | None = None,
        bits: int | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> FlatF32Index:
        """Build an index of ``vectors``, on several threads.

        Args:
            vectors: (n, dim) finite float32, C-contiguous, read without a copy of the whole;
                NumPy, the buffer protocol or DLPack. 1 <= dim <= 8192, n <= 100,000,000. Other
                threads must not change it during the call.
            ids: (n) uint64, or int64 without negatives, or a sequence of ints. Default 0..n-1.
            seed: Of the random rotation. The same data, seed and parameters give the same
                index.
            metric: ``'l2'`` (squared Euclidean), ``'ip'`` (minus the inner product) or
                ``'cosine'`` (one minus the cosine). Scores are distances under each: smaller is
                nearer.
            rerank_factor: Exact distances for each wanted hit at search time, 1..1024. Default:
                the error bound of each code decides.
            bits: Bits of a code for each dimension, 1..8. Default 1, or what a self-test of the
                data finds faster on ``RabitqPlusIndex`` (1 or 2).
            threads: How many threads may work. Default ``ruvector.num_threads()``.
            progress: True shows a tqdm bar; a callable gets ``(done, total)`` at most every 50
                ms, and cancels by returning False (``RuVectorError``) or by raising.

        Raises:
            TypeError: an array is of another dtype or strided; the message names the
                conversion.
            ValueError: a value is not finite (the message names the row) or outside its range.
            DuplicateId: an id is given twice.

        >>> import numpy as np, ruvector
        >>> vectors = np.random.default_rng(0).standard_normal((100, 16), dtype=np.float32)
        >>> index = ruvector.RabitqPlusIndex.build(vectors, ids=np.arange(100, 200), metric="cosine")
        >>> index.search(vectors[7], 1)[0].id
        107
        """

    @staticmethod
    def load(path: str | os.PathLike[str], *, verify: bool = False) -> FlatF32Index:
        """Load an index from a file that ``save`` wrote, by mapping it: nothing is read before it
        is used.

        The file must not be changed while the index lives; replacing it (as ``save`` does) is
        fine. ``verify=True`` checks every checksum now, instead of the header's alone.

        Raises:
            PersistError: the file cannot be read, is damaged, or holds another class of index.
        """

    @staticmethod
    def deserialize(data: Buffer) -> FlatF32Index:
        """Make an index of the bytes that ``serialize`` gave.

        Raises:
            PersistError: the bytes are damaged, or hold another class of index.
        """

    def __copy__(self) -> FlatF32Index:
        """An independent index that shares memory until one of the two is changed."""

    def __deepcopy__(self, memo: object) -> FlatF32Index: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

class RabitqIndexBase(Index):
    """What the indexes with codes share."""

    @property
    def codes(self) -> BinaryCodes:
        """The codes, ids and norms by slot, without a copy."""

    def rotation(self) -> Rotation:
        """The random rotation, an opaque handle."""

@final
class RabitqIndex(RabitqIndexBase):
    """Codes only: scores are estimates from a quantised query. Use it when memory is what
    matters.
    """

    @staticmethod
    def build(
        vectors: Matrix,
        *,
        ids: IdsLike | None = None,
        seed: int = 42,
        metric: MetricName = "l2",
        rerank_factor: int | None = None,
        bits: int | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> RabitqIndex:
        """Build an index of ``vectors``, on several threads.

        Args:
            vectors: (n, dim) finite float32, C-contiguous, read without a copy of the whole;
                NumPy, the buffer protocol or DLPack. 1 <= dim <= 8192, n <= 100,000,000. Other
                threads must not change it during the call.
            ids: (n) uint64, or int64 without negatives, or a sequence of ints. Default 0..n-1.
            seed: Of the random rotation. The same data, seed and parameters give the same
                index.
            metric: ``'l2'`` (squared Euclidean), ``'ip'`` (minus the inner product) or
                ``'cosine'`` (one minus the cosine). Scores are distances under each: smaller is
                nearer.
            rerank_factor: Exact distances for each wanted hit at search time, 1..1024. Default:
                the error bound of each code decides.
            bits: Bits of a code for each dimension, 1..8. Default 1, or what a self-test of the
                data finds faster on ``RabitqPlusIndex`` (1 or 2).
            threads: How many threads may work. Default ``ruvector.num_threads()``.
            progress: True shows a tqdm bar; a callable gets ``(done, total)`` at most every 50
                ms, and cancels by returning False (``RuVectorError``) or by raising.

        Raises:
            TypeError: an array is of another dtype or strided; the message names the
                conversion.
            ValueError: a value is not finite (the message names the row) or outside its range.
            DuplicateId: an id is given twice.

        >>> import numpy as np, ruvector
        >>> vectors = np.random.default_rng(0).standard_normal((100, 16), dtype=np.float32)
        >>> index = ruvector.RabitqPlusIndex.build(vectors, ids=np.arange(100, 200), metric="cosine")
        >>> index.search(vectors[7], 1)[0].id
        107
        """

    @staticmethod
    def load(path: str | os.PathLike[str], *, verify: bool = False) -> RabitqIndex:
        """Load an index from a file that ``save`` wrote, by mapping it: nothing is read before it
        is used.

        The file must not be changed while the index lives; replacing it (as ``save`` does) is
        fine. ``verify=True`` checks every checksum now, instead of the header's alone.

        Raises:
            PersistError: the file cannot be read, is damaged, or holds another class of index.
        """

    @staticmethod
    def deserialize(data: Buffer) -> RabitqIndex:
        """Make an index of the bytes that ``serialize`` gave.

        Raises:
            PersistError: the bytes are damaged, or hold another class of index.
        """

    def __copy__(self) -> RabitqIndex:
        """An independent index that shares memory until one of the two is changed."""

    def __deepcopy__(self, memo: object) -> RabitqIndex: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class RabitqPlusIndex(RabitqIndexBase):
    """Codes and rows: the error bound of the estimate decides which rows are read, and scores
    are exact.

    The default choice: recall 1.0 at a fraction of the cost of ``FlatF32Index``.
    """

    @staticmethod
    def build(
        vectors: Matrix,
        *,
        ids: IdsLike | None = None,
        seed: int = 42,
        metric: MetricName = "l2",
        rerank_factor: int | None = None,
        bits: int | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> RabitqPlusIndex:
        """Build an index of ``vectors``, on several threads.

        Args:
            vectors: (n, dim) finite float32, C-contiguous, read without a copy of the whole;
                NumPy, the buffer protocol or DLPack. 1 <= dim <= 8192, n <= 100,000,000. Other
                threads must not change it during the call.
            ids: (n) uint64, or int64 without negatives, or a sequence of ints. Default 0..n-1.
            seed: Of the random rotation. The same data, seed and parameters give the same
                index.
            metric: ``'l2'`` (squared Euclidean), ``'ip'`` (minus the inner product) or
                ``'cosine'`` (one minus the cosine). Scores are distances under each: smaller is
                nearer.
            rerank_factor: Exact distances for each wanted hit at search time, 1..1024. Default:
                the error bound of each code decides.
            bits: Bits of a code for each dimension, 1..8. Default 1, or what a self-test of the
                data finds faster on ``RabitqPlusIndex`` (1 or 2).
            threads: How many threads may work. Default ``ruvector.num_threads()``.
            progress: True shows a tqdm bar; a callable gets ``(done, total)`` at most every 50
                ms, and cancels by returning False (``RuVectorError``) or by raising.

        Raises:
            TypeError: an array is of another dtype or strided; the message names the
                conversion.
            ValueError: a value is not finite (the message names the row) or outside its range.
            DuplicateId: an id is given twice.

        >>> import numpy as np, ruvector
        >>> vectors = np.random.default_rng(0).standard_normal((100, 16), dtype=np.float32)
        >>> index = ruvector.RabitqPlusIndex.build(vectors, ids=np.arange(100, 200), metric="cosine")
        >>> index.search(vectors[7], 1)[0].id
        107
        """

    @staticmethod
    def load(path: str | os.PathLike[str], *, verify: bool = False) -> RabitqPlusIndex:
        """Load an index from a file that ``save`` wrote, by mapping it: nothing is read before it
        is used.

        The file must not be changed while the index lives; replacing it (as ``save`` does) is
        fine. ``verify=True`` checks every checksum now, instead of the header's alone.

        Raises:
            PersistError: the file cannot be read, is damaged, or holds another class of index.
        """

    @staticmethod
    def deserialize(data: Buffer) -> RabitqPlusIndex:
        """Make an index of the bytes that ``serialize`` gave.

        Raises:
            PersistError: the bytes are damaged, or hold another class of index.
        """

    def __copy__(self) -> RabitqPlusIndex:
        """An independent index that shares memory until one of the two is changed."""

    def __deepcopy__(self, memo: object) -> RabitqPlusIndex: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def save_v1(self, path: str | os.PathLike[str]) -> None:
        """Write format version 1, which older programs read.

        Raises:
            PersistError: the file cannot be written, an id is above 2**32 - 1, or the metric is
                not l2.
        """

@final
class RabitqAsymIndex(RabitqIndexBase):
    """Codes, compared with the full-precision query; with ``rerank_factor`` above 0 rows, too.

    The best recall that codes alone give.
    """

    @staticmethod
    def build(
        vectors: Matrix,
        *,
        ids: IdsLike | None = None,
        seed: int = 42,
        metric: MetricName = "l2",
        rerank_factor: int | None = None,
        bits: int | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> RabitqAsymIndex:
        """Build an index of ``vectors``, on several threads.

        Args:
            vectors: (n, dim) finite float32, C-contiguous, read without a copy of the whole;
                NumPy, the buffer protocol or DLPack. 1 <= dim <= 8192, n <= 100,000,000. Other
                threads must not change it during the call.
            ids: (n) uint64, or int64 without negatives, or a sequence of ints. Default 0..n-1.
            seed: Of the random rotation. The same data, seed and parameters give the same
                index.
            metric: ``'l2'`` (squared Euclidean), ``'ip'`` (minus the inner product) or
                ``'cosine'`` (one minus the cosine). Scores are distances under each: smaller is
                nearer.
            rerank_factor: Exact distances for each wanted hit at search time, 1..1024. Default:
                the error bound of each code decides.
            bits: Bits of a code for each dimension, 1..8. Default 1, or what a self-test of the
                data finds faster on ``RabitqPlusIndex`` (1 or 2).
            threads: How many threads may work. Default ``ruvector.num_threads()``.
            progress: True shows a tqdm bar; a callable gets ``(done, total)`` at most every 50
                ms, and cancels by returning False (``RuVectorError``) or by raising.

        Raises:
            TypeError: an array is of another dtype or strided; the message names the
                conversion.
            ValueError: a value is not finite (the message names the row) or outside its range.
            DuplicateId: an id is given twice.

        >>> import numpy as np, ruvector
        >>> vectors = np.random.default_rng(0).standard_normal((100, 16), dtype=np.float32)
        >>> index = ruvector.RabitqPlusIndex.build(vectors, ids=np.arange(100, 200), metric="cosine")
        >>> index.search(vectors[7], 1)[0].id
        107
        """

    @staticmethod
    def load(path: str | os.PathLike[str], *, verify: bool = False) -> RabitqAsymIndex:
        """Load an index from a file that ``save`` wrote, by mapping it: nothing is read before it
        is used.

        The file must not be changed while the index lives; replacing it (as ``save`` does) is
        fine. ``verify=True`` checks every checksum now, instead of the header's alone.

        Raises:
            PersistError: the file cannot be read, is damaged, or holds another class of index.
        """

    @staticmethod
    def deserialize(data: Buffer) -> RabitqAsymIndex:
        """Make an index of the bytes that ``serialize`` gave.

        Raises:
            PersistError: the bytes are damaged, or hold another class of index.
        """

    def __copy__(self) -> RabitqAsymIndex:
        """An independent index that shares memory until one of the two is changed."""

    def __deepcopy__(self, memo: object) -> RabitqAsymIndex: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

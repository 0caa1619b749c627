"""The native part of ruvector. Import the public names from `ruvector`."""

import os
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar, final, overload

import numpy
from numpy.typing import DTypeLike, NDArray
from typing_extensions import Buffer

from ruvector._typing import FilterArray, IdsLike, Matrix, MetricName, Progress, Query, Vector
from ruvector.a2a_card import AgentCard, ProtocolName
from ruvector.a2a_options import BindingName
from ruvector.a2a_spec import TaskSpec
from ruvector.a2a_types import (
    Artifact,
    ArtifactViolation,
    Task,
    TaskArtifactUpdateEvent,
    TaskPage,
    TaskUpdate,
)
from ruvector.backend import BackendAdapter, PulledBatch
from ruvector.embed import Embedder, Precision, Prompt
from ruvector.lake_types import (
    CacheStats,
    Consistency,
    FederatedHits,
    LakeHit,
    LakeKey,
    PerBackendStats,
    RefreshResult,
)
from ruvector.results import CpuFeatures, Hit, Recommendation, SearchStats

T = TypeVar("T")

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
        recall: float | None = None,
        nprobe: int | None = None,
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
            recall: Where the index is divided into lists (``partitions``): go as far as this
                share of the true neighbours needs, in (0, 1]; 1 is through all lists. Default
                0.99. Elsewhere it has no meaning.
            nprobe: Go through so many lists instead, and more while fewer than ``k`` are found.
            threads: How many threads may work. Default ``ruvector.num_threads()``.
            stats: Also give a ``SearchStats``: what was read, and the recall to be expected of that.

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
        recall: float | None = None,
        nprobe: int | None = None,
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
        recall: float | None = None,
        nprobe: int | None = None,
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
        recall: float | None = None,
        nprobe: int | None = None,
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
        recall: float | None = None,
        nprobe: int | None = None,
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
        recall: float | None = None,
        nprobe: int | None = None,
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

        All of them or, when an error is raised, none. ``progress`` is as in ``build``. Lists follow
        the size of the index: after much growth a call takes longer for that.

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
        """Give back memory that is held for growth, and put lists side by side."""

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
        partitions: int | Literal["auto"] | None = None,
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
            partitions: Divide the vectors into so many lists, 1..1,000,000, of which a search
                visits but the most promising; ``"auto"``: about ``2 * sqrt(n)``, or none below
                100,000 vectors. Default: none, a search compares all codes. The number is for
                these vectors: where rows are kept lists divide and merge later by themselves, and
                their number goes with the root of the size.
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

    @property
    def partitions(self) -> int | None:
        """Lists that the vectors are divided into now; None: a search compares all codes."""

    def calibrate(self, queries: Matrix) -> None:
        """Learn anew how far a search must go for the ``recall`` that it is asked for.

        ``build`` learns it from some of the index's own rows. Where queries are of another kind,
        such as questions beside answers, learn it from some hundred of them: ``queries``, (n, dim)
        float32. What is learned is kept in files; so are up to 512 of the queries, which are
        learned from again when the lists have changed.

        Raises:
            ValueError: the index is not divided into lists, or a query is not finite.
            RowsNotKept: the index keeps codes only.
            DimensionMismatch: the queries have another dimension.

        >>> import numpy as np, ruvector
        >>> rows = np.random.default_rng(0).standard_normal((5000, 16), dtype=np.float32)
        >>> index = ruvector.RabitqPlusIndex.build(rows, partitions=64)
        >>> index.calibrate(rows[:200] + np.float32(0.1))
        >>> hits, stats = index.search(rows[7], 10, recall=0.9, stats=True)
        >>> stats.lists_visited < 64
        True
        """

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
        partitions: int | Literal["auto"] | None = None,
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
            partitions: Divide the vectors into so many lists, 1..1,000,000, of which a search
                visits but the most promising; ``"auto"``: about ``2 * sqrt(n)``, or none below
                100,000 vectors. Default: none, a search compares all codes. The number is for
                these vectors: where rows are kept lists divide and merge later by themselves, and
                their number goes with the root of the size.
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
    def build_from(
        chunks: Matrix | Iterable[Matrix],
        *,
        ids: IdsLike | None = None,
        rows: Literal["copy", "mapped", "none"] | None = None,
        path: str | os.PathLike[str] | None = None,
        seed: int = 42,
        metric: MetricName = "l2",
        rerank_factor: int | None = None,
        bits: int | None = None,
        partitions: int | Literal["auto"] | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> RabitqIndex:
        """Build an index of vectors that need not fit into memory twice; the same index as ``build``
        gives of the same vectors, bit for bit.

        Args:
            chunks: An array as in ``build``, usually one that is mapped from a file
                (``np.load(path, mmap_mode="r")``); or an iterable of such arrays, (n_i, dim)
                each, which is gone through once.
            ids: As in ``build``, of all vectors together.
            rows: Where the vectors are afterwards. ``"copy"``: in the index's memory, the default
                of an index that keeps them. ``"mapped"``: in a file, of which the system keeps in
                memory what is used; without a ``path`` in the array itself, which must be
                read-only and is used in place. ``"none"``: nowhere, the default (and all there is)
                of an index that keeps codes only; chunks then lie in a temporary file without a
                name (in ``TMPDIR``) until the index is built.
            path: With ``rows="mapped"``: the index is written here, as ``save`` does, and maps
                the file as after ``load``. Needed for an iterable, whose vectors are written to
                it as they come.
            seed: As in ``build``.
            metric: As in ``build``.
            rerank_factor: As in ``build``.
            bits: As in ``build``.
            partitions: As in ``build``.
            threads: As in ``build``.
            progress: As in ``build``; while chunks come, ``(0, vectors so far)`` after each.

        A file that an index maps, the user's own as well, must not be changed or truncated while
        the index lives (a truncated one kills the process, as it does with NumPy); replacing it is
        fine. ``save`` and pickles hold the vectors as ever, and an ``add`` or ``remove`` first
        copies into memory what it changes: of rows in place, all of them.

        Raises:
            TypeError: an array is of another dtype or strided, or ``chunks`` is neither an array
                nor an iterable.
            ValueError: a value is not finite (the message names chunk and row) or outside its
                range; there is no chunk; ``rows`` is not what this class does; an array to be
                used in place can be written to.
            DimensionMismatch: a chunk has another dimension than the first one.
            DuplicateId: an id is given twice.
            PersistError: a file cannot be written.

        After any error, and whatever the iterable raises, an old file at ``path`` is as it was.

        >>> import numpy as np, ruvector
        >>> vectors = np.random.default_rng(0).standard_normal((100, 16), dtype=np.float32)
        >>> halves = (half for half in (vectors[:50], vectors[50:]))
        >>> ruvector.RabitqPlusIndex.build_from(halves) == ruvector.RabitqPlusIndex.build(vectors)
        True
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
        partitions: int | Literal["auto"] | None = None,
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
            partitions: Divide the vectors into so many lists, 1..1,000,000, of which a search
                visits but the most promising; ``"auto"``: about ``2 * sqrt(n)``, or none below
                100,000 vectors. Default: none, a search compares all codes. The number is for
                these vectors: where rows are kept lists divide and merge later by themselves, and
                their number goes with the root of the size.
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
    def build_from(
        chunks: Matrix | Iterable[Matrix],
        *,
        ids: IdsLike | None = None,
        rows: Literal["copy", "mapped", "none"] | None = None,
        path: str | os.PathLike[str] | None = None,
        seed: int = 42,
        metric: MetricName = "l2",
        rerank_factor: int | None = None,
        bits: int | None = None,
        partitions: int | Literal["auto"] | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> RabitqPlusIndex:
        """Build an index of vectors that need not fit into memory twice; the same index as ``build``
        gives of the same vectors, bit for bit.

        Args:
            chunks: An array as in ``build``, usually one that is mapped from a file
                (``np.load(path, mmap_mode="r")``); or an iterable of such arrays, (n_i, dim)
                each, which is gone through once.
            ids: As in ``build``, of all vectors together.
            rows: Where the vectors are afterwards. ``"copy"``: in the index's memory, the default
                of an index that keeps them. ``"mapped"``: in a file, of which the system keeps in
                memory what is used; without a ``path`` in the array itself, which must be
                read-only and is used in place. ``"none"``: nowhere, the default (and all there is)
                of an index that keeps codes only; chunks then lie in a temporary file without a
                name (in ``TMPDIR``) until the index is built.
            path: With ``rows="mapped"``: the index is written here, as ``save`` does, and maps
                the file as after ``load``. Needed for an iterable, whose vectors are written to
                it as they come.
            seed: As in ``build``.
            metric: As in ``build``.
            rerank_factor: As in ``build``.
            bits: As in ``build``.
            partitions: As in ``build``.
            threads: As in ``build``.
            progress: As in ``build``; while chunks come, ``(0, vectors so far)`` after each.

        A file that an index maps, the user's own as well, must not be changed or truncated while
        the index lives (a truncated one kills the process, as it does with NumPy); replacing it is
        fine. ``save`` and pickles hold the vectors as ever, and an ``add`` or ``remove`` first
        copies into memory what it changes: of rows in place, all of them.

        Raises:
            TypeError: an array is of another dtype or strided, or ``chunks`` is neither an array
                nor an iterable.
            ValueError: a value is not finite (the message names chunk and row) or outside its
                range; there is no chunk; ``rows`` is not what this class does; an array to be
                used in place can be written to.
            DimensionMismatch: a chunk has another dimension than the first one.
            DuplicateId: an id is given twice.
            PersistError: a file cannot be written.

        After any error, and whatever the iterable raises, an old file at ``path`` is as it was.

        >>> import numpy as np, ruvector
        >>> vectors = np.random.default_rng(0).standard_normal((100, 16), dtype=np.float32)
        >>> halves = (half for half in (vectors[:50], vectors[50:]))
        >>> ruvector.RabitqPlusIndex.build_from(halves) == ruvector.RabitqPlusIndex.build(vectors)
        True
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
        partitions: int | Literal["auto"] | None = None,
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
            partitions: Divide the vectors into so many lists, 1..1,000,000, of which a search
                visits but the most promising; ``"auto"``: about ``2 * sqrt(n)``, or none below
                100,000 vectors. Default: none, a search compares all codes. The number is for
                these vectors: where rows are kept lists divide and merge later by themselves, and
                their number goes with the root of the size.
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
    def build_from(
        chunks: Matrix | Iterable[Matrix],
        *,
        ids: IdsLike | None = None,
        rows: Literal["copy", "mapped", "none"] | None = None,
        path: str | os.PathLike[str] | None = None,
        seed: int = 42,
        metric: MetricName = "l2",
        rerank_factor: int | None = None,
        bits: int | None = None,
        partitions: int | Literal["auto"] | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> RabitqAsymIndex:
        """Build an index of vectors that need not fit into memory twice; the same index as ``build``
        gives of the same vectors, bit for bit.

        Args:
            chunks: An array as in ``build``, usually one that is mapped from a file
                (``np.load(path, mmap_mode="r")``); or an iterable of such arrays, (n_i, dim)
                each, which is gone through once.
            ids: As in ``build``, of all vectors together.
            rows: Where the vectors are afterwards. ``"copy"``: in the index's memory, the default
                of an index that keeps them. ``"mapped"``: in a file, of which the system keeps in
                memory what is used; without a ``path`` in the array itself, which must be
                read-only and is used in place. ``"none"``: nowhere, the default (and all there is)
                of an index that keeps codes only; chunks then lie in a temporary file without a
                name (in ``TMPDIR``) until the index is built.
            path: With ``rows="mapped"``: the index is written here, as ``save`` does, and maps
                the file as after ``load``. Needed for an iterable, whose vectors are written to
                it as they come.
            seed: As in ``build``.
            metric: As in ``build``.
            rerank_factor: As in ``build``.
            bits: As in ``build``.
            partitions: As in ``build``.
            threads: As in ``build``.
            progress: As in ``build``; while chunks come, ``(0, vectors so far)`` after each.

        A file that an index maps, the user's own as well, must not be changed or truncated while
        the index lives (a truncated one kills the process, as it does with NumPy); replacing it is
        fine. ``save`` and pickles hold the vectors as ever, and an ``add`` or ``remove`` first
        copies into memory what it changes: of rows in place, all of them.

        Raises:
            TypeError: an array is of another dtype or strided, or ``chunks`` is neither an array
                nor an iterable.
            ValueError: a value is not finite (the message names chunk and row) or outside its
                range; there is no chunk; ``rows`` is not what this class does; an array to be
                used in place can be written to.
            DimensionMismatch: a chunk has another dimension than the first one.
            DuplicateId: an id is given twice.
            PersistError: a file cannot be written.

        After any error, and whatever the iterable raises, an old file at ``path`` is as it was.

        >>> import numpy as np, ruvector
        >>> vectors = np.random.default_rng(0).standard_normal((100, 16), dtype=np.float32)
        >>> halves = (half for half in (vectors[:50], vectors[50:]))
        >>> ruvector.RabitqPlusIndex.build_from(halves) == ruvector.RabitqPlusIndex.build(vectors)
        True
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

@final
class RuLakeBundle:
    """The sidecar file ``table.rulake.json``: which data a cache entry was made of, with its witness.

    Byte for byte the format of the original ruLake, version 2.

    >>> import ruvector
    >>> bundle = ruvector.RuLakeBundle(
    ...     data_ref="gs://bucket/x.parquet", dim=128, rotation_seed=42, rerank_factor=20, generation=7
    ... )
    >>> bundle.rvf_witness[:16]
    '7eac1775d1f76a4d'
    >>> ruvector.RuLakeBundle.from_json(bundle.to_json()) == bundle
    True
    """

    def __init__(
        self,
        *,
        data_ref: str,
        dim: int,
        rotation_seed: int,
        rerank_factor: int,
        generation: int | str,
        pii_policy: str | None = None,
        lineage_id: str | None = None,
        memory_class: str | None = None,
        encoder: str | None = None,
    ) -> None: ...

    FILE_NAME: str = "table.rulake.json"

    @property
    def format_version(self) -> int:
        """Version of the format."""

    @property
    def data_ref(self) -> str:
        """Where the data lie."""

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""

    @property
    def rotation_seed(self) -> int:
        """Seed of the random rotation."""

    @property
    def rerank_factor(self) -> int:
        """Exact distances for each wanted hit."""

    @property
    def generation(self) -> int | str:
        """Version of the data."""

    @property
    def rvf_witness(self) -> str:
        """SHAKE-256 over the fields that say which data it is, 64 hexadecimal digits."""

    @property
    def pii_policy(self) -> str | None:
        """How personal data in the collection are to be treated."""

    @property
    def lineage_id(self) -> str | None:
        """Where the data come from."""

    @property
    def memory_class(self) -> str | None:
        """Kind of memory the data belong to."""

    @property
    def encoder(self) -> str | None:
        """What made the vectors: the recipe digest of an ``Embedder``, or another name."""

    @property
    def index_file(self) -> str | None:
        """Name of the index file beside the bundle."""

    @property
    def index_digest(self) -> str | None:
        """Digest of the index file."""

    @property
    def public_key(self) -> str | None:
        """Ed25519 key of who signed, hexadecimal."""

    @property
    def signature(self) -> str | None:
        """Ed25519 signature over all other fields, hexadecimal."""

    def verify_witness(self) -> bool:
        """Whether the witness is that of the other fields."""

    def require_witness(self) -> None:
        """Raise unless the witness is that of the other fields.

        Raises:
            WitnessMismatch: it is not.
        """

    def sign(self, key: bytes) -> None:
        """Sign all other fields with an Ed25519 private ``key``, 32 bytes.

        >>> import ruvector
        >>> bundle = ruvector.RuLakeBundle(
        ...     data_ref="x", dim=8, rotation_seed=42, rerank_factor=20, generation="v1"
        ... )
        >>> bundle.sign(bytes(range(32)))
        >>> bundle.verify_signature(bytes.fromhex(bundle.public_key))
        True
        """

    def verify_signature(self, key: bytes) -> bool:
        """Whether the holder of the Ed25519 public ``key``, 32 bytes, signed this very content."""

    def to_json(self) -> str:
        """The JSON text, without a final newline.

        Raises:
            BundleError: a field is above its limit.
        """

    @staticmethod
    def from_json(text: str) -> RuLakeBundle:
        """Read the JSON text; does not verify the witness.

        Raises:
            BundleError: not JSON, a key missing, doubled or of another type, a field above its limit, a
                newer format.
        """

    def write_to_dir(self, directory: str | os.PathLike[str]) -> Path:
        """Write ``directory/table.rulake.json`` atomically.

        Returns:
            The file's path.
        """

    @staticmethod
    def read_from_dir(
        directory: str | os.PathLike[str],
        *,
        lenient: bool = False,
        trusted_keys: Sequence[bytes] = (),
    ) -> RuLakeBundle:
        """Read ``directory/table.rulake.json`` and verify its witness and signature.

        Args:
            directory: Where the bundle lies.
            lenient: Take what the original ruLake silently accepts.
            trusted_keys: When there are any, a bundle that none of these Ed25519 keys signed is refused.

        Raises:
            BundleError, WitnessMismatch: the bundle cannot be trusted.
            PersistError: the file cannot be read.
        """

    @staticmethod
    def exists_in(directory: str | os.PathLike[str]) -> bool:
        """Whether a directory holds a bundle."""

    def __eq__(self, other: object, /) -> bool: ...

    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __repr__(self) -> str: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

class NativeBackend:
    """The base of the backends that are written in C++."""

    @property
    def id(self) -> str:
        """Name of the backend in a lake."""

    def list_collections(self) -> list[str]:
        """The collections, sorted."""

    def pull_vectors(self, collection: str) -> PulledBatch:
        """The whole collection, as read-only arrays.

        Raises:
            UnknownCollection: there is none of that name.
        """

    def generation(self, collection: str) -> int | str:
        """The present version of a collection: it changes with the data and means nothing else.

        Raises:
            UnknownCollection: there is none of that name.
        """

    def data_ref(self, collection: str) -> str:
        """Where the data lie; part of the witness."""

    def current_bundle(
        self, collection: str, rotation_seed: int, rerank_factor: int
    ) -> RuLakeBundle | None:
        """The bundle of a collection's present version."""

@final
class LocalBackend(NativeBackend):
    """Collections in this process's memory. Thread-safe.

    >>> import numpy as np, ruvector
    >>> hot = ruvector.LocalBackend("hot")
    >>> hot.upsert("docs", ids=[1, 2], vectors=np.eye(2, 8, dtype=np.float32))
    >>> hot
    LocalBackend('hot', collections=['docs'])
    >>> hot.size("docs"), hot.dim("docs")
    (2, 8)
    """

    def __init__(self, name: str) -> None: ...
    def upsert(self, collection: str, ids: IdsLike, vectors: Matrix) -> None:
        """Replace or add vectors by id; makes the collection if there is none. Copies the rows.

        Args:
            collection: Its name.
            ids: One id per vector.
            vectors: (n, dim) finite float32 values.

        Raises:
            DimensionMismatch: the collection has another dimension.
            DuplicateId: an id is given twice.
            ValueError: a value is not finite. In all cases nothing is changed.
        """

    def remove(self, collection: str, ids: IdsLike) -> None:
        """Remove vectors by id.

        Raises:
            IdNotFound: the collection does not hold an id; then nothing is removed.
            UnknownCollection: there is none of that name.
        """

    def drop(self, collection: str) -> None:
        """Forget a collection.

        Raises:
            UnknownCollection: there is none of that name.
        """

    def size(self, collection: str) -> int:
        """How many vectors a collection has."""

    def dim(self, collection: str) -> int:
        """Dimensions of the vectors of a collection."""

    def __repr__(self) -> str: ...

@final
class FsBackend(NativeBackend):
    """Collections in files of one directory, in the format ruvec1. Thread-safe.

    A collection is the file ``<collection>.ruvec1`` unless another name is registered for it. Its
    generation is the identity of the file's content: size, times, inode and a digest of its ends, or
    with ``full_hash=True`` a digest of all bytes, which is equal on every host.

    >>> import numpy as np, ruvector, tempfile
    >>> disk = ruvector.FsBackend("disk", root=tempfile.mkdtemp())
    >>> disk.write("docs", ids=[1, 2], vectors=np.eye(2, 8, dtype=np.float32)).name
    'docs.ruvec1'
    >>> disk.list_collections()
    ['docs']
    """

    def __init__(
        self,
        name: str,
        root: str | os.PathLike[str],
        *,
        full_hash: bool = False,
        lenient: bool = False,
        data_ref_prefix: str = "",
    ) -> None: ...
    def register_collection(self, collection: str, filename: str) -> None:
        """Let a collection be the file of another name in the root.

        Raises:
            ValueError: the name is no plain file name.
        """

    def write(
        self, collection: str, ids: IdsLike, vectors: Matrix, *, filename: str | None = None
    ) -> Path:
        """Replace a collection's file atomically.

        Returns:
            The file's path.
        """

    def __repr__(self) -> str: ...

@final
class RuLake:
    """A cache in front of the stores that already hold the vectors.

    It pulls a collection once, compresses it into a ``RabitqPlusIndex`` and answers from memory; a
    witness proves that what it serves is what the store holds. ``RuLake.builder()`` takes parameters,
    ``RuLake()`` has the defaults. A key is a pair (backend, collection).

    Thread-safe: any number of threads may call anything at once. Of concurrent searches of a
    collection that is not cached one pulls it and the others wait. All calls let other Python
    threads run.

    >>> import numpy as np, ruvector
    >>> lake, hot = ruvector.RuLake(), ruvector.LocalBackend("hot")
    >>> hot.upsert("docs", ids=[1, 2, 3], vectors=np.eye(3, 8, dtype=np.float32))
    >>> lake.register_backend(hot)
    >>> lake.search_one("docs", np.eye(3, 8, dtype=np.float32)[1], k=1)
    [LakeHit(backend='hot', collection='docs', id=2, score=0.0)]
    """

    def __init__(self) -> None: ...
    def register_backend(self, backend: BackendAdapter | NativeBackend) -> None:
        """Add a store: a native backend or an instance of a subclass of ``BackendAdapter``.

        Raises:
            TypeError: it is neither.
            ValueError: a backend of the same id is there.
        """

    def unregister_backend(self, backend: str) -> None:
        """Remove a store, and drop what is cached of it.

        Raises:
            UnknownBackend: there is none of that id.
        """

    def backend_ids(self) -> list[str]:
        """Names of the backends, sorted."""

    def set_consistency(
        self, key: LakeKey, consistency: Consistency | None, *, ttl_ms: int | None = None
    ) -> None:
        """Give one collection another consistency than the lake's.

        Args:
            key: The pair (backend, collection).
            consistency: None: the lake's again.
            ttl_ms: Under ``Consistency.EVENTUAL``. Default the lake's.

        >>> import ruvector
        >>> lake = ruvector.RuLake()
        >>> lake.register_backend(ruvector.LocalBackend("hot"))
        >>> lake.set_consistency(("hot", "docs"), ruvector.Consistency.EVENTUAL, ttl_ms=500)
        """

    def search_one(
        self,
        collection: str,
        query: Query,
        k: int,
        *,
        backend: str | None = None,
        rerank_factor: int | None = None,
        confidence: float | None = None,
        recall: float | None = None,
        radius: float | None = None,
        allowed_ids: IdsLike | None = None,
        encoder: Embedder | str | None = None,
    ) -> list[LakeHit]:
        """Find the ``k`` nearest vectors of a collection, pulling it when it is not cached.

        Args:
            collection: Its name.
            query: ``dim`` finite float32 values, C-contiguous, read without a copy; a plain
                sequence of floats works, too, and is slower.
            k: How many hits are wanted. ``k=0`` gives none.
            backend: The store. Default the only one that has the collection.
            rerank_factor: Compute exactly ``rerank_factor * k`` exact distances, 1..1024. Default
                the lake's.
            confidence: Probability that a true neighbour is not lost to the error bound of its
                code, in (0, 1]. Default 0.999.
            recall: Of a collection that is divided into lists (``RuLakeBuilder.partition_above``):
                the share of true neighbours to be found, in (0, 1], 1 for a search of all lists.
                Default 0.99. Of others all vectors are searched, whatever it is.
            radius: Only hits with a score of at most this.
            allowed_ids: Only these vectors. Default all.
            encoder: What made the query, an ``Embedder`` or a name: a collection of another encoder
                refuses it.

        Returns:
            The hits, nearest first, equal scores by the smaller id.

        Raises:
            UnknownBackend, UnknownCollection: there is none of that name.
            BackendError: what the store said; its ``__cause__`` is the exception of a user's
                adapter.
            DimensionMismatch: the query has another dimension.
            EncoderMismatch: the query is of another encoder than the collection.
            ValueError: a value is not finite or outside its range, or several backends have the
                collection and none is named.

        >>> import numpy as np, ruvector
        >>> lake, hot = ruvector.RuLake(), ruvector.LocalBackend("hot")
        >>> hot.upsert("docs", ids=[1, 2, 3], vectors=np.eye(3, 8, dtype=np.float32))
        >>> lake.register_backend(hot)
        >>> hits = lake.search_one("docs", np.eye(3, 8, dtype=np.float32)[1], k=2, backend="hot")
        >>> [(hit.id, hit.score) for hit in hits]
        [(2, 0.0), (1, 2.0)]
        """

    def search_one_async(
        self,
        collection: str,
        query: Query,
        k: int,
        *,
        backend: str | None = None,
        rerank_factor: int | None = None,
        confidence: float | None = None,
        recall: float | None = None,
        radius: float | None = None,
        allowed_ids: IdsLike | None = None,
        encoder: Embedder | str | None = None,
    ) -> Coroutine[Any, Any, list[LakeHit]]:
        """``search_one`` for coroutines: ``hits = await lake.search_one_async("docs", query, k=10)``.

        The search starts at once, on threads of the library, with a copy of the query; what it
        gives can be awaited, gathered or made a task. Cancelling the task ends the search, and a
        pull that nobody else waits for. Works on asyncio and uvloop.

        Raises:
            RuntimeError: no event loop is running.

        >>> import asyncio, numpy as np, ruvector
        >>> async def main():
        ...     lake, hot = ruvector.RuLake(), ruvector.LocalBackend("hot")
        ...     hot.upsert("docs", ids=[1, 2, 3], vectors=np.eye(3, 8, dtype=np.float32))
        ...     lake.register_backend(hot)
        ...     return await lake.search_one_async("docs", np.eye(3, 8, dtype=np.float32)[2], k=1)
        >>> asyncio.run(main())
        [LakeHit(backend='hot', collection='docs', id=3, score=0.0)]
        """

    def search_batch(
        self,
        collection: str,
        queries: Matrix,
        k: int,
        *,
        backend: str | None = None,
        rerank_factor: int | None = None,
        confidence: float | None = None,
        recall: float | None = None,
        radius: float | None = None,
        allowed_ids: IdsLike | None = None,
        encoder: Embedder | str | None = None,
    ) -> list[list[LakeHit]]:
        """Search a collection for each row of ``queries``, (n, dim); the backend is asked once for all.

        The other arguments and the errors are those of ``search_one``.

        >>> import numpy as np, ruvector
        >>> lake, hot = ruvector.RuLake(), ruvector.LocalBackend("hot")
        >>> hot.upsert("docs", ids=[1, 2, 3], vectors=np.eye(3, 8, dtype=np.float32))
        >>> lake.register_backend(hot)
        >>> rows = lake.search_batch("docs", np.eye(3, 8, dtype=np.float32), k=1)
        >>> [hits[0].id for hits in rows]
        [1, 2, 3]
        """

    def search_batch_async(
        self,
        collection: str,
        queries: Matrix,
        k: int,
        *,
        backend: str | None = None,
        rerank_factor: int | None = None,
        confidence: float | None = None,
        recall: float | None = None,
        radius: float | None = None,
        allowed_ids: IdsLike | None = None,
        encoder: Embedder | str | None = None,
    ) -> Coroutine[Any, Any, list[list[LakeHit]]]:
        """``search_batch`` for coroutines; see ``search_one_async``."""

    def search_federated(
        self,
        targets: str | Sequence[LakeKey],
        query: Query,
        k: int,
        *,
        deadline_ms: int | None = None,
        partial: Literal["error", "allow"] = "error",
        rerank_factor: int | None = None,
        confidence: float | None = None,
        recall: float | None = None,
        radius: float | None = None,
        allowed_ids: IdsLike | None = None,
        encoder: Embedder | str | None = None,
    ) -> FederatedHits:
        """Search several collections at once and merge the hits by (score, backend, collection, id).

        Args:
            targets: A collection, which is searched in every backend that has it, or a list of keys.
            query: As in ``search_one``.
            k: How many hits are wanted in all.
            deadline_ms: How long to wait for each backend. Its pull goes on for later searches.
            partial: ``"error"``: a collection that cannot be searched fails the search.
                ``"allow"``: it is left out and named in ``skipped``.
            rerank_factor: As in ``search_one``.
            confidence: As in ``search_one``.
            recall: As in ``search_one``.
            radius: As in ``search_one``.
            allowed_ids: As in ``search_one``.
            encoder: As in ``search_one``.

        Returns:
            A list of hits that also says which keys were ``searched`` and which ``skipped``.

        >>> import numpy as np, ruvector
        >>> lake = ruvector.RuLake()
        >>> for name in ("hot", "cold"):
        ...     backend = ruvector.LocalBackend(name)
        ...     backend.upsert("docs", ids=[1, 2], vectors=np.eye(2, 8, dtype=np.float32))
        ...     lake.register_backend(backend)
        >>> hits = lake.search_federated("docs", np.eye(2, 8, dtype=np.float32)[0], k=2)
        >>> [(hit.backend, hit.id) for hit in hits]
        [('cold', 1), ('hot', 1)]
        >>> hits.searched, hits.skipped
        ((('cold', 'docs'), ('hot', 'docs')), ())
        """

    def search_federated_async(
        self,
        targets: str | Sequence[LakeKey],
        query: Query,
        k: int,
        *,
        deadline_ms: int | None = None,
        partial: Literal["error", "allow"] = "error",
        rerank_factor: int | None = None,
        confidence: float | None = None,
        recall: float | None = None,
        radius: float | None = None,
        allowed_ids: IdsLike | None = None,
        encoder: Embedder | str | None = None,
    ) -> Coroutine[Any, Any, FederatedHits]:
        """``search_federated`` for coroutines; see ``search_one_async``."""

    def publish_bundle(self, key: LakeKey, directory: str | os.PathLike[str]) -> Path:
        """Write ``directory/table.rulake.json`` for the backend's present version, atomically.

        Returns:
            The file's path.
        """

    def refresh_from_bundle_dir(
        self, key: LakeKey, directory: str | os.PathLike[str], *, lenient: bool = False
    ) -> RefreshResult:
        """Drop what is cached of ``key`` when the bundle in ``directory`` is of other data.

        Raises:
            BundleError, WitnessMismatch: the bundle cannot be trusted; nothing has changed.
        """

    def save_cache_to_dir(self, key: LakeKey, directory: str | os.PathLike[str]) -> Path:
        """Save what is cached of ``key``: the index, then the bundle that names it and its digest.

        Returns:
            The index's path.

        Raises:
            CacheMissError: nothing is cached.
        """

    def warm_from_dir(
        self,
        key: LakeKey,
        directory: str | os.PathLike[str],
        *,
        lenient: bool = False,
        verify: bool = False,
    ) -> int:
        """Map a saved snapshot as what is cached of ``key``; the backend need not be registered.

        Args:
            key: The pair (backend, collection).
            directory: What ``save_cache_to_dir`` wrote.
            lenient: Take snapshots of the original ruLake, too, which no digest binds to their bundle.
            verify: Read the whole file and compare its digest; otherwise the header and the small
                sections are checked.

        Returns:
            How many vectors the snapshot holds.
        """

    def invalidate_cache(self, key: LakeKey) -> None:
        """Drop what is cached of a collection, if anything is."""

    def cache_stats(self) -> CacheStats:
        """What the cache has done since the lake was made; prints as a table.

        >>> import ruvector
        >>> stats = ruvector.RuLake().cache_stats()
        >>> stats.hits, stats.hit_rate()
        (0, None)
        """

    def cache_stats_by_backend(self) -> dict[str, PerBackendStats]:
        """The counters of each backend that was searched."""

    def cache_stats_by_collection(self) -> dict[LakeKey, PerBackendStats]:
        """The counters of each collection that was searched."""

    def cache_witness_of(self, key: LakeKey) -> str | None:
        """The witness of what is cached of a collection; None when nothing is."""

    def cache_entry_count(self) -> int:
        """How many versions are cached."""

    def cache_refcount_of(self, witness: str) -> int:
        """How many collections the version with this witness serves."""

    def __contains__(self, key: object) -> bool:
        """Whether a collection is cached."""

    def __repr__(self) -> str: ...
    def session(self) -> LakeSession:
        """Begin searches that see each collection as it was at the first of them.

        >>> import numpy as np, ruvector
        >>> lake, hot = ruvector.RuLake(), ruvector.LocalBackend("hot")
        >>> hot.upsert("docs", ids=[1], vectors=np.ones((1, 8), dtype=np.float32))
        >>> lake.register_backend(hot)
        >>> with lake.session() as session:
        ...     for _ in range(3):
        ...         hits = session.search_one("docs", np.ones(8, dtype=np.float32), k=1)
        >>> lake.cache_stats().checks
        1
        """

    @staticmethod
    def builder() -> RuLakeBuilder:
        """Start a lake with parameters of its own; ``build()`` ends it.

        >>> import ruvector
        >>> lake = ruvector.RuLake.builder().rerank_factor(20).max_cache_entries(1_000).build()
        """

@final
class LakeSession:
    """Searches of a lake with one coherence check for each collection. See ``RuLake.session``.

    Thread-safe. The versions that it saw stay cached until it ends.
    """

    def search_one(
        self,
        collection: str,
        query: Query,
        k: int,
        *,
        backend: str | None = None,
        rerank_factor: int | None = None,
        confidence: float | None = None,
        recall: float | None = None,
        radius: float | None = None,
        allowed_ids: IdsLike | None = None,
        encoder: Embedder | str | None = None,
    ) -> list[LakeHit]:
        """As ``RuLake.search_one``."""

    def search_batch(
        self,
        collection: str,
        queries: Matrix,
        k: int,
        *,
        backend: str | None = None,
        rerank_factor: int | None = None,
        confidence: float | None = None,
        recall: float | None = None,
        radius: float | None = None,
        allowed_ids: IdsLike | None = None,
        encoder: Embedder | str | None = None,
    ) -> list[list[LakeHit]]:
        """As ``RuLake.search_batch``."""

    def search_federated(
        self,
        targets: Sequence[LakeKey],
        query: Query,
        k: int,
        *,
        deadline_ms: int | None = None,
        partial: Literal["error", "allow"] = "error",
        rerank_factor: int | None = None,
        confidence: float | None = None,
        recall: float | None = None,
        radius: float | None = None,
        allowed_ids: IdsLike | None = None,
        encoder: Embedder | str | None = None,
    ) -> FederatedHits:
        """As ``RuLake.search_federated``, for named backends."""

    def __enter__(self) -> LakeSession: ...
    def __exit__(self, *error: object) -> None: ...

@final
class RuLakeBuilder:
    """The parameters of a lake to be; each method returns the builder.

    >>> import ruvector
    >>> builder = ruvector.RuLake.builder().consistency(ruvector.Consistency.EVENTUAL).ttl_ms(500)
    >>> builder.build()
    RuLake(backends=[], cached=0)
    """

    def rerank_factor(self, factor: int | None) -> RuLakeBuilder:
        """Exact distances for each wanted hit, 1..1024. None: the error bound decides."""

    def rotation_seed(self, seed: int) -> RuLakeBuilder:
        """Seed of the random rotation; part of the witness. Default 42."""

    def partition_above(self, vectors: int | None) -> RuLakeBuilder:
        """Divide collections of more vectors than this into lists when they are pulled.

        A search then visits but the most promising lists, as many as its ``recall=`` needs; that is
        several times faster, and compressing such a collection takes about ten times as long. Default
        1,000,000; None: none is divided, and every search compares all codes.
        """

    def metric(self, metric: MetricName) -> RuLakeBuilder:
        """``'l2'`` (default), ``'ip'`` or ``'cosine'``."""

    def encoder(self, encoder: Embedder | str | None) -> RuLakeBuilder:
        """What made all vectors of the lake: an ``Embedder``, or a name for another encoder.

        Bundles and snapshots carry it. Those of another encoder are refused, and so are queries that say
        ``encoder=`` another one: ``EncoderMismatch``. A bundle that names none counts as of this one.
        """

    def consistency(self, consistency: Consistency) -> RuLakeBuilder:
        """When a search asks the backend whether what is cached is still right. Default FRESH."""

    def ttl_ms(self, ttl_ms: int) -> RuLakeBuilder:
        """Under ``Consistency.EVENTUAL``: at most every so many milliseconds. Default 1000."""

    def max_cache_entries(self, entries: int | None) -> RuLakeBuilder:
        """How many versions may be cached; the one not used for longest is dropped."""

    def max_cache_bytes(self, nbytes: int | None) -> RuLakeBuilder:
        """How much memory the cache may take."""

    def cache_dir(self, directory: str | os.PathLike[str] | None) -> RuLakeBuilder:
        """Keep the vectors in mapped files here instead of memory; nothing is left behind."""

    def signing_key(self, key: bytes | None) -> RuLakeBuilder:
        """Ed25519 private key, 32 bytes, that signs what is published and saved."""

    def trusted_keys(self, keys: Sequence[bytes]) -> RuLakeBuilder:
        """Ed25519 public keys. When there are any, a bundle that none of them signed is refused."""

    def build(self) -> RuLake:
        """Make the lake. The builder may be used again.

        Raises:
            ValueError: a parameter is outside its range.
        """

@final
class ArrowBatches:
    """Iterates over (ids, vectors) of the record batches of a stream: read-only arrays, in place where the types permit it."""

    def __iter__(self) -> ArrowBatches: ...
    def __next__(self) -> tuple[NDArray[numpy.uint64], NDArray[numpy.float32]]: ...

def read_arrow_stream(
    stream: object, id_column: str, vector_column: str, *, backend: str, rows_before: int = 0
) -> ArrowBatches:
    """Takes over the stream in a capsule. Errors are BackendErrors of ``backend``; row numbers in their messages count from ``rows_before`` on."""

@final
class NativeEmbedder:
    """An encoder that runs in the library's own kernels. See ``ruvector.Embedder``.

    Thread-safe. All calls let other Python threads run.
    """

    @staticmethod
    def from_pretrained(
        name_or_directory: str, *, precision: str = "float32", cache_packed_weights: bool = True
    ) -> NativeEmbedder:
        """Open a model whose files are there already; never uses the network.

        Raises:
            ModelNotFound: neither a known model nor a directory, or files are missing.
            ModelDigestMismatch: a file has other bytes than the pinned ones.
            EmbedError: a file cannot be used.
            ValueError: the model does not have that precision.
        """

    @property
    def name(self) -> str:
        """Name of the model, or its directory."""

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""

    @property
    def precision(self) -> Precision:
        """What the weights are multiplied in."""

    @property
    def takes_images(self) -> bool:
        """Whether it takes images; else it takes texts."""

    @property
    def max_tokens(self) -> int | None:
        """Word pieces of a text that count, with [CLS] and [SEP]; None of images."""

    @property
    def recipe_digest(self) -> str:
        """SHA-256 over the recipe and the model's files."""

    @property
    def memory_bytes(self) -> int:
        """Bytes of memory; what is mapped from files is not counted."""

    def embed(
        self, text: str, *, prompt: Prompt = None, threads: int | None = None
    ) -> NDArray[numpy.float32]:
        """The vector of one text, (dim)."""

    def embed_async(
        self, text: str, *, prompt: Prompt = None, threads: int | None = None
    ) -> Coroutine[Any, Any, NDArray[numpy.float32]]:
        """``embed`` for coroutines."""

    def embed_batch(
        self,
        texts: Sequence[str],
        *,
        batch_size: int | None = None,
        prompt: Prompt = None,
        progress: Progress = None,
        threads: int | None = None,
    ) -> NDArray[numpy.float32]:
        """A row for each text, (n, dim)."""

    def embed_batch_async(
        self, texts: Sequence[str], *, prompt: Prompt = None, threads: int | None = None
    ) -> Coroutine[Any, Any, NDArray[numpy.float32]]:
        """``embed_batch`` for coroutines."""

    def tokenize(self, text: str, *, prompt: Prompt = None) -> list[int]:
        """The ids of the word pieces that the encoder sees, [CLS] and [SEP] included."""

    def embed_image(
        self, image: NDArray[numpy.uint8] | Buffer, *, threads: int | None = None
    ) -> NDArray[numpy.float32]:
        """The vector of one image (height, width, 3), (dim)."""

    def embed_image_async(
        self, image: NDArray[numpy.uint8] | Buffer, *, threads: int | None = None
    ) -> Coroutine[Any, Any, NDArray[numpy.float32]]:
        """``embed_image`` for coroutines."""

    def embed_images(
        self,
        images: NDArray[numpy.uint8] | Sequence[NDArray[numpy.uint8] | Buffer],
        *,
        progress: Progress = None,
        threads: int | None = None,
    ) -> NDArray[numpy.float32]:
        """A row for each image, (n, dim)."""

    def embed_images_async(
        self,
        images: NDArray[numpy.uint8] | Sequence[NDArray[numpy.uint8] | Buffer],
        *,
        threads: int | None = None,
    ) -> Coroutine[Any, Any, NDArray[numpy.float32]]:
        """``embed_images`` for coroutines."""

@final
class ModelFile:
    """A file whose bytes are known beforehand."""

    def __init__(self, name: str, *, size: int, sha256: str, url: str = "") -> None: ...
    @property
    def name(self) -> str:
        """Within the repository."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def sha256(self) -> str:
        """64 lower-case hexadecimal digits."""

    @property
    def url(self) -> str:
        """Where it comes from when that is no Hugging Face repository."""

@final
class Model:
    """A model: its pinned files and its recipe."""

    def __init__(
        self,
        name: str,
        *,
        repository: str,
        revision: str,
        files: list[ModelFile],
        max_tokens: int = 256,
        pooling: Literal["mean", "cls"] = "mean",
        query_prefix: str = "",
    ) -> None: ...
    @property
    def name(self) -> str:
        """What it is called here."""

    @property
    def aliases(self) -> list[str]:
        """Other names that mean it."""

    @property
    def repository(self) -> str:
        """On the Hugging Face hub, empty when it is not from there."""

    @property
    def revision(self) -> str:
        """A commit, or the digest of the only file."""

    @property
    def licence(self) -> str:
        """SPDX identifier."""

    @property
    def files(self) -> list[ModelFile]:
        """What it consists of."""

    @property
    def directory(self) -> Path:
        """Where its files lie once they are pulled."""

    @property
    def is_text(self) -> bool:
        """Whether it takes texts; otherwise images."""

    @property
    def max_tokens(self) -> int:
        """The limit of a text, 0 when it takes images."""

    @property
    def pooling(self) -> Literal["mean", "cls"]:
        """How tokens become one vector."""

    @property
    def query_prefix(self) -> str:
        """What is put before a query."""

    def recipe_digest(self) -> str:
        """SHA-256 over the recipe and the files: what encoders with comparable vectors share."""

def known_models() -> list[Model]:
    """All of them, sorted by name."""

def find_model(name: str) -> Model | None:
    """The one of that name or alias."""

def model_cache_directory() -> Path:
    """``RUVECTOR_CACHE``, else ``ruvector`` in the user's folder of caches."""

def find_model_file(model: Model, file: ModelFile, *, anew: bool = False) -> Path | None:
    """A file with its pinned bytes, in our cache or that of another library."""

def find_model_files(model: Model, *, anew: bool = False) -> list[Path]:
    """All files of a model, verified; ``ModelNotFound`` lists those that are missing."""

@final
class TaskStream:
    """The updates of one task, in order. See ``A2aClient.stream_task``.

    For coroutines it is an asynchronous iterator and context manager, for threads without an event loop
    an iterator and context manager that wait. One reader at a time: a second raises ``RuntimeError``.

    It ends when the task does, when the task waits for its caller, or when the answer is a message; a
    connection that breaks before is taken up again, and where updates may be missing a ``"warning"``
    says so. What cannot be mended raises ``StreamInterrupted``: it never just ends.

    A reader that is cancelled loses no update; the stream can be read on. Closing it closes the
    connection, and leaves the task running. A slow reader makes the agent wait.
    """

    def __aiter__(self) -> AsyncIterator[TaskUpdate]: ...
    def __anext__(self) -> Coroutine[Any, Any, TaskUpdate]: ...
    def aclose(self) -> Awaitable[None]:
        """Close the connection; a reader that waits sees the end. May be called again."""

    def close(self) -> None:
        """The same as ``aclose``, without coroutines."""

    def __aenter__(self) -> Awaitable[TaskStream]: ...
    def __aexit__(self, *error: object) -> Awaitable[None]: ...
    def __enter__(self) -> TaskStream: ...
    def __exit__(self, *error: object) -> None: ...
    def __iter__(self) -> Iterator[TaskUpdate]: ...
    def __next__(self) -> TaskUpdate: ...
    def __repr__(self) -> str: ...
    @property
    def task_id(self) -> str:
        """Id of the task; empty until the peer has named it."""

@final
class ArtifactAssembler:
    """Puts the pieces of artifacts together, by the rules of ``append`` and ``last_chunk``.

    Nothing is dropped: a piece that breaks a rule is kept, and ``add`` says so.

    >>> import ruvector
    >>> assembler = ruvector.ArtifactAssembler()
    >>> for i, text in enumerate(["What ", "is it?"]):
    ...     artifact = ruvector.Artifact("a1", (ruvector.Part(text),))
    ...     event = ruvector.TaskArtifactUpdateEvent("t1", artifact, append=i > 0, last_chunk=i == 1)
    ...     assert assembler.add(event) == ()
    >>> assembler.text("a1"), assembler.is_complete("a1")
    ('What is it?', True)
    """

    def __init__(self) -> None: ...
    def add(
        self, update: TaskUpdate | TaskArtifactUpdateEvent | Task
    ) -> tuple[ArtifactViolation, ...]:
        """Take an update of a stream; those that bring no artifact change nothing.

        A task's artifacts are complete, and replace what was put together under their ids.

        Returns:
            The rules that the piece breaks.
        """

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """What there is so far, in the order in which it began."""

    def is_complete(self, artifact_id: str) -> bool:
        """Whether the last piece of it came."""

    def text(self, artifact_id: str) -> str:
        """The texts of its parts, one after the other; empty when there is none of that id."""

@final
class NativeA2aClient:
    """The engine of ``ruvector.A2aClient``, which see. Thread-safe."""

    @staticmethod
    def connect(
        url: str, options: dict[str, Any], make: Callable[[NativeA2aClient], T]
    ) -> Coroutine[Any, Any, T]: ...
    @staticmethod
    def connect_sync(
        url: str, options: dict[str, Any], make: Callable[[NativeA2aClient], T]
    ) -> T: ...
    @property
    def card(self) -> AgentCard:
        """The verified card; a new object each time."""

    @property
    def protocol(self) -> ProtocolName:
        """The dialect in use."""

    @property
    def binding(self) -> BindingName:
        """How calls are put into HTTP."""

    @property
    def endpoint(self) -> str:
        """Where calls go."""

    def stream_task(
        self,
        spec_or_id: TaskSpec | str,
        *,
        max_events: int,
        max_bytes: int,
        max_reconnects: int,
        idle_timeout_ms: int | None,
        cancel_remote: bool,
    ) -> TaskStream: ...
    def close(self) -> None: ...
    def send_task(self, spec: TaskSpec) -> Coroutine[Any, Any, Task]: ...
    def send_task_sync(self, spec: TaskSpec) -> Task: ...
    def get_task(self, id: str, history_length: int | None) -> Coroutine[Any, Any, Task]: ...
    def get_task_sync(self, id: str, history_length: int | None) -> Task: ...
    def list_tasks(
        self, context_id: str, page_token: str, page_size: int
    ) -> Coroutine[Any, Any, TaskPage]: ...
    def list_tasks_sync(self, context_id: str, page_token: str, page_size: int) -> TaskPage: ...
    def cancel_task(self, id: str) -> Coroutine[Any, Any, Task]: ...
    def cancel_task_sync(self, id: str) -> Task: ...
    def wait(self, id: str, interval_ms: int) -> Coroutine[Any, Any, Task]: ...
    def wait_sync(self, id: str, interval_ms: int) -> Task: ...
    def extended_card(self) -> Coroutine[Any, Any, AgentCard]: ...
    def extended_card_sync(self) -> AgentCard: ...
    def set_push_config(
        self, task_id: str, config: Mapping[str, Any]
    ) -> Coroutine[Any, Any, dict[str, Any]]: ...
    def set_push_config_sync(self, task_id: str, config: Mapping[str, Any]) -> dict[str, Any]: ...

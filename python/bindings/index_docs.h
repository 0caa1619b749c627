// Signatures and docstrings of the indexes.
#pragma once

namespace ruvector::bindings::docs {

inline constexpr const char* kIndex =
    R"(The surface that all indexes share. See ``ruvector.AnyIndex`` for annotations.

Thread-safe: any number of threads may search at once; calls that change the index wait
for them and exclude them. All calls let other Python threads run.)";

inline constexpr const char* kSearchSignature =
    "def search(self, query: Query, k: int, *, filter: FilterArray | None = None, "
    "confidence: float | None = None, rerank_factor: int | None = None, "
    "radius: float | None = None, recall: float | None = None, nprobe: int | None = None, "
    "threads: int | None = None, stats: bool = False) "
    "-> list[Hit] | tuple[list[Hit], SearchStats]";

inline constexpr const char* kSearch = R"(Find the ``k`` nearest vectors.

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
[Hit(id=0, score=2.0)])";

inline constexpr const char* kSearchBatchSignature =
    "def search_batch(self, queries: Matrix, k: int, *, filter: FilterArray | None = None, "
    "confidence: float | None = None, rerank_factor: int | None = None, "
    "radius: float | None = None, recall: float | None = None, nprobe: int | None = None, "
    "threads: int | None = None, stats: bool = False) "
    "-> tuple[NDArray[numpy.uint64], NDArray[numpy.float32]] "
    "| tuple[NDArray[numpy.uint64], NDArray[numpy.float32], SearchStats]";

inline constexpr const char* kSearchBatch =
    R"(Find the ``k`` nearest vectors of each of many queries, on several threads.

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
array([0, 1, 2, 3], dtype=uint64))";

inline constexpr const char* kAdd = R"(Add one vector of ``dim`` finite float32 values.

Raises:
    DuplicateId: the index holds the id; nothing is changed.
    DimensionMismatch: the vector has another dimension.
    ValueError: a value is not finite.)";

inline constexpr const char* kAddBatch =
    R"(Add vectors, (n, dim) float32, with their ids, (n) uint64.

All of them or, when an error is raised, none. ``progress`` is as in ``build``. Lists follow
the size of the index: after much growth a call takes longer for that.

Raises:
    DuplicateId: an id is held, or given twice.
    DimensionMismatch: the vectors have another dimension.
    ValueError: a value is not finite (the message names the row), or the counts differ.)";

inline constexpr const char* kRemove =
    R"(Remove the vectors of these ids. The last vectors move into the freed slots.

Raises:
    IdNotFound: the index does not hold an id; nothing is changed.
    DuplicateId: an id is given twice; nothing is changed.

>>> import numpy as np, ruvector
>>> index = ruvector.FlatF32Index.build(np.eye(4, dtype=np.float32))
>>> index.remove([0, 2])
>>> 2 in index, len(index)
(False, 2))";

inline constexpr const char* kCalibrate =
    R"(Learn anew how far a search must go for the ``recall`` that it is asked for.

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
True)";

inline constexpr const char* kPartitions =
    "Lists that the vectors are divided into now; None: a search compares all codes.";

inline constexpr const char* kCompact =
    "Give back memory that is held for growth, and put lists side by side.";

inline constexpr const char* kSave = R"(Write the index to a file.

After a crash at any moment the old file or the new one is there, whole.

Raises:
    PersistError: the file cannot be written; an old file stays as it was.)";

inline constexpr const char* kSerialize =
    "The bytes that ``save`` writes; ``deserialize`` reads them.";

inline constexpr const char* kGetItem =
    R"(A copy of the vector of ``id`` as it was added, float32 (dim).

Raises:
    IdNotFound: the index does not hold the id.
    RowsNotKept: the index keeps codes only.)";

inline constexpr const char* kIter = R"(Pairs of id and vector (read-only, without a copy), by slot.

The pairs are those of the moment of the call, also when the index changes meanwhile.

Raises:
    RowsNotKept: the index keeps codes only.)";

inline constexpr const char* kArray =
    R"(The vectors by slot, float32 (n, dim), read-only and without a copy unless one is asked
for.

Raises:
    RowsNotKept: the index keeps codes only.
    ValueError: ``copy=False`` and a dtype that needs a copy.

>>> import numpy as np, ruvector
>>> np.asarray(ruvector.FlatF32Index.build(np.eye(2, dtype=np.float32)))
array([[1., 0.],
       [0., 1.]], dtype=float32))";

inline constexpr const char* kEquals =
    "Whether both hold the same vectors, ids and codes in the same order, by the same parameters.";

inline constexpr const char* kIds =
    "The ids by slot, uint64 (n), read-only; they stay as they are when the index changes later.";

inline constexpr const char* kMemoryUsage =
    R"(Bytes by region; ``spare`` is memory held for growth. The sum is ``memory_bytes``.

>>> import numpy as np, ruvector
>>> index = ruvector.FlatF32Index.build(np.eye(4, dtype=np.float32))
>>> sum(index.memory_usage().values()) == index.memory_bytes
True)";

inline constexpr const char* kBuild = R"(Build an index of ``vectors``, on several threads.

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
107)";

inline constexpr const char* kBuildFrom =
    R"(Build an index of vectors that need not fit into memory twice; the same index as ``build``
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
True)";

inline constexpr const char* kLoad =
    R"(Load an index from a file that ``save`` wrote, by mapping it: nothing is read before it
is used.

The file must not be changed while the index lives; replacing it (as ``save`` does) is
fine. ``verify=True`` checks every checksum now, instead of the header's alone.

Raises:
    PersistError: the file cannot be read, is damaged, or holds another class of index.)";

inline constexpr const char* kDeserialize = R"(Make an index of the bytes that ``serialize`` gave.

Raises:
    PersistError: the bytes are damaged, or hold another class of index.)";

inline constexpr const char* kSaveV1 = R"(Write format version 1, which older programs read.

Raises:
    PersistError: the file cannot be written, an id is above 2**32 - 1, or the metric is
        not l2.)";

inline constexpr const char* kFlat =
    R"(Exact search over float32 rows. Use it when n is small, or for ground truth.

``seed``, ``bits`` and ``rerank_factor`` are not used.)";

inline constexpr const char* kRabitq =
    R"(Codes only: scores are estimates from a quantised query. Use it when memory is what
matters.)";

inline constexpr const char* kPlus =
    R"(Codes and rows: the error bound of the estimate decides which rows are read, and scores
are exact.

The default choice: recall 1.0 at a fraction of the cost of ``FlatF32Index``.)";

inline constexpr const char* kAsym =
    R"(Codes, compared with the full-precision query; with ``rerank_factor`` above 0 rows, too.

The best recall that codes alone give.)";

}  // namespace ruvector::bindings::docs

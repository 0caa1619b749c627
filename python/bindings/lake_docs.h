// Signatures and docstrings of ruLake.
#pragma once

namespace ruvector::bindings::docs {

inline constexpr const char* kSearchOneSignature =
    "def search_one(self, collection: str, query: Query, k: int, *, backend: str | None = "
    "None, rerank_factor: int | None = None, confidence: float | None = None, radius: "
    "float | None = None, allowed_ids: IdsLike | None = None) -> list[LakeHit]";

inline constexpr const char* kSearchOneAsyncSignature =
    "def search_one_async(self, collection: str, query: Query, k: int, *, backend: str | "
    "None = None, rerank_factor: int | None = None, confidence: float | None = None, "
    "radius: float | None = None, allowed_ids: IdsLike | None = None) -> Coroutine[Any, "
    "Any, list[LakeHit]]";

inline constexpr const char* kLakeSearchBatchSignature =
    "def search_batch(self, collection: str, queries: Matrix, k: int, *, backend: str | "
    "None = None, rerank_factor: int | None = None, confidence: float | None = None, "
    "radius: float | None = None, allowed_ids: IdsLike | None = None) -> "
    "list[list[LakeHit]]";

inline constexpr const char* kSearchBatchAsyncSignature =
    "def search_batch_async(self, collection: str, queries: Matrix, k: int, *, backend: "
    "str | None = None, rerank_factor: int | None = None, confidence: float | None = "
    "None, radius: float | None = None, allowed_ids: IdsLike | None = None) -> "
    "Coroutine[Any, Any, list[list[LakeHit]]]";

inline constexpr const char* kSearchFederatedSignature =
    "def search_federated(self, targets: str | Sequence[LakeKey], query: Query, k: int, "
    "*, deadline_ms: int | None = None, partial: Literal['error', 'allow'] = 'error', "
    "rerank_factor: int | None = None, confidence: float | None = None, radius: float | "
    "None = None, allowed_ids: IdsLike | None = None) -> FederatedHits";

inline constexpr const char* kSearchFederatedAsyncSignature =
    "def search_federated_async(self, targets: str | Sequence[LakeKey], query: Query, k: "
    "int, *, deadline_ms: int | None = None, partial: Literal['error', 'allow'] = "
    "'error', rerank_factor: int | None = None, confidence: float | None = None, radius: "
    "float | None = None, allowed_ids: IdsLike | None = None) -> Coroutine[Any, Any, "
    "FederatedHits]";

inline constexpr const char* kSessionFederatedSignature =
    "def search_federated(self, targets: Sequence[LakeKey], query: Query, k: int, *, "
    "deadline_ms: int | None = None, partial: Literal['error', 'allow'] = 'error', "
    "rerank_factor: int | None = None, confidence: float | None = None, radius: float | "
    "None = None, allowed_ids: IdsLike | None = None) -> FederatedHits";

inline constexpr const char* kRuLake =
    R"(A cache in front of the stores that already hold the vectors.

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
[LakeHit(backend='hot', collection='docs', id=2, score=0.0)])";

inline constexpr const char* kRuLakeBuilder =
    R"(Start a lake with parameters of its own; ``build()`` ends it.

>>> import ruvector
>>> lake = ruvector.RuLake.builder().rerank_factor(20).max_cache_entries(1_000).build())";

inline constexpr const char* kBuilder =
    R"(The parameters of a lake to be; each method returns the builder.

>>> import ruvector
>>> builder = ruvector.RuLake.builder().consistency(ruvector.Consistency.EVENTUAL).ttl_ms(500)
>>> builder.build()
RuLake(backends=[], cached=0))";

inline constexpr const char* kBuilderBuild =
    R"(Make the lake. The builder may be used again.

Raises:
    ValueError: a parameter is outside its range.)";

inline constexpr const char* kRegisterBackend =
    R"(Add a store: a native backend or an instance of a subclass of ``BackendAdapter``.

Raises:
    TypeError: it is neither.
    ValueError: a backend of the same id is there.)";

inline constexpr const char* kUnregisterBackend =
    R"(Remove a store, and drop what is cached of it.

Raises:
    UnknownBackend: there is none of that id.)";

inline constexpr const char* kSetConsistency =
    R"(Give one collection another consistency than the lake's.

Args:
    key: The pair (backend, collection).
    consistency: None: the lake's again.
    ttl_ms: Under ``Consistency.EVENTUAL``. Default the lake's.

>>> import ruvector
>>> lake = ruvector.RuLake()
>>> lake.register_backend(ruvector.LocalBackend("hot"))
>>> lake.set_consistency(("hot", "docs"), ruvector.Consistency.EVENTUAL, ttl_ms=500))";

inline constexpr const char* kSearchOne =
    R"(Find the ``k`` nearest vectors of a collection, pulling it when it is not cached.

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
    radius: Only hits with a score of at most this.
    allowed_ids: Only these vectors. Default all.

Returns:
    The hits, nearest first, equal scores by the smaller id.

Raises:
    UnknownBackend, UnknownCollection: there is none of that name.
    BackendError: what the store said; its ``__cause__`` is the exception of a user's
        adapter.
    DimensionMismatch: the query has another dimension.
    ValueError: a value is not finite or outside its range, or several backends have the
        collection and none is named.

>>> import numpy as np, ruvector
>>> lake, hot = ruvector.RuLake(), ruvector.LocalBackend("hot")
>>> hot.upsert("docs", ids=[1, 2, 3], vectors=np.eye(3, 8, dtype=np.float32))
>>> lake.register_backend(hot)
>>> hits = lake.search_one("docs", np.eye(3, 8, dtype=np.float32)[1], k=2, backend="hot")
>>> [(hit.id, hit.score) for hit in hits]
[(2, 0.0), (1, 2.0)])";

inline constexpr const char* kSearchOneAsync =
    R"(``search_one`` for coroutines: ``hits = await lake.search_one_async("docs", query, k=10)``.

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
[LakeHit(backend='hot', collection='docs', id=3, score=0.0)])";

inline constexpr const char* kLakeSearchBatch =
    R"(Search a collection for each row of ``queries``, (n, dim); the backend is asked once for all.

The other arguments and the errors are those of ``search_one``.

>>> import numpy as np, ruvector
>>> lake, hot = ruvector.RuLake(), ruvector.LocalBackend("hot")
>>> hot.upsert("docs", ids=[1, 2, 3], vectors=np.eye(3, 8, dtype=np.float32))
>>> lake.register_backend(hot)
>>> rows = lake.search_batch("docs", np.eye(3, 8, dtype=np.float32), k=1)
>>> [hits[0].id for hits in rows]
[1, 2, 3])";

inline constexpr const char* kSearchBatchAsync =
    R"(``search_batch`` for coroutines; see ``search_one_async``.)";

inline constexpr const char* kSearchFederated =
    R"(Search several collections at once and merge the hits by (score, backend, collection, id).

Args:
    targets: A collection, which is searched in every backend that has it, or a list of keys.
    query: As in ``search_one``.
    k: How many hits are wanted in all.
    deadline_ms: How long to wait for each backend. Its pull goes on for later searches.
    partial: ``"error"``: a collection that cannot be searched fails the search.
        ``"allow"``: it is left out and named in ``skipped``.
    rerank_factor: As in ``search_one``.
    confidence: As in ``search_one``.
    radius: As in ``search_one``.
    allowed_ids: As in ``search_one``.

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
((('cold', 'docs'), ('hot', 'docs')), ()))";

inline constexpr const char* kSearchFederatedAsync =
    R"(``search_federated`` for coroutines; see ``search_one_async``.)";

inline constexpr const char* kPublishBundle =
    R"(Write ``directory/table.rulake.json`` for the backend's present version, atomically.

Returns:
    The file's path.)";

inline constexpr const char* kRefresh =
    R"(Drop what is cached of ``key`` when the bundle in ``directory`` is of other data.

Raises:
    BundleError, WitnessMismatch: the bundle cannot be trusted; nothing has changed.)";

inline constexpr const char* kSaveCache =
    R"(Save what is cached of ``key``: the index, then the bundle that names it and its digest.

Returns:
    The index's path.

Raises:
    CacheMissError: nothing is cached.)";

inline constexpr const char* kWarm =
    R"(Map a saved snapshot as what is cached of ``key``; the backend need not be registered.

Args:
    key: The pair (backend, collection).
    directory: What ``save_cache_to_dir`` wrote.
    lenient: Take snapshots of the original ruLake, too, which no digest binds to their bundle.
    verify: Read the whole file and compare its digest; otherwise the header and the small
        sections are checked.

Returns:
    How many vectors the snapshot holds.)";

inline constexpr const char* kCacheStats =
    R"(What the cache has done since the lake was made; prints as a table.

>>> import ruvector
>>> stats = ruvector.RuLake().cache_stats()
>>> stats.hits, stats.hit_rate()
(0, None))";

inline constexpr const char* kLakeSession =
    R"(Begin searches that see each collection as it was at the first of them.

>>> import numpy as np, ruvector
>>> lake, hot = ruvector.RuLake(), ruvector.LocalBackend("hot")
>>> hot.upsert("docs", ids=[1], vectors=np.ones((1, 8), dtype=np.float32))
>>> lake.register_backend(hot)
>>> with lake.session() as session:
...     for _ in range(3):
...         hits = session.search_one("docs", np.ones(8, dtype=np.float32), k=1)
>>> lake.cache_stats().checks
1)";

inline constexpr const char* kSession =
    R"(Searches of a lake with one coherence check for each collection. See ``RuLake.session``.

Thread-safe. The versions that it saw stay cached until it ends.)";

inline constexpr const char* kNativeBackend =
    R"(The base of the backends that are written in C++.)";

inline constexpr const char* kPullVectors =
    R"(The whole collection, as read-only arrays.

Raises:
    UnknownCollection: there is none of that name.)";

inline constexpr const char* kGeneration =
    R"(The present version of a collection: it changes with the data and means nothing else.

Raises:
    UnknownCollection: there is none of that name.)";

inline constexpr const char* kCurrentBundle = R"(The bundle of a collection's present version.)";

inline constexpr const char* kLocalBackend =
    R"(Collections in this process's memory. Thread-safe.

>>> import numpy as np, ruvector
>>> hot = ruvector.LocalBackend("hot")
>>> hot.upsert("docs", ids=[1, 2], vectors=np.eye(2, 8, dtype=np.float32))
>>> hot
LocalBackend('hot', collections=['docs'])
>>> hot.size("docs"), hot.dim("docs")
(2, 8))";

inline constexpr const char* kUpsert =
    R"(Replace or add vectors by id; makes the collection if there is none. Copies the rows.

Args:
    collection: Its name.
    ids: One id per vector.
    vectors: (n, dim) finite float32 values.

Raises:
    DimensionMismatch: the collection has another dimension.
    DuplicateId: an id is given twice.
    ValueError: a value is not finite. In all cases nothing is changed.)";

inline constexpr const char* kLocalRemove =
    R"(Remove vectors by id.

Raises:
    IdNotFound: the collection does not hold an id; then nothing is removed.
    UnknownCollection: there is none of that name.)";

inline constexpr const char* kDrop =
    R"(Forget a collection.

Raises:
    UnknownCollection: there is none of that name.)";

inline constexpr const char* kFsBackend =
    R"(Collections in files of one directory, in the format ruvec1. Thread-safe.

A collection is the file ``<collection>.ruvec1`` unless another name is registered for it. Its
generation is the identity of the file's content: size, times, inode and a digest of its ends, or
with ``full_hash=True`` a digest of all bytes, which is equal on every host.

>>> import numpy as np, ruvector, tempfile
>>> disk = ruvector.FsBackend("disk", root=tempfile.mkdtemp())
>>> disk.write("docs", ids=[1, 2], vectors=np.eye(2, 8, dtype=np.float32)).name
'docs.ruvec1'
>>> disk.list_collections()
['docs'])";

inline constexpr const char* kRegisterCollection =
    R"(Let a collection be the file of another name in the root.

Raises:
    ValueError: the name is no plain file name.)";

inline constexpr const char* kFsWrite =
    R"(Replace a collection's file atomically.

Returns:
    The file's path.)";

inline constexpr const char* kBundle =
    R"(The sidecar file ``table.rulake.json``: which data a cache entry was made of, with its witness.

Byte for byte the format of the original ruLake, version 2.

>>> import ruvector
>>> bundle = ruvector.RuLakeBundle(
...     data_ref="gs://bucket/x.parquet", dim=128, rotation_seed=42, rerank_factor=20, generation=7
... )
>>> bundle.rvf_witness[:16]
'7eac1775d1f76a4d'
>>> ruvector.RuLakeBundle.from_json(bundle.to_json()) == bundle
True)";

inline constexpr const char* kRequireWitness =
    R"(Raise unless the witness is that of the other fields.

Raises:
    WitnessMismatch: it is not.)";

inline constexpr const char* kSign =
    R"(Sign all other fields with an Ed25519 private ``key``, 32 bytes.

>>> import ruvector
>>> bundle = ruvector.RuLakeBundle(
...     data_ref="x", dim=8, rotation_seed=42, rerank_factor=20, generation="v1"
... )
>>> bundle.sign(bytes(range(32)))
>>> bundle.verify_signature(bytes.fromhex(bundle.public_key))
True)";

inline constexpr const char* kToJson =
    R"(The JSON text, without a final newline.

Raises:
    BundleError: a field is above its limit.)";

inline constexpr const char* kFromJson =
    R"(Read the JSON text; does not verify the witness.

Raises:
    BundleError: not JSON, a key missing, doubled or of another type, a field above its limit, a
        newer format.)";

inline constexpr const char* kWriteToDir =
    R"(Write ``directory/table.rulake.json`` atomically.

Returns:
    The file's path.)";

inline constexpr const char* kReadFromDir =
    R"(Read ``directory/table.rulake.json`` and verify its witness and signature.

Args:
    directory: Where the bundle lies.
    lenient: Take what the original ruLake silently accepts.
    trusted_keys: When there are any, a bundle that none of these Ed25519 keys signed is refused.

Raises:
    BundleError, WitnessMismatch: the bundle cannot be trusted.
    PersistError: the file cannot be read.)";

}  // namespace ruvector::bindings::docs

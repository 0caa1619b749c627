// Signatures and docstrings of ruLake.
#pragma once

namespace ruvector::bindings::docs {

inline constexpr const char* kSearchOneSignature =
    "def search_one(self, collection: str, query: Query, k: int, *, backend: str | None = None, "
    "rerank_factor: int | None = None, confidence: float | None = None, recall: float | None = "
    "None, radius: float | None = None, allowed_ids: IdsLike | None = None, encoder: Embedder | "
    "str | None = None) -> list[LakeHit]";

inline constexpr const char* kSearchOneAsyncSignature =
    "def search_one_async(self, collection: str, query: Query, k: int, *, backend: str | None = "
    "None, rerank_factor: int | None = None, confidence: float | None = None, recall: float | "
    "None = None, radius: float | None = None, allowed_ids: IdsLike | None = None, encoder: "
    "Embedder | str | None = None) -> Coroutine[Any, Any, list[LakeHit]]";

inline constexpr const char* kLakeSearchBatchSignature =
    "def search_batch(self, collection: str, queries: Matrix, k: int, *, backend: str | None = "
    "None, rerank_factor: int | None = None, confidence: float | None = None, recall: float | "
    "None = None, radius: float | None = None, allowed_ids: IdsLike | None = None, encoder: "
    "Embedder | str | None = None) -> list[list[LakeHit]]";

inline constexpr const char* kSearchBatchAsyncSignature =
    "def search_batch_async(self, collection: str, queries: Matrix, k: int, *, backend: str | "
    "None = None, rerank_factor: int | None = None, confidence: float | None = None, recall: "
    "float | None = None, radius: float | None = None, allowed_ids: IdsLike | None = None, "
    "encoder: Embedder | str | None = None) -> Coroutine[Any, Any, list[list[LakeHit]]]";

inline constexpr const char* kSearchFederatedSignature =
    "def search_federated(self, targets: str | Sequence[LakeKey], query: Query, k: int, *, "
    "deadline_ms: int | None = None, partial: Literal['error', 'allow'] = 'error', "
    "rerank_factor: int | None = None, confidence: float | None = None, recall: float | None = "
    "None, radius: float | None = None, allowed_ids: IdsLike | None = None, encoder: Embedder | "
    "str | None = None) -> FederatedHits";

inline constexpr const char* kSearchFederatedAsyncSignature =
    "def search_federated_async(self, targets: str | Sequence[LakeKey], query: Query, k: int, *, "
    "deadline_ms: int | None = None, partial: Literal['error', 'allow'] = 'error', "
    "rerank_factor: int | None = None, confidence: float | None = None, recall: float | None = "
    "None, radius: float | None = None, allowed_ids: IdsLike | None = None, encoder: Embedder | "
    "str | None = None) -> Coroutine[Any, Any, FederatedHits]";

inline constexpr const char* kSessionFederatedSignature =
    "def search_federated(self, targets: Sequence[LakeKey], query: Query, k: int, *, "
    "deadline_ms: int | None = None, partial: Literal['error', 'allow'] = 'error', "
    "rerank_factor: int | None = None, confidence: float | None = None, recall: float | None = "
    "None, radius: float | None = None, allowed_ids: IdsLike | None = None, encoder: Embedder | "
    "str | None = None) -> FederatedHits";

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

inline constexpr const char* kBuilderEncoder =
    R"(What made all vectors of the lake: an ``Embedder``, or a name for another encoder.

Bundles and snapshots carry it. Those of another encoder are refused, and so are queries that say
``encoder=`` another one: ``EncoderMismatch``. A bundle that names none counts as of this one.)";

inline constexpr const char* kBuilderPartitionAbove =
    R"(Divide collections of more vectors than this into lists when they are pulled.

A search then visits but the most promising lists, as many as its ``recall=`` needs; that is
several times faster, and compressing such a collection takes about ten times as long. Default
1,000,000; None: none is divided, and every search compares all codes.)";

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

}  // namespace ruvector::bindings::docs

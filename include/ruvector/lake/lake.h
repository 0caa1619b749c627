// A cache in front of the stores that already hold the vectors. It pulls a collection once,
// compresses it into a RabitqPlusIndex and answers from memory; a witness proves that what it
// serves is what the store holds.
//
// Thread-safe: any number of threads may call anything at once. A search holds no lock while it
// scans. Of concurrent searches of a collection that is not cached one pulls it and the others
// wait. Copies share one lake.
#pragma once

#include <atomic>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ruvector/base/matrix_view.h"
#include "ruvector/lake/backend.h"
#include "ruvector/lake/bundle.h"
#include "ruvector/lake/types.h"

namespace ruvector {

namespace lake {
class Core;
}  // namespace lake

// Where a search of all codes takes some 2 ms, and the time to divide a collection is worth it.
inline constexpr std::size_t kPartitionAbove = 1'000'000;

struct LakeParams {
  std::optional<std::uint32_t> rerank_factor = {};  // absent: the error bound decides
  std::uint64_t rotation_seed = 42;
  // Collections of more vectors are divided into lists when they are pulled, 1 or more; a search
  // then finds the `recall` that it asks for. It takes about ten times as long to compress such a
  // collection. Absent: none is divided.
  std::optional<std::size_t> partition_above = kPartitionAbove;
  Metric metric = Metric::l2;
  Consistency consistency = Consistency::fresh;
  std::chrono::milliseconds ttl{1000};  // under Consistency::eventual
  std::optional<std::size_t> max_cache_entries = {};
  std::optional<std::size_t> max_cache_bytes = {};
  // Cached vectors live in mapped files here (removed at once, so that nothing is left behind)
  // instead of memory.
  std::optional<std::filesystem::path> cache_dir = {};
  std::optional<Ed25519PrivateKey> signing_key = {};  // signs what is published and saved
  std::vector<Ed25519PublicKey> trusted_keys = {};    // see ReadParams
  // What made all vectors of the lake: Embedder::recipe_digest(), or a name of your own for another
  // encoder, 1..256 bytes. Bundles and snapshots carry it; those of another encoder are refused
  // (EncoderMismatch). One that names none counts as of this encoder.
  std::optional<std::string> encoder = {};
};

// An asynchronous search in flight. Thread-safe.
class PendingSearch {
 public:
  // The search need not be finished; its callback comes with Cancelled if it has not yet.
  void cancel();

 private:
  friend class RuLake;
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

class LakeSession;

class RuLake {
 public:
  // Throws std::invalid_argument.
  explicit RuLake(const LakeParams& params = {});

  // --- backends
  // Throws std::invalid_argument when one of its id is there.
  void register_backend(std::shared_ptr<BackendAdapter> backend);
  // Drops what is cached of it. Throws UnknownBackend.
  void unregister_backend(const std::string& id);
  std::vector<std::string> backend_ids() const;  // sorted
  // For one collection another consistency than the lake's; none: the lake's again.
  void set_consistency(const LakeKey& key, std::optional<Consistency> consistency,
                       std::optional<std::chrono::milliseconds> ttl = {});

  // --- searches: scores ascending, ties by the smaller id; k = 0 and empty collections give no hit
  // Throws UnknownBackend, UnknownCollection, BackendError (what the store said),
  // DimensionMismatch, EncoderMismatch, std::invalid_argument.
  std::vector<LakeHit> search_one(const LakeKey& key, std::span<const float> query, std::size_t k,
                                  const LakeSearchParams& params = {}) const;
  // One check of the backend for all queries, (rows, dim).
  std::vector<std::vector<LakeHit>> search_batch(const LakeKey& key, MatrixView queries,
                                                 std::size_t k,
                                                 const LakeSearchParams& params = {}) const;
  // All at once, each for a few more than k hits so that the merged k are right.
  FederatedHits search_federated(std::span<const LakeKey> keys, std::span<const float> query,
                                 std::size_t k, const FederatedParams& params = {}) const;
  // Every backend that has the collection; UnknownCollection when none has.
  FederatedHits search_federated(const std::string& collection, std::span<const float> query,
                                 std::size_t k, const FederatedParams& params = {}) const;
  // The key of the only backend that has the collection. Throws UnknownCollection, and
  // std::invalid_argument when several have it.
  LakeKey resolve(const std::string& collection) const;
  // One check of each backend for all searches of the session.
  LakeSession session() const;

  // --- the same without waiting: `done` is called once, on a thread of the library, with the
  // outcome; it must not block. Queries are copied.
  template <class T>
  using Done = std::function<void(T result, std::exception_ptr error)>;
  PendingSearch search_one_async(const LakeKey& key, std::vector<float> query, std::size_t k,
                                 const LakeSearchParams& params,
                                 Done<std::vector<LakeHit>> done) const;
  PendingSearch search_batch_async(const LakeKey& key, std::vector<float> queries, std::size_t rows,
                                   std::size_t k, const LakeSearchParams& params,
                                   Done<std::vector<std::vector<LakeHit>>> done) const;
  // Of the only backend that has the collection, see resolve().
  PendingSearch search_one_async(const std::string& collection, std::vector<float> query,
                                 std::size_t k, const LakeSearchParams& params,
                                 Done<std::vector<LakeHit>> done) const;
  PendingSearch search_batch_async(const std::string& collection, std::vector<float> queries,
                                   std::size_t rows, std::size_t k, const LakeSearchParams& params,
                                   Done<std::vector<std::vector<LakeHit>>> done) const;
  PendingSearch search_federated_async(std::span<const LakeKey> keys, std::vector<float> query,
                                       std::size_t k, const FederatedParams& params,
                                       Done<FederatedHits> done) const;
  PendingSearch search_federated_async(const std::string& collection, std::vector<float> query,
                                       std::size_t k, const FederatedParams& params,
                                       Done<FederatedHits> done) const;

  // --- bundles and snapshots
  // Writes directory/table.rulake.json for the backend's present version. Returns its path. Throws
  // EncoderMismatch when the backend tells another encoder than the lake's.
  std::filesystem::path publish_bundle(const LakeKey& key,
                                       const std::filesystem::path& directory) const;
  // Drops what is cached of `key` when the bundle there is of other data. Throws BundleError,
  // WitnessMismatch, EncoderMismatch.
  RefreshResult refresh_from_bundle_dir(const LakeKey& key, const std::filesystem::path& directory,
                                        bool lenient = false) const;
  // Writes the cached version: the index under a name of its own, then the bundle that names it and
  // its digest. Returns the index's path. Throws CacheMissError when nothing is cached.
  std::filesystem::path save_cache_to_dir(const LakeKey& key,
                                          const std::filesystem::path& directory) const;
  // Maps a saved snapshot as the cached version of `key`; returns its rows. The backend need not be
  // registered. `verify` reads the whole file; otherwise its header and small sections are checked.
  // Throws PersistError, BundleError, WitnessMismatch, EncoderMismatch.
  std::size_t warm_from_dir(const LakeKey& key, const std::filesystem::path& directory,
                            bool lenient = false, bool verify = false) const;

  // --- the cache
  void invalidate_cache(const LakeKey& key) const;  // nothing when nothing is cached
  CacheStats cache_stats() const;
  std::map<std::string, PerBackendStats> cache_stats_by_backend() const;
  std::map<LakeKey, PerBackendStats> cache_stats_by_collection() const;
  std::optional<std::string> cache_witness_of(const LakeKey& key) const;
  std::size_t cache_entry_count() const;
  std::size_t cache_refcount_of(const std::string& witness) const;  // keys that serve it
  bool contains(const LakeKey& key) const;                          // whether `key` is cached

 private:
  PendingSearch search_keys_async(const std::vector<LakeKey>& keys, bool skip_unknown,
                                  std::vector<float> query, std::size_t k,
                                  const FederatedParams& params, Done<FederatedHits> done) const;
  std::shared_ptr<lake::Core> core_;
};

// Searches that see each collection as it was at the session's first search of it. Thread-safe.
class LakeSession {
 public:
  std::vector<LakeHit> search_one(const LakeKey& key, std::span<const float> query, std::size_t k,
                                  const LakeSearchParams& params = {});
  std::vector<std::vector<LakeHit>> search_batch(const LakeKey& key, MatrixView queries,
                                                 std::size_t k,
                                                 const LakeSearchParams& params = {});
  FederatedHits search_federated(std::span<const LakeKey> keys, std::span<const float> query,
                                 std::size_t k, const FederatedParams& params = {});

 private:
  friend class RuLake;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ruvector

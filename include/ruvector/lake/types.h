// Values that go into and come out of ruLake.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ruvector/index/types.h"

namespace ruvector {

// A collection of a backend.
struct LakeKey {
  std::string backend;
  std::string collection;
  friend auto operator<=>(const LakeKey&, const LakeKey&) = default;
};

// When a search asks the backend whether what is cached is still what the store holds.
enum class Consistency {
  fresh,     // at each search: an answer is never older than its question
  eventual,  // at most every ttl; while a newer version is pulled the old one is served
  frozen,    // never
};
inline constexpr Consistency kStale = Consistency::frozen;

struct LakeHit {
  std::shared_ptr<const LakeKey> key;  // shared by all hits of one collection
  Id id = 0;
  float score = 0;

  const std::string& backend() const { return key->backend; }
  const std::string& collection() const { return key->collection; }
  friend bool operator==(const LakeHit& a, const LakeHit& b) {
    return *a.key == *b.key && a.id == b.id && a.score == b.score;
  }
};

enum class RefreshResult { up_to_date, invalidated, bundle_missing };

// Counted since the lake was made. Each search counts as one hit or one miss per collection.
struct PerBackendStats {
  std::uint64_t hits = 0;           // answered from the cache
  std::uint64_t misses = 0;         // had to wait for a pull, or for another search's
  std::uint64_t primes = 0;         // indexes built
  std::uint64_t invalidations = 0;  // cached versions dropped because they were old, or by request
  std::uint64_t shared_hits = 0;    // versions taken over from another key without a pull
  // Of all searches, the part that were hits; none before the first.
  std::optional<double> hit_rate() const;
  friend bool operator==(const PerBackendStats&, const PerBackendStats&) = default;
};

struct CacheStats : PerBackendStats {
  std::uint64_t warm_installs = 0;  // from snapshots
  std::uint64_t evictions = 0;      // to stay below the caps
  std::uint64_t checks = 0;         // questions for a generation; concurrent searches share one
  std::uint64_t pulls = 0;          // whole collections
  std::uint64_t incremental = 0;    // pulls of changes alone
  std::uint64_t failures = 0;       // checks and pulls that failed
  double total_prime_ms = 0;        // building, without the pull
  double last_prime_ms = 0;
  std::size_t entries = 0;  // now
  std::size_t bytes = 0;    // now, of memory; rows that are mapped from a file are not counted
  std::optional<double> avg_prime_ms() const;
  friend bool operator==(const CacheStats&, const CacheStats&) = default;
};

// What one search asks for beside query and k.
struct LakeSearchParams {
  std::optional<std::uint32_t> rerank_factor = {};  // absent: the lake's
  std::optional<float> confidence = {};             // see SearchParams
  std::optional<float> recall = {};  // the same, of a collection in lists; absent: 0.99
  std::optional<float> radius = {};
  std::span<const Id> allowed_ids = {};  // unless empty: only these
  // What made the query: refused (EncoderMismatch) by a collection that is known to be of another
  // encoder. Absent: nothing is compared.
  std::optional<std::string> encoder = {};
  // Called on the waiting thread every 50 ms while a collection is pulled (0, 0) and compressed
  // (done, total); may throw to cancel. Not used by asynchronous searches.
  Progress progress = {};
};

enum class Partial {
  error,  // a collection that cannot be searched fails the search
  allow,  // it is left out and named in `skipped`
};

struct FederatedParams : LakeSearchParams {
  Partial partial = Partial::error;
  // For each collection: how long to wait for its backend. Its pull goes on for later searches.
  std::optional<std::chrono::milliseconds> deadline = {};
};

struct FederatedHits {
  struct Skipped {
    LakeKey key;
    std::string reason;
  };
  std::vector<LakeHit> hits;  // by (score, backend, collection, id), no key and id twice
  std::vector<LakeKey> searched;
  std::vector<Skipped> skipped;
};

}  // namespace ruvector

// What the cache did, counted exactly by any number of threads.
#pragma once

#include <atomic>
#include <cstdint>

#include "ruvector/lake/types.h"

namespace ruvector::lake {

struct Counters {
  std::atomic<std::uint64_t> hits{0};
  std::atomic<std::uint64_t> misses{0};
  std::atomic<std::uint64_t> primes{0};
  std::atomic<std::uint64_t> invalidations{0};
  std::atomic<std::uint64_t> shared_hits{0};

  void add_to(PerBackendStats& stats) const {
    stats.hits += hits;
    stats.misses += misses;
    stats.primes += primes;
    stats.invalidations += invalidations;
    stats.shared_hits += shared_hits;
  }
};

// Of the whole lake.
struct LakeCounters : Counters {
  std::atomic<std::uint64_t> warm_installs{0};
  std::atomic<std::uint64_t> evictions{0};
  std::atomic<std::uint64_t> checks{0};
  std::atomic<std::uint64_t> pulls{0};
  std::atomic<std::uint64_t> incremental{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> total_prime_ns{0};
  std::atomic<std::uint64_t> last_prime_ns{0};
};

}  // namespace ruvector::lake

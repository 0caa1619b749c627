// From what a backend holds to a cache entry: pull, check, compress.
// Thread-safe: a function of its arguments.
#pragma once

#include "lake/cache.h"
#include "lake/counters.h"
#include "ruvector/lake/backend.h"
#include "ruvector/lake/lake.h"

namespace ruvector::lake {

// The factor in bundles of a lake that has none of its own: the usual one of the original.
inline constexpr std::uint32_t kUsualRerankFactor = 20;

class Priming {
 public:
  Priming(const LakeParams& params, const Cache& cache, LakeCounters& counters)
      : params_(params), cache_(cache), counters_(counters) {}

  // The version of `state`'s collection that `backend` holds now, `generation` or a later one;
  // from the pool when it is there, by its changes when the backend tells them. Not installed.
  // Throws LakeError, and what `progress` throws.
  EntryPtr prime(KeyState& state, BackendAdapter& backend, const Generation& generation,
                 const Progress& progress) const;

  RuLakeBundle bundle_of(std::string data_ref, std::size_t dim, Generation generation) const;

 private:
  EntryPtr pull_and_build(KeyState& state, BackendAdapter& backend, const std::string& data_ref,
                          const Progress& progress) const;
  std::shared_ptr<Entry> apply_changes(KeyState& state, BackendAdapter& backend,
                                       const std::string& data_ref, const EntryPtr& old,
                                       const Progress& progress) const;
  std::shared_ptr<Entry> build(KeyState& state, const PulledBatch& batch, RuLakeBundle bundle,
                               const Progress& progress) const;
  std::shared_ptr<Entry> finish(KeyState& state, RuLakeBundle bundle, RabitqPlusIndex index,
                                Clock::time_point started) const;

  const LakeParams& params_;
  const Cache& cache_;
  LakeCounters& counters_;
};

}  // namespace ruvector::lake

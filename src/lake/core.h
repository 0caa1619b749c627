// What the copies of one lake share. The parts know nothing of each other but by the references
// they are given here.
// Thread-safe: every part is.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "lake/backends.h"
#include "lake/cache.h"
#include "lake/coherence.h"
#include "lake/counters.h"
#include "lake/gathering.h"
#include "lake/priming.h"
#include "lake/search.h"
#include "ruvector/lake/lake.h"

namespace ruvector::lake {

// What a search is answered from.
struct Served {
  KeyStatePtr state;
  EntryPtr entry;

  const KeyPtr& key() const { return state->key; }
};

class Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(const LakeParams& lake_params)
      : params(lake_params),
        cache({params.max_cache_entries, params.max_cache_bytes}, {params.consistency, params.ttl},
              counters),
        priming(params, cache, counters),
        coherence(backends, cache, priming, counters) {}

  // The version of `key` that a search which starts now may use; see Coherence::current.
  Served current(const LakeKey& key, const Progress& progress, const Asker& asker = {});
  // The keys without repetitions, each with its state, or with what is wrong with it.
  std::vector<Target> targets_of(std::span<const LakeKey> keys);
  // The state of `key`; its backend must be registered or have left a version in the cache.
  KeyStatePtr state_of(const LakeKey& key);
  // The collection in every backend, whether it is there or not.
  std::vector<LakeKey> keys_of(const std::string& collection) const;

  const LakeParams params;
  LakeCounters counters;
  Backends backends;
  Cache cache;
  Priming priming;
  Coherence coherence;

  // Which key a collection's name alone means, until the backends change.
  std::mutex resolved_mutex;
  std::uint64_t resolved_version = 0;
  std::map<std::string, LakeKey> resolved;
};

// One federated search, over versions that are at hand. `skip_unknown`: of backends that have no
// such collection nothing is said, unless none has it.
FederatedHits search_targets(const Core& core, std::vector<Target> targets,
                             std::span<const float> query, std::size_t k,
                             const FederatedParams& params, bool skip_unknown);

}  // namespace ruvector::lake

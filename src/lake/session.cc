#include <mutex>
#include <utility>

#include "lake/core.h"
#include "lake/federation.h"

namespace ruvector {

using lake::Served;
using lake::Target;

// The versions that the session has seen, which it keeps.
struct LakeSession::State {
  explicit State(std::shared_ptr<lake::Core> lake_core) : core(std::move(lake_core)) {}

  Served see(const LakeKey& key, const Progress& progress) {
    {
      const std::lock_guard lock(mutex);
      const auto found = seen.find(key);
      if (found != seen.end()) {
        core->coherence.count_hits(*found->second.state, 1);
        return found->second;
      }
    }
    Served served = core->current(key, progress);
    const std::lock_guard lock(mutex);
    return seen.try_emplace(key, std::move(served)).first->second;
  }

  // The version of the target that the session has seen, if it has.
  void find(Target& target) {
    const std::lock_guard lock(mutex);
    const auto found = seen.find(*target.key);
    if (found == seen.end()) return;
    core->coherence.count_hits(*found->second.state, 1);
    target.entry = found->second.entry;
    target.error = nullptr;
  }

  // Remembers the target's version, unless another search of the session was first.
  void keep(Target& target) {
    if (!target.entry || !target.state) return;
    const std::lock_guard lock(mutex);
    target.entry =
        seen.try_emplace(*target.key, Served{target.state, target.entry}).first->second.entry;
  }

  const std::shared_ptr<lake::Core> core;
  std::mutex mutex;
  std::map<LakeKey, Served> seen;
};

LakeSession RuLake::session() const {
  LakeSession session;
  session.state_ = std::make_shared<LakeSession::State>(core_);
  return session;
}

std::vector<LakeHit> LakeSession::search_one(const LakeKey& key, std::span<const float> query,
                                             std::size_t k, const LakeSearchParams& params) {
  const Served seen = state_->see(key, params.progress);
  return lake::search(*seen.entry, seen.key(), query, k, params,
                      state_->core->params.rerank_factor);
}

std::vector<std::vector<LakeHit>> LakeSession::search_batch(const LakeKey& key, MatrixView queries,
                                                            std::size_t k,
                                                            const LakeSearchParams& params) {
  const Served seen = state_->see(key, params.progress);
  return lake::search_batch(*seen.entry, seen.key(), queries, k, params,
                            state_->core->params.rerank_factor);
}

FederatedHits LakeSession::search_federated(std::span<const LakeKey> keys,
                                            std::span<const float> query, std::size_t k,
                                            const FederatedParams& params) {
  lake::Core& core = *state_->core;
  std::vector<Target> targets = core.targets_of(keys);
  for (Target& target : targets) state_->find(target);
  targets = lake::gather_here(core.coherence, state_->core, std::move(targets), params.deadline,
                              params.progress);
  for (Target& target : targets) state_->keep(target);
  return lake::search_targets(core, std::move(targets), query, k, params, false);
}

}  // namespace ruvector

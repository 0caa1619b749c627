#include <mutex>
#include <utility>

#include "lake/core.h"
#include "lake/federation.h"

namespace ruvector {

using lake::EntryPtr;
using lake::KeyPtr;
using lake::KeyStatePtr;
using lake::Target;

// The versions that the session has seen, which it keeps.
struct LakeSession::State {
  explicit State(std::shared_ptr<lake::Core> lake_core) : core(std::move(lake_core)) {}

  struct Seen {
    KeyStatePtr state;
    EntryPtr entry;
  };

  Seen see(const LakeKey& key, const Progress& progress) {
    {
      const std::lock_guard lock(mutex);
      const auto found = seen.find(key);
      if (found != seen.end()) return found->second;
    }
    KeyPtr shared_key;
    const EntryPtr entry = core->current(key, &shared_key, progress);
    const std::lock_guard lock(mutex);
    return seen.try_emplace(key, Seen{core->state_of(key), entry}).first->second;
  }

  const std::shared_ptr<lake::Core> core;
  std::mutex mutex;
  std::map<LakeKey, Seen> seen;
};

LakeSession RuLake::session() const {
  LakeSession session;
  session.state_ = std::make_shared<LakeSession::State>(core_);
  return session;
}

std::vector<LakeHit> LakeSession::search_one(const LakeKey& key, std::span<const float> query,
                                             std::size_t k, const LakeSearchParams& params) {
  const State::Seen seen = state_->see(key, params.progress);
  return lake::search(*seen.entry, seen.state->key, query, k, params,
                      state_->core->params.rerank_factor);
}

std::vector<std::vector<LakeHit>> LakeSession::search_batch(const LakeKey& key, MatrixView queries,
                                                            std::size_t k,
                                                            const LakeSearchParams& params) {
  const State::Seen seen = state_->see(key, params.progress);
  return lake::search_batch(*seen.entry, seen.state->key, queries, k, params,
                            state_->core->params.rerank_factor);
}

FederatedHits LakeSession::search_federated(std::span<const LakeKey> keys,
                                            std::span<const float> query, std::size_t k,
                                            const FederatedParams& params) {
  std::vector<Target> targets;
  for (const LakeKey& key : lake::distinct(keys)) {
    Target target;
    try {
      const State::Seen seen = state_->see(key, params.progress);
      target.state = seen.state;
      target.entry = seen.entry;
    } catch (const LakeError&) {
      target.state = state_->core->cache.obtain(key);
      target.error = std::current_exception();
    }
    targets.push_back(std::move(target));
  }
  return lake::search_targets(*state_->core, std::move(targets), query, k, params, false);
}

}  // namespace ruvector

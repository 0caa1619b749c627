#include "lake/core.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/parallel.h"
#include "lake/federation.h"
#include "lake/gathering.h"

namespace ruvector::lake {

KeyStatePtr Core::state_of(const LakeKey& key) {
  if (KeyStatePtr state = cache.find(key)) return state;
  backends.get(key.backend);  // names of backends that do not exist are not remembered
  return cache.obtain(key);
}

std::vector<LakeKey> Core::keys_of(const std::string& collection) const {
  std::vector<LakeKey> keys;
  for (const std::string& id : backends.ids()) keys.push_back({id, collection});
  if (keys.empty()) throw LakeError("search_federated: no backend is registered");
  return keys;
}

EntryPtr Core::current(const LakeKey& key, KeyPtr* shared_key, const Progress& progress) {
  KeyStatePtr state = state_of(key);
  *shared_key = state->key;
  try {
    return coherence.current(*state, shared_from_this(), progress);
  } catch (const UnknownCollection&) {
    state.reset();
    cache.forget_if_unused(key);
    throw;
  }
}

namespace {

bool is_unknown_collection(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const UnknownCollection&) {
    return true;
  } catch (...) {
    return false;
  }
}

// What the store said; anything but an error of a store is thrown on.
std::string reason_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const LakeError& lake_error) {
    return lake_error.what();
  }
}

// The targets that can be searched; the others go into `result` or are thrown.
std::vector<Target> searchable(std::vector<Target> targets, const FederatedParams& params,
                               bool skip_unknown, FederatedHits& result) {
  std::vector<Target> found;
  std::exception_ptr unknown;
  for (Target& target : targets) {
    if (target.entry) {
      result.searched.push_back(*target.state->key);
      found.push_back(std::move(target));
    } else if (skip_unknown && is_unknown_collection(target.error)) {
      unknown = target.error;
    } else if (params.partial == Partial::error) {
      std::rethrow_exception(target.error);
    } else {
      result.skipped.push_back({*target.state->key, reason_of(target.error)});
    }
  }
  if (found.empty() && result.skipped.empty() && unknown) std::rethrow_exception(unknown);
  return found;
}

}  // namespace

FederatedHits search_targets(const Core& core, std::vector<Target> targets,
                             std::span<const float> query, std::size_t k,
                             const FederatedParams& params, bool skip_unknown) {
  FederatedHits result;
  targets = searchable(std::move(targets), params, skip_unknown, result);
  const std::size_t shards = targets.size();
  LakeSearchParams shard_params = params;
  shard_params.rerank_factor =
      shard_rerank_factor(params.rerank_factor, core.params.rerank_factor, shards);
  const std::size_t wanted = over_request(k, shards);
  std::vector<std::vector<LakeHit>> found(shards);
  base::parallel_for(shards, 0, [&](std::size_t i, std::size_t) {
    found[i] = search(*targets[i].entry, targets[i].state->key, query, wanted, shard_params,
                      core.params.rerank_factor);
  });
  if (shards != 0) result.hits = merge(std::move(found), k);
  return result;
}

}  // namespace ruvector::lake

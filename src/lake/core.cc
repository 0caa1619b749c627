#include "lake/core.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/parallel.h"
#include "lake/encoder.h"
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

Served Core::current(const LakeKey& key, const Progress& progress, const Asker& asker) {
  KeyStatePtr state = state_of(key);
  try {
    EntryPtr entry = coherence.current(state, shared_from_this(), progress, asker);
    return {std::move(state), std::move(entry)};
  } catch (const UnknownCollection&) {
    cache.forget_if_unused(key);
    throw;
  } catch (const UnknownBackend&) {
    cache.forget_if_unused(key);
    throw;
  }
}

std::vector<Target> Core::targets_of(std::span<const LakeKey> keys) {
  std::vector<Target> targets;
  for (LakeKey& key : distinct(keys)) {
    Target target;
    try {
      target.state = state_of(key);
      target.key = target.state->key;
    } catch (const LakeError&) {
      target.key = std::make_shared<const LakeKey>(std::move(key));
      target.error = std::current_exception();
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

namespace {

bool is_of_unknown_name(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const UnknownCollection&) {
    return true;
  } catch (const UnknownBackend&) {  // since the search began
    return true;
  } catch (...) {
    return false;
  }
}

// What the store said; anything but an error about a store is thrown on.
std::string reason_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const LakeError& lake_error) {
    return lake_error.what();
  } catch (const DimensionMismatch& mismatch) {
    return mismatch.what();
  }
}

// Why what the target has cached cannot be compared with the query; null when it can.
std::exception_ptr misfit_of(const Target& target, std::size_t dim,
                             const std::optional<std::string>& encoder) {
  const Entry& entry = *target.entry;
  try {
    require_encoder(query_of(*target.key), entry.bundle.encoder, encoder);
    if (entry.dim == 0 || entry.dim == dim) return nullptr;
    throw DimensionMismatch(query_of(*target.key), entry.dim, dim);
  } catch (const RuVectorError&) {
    return std::current_exception();
  }
}

// A query that fits no collection is a wrong query; otherwise those that it does not fit cannot be
// searched.
void refuse_misfits(std::vector<Target>& targets, std::size_t dim,
                    const std::optional<std::string>& encoder) {
  std::exception_ptr misfit;
  for (Target& target : targets) {
    if (!target.entry) continue;
    target.error = misfit_of(target, dim, encoder);
    if (target.error && !misfit) misfit = target.error;
  }
  const bool some_fit = std::any_of(targets.begin(), targets.end(), [](const Target& target) {
    return target.entry && !target.error;
  });
  if (misfit && !some_fit) std::rethrow_exception(misfit);
  for (Target& target : targets) {
    if (target.error) target.entry = nullptr;
  }
}

// The targets that can be searched; the others go into `result` or are thrown.
std::vector<Target> searchable(std::vector<Target> targets, const FederatedParams& params,
                               bool skip_unknown, FederatedHits& result) {
  std::vector<Target> found;
  std::exception_ptr unknown;
  for (Target& target : targets) {
    if (target.entry) {
      result.searched.push_back(*target.key);
      found.push_back(std::move(target));
    } else if (skip_unknown && is_of_unknown_name(target.error)) {
      unknown = target.error;
    } else if (params.partial == Partial::error) {
      std::rethrow_exception(target.error);
    } else {
      result.skipped.push_back({*target.key, reason_of(target.error)});
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
  refuse_misfits(targets, query.size(), params.encoder);
  targets = searchable(std::move(targets), params, skip_unknown, result);
  const std::size_t shards = targets.size();
  LakeSearchParams shard_params = params;
  shard_params.rerank_factor =
      shard_rerank_factor(params.rerank_factor, core.params.rerank_factor, shards);
  const std::size_t wanted = over_request(k, shards);
  std::vector<std::vector<LakeHit>> found(shards);
  const auto search_shard = [&](std::size_t i) {
    found[i] = search(*targets[i].entry, targets[i].key, query, wanted, shard_params,
                      core.params.rerank_factor);
  };
  if (shards == 0) return result;
  // What the first one finds is a limit for the others, which need to look at little more than what
  // is below it. Always the first one, so that the answer depends on no timing.
  search_shard(0);
  if (k != 0 && found[0].size() >= k) {
    const float limit = found[0][k - 1].score;
    shard_params.radius = std::min(limit, shard_params.radius.value_or(limit));
  }
  base::parallel_for(shards - 1, 0, [&](std::size_t i, std::size_t) { search_shard(i + 1); });
  result.hits = merge(std::move(found), k);
  return result;
}

}  // namespace ruvector::lake

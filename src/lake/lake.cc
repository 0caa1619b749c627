#include "ruvector/lake/lake.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "lake/ask.h"
#include "lake/core.h"
#include "lake/encoder.h"

namespace ruvector {

using lake::Core;
using lake::EntryPtr;
using lake::KeyStatePtr;
using lake::Served;

namespace {

void require_params(const LakeParams& params) {
  if (params.rerank_factor &&
      (*params.rerank_factor < 1 || *params.rerank_factor > kMaxRerankFactor)) {
    throw std::invalid_argument("rerank_factor: " + std::to_string(*params.rerank_factor) +
                                " is not in 1.." + std::to_string(kMaxRerankFactor));
  }
  if (params.partition_above == std::size_t{0}) {
    throw std::invalid_argument("partition_above: 0 is not at least 1");
  }
  if (params.max_cache_entries == std::size_t{0}) {
    throw std::invalid_argument("max_cache_entries: 0 leaves room for no collection");
  }
  if (params.max_cache_bytes == std::size_t{0}) {
    throw std::invalid_argument("max_cache_bytes: 0 leaves room for no collection");
  }
  if (params.encoder) lake::require_encoder_name(*params.encoder);
  if (params.ttl < std::chrono::milliseconds(0)) {
    throw std::invalid_argument("ttl_ms: " + std::to_string(params.ttl.count()) + " is negative");
  }
}

double milliseconds_of(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

}  // namespace

std::optional<double> PerBackendStats::hit_rate() const {
  const std::uint64_t searches = hits + misses;
  if (searches == 0) return std::nullopt;
  return static_cast<double>(hits) / static_cast<double>(searches);
}

std::optional<double> CacheStats::avg_prime_ms() const {
  if (primes == 0) return std::nullopt;
  return total_prime_ms / static_cast<double>(primes);
}

RuLake::RuLake(const LakeParams& params) {
  require_params(params);
  core_ = std::make_shared<Core>(params);
}

void RuLake::register_backend(std::shared_ptr<BackendAdapter> backend) {
  core_->backends.add(std::move(backend));
}

void RuLake::unregister_backend(const std::string& id) {
  core_->backends.remove(id);
  core_->cache.forget_backend(id);
}

std::vector<std::string> RuLake::backend_ids() const { return core_->backends.ids(); }

void RuLake::set_consistency(const LakeKey& key, std::optional<Consistency> consistency,
                             std::optional<std::chrono::milliseconds> ttl) {
  if (ttl && *ttl < std::chrono::milliseconds(0)) {
    throw std::invalid_argument("ttl_ms: " + std::to_string(ttl->count()) + " is negative");
  }
  const KeyStatePtr state = core_->cache.obtain(key);
  const std::lock_guard lock(state->mutex);
  state->policy = {consistency.value_or(core_->params.consistency),
                   ttl.value_or(core_->params.ttl)};
}

// --- searches

std::vector<LakeHit> RuLake::search_one(const LakeKey& key, std::span<const float> query,
                                        std::size_t k, const LakeSearchParams& params) const {
  const Served served = core_->current(key, params.progress);
  return lake::search(*served.entry, served.key(), query, k, params, core_->params.rerank_factor);
}

std::vector<std::vector<LakeHit>> RuLake::search_batch(const LakeKey& key, MatrixView queries,
                                                       std::size_t k,
                                                       const LakeSearchParams& params) const {
  const Served served = core_->current(key, params.progress);
  return lake::search_batch(*served.entry, served.key(), queries, k, params,
                            core_->params.rerank_factor);
}

LakeKey RuLake::resolve(const std::string& collection) const {
  const std::uint64_t version = core_->backends.version();  // of the ids or an older one
  const std::vector<std::string> ids = core_->backends.ids();
  if (ids.size() == 1) return {ids[0], collection};
  {
    const std::lock_guard lock(core_->resolved_mutex);
    if (core_->resolved_version < version) {
      core_->resolved.clear();
      core_->resolved_version = version;
    }
    const auto known = core_->resolved.find(collection);
    if (known != core_->resolved.end()) return known->second;
  }
  std::vector<std::string> owners;
  for (const std::string& id : ids) {
    const lake::BackendPtr backend = core_->backends.find(id);
    if (backend == nullptr) continue;
    const std::vector<std::string> names =
        lake::ask({id, collection}, [&] { return backend->list_collections(); });
    if (std::find(names.begin(), names.end(), collection) != names.end()) owners.push_back(id);
  }
  if (owners.empty()) throw UnknownCollection(collection);
  if (owners.size() > 1) {
    throw std::invalid_argument("collection '" + collection + "' is in the backends '" + owners[0] +
                                "' and '" + owners[1] + "': name one, or search all of them");
  }
  const LakeKey key{owners[0], collection};
  const std::lock_guard lock(core_->resolved_mutex);
  if (core_->resolved_version == version) core_->resolved.insert_or_assign(collection, key);
  return key;
}

// --- the cache

void RuLake::invalidate_cache(const LakeKey& key) const {
  if (const KeyStatePtr state = core_->cache.find(key)) core_->cache.drop(*state);
}

CacheStats RuLake::cache_stats() const {
  const lake::LakeCounters& counters = core_->counters;
  CacheStats stats;
  counters.add_to(stats);
  stats.warm_installs = counters.warm_installs;
  stats.evictions = counters.evictions;
  stats.checks = counters.checks;
  stats.pulls = counters.pulls;
  stats.incremental = counters.incremental;
  stats.failures = counters.failures;
  stats.total_prime_ms = milliseconds_of(counters.total_prime_ns);
  stats.last_prime_ms = milliseconds_of(counters.last_prime_ns);
  stats.entries = core_->cache.entries();
  stats.bytes = core_->cache.bytes();
  return stats;
}

std::map<std::string, PerBackendStats> RuLake::cache_stats_by_backend() const {
  std::map<std::string, PerBackendStats> stats;
  for (const KeyStatePtr& state : core_->cache.states()) {
    state->counters.add_to(stats[state->key->backend]);
  }
  return stats;
}

std::map<LakeKey, PerBackendStats> RuLake::cache_stats_by_collection() const {
  std::map<LakeKey, PerBackendStats> stats;
  for (const KeyStatePtr& state : core_->cache.states()) {
    state->counters.add_to(stats[*state->key]);
  }
  return stats;
}

namespace {

EntryPtr served(const Core& core, const LakeKey& key) {
  const KeyStatePtr state = core.cache.find(key);
  if (state == nullptr) return nullptr;
  const std::lock_guard lock(state->mutex);
  return state->entry;
}

}  // namespace

std::optional<std::string> RuLake::cache_witness_of(const LakeKey& key) const {
  const EntryPtr entry = served(*core_, key);
  if (entry == nullptr) return std::nullopt;
  return entry->bundle.rvf_witness;
}

std::size_t RuLake::cache_entry_count() const { return core_->cache.entries(); }

std::size_t RuLake::cache_refcount_of(const std::string& witness) const {
  return core_->cache.references(witness);
}

bool RuLake::contains(const LakeKey& key) const { return served(*core_, key) != nullptr; }

}  // namespace ruvector

#include "lake/priming.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "lake/ask.h"
#include "lake/pulled.h"

namespace ruvector::lake {
namespace {

// A store that changes during each of so many pulls is not pulled again.
constexpr int kAttempts = 3;

// As kAutoPartitions takes, of any size.
std::size_t suitable_partitions(std::size_t rows) {
  return std::clamp<std::size_t>(
      static_cast<std::size_t>(2.0 * std::sqrt(static_cast<double>(rows))), 1,
      std::min(rows, kMaxPartitions));
}

}  // namespace

RuLakeBundle Priming::bundle_of(std::string data_ref, std::size_t dim,
                                Generation generation) const {
  RuLakeBundle bundle =
      RuLakeBundle::make(std::move(data_ref), dim, params_.rotation_seed,
                         params_.rerank_factor.value_or(kUsualRerankFactor), std::move(generation));
  bundle.encoder = params_.encoder;
  return bundle;
}

EntryPtr Priming::prime(KeyState& state, BackendAdapter& backend, const Generation& generation,
                        const Progress& progress) const {
  const LakeKey& key = *state.key;
  const std::string data_ref = ask(key, [&] { return backend.data_ref(key.collection); });
  if (EntryPtr entry = cache_.pooled({data_ref, generation, params_.rotation_seed})) {
    ++counters_.shared_hits;
    ++state.counters.shared_hits;
    return entry;
  }
  return pull_and_build(state, backend, data_ref, progress);
}

EntryPtr Priming::pull_and_build(KeyState& state, BackendAdapter& backend,
                                 const std::string& data_ref, const Progress& progress) const {
  const LakeKey& key = *state.key;
  EntryPtr old;
  {
    const std::lock_guard lock(state.mutex);
    old = state.entry;
  }
  Generation before;
  Generation after;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (progress) progress(0, 0);
    std::shared_ptr<Entry> changed;
    if (old && old->index && old->source.data_ref == data_ref &&
        old->source.rotation_seed == params_.rotation_seed) {
      changed = apply_changes(state, backend, data_ref, old, progress);
    }
    std::optional<PulledBatch> batch;
    if (!changed) {
      ++counters_.pulls;
      const auto chunks = ask(key, [&] { return backend.pull_chunks(key.collection); });
      if (chunks == nullptr) {
        throw BackendError(key.backend, "collection '" + key.collection + "': pull_chunks is null");
      }
      batch = join_chunks(key, *chunks, progress);
    }
    before = changed ? changed->source.generation : batch->generation;
    // The token and the data must be of one version.
    after = backend.pulls_snapshots()
                ? before
                : ask(key, [&] { return backend.generation(key.collection); });
    if (before != after) continue;
    if (changed) return changed;
    if (EntryPtr entry = cache_.pooled({data_ref, before, params_.rotation_seed})) return entry;
    return build(state, *batch, bundle_of(data_ref, batch->vectors.cols, before), progress);
  }
  throw BackendError(key.backend, "collection '" + key.collection +
                                      "': it changed during each of " + std::to_string(kAttempts) +
                                      " pulls, last from generation " + before.to_string() +
                                      " to " + after.to_string());
}

std::shared_ptr<Entry> Priming::build(KeyState& state, const PulledBatch& batch,
                                      RuLakeBundle bundle, const Progress& progress) const {
  const LakeKey& key = *state.key;
  if (batch.ids.rows == 0) return make_entry(std::move(bundle), std::nullopt, false);
  const Clock::time_point started = Clock::now();
  BuildParams build;
  build.ids = {batch.ids.data, batch.ids.rows};
  build.seed = params_.rotation_seed;
  build.metric = params_.metric;
  build.progress = progress;
  if (params_.partition_above && batch.ids.rows > *params_.partition_above) {
    build.partitions = suitable_partitions(batch.ids.rows);
  }
  return finish(state, std::move(bundle),
                with_data_of(key, [&] { return RabitqPlusIndex::build(batch.vectors, build); }),
                started);
}

std::shared_ptr<Entry> Priming::apply_changes(KeyState& state, BackendAdapter& backend,
                                              const std::string& data_ref, const EntryPtr& old,
                                              const Progress& progress) const {
  const LakeKey& key = *state.key;
  const std::optional<PulledChanges> changes =
      ask(key, [&] { return backend.pull_changes(key.collection, old->source.generation); });
  if (!changes) return nullptr;
  const Clock::time_point started = Clock::now();
  const PulledBatch& added = changes->added;
  require_sound(key, added);
  if (added.ids.rows != 0 && added.vectors.cols != old->dim) return nullptr;  // another collection
  RabitqPlusIndex index = *old->index;
  std::unordered_set<Id> leaving;
  const auto leave = [&](Id id) {
    if (index.contains(id)) leaving.insert(id);
  };
  for (const Id id : changes->removed) leave(id);
  for (std::size_t i = 0; i < added.ids.rows; ++i) leave(added.ids.data[i]);
  with_data_of(key, [&] {
    const std::vector<Id> ids(leaving.begin(), leaving.end());
    index.remove(ids);
    if (added.ids.rows == 0) return;
    index.add_batch({added.ids.data, added.ids.rows},
                    {added.vectors.data, added.vectors.rows, added.vectors.cols}, progress);
  });
  ++counters_.incremental;
  RuLakeBundle bundle = bundle_of(data_ref, old->dim, added.generation);
  bundle.encoder = old->bundle.encoder;  // of the rows that stay
  if (index.size() == 0) return make_entry(std::move(bundle), std::nullopt, false);
  return finish(state, std::move(bundle), std::move(index), started);
}

std::shared_ptr<Entry> Priming::finish(KeyState& state, RuLakeBundle bundle, RabitqPlusIndex index,
                                       Clock::time_point started) const {
  const bool mapped = params_.cache_dir.has_value();
  if (mapped) {
    std::error_code error;
    std::filesystem::create_directories(*params_.cache_dir, error);
    if (error) throw PersistError(*params_.cache_dir, "cannot be made: " + error.message());
    index.spill_to(*params_.cache_dir);
  }
  const auto took = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - started).count());
  counters_.total_prime_ns += took;
  counters_.last_prime_ns = took;
  ++counters_.primes;
  ++state.counters.primes;
  return make_entry(std::move(bundle), std::move(index), mapped);
}

}  // namespace ruvector::lake

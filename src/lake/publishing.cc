// Bundles and snapshots of what the lake serves.
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "lake/ask.h"
#include "lake/core.h"
#include "lake/directory_lock.h"
#include "lake/encoder.h"
#include "lake/snapshot.h"

namespace ruvector {

using lake::Core;
using lake::EntryPtr;
using lake::KeyStatePtr;

namespace {

EntryPtr served(const lake::KeyState& state) {
  const std::lock_guard lock(state.mutex);
  return state.entry;
}

// A bundle that names no encoder is of the lake's.
RuLakeBundle of_encoder(RuLakeBundle bundle, const std::optional<std::string>& encoder) {
  lake::require_encoder("the bundle", encoder, bundle.encoder);
  if (!bundle.encoder) bundle.encoder = encoder;
  return bundle;
}

// The bundle of the backend's present version: from the backend if it tells, else by a pull.
RuLakeBundle present_bundle(Core& core, const LakeKey& key) {
  const lake::BackendPtr backend = core.backends.get(key.backend);
  const std::uint32_t rerank_factor = core.params.rerank_factor.value_or(lake::kUsualRerankFactor);
  const std::optional<RuLakeBundle> told = lake::ask(key, [&] {
    return backend->current_bundle(key.collection, core.params.rotation_seed, rerank_factor);
  });
  if (told) {
    told->require_witness();
    return of_encoder(*told, core.params.encoder);
  }
  return core.current(key, {}, {.searches = 0, .takes_older = false}).entry->bundle;
}

ReadParams read_params(const Core& core, bool lenient) {
  return {.lenient = lenient, .trusted_keys = core.params.trusted_keys};
}

// An index under another metric or rotation would answer other questions.
void require_fit(const Core& core, const lake::Snapshot& snapshot, bool lenient) {
  if (snapshot.bundle.rotation_seed != core.params.rotation_seed && !lenient) {
    throw BundleError("the snapshot's rotation_seed is " +
                      std::to_string(snapshot.bundle.rotation_seed) + ", the lake's is " +
                      std::to_string(core.params.rotation_seed));
  }
  if (snapshot.index.metric() != core.params.metric) {
    throw BundleError("the snapshot's index has another metric than the lake");
  }
}

// An empty collection is saved as an index without rows.
RabitqPlusIndex saved_index(const Core& core, const lake::Entry& entry) {
  if (entry.index) return *entry.index;
  if (entry.dim == 0) throw LakeError("an empty collection without a dimension cannot be saved");
  BuildParams params;
  params.seed = core.params.rotation_seed;
  params.metric = core.params.metric;
  return RabitqPlusIndex::build(MatrixView{nullptr, 0, entry.dim}, params);
}

bool is_of_same_data(const RuLakeBundle& a, const RuLakeBundle& b) {
  return a.data_ref == b.data_ref && a.dim == b.dim && a.generation == b.generation &&
         a.rotation_seed == b.rotation_seed;
}

// A snapshot of the same data in the directory stays one: the new bundle names its index, too. Who
// signs vouches for it, so then the old bundle must be of the same hand.
void keep_index(RuLakeBundle& bundle, const std::filesystem::path& directory,
                const std::optional<Ed25519PrivateKey>& signing_key) {
  if (!RuLakeBundle::exists_in(directory)) return;
  ReadParams params;
  if (signing_key) params.trusted_keys = {public_key_of(*signing_key)};
  try {
    const RuLakeBundle old = RuLakeBundle::read_from_dir(directory, params);
    if (!is_of_same_data(old, bundle)) return;
    bundle.index_file = old.index_file;
    bundle.index_digest = old.index_digest;
  } catch (const RuVectorError&) {
    return;  // what cannot be trusted is replaced
  }
}

// The pages of a mapped index come with the searches that first use them, and threads start at the
// first of all. Some searches here, spread over the rows, leave little of that to the user's first:
// one reads all codes; more of them, while it takes no time that anybody notices, read rows.
void rehearse(const RabitqPlusIndex& index) {
  constexpr std::size_t kMost = 64;
  constexpr std::chrono::milliseconds kTime{5};
  const auto end = lake::Clock::now() + kTime;
  const SharedArray<float> rows = index.rows();
  for (std::size_t i = 0; i < std::min(kMost, rows.rows); ++i) {
    const float* row = rows.data + (i * rows.rows / kMost) % rows.rows * rows.row_stride;
    try {
      index.search({row, rows.cols}, 10);
    } catch (const std::invalid_argument&) {
      return;  // a damaged row, which is for `verify` to find
    }
    if (lake::Clock::now() > end) return;
  }
}

}  // namespace

std::filesystem::path RuLake::publish_bundle(const LakeKey& key,
                                             const std::filesystem::path& directory) const {
  present_bundle(*core_, key);  // a pull, if it takes one, holds nobody up
  std::error_code error;        // if it is one, the lock says so
  std::filesystem::create_directories(directory, error);
  // Who saves a snapshot here meanwhile would lose it to a bundle from before.
  const lake::DirectoryLock lock(directory);
  RuLakeBundle bundle = present_bundle(*core_, key);
  keep_index(bundle, directory, core_->params.signing_key);
  if (core_->params.signing_key) bundle.sign(*core_->params.signing_key);
  return bundle.write_to_dir(directory);
}

RefreshResult RuLake::refresh_from_bundle_dir(const LakeKey& key,
                                              const std::filesystem::path& directory,
                                              bool lenient) const {
  if (!RuLakeBundle::exists_in(directory)) return RefreshResult::bundle_missing;
  const RuLakeBundle bundle = RuLakeBundle::read_from_dir(directory, read_params(*core_, lenient));
  lake::require_encoder("the bundle", core_->params.encoder, bundle.encoder);
  const KeyStatePtr state = core_->cache.find(key);
  const lake::Source published{bundle.data_ref, bundle.generation, bundle.rotation_seed};
  const auto dim = static_cast<std::size_t>(bundle.dim);
  const bool dropped = state && core_->cache.drop_unless(*state, published, dim);
  return dropped ? RefreshResult::invalidated : RefreshResult::up_to_date;
}

std::filesystem::path RuLake::save_cache_to_dir(const LakeKey& key,
                                                const std::filesystem::path& directory) const {
  const KeyStatePtr state = core_->cache.find(key);
  const EntryPtr entry = state ? served(*state) : nullptr;
  if (entry == nullptr) {
    throw CacheMissError("collection '" + key.collection + "' of backend '" + key.backend +
                         "' is not cached: search it first");
  }
  return lake::save_snapshot(saved_index(*core_, *entry), entry->bundle, directory,
                             core_->params.signing_key);
}

std::size_t RuLake::warm_from_dir(const LakeKey& key, const std::filesystem::path& directory,
                                  bool lenient, bool verify) const {
  lake::Snapshot snapshot = lake::open_snapshot(directory, read_params(*core_, lenient), verify);
  require_fit(*core_, snapshot, lenient);
  snapshot.bundle = of_encoder(std::move(snapshot.bundle), core_->params.encoder);
  const bool is_mapped = snapshot.bundle.index_file.has_value();  // else of the original
  std::optional<RabitqPlusIndex> index;
  if (snapshot.index.size() != 0) index = std::move(snapshot.index);
  const auto entry = lake::make_entry(std::move(snapshot.bundle), std::move(index), is_mapped);
  const std::size_t rows = entry->rows();
  if (entry->index) rehearse(*entry->index);
  // Not checked: the first search asks the backend.
  const EntryPtr installed = core_->cache.install(*core_->cache.obtain(key), entry, {}, {});
  if (installed == entry) ++core_->counters.warm_installs;  // else it was there
  return rows;
}

}  // namespace ruvector

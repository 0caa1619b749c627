#include "lake/cache.h"

#include <utility>

#include "ruvector/base/errors.h"

namespace ruvector::lake {

KeyStatePtr Cache::find(const LakeKey& key) const {
  const std::shared_lock lock(table_);
  const auto found = states_.find(key);
  return found == states_.end() ? nullptr : found->second;
}

KeyStatePtr Cache::obtain(const LakeKey& key) {
  if (KeyStatePtr state = find(key)) return state;
  const std::unique_lock lock(table_);
  KeyStatePtr& state = states_[key];
  if (state == nullptr) state = std::make_shared<KeyState>(key, standard_);
  return state;
}

std::vector<KeyStatePtr> Cache::states() const {
  const std::shared_lock lock(table_);
  std::vector<KeyStatePtr> states;
  states.reserve(states_.size());
  for (const auto& [key, state] : states_) states.push_back(state);
  return states;
}

void Cache::forget_if_unused(const LakeKey& key) {
  KeyStatePtr forgotten;  // freed when no lock is held
  const std::lock_guard lock(structure_);
  const std::unique_lock table_lock(table_);
  const auto found = states_.find(key);
  if (found == states_.end()) return;
  KeyState& state = *found->second;
  PerBackendStats counted;
  state.counters.add_to(counted);
  const std::lock_guard state_lock(state.mutex);
  if (state.entry || state.policy != standard_ || counted != PerBackendStats{}) return;
  if (!state.waiters.empty() || state.flight.is_going_on()) return;
  state.forgotten = true;
  forgotten = std::move(found->second);
  states_.erase(found);
}

void Cache::forget_backend(const std::string& backend) {
  Leaving leaving;
  std::vector<KeyStatePtr> forgotten;  // freed when no lock is held
  const std::lock_guard lock(structure_);
  const std::unique_lock table_lock(table_);
  const auto first = states_.lower_bound({backend, {}});
  auto last = first;
  for (; last != states_.end() && last->first.backend == backend; ++last) {
    clear(*last->second, leaving);
    const std::lock_guard state_lock(last->second->mutex);
    last->second->forgotten = true;
    forgotten.push_back(last->second);
  }
  states_.erase(first, last);
}

EntryPtr Cache::pooled(const Source& source) const {
  const std::lock_guard lock(structure_);
  const auto found = pool_.find(source);
  return found == pool_.end() ? nullptr : found->second.entry;
}

EntryPtr Cache::install(KeyState& state, EntryPtr entry, std::optional<Clock::time_point> checked,
                        std::optional<std::uint64_t> drops) {
  if (limits_.bytes && entry->bytes > *limits_.bytes) {
    throw LakeError("collection '" + state.key->collection + "' of backend '" + state.key->backend +
                    "' takes " + std::to_string(entry->bytes) + " bytes, above max_cache_bytes " +
                    std::to_string(*limits_.bytes));
  }
  Leaving leaving;
  const std::lock_guard lock(structure_);
  {
    const std::lock_guard state_lock(state.mutex);
    if (state.forgotten) return entry;
    if (drops && *drops != state.drops && state.published != entry->source) return entry;
  }
  Pooled& pooled = pool_[entry->source];
  if (pooled.entry == nullptr) {
    pooled.entry = std::move(entry);
    bytes_ += pooled.entry->bytes;
  }
  const EntryPtr served = pooled.entry;
  served->touch();
  EntryPtr old;
  {
    const std::lock_guard state_lock(state.mutex);
    old = std::exchange(state.entry, served);
    state.checked = checked;
    state.refresh_failed = false;
  }
  if (old != served) {
    ++pooled.references;
    if (old) release(state, std::move(old), leaving);
  }
  evict(served, leaving);
  return served;
}

void Cache::drop(KeyState& state) {
  Leaving leaving;
  const std::lock_guard lock(structure_);
  clear(state, leaving);
}

bool Cache::drop_unless(KeyState& state, const Source& published, std::size_t dim) {
  Leaving leaving;
  const std::lock_guard lock(structure_);
  bool is_served = false;
  {
    const std::lock_guard state_lock(state.mutex);
    const EntryPtr& entry = state.entry;
    if (entry && entry->source == published && (entry->dim == dim || entry->dim == 0)) {
      return false;
    }
    is_served = entry != nullptr;
    if (!is_served && state.published == published) return false;  // told before
  }
  clear(state, leaving);
  const std::lock_guard state_lock(state.mutex);
  state.published = published;
  return is_served;
}

void Cache::clear(KeyState& state, Leaving& leaving) {
  EntryPtr old;
  {
    const std::lock_guard state_lock(state.mutex);
    old = std::exchange(state.entry, nullptr);
    state.checked.reset();
    state.published.reset();
    ++state.drops;
  }
  if (old) release(state, std::move(old), leaving);
}

void Cache::release(KeyState& state, EntryPtr entry, Leaving& leaving) {
  ++counters_.invalidations;
  ++state.counters.invalidations;
  const auto pooled = pool_.find(entry->source);
  if (--pooled->second.references == 0) remove(pooled, leaving);
  leaving.push_back(std::move(entry));
}

void Cache::remove(std::map<Source, Pooled>::iterator pooled, Leaving& leaving) {
  bytes_ -= pooled->second.entry->bytes;
  leaving.push_back(std::move(pooled->second.entry));
  pool_.erase(pooled);
}

bool Cache::is_over_limit() const {
  return (limits_.entries && pool_.size() > *limits_.entries) ||
         (limits_.bytes && bytes_ > *limits_.bytes);
}

void Cache::evict(const EntryPtr& keep, Leaving& leaving) {
  while (is_over_limit()) {
    auto oldest = pool_.end();
    for (auto it = pool_.begin(); it != pool_.end(); ++it) {
      if (it->second.entry == keep) continue;
      if (oldest == pool_.end() || it->second.entry->last_used < oldest->second.entry->last_used) {
        oldest = it;
      }
    }
    if (oldest == pool_.end()) return;
    for (const KeyStatePtr& state : states()) {
      const std::lock_guard lock(state->mutex);
      if (state->entry != oldest->second.entry) continue;
      state->entry = nullptr;
      state->checked.reset();
    }
    remove(oldest, leaving);
    ++counters_.evictions;
  }
}

std::size_t Cache::entries() const {
  const std::lock_guard lock(structure_);
  return pool_.size();
}

std::size_t Cache::bytes() const {
  const std::lock_guard lock(structure_);
  return bytes_;
}

std::size_t Cache::references(const std::string& witness) const {
  const std::lock_guard lock(structure_);
  std::size_t references = 0;
  for (const auto& [source, pooled] : pool_) {
    if (pooled.entry->bundle.rvf_witness == witness) references += pooled.references;
  }
  return references;
}

}  // namespace ruvector::lake

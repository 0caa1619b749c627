#include "index/id_map.h"

#include <algorithm>
#include <bit>

namespace ruvector::index {
namespace {

// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): neighbouring ids land far apart.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

}  // namespace

IdMap::IdMap(const IdMap& other) : identity_(other.identity_) {
  const std::scoped_lock lock(other.build_mutex_);
  table_ = other.table_;
  built_ = other.built_.load();
}

IdMap& IdMap::operator=(const IdMap& other) {
  if (this == &other) return *this;
  const std::scoped_lock lock(build_mutex_, other.build_mutex_);
  identity_ = other.identity_;
  table_ = other.table_;
  built_ = other.built_.load();
  return *this;
}

std::size_t IdMap::bytes() const noexcept {
  return built_.load(std::memory_order_acquire) ? table_.capacity() * sizeof(std::uint32_t) : 0;
}

// Where `id` is, or the free place where it would go.
std::size_t IdMap::place_of(Id id, const Id* ids) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t place = mix(id) & mask;
  while (table_[place] != 0 && ids[table_[place] - 1] != id) place = (place + 1) & mask;
  return place;
}

// Makes room for `wanted` ids at a load of at most two thirds.
void IdMap::grow(const Id* ids, std::size_t count, std::size_t wanted) const {
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(16, wanted + wanted / 2));
  if (size <= table_.size()) return;
  table_.assign(size, 0);
  for (std::size_t slot = 0; slot < count; ++slot) {
    table_[place_of(ids[slot], ids)] = static_cast<std::uint32_t>(slot + 1);
  }
}

void IdMap::build(const Id* ids, std::size_t count) const {
  if (built_.load(std::memory_order_acquire)) return;
  const std::scoped_lock lock(build_mutex_);
  if (built_.load(std::memory_order_relaxed)) return;
  table_.clear();
  grow(ids, count, std::max<std::size_t>(count, 1));
  built_.store(true, std::memory_order_release);
}

std::optional<std::uint32_t> IdMap::find(Id id, const Id* ids, std::size_t count) const {
  if (identity_) {
    return id < count ? std::optional(static_cast<std::uint32_t>(id)) : std::nullopt;
  }
  build(ids, count);
  const std::uint32_t entry = table_[place_of(id, ids)];
  return entry == 0 ? std::nullopt : std::optional(entry - 1);
}

bool IdMap::append(const Id* ids, std::size_t first, std::size_t added, Id* duplicate) {
  const bool was_identity = identity_;
  if (identity_) {
    bool still = true;
    for (std::size_t slot = first; slot < first + added && still; ++slot) still = ids[slot] == slot;
    if (still) return true;
    identity_ = false;
  }
  build(ids, first);
  grow(ids, first, first + added);
  for (std::size_t slot = first; slot < first + added; ++slot) {
    const std::size_t place = place_of(ids[slot], ids);
    if (table_[place] != 0) {
      *duplicate = ids[slot];
      while (slot-- > first) erase(place_of(ids[slot], ids), ids);
      if (was_identity) *this = IdMap(true);
      return false;
    }
    table_[place] = static_cast<std::uint32_t>(slot + 1);
  }
  return true;
}

void IdMap::remove_swap(std::uint32_t slot, std::uint32_t last, const Id* ids) {
  if (identity_ && slot == last) return;  // 0..last-1 remain: still the identity
  identity_ = false;
  build(ids, std::size_t{last} + 1);
  erase(place_of(ids[slot], ids), ids);
  if (slot != last) table_[place_of(ids[last], ids)] = slot + 1;
}

void IdMap::drop_table() {
  std::vector<std::uint32_t>().swap(table_);
  built_.store(false, std::memory_order_release);
}

// Linear probing without tombstones: later entries of the run move back over the hole (Knuth,
// TAOCP 6.4, algorithm R).
void IdMap::erase(std::size_t place, const Id* ids) {
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = place;
  for (std::size_t next = (hole + 1) & mask; table_[next] != 0; next = (next + 1) & mask) {
    const std::size_t home = mix(ids[table_[next] - 1]) & mask;
    if (((next - home) & mask) >= ((next - hole) & mask)) {
      table_[hole] = table_[next];
      hole = next;
    }
  }
  table_[hole] = 0;
}

}  // namespace ruvector::index

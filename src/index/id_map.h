// Finds the slot of an id. Built at the first look-up, so that loading a mapped file costs nothing.
// Thread-safe: const methods may run at once; changes need exclusive access.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "ruvector/index/types.h"

namespace ruvector::index {

// Open addressing over slots; the ids themselves stay in the index's array, which every call gets.
// While all ids equal their slots (`identity`) there is no table at all.
class IdMap {
 public:
  explicit IdMap(bool identity = true) : identity_(identity) {}
  IdMap(const IdMap& other);
  IdMap& operator=(const IdMap& other);

  // `ids` holds the id of each of the `count` slots.
  std::optional<std::uint32_t> find(Id id, const Id* ids, std::size_t count) const;

  // Takes in slots [first, first + added) of `ids`, which are new to the map. False, and nothing
  // changed, when one of them is there already or twice; `duplicate` then names it.
  bool append(const Id* ids, std::size_t first, std::size_t added, Id* duplicate);
  // Before ids[slot] is overwritten by ids[last] (swap with the last slot).
  void remove_swap(std::uint32_t slot, std::uint32_t last, const Id* ids);
  // Gives the table's memory back; the next look-up builds one of the right size.
  void drop_table();

  bool identity() const noexcept { return identity_; }
  std::size_t bytes() const noexcept;

 private:
  void build(const Id* ids, std::size_t count) const;
  void grow(const Id* ids, std::size_t count, std::size_t wanted) const;
  std::size_t place_of(Id id, const Id* ids) const;
  void erase(std::size_t place, const Id* ids);

  bool identity_;
  mutable std::mutex build_mutex_;
  mutable std::atomic<bool> built_{false};
  mutable std::vector<std::uint32_t> table_;  // slot + 1; 0 = free; size a power of two
};

}  // namespace ruvector::index

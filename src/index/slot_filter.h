// A search's filter as one bit per slot.
// Thread-safe: const after construction.
#pragma once

#include <cstdint>
#include <vector>

#include "index/id_map.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

class SlotFilter {
 public:
  // `ids` has the id of each of `count` slots. Throws std::invalid_argument when a mask or bitmap
  // has another length than the index.
  SlotFilter(const Filter& filter, const IdMap& map, const Id* ids, std::size_t count);

  bool everything() const noexcept { return words_.empty(); }
  std::size_t allowed_count() const noexcept { return allowed_; }
  // One word per 64 slots; null when everything is allowed.
  const std::uint64_t* words() const noexcept { return words_.empty() ? nullptr : words_.data(); }
  // The allowed slots in [64 * first, 64 * last), rising.
  std::vector<std::uint32_t> slots(std::size_t first_word, std::size_t last_word) const;

 private:
  void set(std::size_t slot) { words_[slot / 64] |= std::uint64_t{1} << (slot % 64); }

  std::vector<std::uint64_t> words_;
  std::size_t allowed_;
};

}  // namespace ruvector::index

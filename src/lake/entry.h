// A cached version of a collection.
// Thread-safe: constant but for the time of its last use.
#pragma once

#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ruvector/index/rabitq_index.h"
#include "ruvector/lake/bundle.h"
#include "ruvector/lake/generation.h"

namespace ruvector::lake {

using Clock = std::chrono::steady_clock;

// Which data an entry was made of, and how.
struct Source {
  std::string data_ref;
  Generation generation;
  std::uint64_t rotation_seed = 0;
  friend auto operator<=>(const Source&, const Source&) = default;
};

struct Entry {
  Source source;
  std::size_t dim = 0;
  std::size_t bytes = 0;                 // of memory; rows that are mapped from a file not counted
  std::optional<RabitqPlusIndex> index;  // none of an empty collection
  RuLakeBundle bundle;                   // of this version, unsigned
  mutable std::atomic<Clock::rep> last_used{0};

  std::size_t rows() const { return index ? index->size() : 0; }
  void touch() const {
    last_used.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  }
};

using EntryPtr = std::shared_ptr<const Entry>;

// `rows_are_mapped`: the index lies in a file, of which only what is used comes into memory.
std::shared_ptr<Entry> make_entry(RuLakeBundle bundle, std::optional<RabitqPlusIndex> index,
                                  bool rows_are_mapped);

}  // namespace ruvector::lake

// Rows on their way into lists.
// Thread-safe: functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/code_store.h"
#include "index/encoder.h"
#include "index/list_layout.h"
#include "ruvector/base/progress.h"

namespace ruvector::index {

// Rows of a source that go into one list, and the lanes for them.
struct Placement {
  std::size_t list = 0;
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> lanes;
};

// All vectors of all lists that are not empty, in the order of their lanes; rows are slots.
std::vector<Placement> everything_in(const ListLayout& layout);

// Encodes rows around the centroids, (lists, dim), of their lists into their lanes. `progress`
// counts up to source.count and may throw to cancel.
void encode_lists(const Encoder& encoder, std::span<const float> centroids,
                  std::span<const Placement> placements, const RowSource& source,
                  const CodeStore::Writer& writer, std::size_t threads, const Progress& progress);

}  // namespace ruvector::index

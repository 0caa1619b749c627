#include "lake/entry.h"

#include <utility>

namespace ruvector::lake {
namespace {

std::size_t bytes_of(const RabitqPlusIndex& index, bool rows_are_mapped) {
  std::size_t bytes = 0;
  for (const auto& [region, size] : index.memory_usage()) {
    if (!rows_are_mapped || region != "rows") bytes += size;
  }
  return bytes;
}

}  // namespace

std::shared_ptr<Entry> make_entry(RuLakeBundle bundle, std::optional<RabitqPlusIndex> index,
                                  bool rows_are_mapped) {
  auto entry = std::make_shared<Entry>();
  entry->source = {bundle.data_ref, bundle.generation, bundle.rotation_seed};
  entry->dim = static_cast<std::size_t>(bundle.dim);
  if (index) entry->bytes = bytes_of(*index, rows_are_mapped);
  entry->index = std::move(index);
  entry->bundle = std::move(bundle);
  entry->touch();
  return entry;
}

}  // namespace ruvector::lake

#include "index/placement.h"

#include <algorithm>
#include <utility>

#include "base/parallel.h"

namespace ruvector::index {

std::vector<Placement> everything_in(const ListLayout& layout) {
  std::vector<Placement> placements;
  for (std::size_t list = 0; list < layout.list_count(); ++list) {
    if (layout.size(list) == 0) continue;
    Placement placement{list, {}, {}};
    std::size_t left = layout.size(list);
    for (const ListLayout::Run& run : layout.runs(list)) {
      const std::size_t lanes = std::min(left, std::size_t{run.count} * 64);
      for (std::size_t i = 0; i < lanes; ++i) {
        const auto lane = static_cast<std::uint32_t>(std::size_t{run.first} * 64 + i);
        placement.lanes.push_back(lane);
        placement.rows.push_back(layout.slots()[lane]);
      }
      left -= lanes;
    }
    placements.push_back(std::move(placement));
  }
  return placements;
}

void encode_lists(const Encoder& encoder, std::span<const float> centroids,
                  std::span<const Placement> placements, const RowSource& source,
                  const CodeStore::Writer& writer, std::size_t threads, const Progress& progress) {
  const auto report = [&](std::size_t done, std::size_t total) {
    progress(total == 0 ? source.count : done * source.count / total, source.count);
  };
  base::parallel_for(
      placements.size(), threads,
      [&](std::size_t task, std::size_t) {
        const Placement& placement = placements[task];
        std::vector<float> centre(encoder.dims());
        encoder.rotate(&centroids[placement.list * encoder.dim()], centre.data());
        encoder.encode_list(source, placement.rows, placement.lanes, centre.data(), writer);
      },
      progress ? Progress(report) : Progress());
}

}  // namespace ruvector::index

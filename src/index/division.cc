#include "index/division.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "index/calibration.h"
#include "index/kmeans.h"
#include "index/list_balance.h"
#include "index/placement.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kPlacedAtOnce = 64;

Progress still(const Progress& progress, std::size_t done, std::size_t total) {
  if (!progress) return {};
  return [&progress, done, total](std::size_t, std::size_t) { progress(done, total); };
}

std::vector<float> row_of(const RowSource& source, std::size_t dim, std::size_t row) {
  const float scale = source.inverse_norms == nullptr ? 1.0F : source.inverse_norms[row];
  std::vector<float> result(source.rows + row * dim, source.rows + (row + 1) * dim);
  for (float& value : result) value *= scale;
  return result;
}

std::size_t nearest_list(const CoarseTable& coarse, const float* along) {
  std::size_t best = 0;
  float least = std::numeric_limits<float>::infinity();
  for (std::size_t list = 0; list < coarse.list_count(); ++list) {
    const float distance = coarse.squares(list) - 2.0F * along[list];
    if (!(distance < least)) continue;
    least = distance;
    best = list;
  }
  return best;
}

// The nearest list of each row of `source`.
std::vector<std::uint32_t> nearest_lists(const CoarseTable& coarse, const RowSource& source,
                                         std::size_t dim, std::size_t threads,
                                         const Progress& progress) {
  std::vector<std::uint32_t> nearest(source.count);
  base::parallel_for((source.count + kPlacedAtOnce - 1) / kPlacedAtOnce, threads,
                     [&](std::size_t task, std::size_t) {
                       const std::size_t first = task * kPlacedAtOnce;
                       const std::size_t count = std::min(kPlacedAtOnce, source.count - first);
                       std::vector<float> rows;
                       for (std::size_t i = 0; i < count; ++i) {
                         const std::vector<float> row = row_of(source, dim, first + i);
                         rows.insert(rows.end(), row.begin(), row.end());
                       }
                       std::vector<float> along(count * coarse.list_count());
                       coarse.compare(rows.data(), count, along.data());
                       for (std::size_t i = 0; i < count; ++i) {
                         nearest[first + i] = static_cast<std::uint32_t>(
                             nearest_list(coarse, &along[i * coarse.list_count()]));
                       }
                     },
                     progress);
  return nearest;
}

// Gives each row a lane of its nearest list; the rows of each list that gets any.
std::vector<Placement> appended(ListLayout& layout, std::span<const std::uint32_t> nearest) {
  const std::size_t count = nearest.size();
  std::vector<std::uint32_t> lanes(count);
  std::vector<std::uint32_t> order(count);
  for (std::size_t i = 0; i < count; ++i) {
    lanes[i] = layout.append(nearest[i]);
    order[i] = static_cast<std::uint32_t>(i);
  }
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return nearest[a] != nearest[b] ? nearest[a] < nearest[b] : a < b;
  });
  std::vector<Placement> lists;
  for (const std::uint32_t row : order) {
    if (lists.empty() || lists.back().list != nearest[row]) lists.push_back({nearest[row], {}, {}});
    lists.back().rows.push_back(row);
    lists.back().lanes.push_back(lanes[row]);
  }
  return lists;
}

}  // namespace

void divide(State& state, const RowSource& all, std::size_t threads, const Progress& progress) {
  const Progress waiting = still(progress, 0, all.count);
  State next = state;  // shares what does not change
  next.encoder->expect_lists();
  next.encoder->train(all, threads, waiting);
  Partition& partition = *next.partition;
  // Of an index that has grown the number that was asked for has grown, too.
  if (partition.layout.slot_count() != 0) partition.lists_wanted = lists_for(state, all.count);
  const std::size_t lists = std::min(partition.lists_wanted, all.count);
  const std::vector<float> centroids =
      kmeans(all, state.dim, {lists, state.seed, threads, waiting});
  std::vector<std::uint32_t> nearest(all.count);
  assign_rows(all, state.dim, centroids, threads, nearest, {}, waiting);
  partition.centroids = base::Array<float>(centroids.size());
  std::copy(centroids.begin(), centroids.end(), partition.centroids.mutable_data());
  partition.layout = ListLayout(lists, nearest);
  partition.coarse = CoarseTable(centroids, next.encoder->centre());
  encode_lists_anew(next, *next.encoder, all, threads, progress);
  partition.stopping = recalibrated(next, all, threads, still(progress, all.count, all.count));
  partition.changes = 0;
  next.trained_on = all.count;
  state = std::move(next);
}

void encode_lists_anew(State& state, const Encoder& encoder, const RowSource& all,
                       std::size_t threads, const Progress& progress) {
  const Partition& partition = *state.partition;
  CodeStore codes(encoder.shape());
  codes.resize(partition.layout.block_count() * 64);
  encode_lists(encoder, partition.centroids.span(), everything_in(partition.layout), all,
               codes.writer(), threads, progress);
  state.codes = std::move(codes);
}

void place(State& state, const RowSource& added, std::size_t before, std::size_t threads,
           const Progress& progress) {
  Partition& partition = *state.partition;
  const auto lists = appended(
      partition.layout,
      nearest_lists(partition.coarse, added, state.dim, threads, still(progress, 0, added.count)));
  const std::size_t old_codes = state.codes.size();
  const Encoder& old = *state.encoder;
  Encoder encoder = old;
  encoder.set_unit(old.unit_for(added, threads, still(progress, 0, added.count)));
  state.codes.resize(partition.layout.block_count() * 64);
  encode_lists(encoder, partition.centroids.span(), lists, added, state.codes.writer(), threads,
               progress);
  if (encoder.unit() == old.unit()) return;
  // Factors that do not fit float16 make the unit larger, for all codes.
  const float linear = old.unit() / encoder.unit();
  for (std::size_t lane = 0; lane < old_codes; ++lane) {
    const std::uint32_t slot = partition.layout.slots()[lane];
    if (slot < before) state.codes.scale_factors(lane, lane + 1, linear * linear, linear);
  }
  state.encoder = std::move(encoder);
}

void take_out(State& state, std::size_t count) {
  while (state.partition->layout.slot_count() > count) {
    remove_from_list(state, state.partition->layout.slot_count() - 1);
  }
  // Superblocks that lists came to own stay theirs, and need their empty lanes.
  state.codes.resize(state.partition->layout.block_count() * 64);
}

void remove_from_list(State& state, std::size_t slot) {
  const ListLayout::Removal removal = state.partition->layout.remove(slot);
  // While vectors are being placed there may be lanes without a code yet.
  if (removal.from >= state.codes.size()) return;
  if (removal.from != removal.to) state.codes.move(removal.from, removal.to);
  state.codes.clear(removal.from);
}

}  // namespace ruvector::index

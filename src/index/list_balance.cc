#include "index/list_balance.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <exception>
#include <limits>
#include <numeric>
#include <queue>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "index/calibration.h"
#include "index/division.h"
#include "index/kmeans.h"
#include "index/lloyd.h"
#include "index/placement.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

// Lists may be so many too few or too many, one in so many of them.
constexpr std::size_t kSlack = 16;
// Of the vectors, one in so many must have come or gone, and one in so many be too much for its
// list, before lists are balanced though their number is right.
constexpr std::size_t kMuchChange = 16;
constexpr std::size_t kUneven = 32;
// Fewer vectors than this for each list that was asked for are too few to count from.
constexpr std::size_t kFewPerList = 16;
// As in Lloyd: a list above so many times the mean takes the place of one below.
constexpr double kFarTooLarge = 2.0;
constexpr double kSmall = 0.5;
constexpr std::size_t kReach = 32;  // lists that a vector may move to
constexpr std::size_t kSamplesPerPart = 256;
constexpr std::size_t kListsPerTask = 16;
// A centroid stays unless its list's mean is so far from it, in squared distances of the list.
constexpr double kDrift = 0.01;
constexpr std::uint32_t kNew = 0xffffffffU;

// What it costs to give up a list: about how much its vectors' squared distances grow when they go
// to the list whose centroid is nearest to its own.
struct Merge {
  double cost;
  std::uint32_t list;
  std::uint32_t into;
  friend auto operator<=>(const Merge&, const Merge&) = default;
};

// Of every list, the cheapest first.
std::vector<Merge> merges(const ListLayout& layout, const float* centroids, std::size_t dim,
                          std::size_t threads) {
  const std::size_t lists = layout.list_count();
  std::vector<Merge> result(lists);
  base::parallel_for(lists, threads, [&](std::size_t list, std::size_t) {
    std::vector<float> squares(lists);
    kernels::active().l2_rows(centroids + list * dim, centroids, dim, nullptr, lists,
                              squares.data());
    squares[list] = std::numeric_limits<float>::infinity();
    const auto nearest = std::min_element(squares.begin(), squares.end());
    const double cost = static_cast<double>(layout.size(list)) * static_cast<double>(*nearest);
    // Centroids of a damaged file may be anything.
    result[list] = {std::isfinite(cost) ? cost : std::numeric_limits<double>::max(),
                    static_cast<std::uint32_t>(list),
                    static_cast<std::uint32_t>(nearest - squares.begin())};
  });
  std::sort(result.begin(), result.end());
  return result;
}

// Into how many parts each list goes: 0 when it is given up.
class Plan {
 public:
  Plan(const ListLayout& layout, std::size_t wanted)
      : layout_(layout), wanted_(wanted), count_(layout.list_count()), parts_(count_, 1) {
    for (std::uint32_t list = 0; list < count_; ++list) large_.emplace(share(list), list);
  }

  std::vector<std::size_t> parts(std::span<const Merge> rising) && {
    for (const Merge& merge : rising) {
      if (count_ > wanted_ && can(merge)) give_up(merge.list);
    }
    for (const Merge& merge : rising) {  // where only lists are left whose nearest is given up
      if (count_ > wanted_ && parts_[merge.list] == 1) give_up(merge.list);
    }
    while (count_ < wanted_ && large_.top().first >= 2.0) divide_largest();
    const double mean = static_cast<double>(layout_.slot_count()) / static_cast<double>(wanted_);
    for (const Merge& merge : rising) {
      if (large_.top().first <= std::max(2.0, kFarTooLarge * mean)) break;
      if (static_cast<double>(layout_.size(merge.list)) >= kSmall * mean || !can(merge)) continue;
      give_up(merge.list);
      divide_largest();
    }
    return std::move(parts_);
  }

 private:
  double share(std::uint32_t list) const {
    return static_cast<double>(layout_.size(list)) / static_cast<double>(parts_[list]);
  }
  bool can(const Merge& merge) const { return parts_[merge.list] == 1 && parts_[merge.into] != 0; }
  void give_up(std::uint32_t list) {
    parts_[list] = 0;
    --count_;
  }
  void divide_largest() {
    while (parts_[large_.top().second] == 0) large_.pop();
    const std::uint32_t list = large_.top().second;
    large_.pop();
    ++parts_[list];
    ++count_;
    large_.emplace(share(list), list);
  }

  const ListLayout& layout_;
  std::size_t wanted_;
  std::size_t count_;
  std::vector<std::size_t> parts_;
  std::priority_queue<std::pair<double, std::uint32_t>> large_;
};

// Lists as they will be. came_from: the old list of each, kNew where it is a part of one.
struct NextLists {
  std::vector<float> centroids;
  std::vector<std::uint32_t> came_from;
};

std::vector<float> centroids_of_parts(const RowSelection& rows,
                                      std::span<const std::uint32_t> members, std::size_t parts,
                                      std::uint64_t seed) {
  const std::size_t count = std::min(members.size(), parts * kSamplesPerPart);
  std::vector<float> sample(count * rows.dim);
  for (std::size_t i = 0; i < count; ++i) {
    rows.copy_row(members[i * members.size() / count], &sample[i * rows.dim]);
  }
  return kmeans({sample.data(), nullptr, count}, rows.dim, {parts, seed, 1, {}});
}

NextLists next_lists(const State& state, const RowSelection& rows, const Members& members,
                     std::span<const std::size_t> parts, std::size_t threads,
                     const Progress& progress) {
  std::vector<std::size_t> begins(parts.size() + 1);
  std::partial_sum(parts.begin(), parts.end(), begins.begin() + 1);
  NextLists next{std::vector<float>(begins.back() * rows.dim),
                 std::vector<std::uint32_t>(begins.back(), kNew)};
  const float* old = state.partition->centroids.data();
  base::parallel_for(
      parts.size(), threads,
      [&](std::size_t list, std::size_t) {
        float* to = next.centroids.data() + begins[list] * rows.dim;
        if (parts[list] == 1) {
          std::copy_n(old + list * rows.dim, rows.dim, to);
          next.came_from[begins[list]] = static_cast<std::uint32_t>(list);
        } else if (parts[list] > 1) {
          const std::vector<float> found =
              centroids_of_parts(rows, members.of(list), parts[list], state.seed + list);
          std::copy(found.begin(), found.end(), to);
        }
      },
      progress);
  return next;
}

void check_finite(const char* what, std::span<const float> values) {
  if (std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) return;
  throw IndexError(std::string(what) +
                   " of the index are not finite: the file it was loaded from is damaged");
}

// How far a list's mean is from its centroid, in mean squared distances of its members from that.
double drift(const RowSelection& rows, std::span<const std::uint32_t> members,
             const float* centroid, const float* mean) {
  const kernels::KernelTable& kernel = kernels::active();
  std::vector<float> row(rows.dim);
  double sum = 0;
  float square = 0;
  for (const std::uint32_t member : members) {
    rows.copy_row(member, row.data());
    kernel.l2_rows(row.data(), centroid, rows.dim, nullptr, 1, &square);
    sum += static_cast<double>(square);
  }
  kernel.l2_rows(mean, centroid, rows.dim, nullptr, 1, &square);
  return sum > 0 ? static_cast<double>(square) * static_cast<double>(members.size()) / sum : 0.0;
}

// Moves the centroids of new lists, and of those whose members have drifted, to their means.
void follow_members(NextLists& next, const RowSelection& rows, const Members& members,
                    std::size_t threads) {
  const std::size_t lists = next.came_from.size();
  base::parallel_for(
      (lists + kListsPerTask - 1) / kListsPerTask, threads, [&](std::size_t task, std::size_t) {
        std::vector<double> sums;
        std::vector<float> mean(rows.dim);
        const std::size_t end = std::min(lists, (task + 1) * kListsPerTask);
        for (std::size_t list = task * kListsPerTask; list < end; ++list) {
          if (members.size(list) == 0) continue;
          float* centroid = &next.centroids[list * rows.dim];
          mean_of(rows, members.of(list), sums, mean.data());
          check_finite("rows", mean);
          const bool stays = next.came_from[list] != kNew &&
                             drift(rows, members.of(list), centroid, mean.data()) <= kDrift;
          if (stays) continue;
          next.came_from[list] = kNew;
          std::copy(mean.begin(), mean.end(), centroid);
        }
      });
}

std::vector<std::uint32_t> lists_of_slots(const ListLayout& layout) {
  std::vector<std::uint32_t> lists(layout.slot_count());
  for (std::size_t slot = 0; slot < lists.size(); ++slot) {
    lists[slot] = static_cast<std::uint32_t>(layout.list_of_lane(layout.lane(slot)));
  }
  return lists;
}

std::vector<std::uint32_t> lists_of_slots(const Members& members) {
  std::vector<std::uint32_t> lists(members.order.size());
  for (std::size_t list = 0; list < members.lists(); ++list) {
    for (const std::uint32_t slot : members.of(list)) {
      lists[slot] = static_cast<std::uint32_t>(list);
    }
  }
  return lists;
}

// Codes for `layout`: those of vectors whose list is the same are copied, the others are made.
CodeStore codes_for(const State& state, const ListLayout& layout, const NextLists& next,
                    std::size_t threads, const Progress& progress) {
  CodeStore codes(state.codes.shape());
  codes.resize(layout.block_count() * 64);
  const CodeStore::Writer writer = codes.writer();
  const ListLayout& old = state.partition->layout;
  std::vector<Placement> placements = everything_in(layout);
  base::parallel_for(placements.size(), threads, [&](std::size_t task, std::size_t) {
    Placement& placement = placements[task];
    Placement fresh{placement.list, {}, {}};
    for (std::size_t i = 0; i < placement.rows.size(); ++i) {
      const std::uint32_t from = old.lane(placement.rows[i]);
      if (next.came_from[placement.list] == old.list_of_lane(from)) {
        writer.copy(state.codes, from, placement.lanes[i]);
      } else {
        fresh.rows.push_back(placement.rows[i]);
        fresh.lanes.push_back(placement.lanes[i]);
      }
    }
    placement = std::move(fresh);
  });
  encode_lists(*state.encoder, next.centroids, placements, state.kept_rows(), writer, threads,
               progress);
  return codes;
}

bool is_uneven(const ListLayout& layout, std::size_t wanted) {
  const double mean = static_cast<double>(layout.slot_count()) / static_cast<double>(wanted);
  double beyond = 0;
  for (std::size_t list = 0; list < layout.list_count(); ++list) {
    beyond += std::max(0.0, static_cast<double>(layout.size(list)) - kFarTooLarge * mean);
  }
  return beyond * static_cast<double>(kUneven) > static_cast<double>(layout.slot_count());
}

bool is_tidy(const ListLayout& layout) {
  std::size_t blocks = 0;
  bool in_one_run = true;
  for (std::size_t list = 0; list < layout.list_count(); ++list) {
    blocks += (layout.size(list) + 63) / 64;
    in_one_run = in_one_run && layout.runs(list).size() <= 1;
  }
  return in_one_run && blocks == layout.block_count();
}

}  // namespace

std::size_t lists_for(const State& state, std::size_t vectors) {
  const std::size_t asked = state.partition->lists_wanted;
  std::size_t from = state.trained_on;
  if (vectors > from) from = std::clamp(kFewPerList * asked, from, vectors);
  const double size =
      static_cast<double>(vectors) / static_cast<double>(std::max<std::size_t>(from, 1));
  const auto lists =
      static_cast<std::size_t>(std::lround(std::sqrt(size) * static_cast<double>(asked)));
  return std::clamp<std::size_t>(lists, 1,
                                 std::max<std::size_t>(1, std::min(vectors, kMaxPartitions)));
}

bool is_balance_due(const State& state, std::size_t vectors) {
  if (!state.keeps_rows || !state.partition || !state.partition->trained() || vectors == 0) {
    return false;
  }
  const Partition& partition = *state.partition;
  const std::size_t lists = partition.layout.list_count();
  const std::size_t wanted = lists_for(state, vectors);
  const std::size_t slack = std::max<std::size_t>(1, lists / kSlack);
  if (wanted > lists + slack || wanted + slack < lists) return true;
  return partition.changes > vectors / kMuchChange && is_uneven(partition.layout, wanted);
}

void balance(State& state, std::size_t threads, const Progress& progress) {
  const std::size_t count = state.size();
  state.partition->layout.check_saved();
  check_finite("queries", state.partition->queries.span());
  const Progress waiting =
      progress ? Progress([&](std::size_t, std::size_t) { progress(count, count); }) : Progress();
  const RowSelection rows{state.kept_rows(), state.dim, nullptr, count};
  const ListLayout& old = state.partition->layout;
  RowGroups groups;
  const std::span<const float> centres = state.partition->centroids.span();
  groups.centres.assign(centres.begin(), centres.end());
  groups.members = Members(lists_of_slots(old), old.list_count());
  groups.reach = kReach;
  const std::vector<std::size_t> parts =
      Plan(old, lists_for(state, count)).parts(merges(old, centres.data(), state.dim, threads));
  NextLists next = next_lists(state, rows, groups.members, parts, threads, waiting);
  Lloyd lloyd(rows, threads);
  lloyd.assign(next.centroids, &groups, waiting);
  follow_members(next, rows, lloyd.members(), threads);

  State changed = state;  // shares what stays
  Partition& partition = *changed.partition;
  partition.layout = ListLayout(next.came_from.size(), lists_of_slots(lloyd.members()));
  changed.codes = codes_for(state, partition.layout, next, threads, waiting);
  partition.centroids = base::Array<float>(next.centroids.size());
  std::copy(next.centroids.begin(), next.centroids.end(), partition.centroids.mutable_data());
  partition.coarse = CoarseTable(next.centroids, changed.encoder->centre());
  partition.stopping = recalibrated(changed, changed.kept_rows(), threads, waiting);
  partition.changes = 0;
  state = std::move(changed);
}

void add_to_lists(State& state, const RowSource& added, std::size_t before, std::size_t threads,
                  const Progress& progress) {
  if (!is_balance_due(state, state.size())) {
    place(state, added, before, threads, progress);
    state.partition->changes += added.count;
    return;
  }
  State next = state;  // as placing vectors may change the unit of all codes
  place(next, added, before, threads, progress);
  const auto placed = [&](std::size_t, std::size_t) { progress(added.count, added.count); };
  balance(next, threads, progress ? Progress(placed) : Progress());
  state = std::move(next);
}

void balance_after_removal(State& state, std::size_t removed, std::size_t threads) {
  state.partition->changes += removed;
  try {
    if (is_balance_due(state, state.size())) balance(state, threads);
  } catch (const std::exception&) {
    return;
  }
}

void tidy_lists(State& state) {
  const ListLayout& old = state.partition->layout;
  if (is_tidy(old)) return;
  state.partition->layout.check_saved();
  ListLayout layout(old.list_count(), lists_of_slots(old));
  CodeStore codes(state.codes.shape());
  codes.resize(layout.block_count() * 64);
  const CodeStore::Writer writer = codes.writer();
  for (std::size_t slot = 0; slot < layout.slot_count(); ++slot) {
    writer.copy(state.codes, old.lane(slot), layout.lane(slot));
  }
  state.codes = std::move(codes);
  state.partition->layout = std::move(layout);
}

}  // namespace ruvector::index

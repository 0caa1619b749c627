#include "index/lloyd.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kListsPerTask = 16;
// An iteration that takes less than this part of the error away is the last one.
constexpr double kLeastGain = 0.002;
// A list above so many times the mean, in rows or error, takes the centroid of one below. Measured:
// this also finds the clusters that the start has missed.
constexpr double kFarTooLarge = 2.0;
constexpr double kSmall = 0.5;

// Adds rows to `sums`, in their order.
template <std::size_t kCount>
void add_rows(const RowSelection& rows, const std::uint32_t* members, double* sums) {
  std::array<const float*, kCount> values;
  std::array<float, kCount> scales;
  for (std::size_t i = 0; i < kCount; ++i) {
    values[i] = rows.row(members[i]);
    scales[i] = rows.scale(members[i]);
  }
  for (std::size_t d = 0; d < rows.dim; ++d) {
    double sum = sums[d];
    for (std::size_t i = 0; i < kCount; ++i) sum += static_cast<double>(values[i][d] * scales[i]);
    sums[d] = sum;
  }
}

// The group whose centre is nearest to each centroid.
std::vector<std::uint32_t> groups_of(std::span<const float> centroids, const RowGroups& groups,
                                     std::size_t dim) {
  const std::size_t lists = centroids.size() / dim;
  const RowSelection rows{{centroids.data(), nullptr, lists}, dim, nullptr, lists};
  const NearestCentroid finder(groups.centres, dim);
  std::vector<std::uint32_t> nearest(lists);
  std::vector<float> squares(lists);
  NearestCentroid::Scratch scratch;
  constexpr std::size_t kRows = NearestCentroid::kMaxRows;
  for (std::size_t first = 0; first < lists; first += kRows) {
    finder.find(rows, {first, nullptr, std::min(kRows, lists - first)}, &nearest[first],
                &squares[first], scratch);
  }
  return nearest;
}

// The lists that rows of `group` are compared with, in rising order: those of its own, however far
// from its centre, and the nearest of the others up to groups.reach.
std::vector<std::uint32_t> lists_near(std::size_t group, const RowGroups& groups,
                                      std::span<const std::uint32_t> group_of_list,
                                      std::span<const float> centroids, std::size_t dim) {
  const std::size_t lists = group_of_list.size();
  std::vector<float> squares(lists);
  kernels::active().l2_rows(&groups.centres[group * dim], centroids.data(), dim, nullptr, lists,
                            squares.data());
  std::size_t own = 0;
  for (std::size_t list = 0; list < lists; ++list) {
    if (group_of_list[list] != group) continue;
    squares[list] = -1.0F;  // before all others
    ++own;
  }
  std::vector<std::uint32_t> chosen(lists);
  std::iota(chosen.begin(), chosen.end(), 0U);
  const std::size_t count = std::min(lists, std::max(own, groups.reach));
  std::partial_sort(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(count),
                    chosen.end(), [&](std::uint32_t a, std::uint32_t b) {
                      return squares[a] != squares[b] ? squares[a] < squares[b] : a < b;
                    });
  chosen.resize(count);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<float> centroids_of(std::span<const std::uint32_t> lists,
                                std::span<const float> centroids, std::size_t dim) {
  std::vector<float> chosen(lists.size() * dim);
  for (std::size_t i = 0; i < lists.size(); ++i) {
    std::copy_n(&centroids[lists[i] * dim], dim, &chosen[i * dim]);
  }
  return chosen;
}

}  // namespace

void mean_of(const RowSelection& rows, std::span<const std::uint32_t> members,
             std::vector<double>& sums, float* out) {
  constexpr std::size_t kTogether = 4;  // so that sums are read and written less often
  sums.assign(rows.dim, 0.0);
  std::size_t i = 0;
  for (; i + kTogether <= members.size(); i += kTogether) {
    add_rows<kTogether>(rows, &members[i], sums.data());
  }
  for (; i < members.size(); ++i) add_rows<1>(rows, &members[i], sums.data());
  for (std::size_t d = 0; d < rows.dim; ++d) {
    out[d] = static_cast<float>(sums[d] / static_cast<double>(members.size()));
  }
}

Members::Members(std::span<const std::uint32_t> list_of_row, std::size_t lists)
    : order(list_of_row.size()), begins(lists + 1) {
  for (const std::uint32_t list : list_of_row) ++begins[list + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<std::size_t> next(begins.begin(), begins.end() - 1);
  for (std::size_t i = 0; i < list_of_row.size(); ++i) {
    order[next[list_of_row[i]]++] = static_cast<std::uint32_t>(i);
  }
}

// Rows and the centroids that they are compared with.
struct Lloyd::Field {
  std::span<const std::uint32_t> rows;  // unused when all are meant
  std::vector<std::uint32_t> lists;     // the finder's numbers as lists; empty: the same
  std::optional<NearestCentroid> finder;
};

// Scratch is indexed by worker, and stays empty for those that do not exist.
Lloyd::Lloyd(const RowSelection& rows, std::size_t threads)
    : rows_(rows),
      threads_(threads),
      nearest_(rows.count),
      squares_(rows.count),
      scratch_(base::kMaxThreads) {}

void Lloyd::run(std::vector<float>& centroids, std::size_t iterations, const RowGroups* groups,
                const Progress& progress) {
  double before = 0;
  for (std::size_t iteration = 0; iteration < iterations; ++iteration) {
    assign(centroids, groups, [&](std::size_t done, std::size_t total) {
      if (progress) progress(iteration * total + done, iterations * total);
    });
    move_to_means(centroids);
    const std::size_t refilled = refill(centroids, iteration + 1 == iterations);
    const bool is_settled = before - error_ <= kLeastGain * before;
    if (iteration > 0 && refilled == 0 && is_settled) break;
    before = error_;
  }
}

std::vector<Lloyd::Field> Lloyd::fields(std::span<const float> centroids,
                                        const RowGroups* groups) const {
  std::vector<Field> all(groups == nullptr ? 1 : groups->members.lists());
  if (groups == nullptr) {
    all[0].finder.emplace(centroids, rows_.dim);
    return all;
  }
  const std::vector<std::uint32_t> group_of_list = groups_of(centroids, *groups, rows_.dim);
  base::parallel_for(all.size(), threads_, [&](std::size_t group, std::size_t) {
    Field& field = all[group];
    field.rows = groups->members.of(group);
    if (field.rows.empty()) return;
    field.lists = lists_near(group, *groups, group_of_list, centroids, rows_.dim);
    field.finder.emplace(centroids_of(field.lists, centroids, rows_.dim), rows_.dim);
  });
  return all;
}

void Lloyd::assign(std::span<const float> centroids, const RowGroups* groups,
                   const Progress& progress) {
  constexpr std::size_t kRows = NearestCentroid::kMaxRows;
  const std::vector<Field> all = fields(centroids, groups);
  std::vector<std::pair<const Field*, RowTile>> tiles;
  for (const Field& field : all) {
    const std::size_t count = groups == nullptr ? rows_.count : field.rows.size();
    for (std::size_t first = 0; first < count; first += kRows) {
      const std::uint32_t* picked = groups == nullptr ? nullptr : &field.rows[first];
      tiles.push_back({&field, {first, picked, std::min(kRows, count - first)}});
    }
  }
  base::parallel_for(
      tiles.size(), threads_,
      [&](std::size_t task, std::size_t worker) {
        const auto& [field, tile] = tiles[task];
        std::array<std::uint32_t, kRows> found;
        std::array<float, kRows> squares;
        field->finder->find(rows_, tile, found.data(), squares.data(), scratch_[worker]);
        for (std::size_t i = 0; i < tile.count; ++i) {
          nearest_[tile.place(i)] = field->lists.empty() ? found[i] : field->lists[found[i]];
          squares_[tile.place(i)] = squares[i];
        }
      },
      progress);
  error_ = 0;
  for (const float square : squares_) error_ += static_cast<double>(square);
  members_ = Members(nearest_, centroids.size() / rows_.dim);
}

void Lloyd::move_to_means(std::vector<float>& centroids) const {
  const std::size_t lists = members_.lists();
  base::parallel_for((lists + kListsPerTask - 1) / kListsPerTask, threads_,
                     [&](std::size_t task, std::size_t) {
                       std::vector<double> sums;
                       const std::size_t end = std::min(lists, (task + 1) * kListsPerTask);
                       for (std::size_t list = task * kListsPerTask; list < end; ++list) {
                         if (members_.size(list) == 0) continue;
                         mean_of(rows_, members_.of(list), sums, &centroids[list * rows_.dim]);
                       }
                     });
}

// How large each list is, in rows or in squared distances, whichever is more: 1 is the mean.
std::vector<double> Lloyd::burdens() const {
  const std::size_t lists = members_.lists();
  std::vector<double> result(lists);
  for (std::size_t list = 0; list < lists; ++list) {
    double cost = 0;
    for (const std::uint32_t row : members_.of(list)) cost += static_cast<double>(squares_[row]);
    const double rows = static_cast<double>(members_.size(list));
    result[list] =
        std::max(rows / static_cast<double>(rows_.count), error_ > 0 ? cost / error_ : 0);
    result[list] *= static_cast<double>(lists);
  }
  return result;
}

// Returns how many lists got a new place.
std::size_t Lloyd::refill(std::vector<float>& centroids, bool only_empty) const {
  const std::size_t lists = members_.lists();
  const std::vector<double> burden = burdens();
  std::vector<std::uint32_t> rising(lists);
  std::iota(rising.begin(), rising.end(), 0U);
  std::sort(rising.begin(), rising.end(), [&](std::uint32_t a, std::uint32_t b) {
    return burden[a] != burden[b] ? burden[a] < burden[b] : a < b;
  });
  std::size_t moved = 0;
  for (auto large = rising.rbegin(); large != rising.rend() && moved < lists; ++large) {
    const std::size_t small = rising[moved];
    const bool is_unfair = burden[*large] > kFarTooLarge && burden[small] < kSmall;
    if (members_.size(small) != 0 && (only_empty || !is_unfair)) break;
    if (split(*large, small, centroids)) ++moved;
  }
  return moved;
}

// Splits the rows of `from` by the plane through their mean that faces the farthest of them: both
// halves have rows, also when few differ from the mean. False when none does.
bool Lloyd::split(std::size_t from, std::size_t to, std::vector<float>& centroids) const {
  const std::span<const std::uint32_t> members = members_.of(from);
  if (members.size() < 2) return false;
  const auto farthest =
      std::max_element(members.begin(), members.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return squares_[a] < squares_[b]; });
  float* mean = &centroids[from * rows_.dim];
  std::vector<float> row(rows_.dim);
  std::vector<double> direction(rows_.dim);
  rows_.copy_row(*farthest, row.data());
  for (std::size_t d = 0; d < rows_.dim; ++d) {
    direction[d] = static_cast<double>(row[d]) - static_cast<double>(mean[d]);
  }
  std::array<std::vector<std::uint32_t>, 2> halves;
  for (const std::uint32_t member : members) {
    rows_.copy_row(member, row.data());
    double dot = 0;
    for (std::size_t d = 0; d < rows_.dim; ++d) {
      dot += direction[d] * (static_cast<double>(row[d]) - static_cast<double>(mean[d]));
    }
    halves[dot > 0 ? 1 : 0].push_back(member);
  }
  if (halves[0].empty() || halves[1].empty()) return false;
  std::vector<double> sums;
  mean_of(rows_, halves[1], sums, &centroids[to * rows_.dim]);
  mean_of(rows_, halves[0], sums, mean);
  return true;
}

}  // namespace ruvector::index

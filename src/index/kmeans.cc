#include "index/kmeans.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "base/random.h"
#include "index/lloyd.h"
#include "index/nearest_centroid.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

// Measured (error per row): 128 rows a list and a few iterations beat 64 and many.
constexpr std::size_t kRowsPerList = 128;
constexpr std::size_t kRowsPerGroup = 256;
constexpr std::size_t kRowsPerCopy = 1024;
constexpr std::size_t kFewestListsOfTwoLevels = 64;
constexpr std::size_t kIterations = 10;  // one level alone, and the groups
constexpr std::size_t kIterationsInGroup = 6;
constexpr std::size_t kIterationsOverAll = 3;
constexpr std::size_t kReach = 8;  // times the lists of an average group

// Stages of a task as one: each has a share of the steps.
class Stages {
 public:
  Stages(const Progress& progress, std::vector<double> work)
      : progress_(progress), ends_(std::move(work)) {
    for (std::size_t i = 1; i < ends_.size(); ++i) ends_[i] += ends_[i - 1];
  }
  Progress stage(std::size_t number) const {
    if (!progress_) return {};
    return [this, number](std::size_t done, std::size_t total) {
      const double begin = number == 0 ? 0.0 : ends_[number - 1];
      const double part = static_cast<double>(done) / static_cast<double>(total);
      const double reached = (begin + (ends_[number] - begin) * part) / ends_.back();
      progress_(static_cast<std::size_t>(reached * static_cast<double>(kSteps)), kSteps);
    };
  }
  void finish() const {
    if (progress_) progress_(kSteps, kSteps);
  }

 private:
  static constexpr std::size_t kSteps = 1000;

  const Progress& progress_;
  std::vector<double> ends_;
};

// `wanted` of 0..count-1 in rising order, each set equally likely (D. Knuth, The Art of Computer
// Programming, volume 2, algorithm 3.4.2 S).
std::vector<std::uint32_t> draw(std::size_t count, std::size_t wanted, base::Random& random) {
  std::vector<std::uint32_t> drawn;
  drawn.reserve(wanted);
  for (std::size_t i = 0; drawn.size() < wanted; ++i) {
    if (random.uniform_below(count - i) < wanted - drawn.size()) {
      drawn.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return drawn;
}

// Rows in their order, of unit scale.
std::vector<float> copy_rows(const RowSelection& rows, std::size_t threads) {
  std::vector<float> copies(rows.count * rows.dim);
  base::parallel_for((rows.count + kRowsPerCopy - 1) / kRowsPerCopy, threads,
                     [&](std::size_t task, std::size_t) {
                       const std::size_t end = std::min(rows.count, (task + 1) * kRowsPerCopy);
                       for (std::size_t i = task * kRowsPerCopy; i < end; ++i) {
                         rows.copy_row(i, &copies[i * rows.dim]);
                       }
                     });
  return copies;
}

std::vector<float> draw_rows(const RowSelection& rows, std::size_t wanted, base::Random& random) {
  const std::vector<std::uint32_t> drawn = draw(rows.count, wanted, random);
  std::vector<float> copies(wanted * rows.dim);
  for (std::size_t i = 0; i < wanted; ++i) rows.copy_row(drawn[i], &copies[i * rows.dim]);
  return copies;
}

// From rows drawn at random (k-means++ was no better: refilling mends a bad start). Every row is a
// list when there are no more.
std::vector<float> train_one_level(const RowSelection& rows, std::size_t lists,
                                   std::size_t iterations, base::Random random, std::size_t threads,
                                   const Progress& progress = {}) {
  std::vector<float> centroids = draw_rows(rows, lists, random);
  if (lists < rows.count) Lloyd(rows, threads).run(centroids, iterations, nullptr, progress);
  return centroids;
}

RowGroups make_groups(const RowSelection& rows, std::size_t groups, std::uint64_t seed,
                      std::size_t threads, const Stages& stages) {
  base::Random random(seed);
  const std::size_t wanted = std::min(rows.count, groups * kRowsPerGroup);
  const std::vector<float> few = draw_rows(rows, wanted, random);
  const RowSelection sample{{few.data(), nullptr, wanted}, rows.dim, nullptr, wanted};
  RowGroups result;
  result.centres = train_one_level(sample, groups, kIterations, random, threads, stages.stage(0));
  Lloyd all(rows, threads);
  all.assign(result.centres, nullptr, stages.stage(1));
  result.members = all.members();
  return result;
}

// Each group's part of the lists, in proportion to its rows: as many as end between its first and
// its last row when all rows of all groups stand in a line.
std::vector<float> divide_groups(const RowSelection& rows, const RowGroups& groups,
                                 std::size_t lists, std::uint64_t seed, std::size_t threads,
                                 const Progress& progress) {
  std::vector<float> centroids(lists * rows.dim);
  const Members& members = groups.members;
  base::parallel_for(
      members.lists(), threads,
      [&](std::size_t group, std::size_t) {
        const std::size_t first = lists * members.begins[group] / rows.count;
        const std::size_t last = lists * members.begins[group + 1] / rows.count;
        if (first == last) return;
        std::vector<std::uint32_t> slots(members.of(group).begin(), members.of(group).end());
        for (std::uint32_t& slot : slots) slot = static_cast<std::uint32_t>(rows.slot(slot));
        const RowSelection part{rows.source, rows.dim, slots.data(), slots.size()};
        const std::vector<float> found = train_one_level(part, last - first, kIterationsInGroup,
                                                         base::Random(seed + 1 + group), 1);
        std::copy(found.begin(), found.end(), &centroids[first * rows.dim]);
      },
      progress);
  return centroids;
}

std::vector<float> train_two_levels(const RowSelection& rows, const KMeansParams& params) {
  const double lists = static_cast<double>(params.lists);
  const double count = static_cast<double>(rows.count);
  const double root = std::sqrt(lists);
  const auto groups = static_cast<std::size_t>(std::lround(root));
  const Stages stages(params.progress,
                      {static_cast<double>(kIterations * kRowsPerGroup) * lists, count * root,
                       static_cast<double>(kIterationsInGroup) * count * root,
                       static_cast<double>(kIterationsOverAll * kReach) * count * root});
  RowGroups parts = make_groups(rows, groups, params.seed, params.threads, stages);
  parts.reach = kReach * params.lists / groups;
  std::vector<float> centroids =
      divide_groups(rows, parts, params.lists, params.seed, params.threads, stages.stage(2));
  Lloyd(rows, params.threads).run(centroids, kIterationsOverAll, &parts, stages.stage(3));
  stages.finish();
  return centroids;
}

std::vector<float> train(const RowSelection& rows, const KMeansParams& params) {
  if (params.lists >= kFewestListsOfTwoLevels) return train_two_levels(rows, params);
  const Stages stages(params.progress, {1.0});
  std::vector<float> centroids = train_one_level(
      rows, params.lists, kIterations, base::Random(params.seed), params.threads, stages.stage(0));
  stages.finish();
  return centroids;
}

void require(bool holds, const std::string& message) {
  if (!holds) throw std::invalid_argument("kmeans: " + message);
}

}  // namespace

std::vector<float> kmeans(const RowSource& source, std::size_t dim, const KMeansParams& params) {
  require(params.lists >= 1 && params.lists <= source.count,
          std::to_string(params.lists) + " lists are not between 1 and the number of rows, " +
              std::to_string(source.count));
  const std::size_t wanted = std::min(source.count, params.lists * kRowsPerList);
  if (wanted == source.count) return train({source, dim, nullptr, source.count}, params);
  base::Random random(params.seed);
  const std::vector<std::uint32_t> drawn = draw(source.count, wanted, random);
  const std::vector<float> sample = copy_rows({source, dim, drawn.data(), wanted}, params.threads);
  return train({{sample.data(), nullptr, wanted}, dim, nullptr, wanted}, params);
}

void assign_rows(const RowSource& source, std::size_t dim, std::span<const float> centroids,
                 std::size_t threads, std::span<std::uint32_t> nearest, std::span<float> distances,
                 const Progress& progress) {
  require(
      !centroids.empty() && centroids.size() % dim == 0,
      std::to_string(centroids.size()) + " values are no centroids of dim " + std::to_string(dim));
  require(
      nearest.size() == source.count && (distances.empty() || distances.size() == nearest.size()),
      "room for " + std::to_string(nearest.size()) + " lists and " +
          std::to_string(distances.size()) + " distances of " + std::to_string(source.count) +
          " rows");
  constexpr std::size_t kRows = NearestCentroid::kMaxRows;
  const NearestCentroid finder(centroids, dim);
  const RowSelection rows{source, dim, nullptr, source.count};
  std::vector<NearestCentroid::Scratch> scratch(base::kMaxThreads);
  base::parallel_for(
      (rows.count + kRows - 1) / kRows, threads,
      [&](std::size_t task, std::size_t worker) {
        const RowTile tile{task * kRows, nullptr, std::min(kRows, rows.count - task * kRows)};
        std::array<float, kRows> squares;
        finder.find(rows, tile, &nearest[tile.first], squares.data(), scratch[worker]);
        std::vector<float> row(dim);
        for (std::size_t i = tile.first; i < tile.first + tile.count && !distances.empty(); ++i) {
          rows.copy_row(i, row.data());
          kernels::active().l2_rows(row.data(), centroids.data(), dim, &nearest[i], 1,
                                    &distances[i]);
        }
      },
      progress);
}

}  // namespace ruvector::index

#include "index/lloyd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "index/test_nearest.h"

namespace ruvector::index {
namespace {

// The first `lists` rows as centroids.
std::vector<float> first_rows(const TestVectors& data, std::size_t lists) {
  return {data.values.begin(),
          data.values.begin() + static_cast<std::ptrdiff_t>(lists * data.cols)};
}

// One iteration in double: the means of the rows nearest to each centroid.
std::vector<double> plain_means(const TestVectors& data, const std::vector<float>& centroids) {
  std::vector<double> means(centroids.size());
  std::vector<double> counts(centroids.size() / data.cols);
  for (std::size_t i = 0; i < data.rows; ++i) {
    const std::size_t list = plain_nearest(data.row(i), centroids).list;
    counts[list] += 1.0;
    for (std::size_t d = 0; d < data.cols; ++d) {
      means[list * data.cols + d] += static_cast<double>(data.row(i)[d]);
    }
  }
  for (std::size_t i = 0; i < means.size(); ++i) means[i] /= counts[i / data.cols];
  return means;
}

TEST(Lloyd, AnIterationMovesCentroidsToTheMeansOfTheirRows) {
  for (const std::size_t dim : {1U, 7U, 40U}) {
    const TestVectors data = clustered_vectors(500, dim, 10, 0.3F, dim);
    std::vector<float> centroids = first_rows(data, 5);
    const std::vector<double> wanted = plain_means(data, centroids);
    Lloyd lloyd(all_rows(data), 1);
    lloyd.run(centroids, 1);
    for (std::size_t i = 0; i < centroids.size(); ++i) EXPECT_NEAR(centroids[i], wanted[i], 1e-5);
  }
}

TEST(Lloyd, TheErrorFallsWithEveryIteration) {
  const TestVectors data = skewed_vectors(3000, 24, 2);
  double before = std::numeric_limits<double>::infinity();
  std::vector<float> centroids = first_rows(data, 30);
  for (int iteration = 0; iteration < 6; ++iteration) {
    Lloyd lloyd(all_rows(data), 1);
    lloyd.run(centroids, 1);
    double exact = 0;
    lloyd.assign(centroids);
    for (std::size_t i = 0; i < data.rows; ++i) {
      exact += plain_nearest(data.row(i), centroids).square;
    }
    EXPECT_NEAR(lloyd.error(), exact, 1e-5 * exact);
    EXPECT_LT(exact, before);
    before = exact;
  }
}

TEST(Lloyd, EndsWhenTheErrorHardlyFalls) {
  const TestVectors data = clustered_vectors(400, 8, 4, 0.01F, 3);
  std::vector<float> centroids = first_rows(data, 4);
  std::size_t last = 0;
  Lloyd(all_rows(data), 1).run(centroids, 1000, nullptr, [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 1000U * 2U);  // two tiles of rows an iteration
    last = done;
  });
  EXPECT_LT(last, 100U);
}

TEST(Lloyd, MembersAreTheRowsOfEachListInOrder) {
  const std::vector<std::uint32_t> lists = {2, 0, 2, 2, 0, 4};
  const Members members(lists, 5);
  EXPECT_EQ(members.order, (std::vector<std::uint32_t>{1, 4, 0, 2, 3, 5}));
  EXPECT_EQ(members.begins, (std::vector<std::size_t>{0, 2, 2, 5, 5, 6}));
  EXPECT_EQ(members.lists(), 5U);
  EXPECT_EQ(members.size(2), 3U);
  EXPECT_TRUE(members.of(1).empty());
  EXPECT_EQ(members.of(4)[0], 5U);
}

TEST(Lloyd, AListWithoutRowsTakesHalfOfALargeOne) {
  const TestVectors data = gaussian_vectors(600, 10, 4);
  std::vector<float> centroids;
  for (int i = 0; i < 6; ++i) {  // all the same: the first takes every row
    centroids.insert(centroids.end(), data.values.begin(), data.values.begin() + 10);
  }
  Lloyd lloyd(all_rows(data), 1);
  lloyd.run(centroids, 8);
  lloyd.assign(centroids);
  for (std::size_t list = 0; list < 6; ++list) EXPECT_GT(lloyd.members().size(list), 25U);
}

TEST(Lloyd, AListFarTooLargeTakesTheCentroidOfASmallOne) {
  // 900 rows about one place and ten far ones, each of them a centroid of its own at first.
  TestVectors data = gaussian_vectors(910, 6, 5);
  for (std::size_t i = 0; i < 10 * 6; ++i) data.values[i] *= 40.0F;
  std::vector<float> centroids = first_rows(data, 11);
  Lloyd lloyd(all_rows(data), 1);
  lloyd.run(centroids, 10);
  lloyd.assign(centroids);
  std::size_t largest = 0;
  for (std::size_t list = 0; list < 11; ++list) {
    largest = std::max(largest, lloyd.members().size(list));
  }
  EXPECT_LT(largest, 4U * 910U / 11U);
}

TEST(Lloyd, RowsThatAreAllEqualLeaveTheOtherListsEmpty) {
  TestVectors data{50, 3, std::vector<float>(150, 0.1F)};
  std::vector<float> centroids = first_rows(data, 7);
  Lloyd lloyd(all_rows(data), 1);
  lloyd.run(centroids, 10);
  for (const float value : centroids) EXPECT_EQ(value, 0.1F);
  lloyd.assign(centroids);
  EXPECT_EQ(lloyd.members().size(0), 50U);
}

TEST(Lloyd, AFewOtherRowsAmongEqualOnesGetListsOfTheirOwn) {
  TestVectors data{200, 2, std::vector<float>(400, 1.0F)};
  data.values[100] = 9.0F;
  data.values[250] = -5.0F;
  std::vector<float> centroids(6, 1.0F);
  Lloyd lloyd(all_rows(data), 1);
  lloyd.run(centroids, 10);
  lloyd.assign(centroids);
  EXPECT_EQ(lloyd.error(), 0.0);
}

RowGroups groups_of(const TestVectors& data, std::size_t count, std::size_t reach) {
  RowGroups groups;
  groups.centres = first_rows(data, count);
  Lloyd lloyd(all_rows(data), 1);
  lloyd.assign(groups.centres);
  groups.members = lloyd.members();
  groups.reach = reach;
  return groups;
}

TEST(Lloyd, GroupsThatReachEverythingChangeNothingButRounding) {
  const TestVectors data = clustered_vectors(800, 12, 20, 0.3F, 6);
  const std::vector<float> centroids = first_rows(data, 40);
  const RowGroups groups = groups_of(data, 6, 40);
  Lloyd whole(all_rows(data), 1);
  Lloyd grouped(all_rows(data), 1);
  whole.assign(centroids);
  grouped.assign(centroids, &groups);
  EXPECT_EQ(grouped.members().order, whole.members().order);
  EXPECT_EQ(grouped.members().begins, whole.members().begins);
}

TEST(Lloyd, GroupsThatReachLessLoseLittle) {
  const TestVectors data = skewed_vectors(4000, 12, 7);
  const std::vector<float> centroids = first_rows(data, 200);
  const RowGroups groups = groups_of(data, 14, 100);
  Lloyd whole(all_rows(data), 1);
  Lloyd grouped(all_rows(data), 1);
  whole.assign(centroids);
  grouped.assign(centroids, &groups);
  EXPECT_GE(grouped.error(), 0.9999 * whole.error());
  EXPECT_LT(grouped.error(), 1.02 * whole.error());
}

TEST(Lloyd, AGroupIsComparedWithItsOwnCentroidsHoweverFarTheyAre) {
  // One group near 0 and one near 100, whose rows and lists are at 80 and 130.
  TestVectors data{6, 1, {0.0F, 1.0F, 2.0F, 80.0F, 81.0F, 130.0F}};
  RowGroups groups;
  groups.centres = {1.0F, 100.0F};
  groups.members = Members(std::vector<std::uint32_t>{0, 0, 0, 1, 1, 1}, 2);
  groups.reach = 1;
  Lloyd lloyd(all_rows(data), 1);
  lloyd.assign(std::vector<float>{0.5F, 80.5F, 130.0F}, &groups);
  EXPECT_EQ(lloyd.members().begins, (std::vector<std::size_t>{0, 3, 5, 6}));
}

TEST(Lloyd, ResultsDoNotDependOnThreads) {
  const TestVectors data = skewed_vectors(3000, 19, 8);
  const RowGroups groups = groups_of(data, 9, 50);
  std::vector<float> one = first_rows(data, 90);
  Lloyd(all_rows(data), 1).run(one, 4, &groups);
  for (const std::size_t threads : {2U, 3U}) {
    std::vector<float> many = first_rows(data, 90);
    Lloyd(all_rows(data), threads).run(many, 4, &groups);
    EXPECT_EQ(many, one) << threads << " threads";
  }
}

}  // namespace
}  // namespace ruvector::index

#include "index/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "index/lloyd.h"
#include "index/test_nearest.h"

namespace ruvector::index {
namespace {

RowSource source_of(const TestVectors& data, const float* inverse_norms = nullptr) {
  return {data.values.data(), inverse_norms, data.rows};
}

struct Assigned {
  std::vector<std::uint32_t> nearest;
  std::vector<float> distances;
  friend bool operator==(const Assigned&, const Assigned&) = default;

  double error() const {
    double sum = 0;
    for (const float distance : distances) sum += static_cast<double>(distance);
    return sum;
  }
  std::size_t largest(std::size_t lists) const {
    std::vector<std::size_t> sizes(lists);
    for (const std::uint32_t list : nearest) ++sizes[list];
    return *std::max_element(sizes.begin(), sizes.end());
  }
};

Assigned assigned(const RowSource& source, std::size_t dim, const std::vector<float>& centroids,
                  std::size_t threads = 1) {
  Assigned result{std::vector<std::uint32_t>(source.count), std::vector<float>(source.count)};
  assign_rows(source, dim, centroids, threads, result.nearest, result.distances);
  return result;
}

// FNV-1a over the bits.
std::uint64_t digest(const std::vector<float>& values) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const float value : values) {
    for (std::uint32_t bits = std::bit_cast<std::uint32_t>(value), i = 0; i < 4; ++i, bits >>= 8U) {
      hash = (hash ^ (bits & 255U)) * 0x100000001b3U;
    }
  }
  return hash;
}

// --- the same bits

TEST(KMeans, GivesTheSameBitsOnAnyNumberOfThreads) {
  const TestVectors data = clustered_vectors(12'000, 21, 50, 0.4F, 1);
  for (const std::size_t lists : {20U, 85U}) {  // one level, two levels, a sample each
    const std::vector<float> one = kmeans(source_of(data), 21, {.lists = lists});
    const Assigned rows = assigned(source_of(data), 21, one);
    for (const std::size_t threads : {2U, 3U}) {
      EXPECT_EQ(kmeans(source_of(data), 21, {.lists = lists, .threads = threads}), one);
      EXPECT_EQ(assigned(source_of(data), 21, one, threads), rows);
    }
  }
}

// `make test-levels` runs this on each: the digests were taken on one of them.
TEST(KMeans, GivesTheSameBitsOnEveryInstructionSet) {
  const TestVectors data = clustered_vectors(3000, 37, 40, 0.4F, 2);
  const std::vector<float> centroids = kmeans(source_of(data), 37, {.lists = 70});
  EXPECT_EQ(digest(centroids), 12624188390644679180U);
  EXPECT_EQ(digest(assigned(source_of(data), 37, centroids).distances), 2049329470337026360U);
}

TEST(KMeans, AnotherSeedGivesOtherCentroids) {
  const TestVectors data = gaussian_vectors(500, 8, 3);
  EXPECT_EQ(kmeans(source_of(data), 8, {.lists = 9}), kmeans(source_of(data), 8, {.lists = 9}));
  EXPECT_NE(kmeans(source_of(data), 8, {.lists = 9}),
            kmeans(source_of(data), 8, {.lists = 9, .seed = 43}));
}

// --- how good

TEST(KMeans, TwoLevelsAreNoWorseThanTenIterationsOverAllLists) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const TestVectors data = skewed_vectors(6000, 24, seed);
    const std::size_t lists = 100;
    std::vector<float> plain(data.values.begin(), data.values.begin() + 100 * 24);
    Lloyd(all_rows(data), 1).run(plain, 10);
    const std::vector<float> ours = kmeans(source_of(data), 24, {.lists = lists});
    EXPECT_LT(assigned(source_of(data), 24, ours).error(),
              1.02 * assigned(source_of(data), 24, plain).error());
  }
}

TEST(KMeans, TightClustersGetAListEach) {
  const TestVectors data = clustered_vectors(12'000, 32, 120, 0.05F, 15);
  const std::vector<float> centroids = kmeans(source_of(data), 32, {.lists = 120});
  // About their true centres the rows' mean square would be 32 * 0.05^2 = 0.08. Rows of two
  // clusters in one list have a quarter of the clusters' squared distance, 32 * 8 / 3 / 4 = 21 on
  // average: fewer than 3 % are.
  const Assigned rows = assigned(source_of(data), 32, centroids);
  EXPECT_LT(rows.error() / static_cast<double>(data.rows), 0.08 + 0.03 * 21);
}

TEST(KMeans, NoListIsAboveFourTimesTheMean) {
  const std::size_t lists = 150;
  for (const TestVectors& data : {clustered_vectors(15'000, 16, 60, 0.3F, 4),
                                  skewed_vectors(15'000, 32, 5), gaussian_vectors(15'000, 12, 6)}) {
    const std::vector<float> centroids = kmeans(source_of(data), data.cols, {.lists = lists});
    EXPECT_LE(assigned(source_of(data), data.cols, centroids).largest(lists),
              4 * data.rows / lists);
  }
}

TEST(KMeans, ScaledRowsAreDividedAsIfTheyHadBeenStoredThatWay) {
  const TestVectors data = gaussian_vectors(2500, 15, 7, 3.0F, 1.0F);
  const std::vector<float> norms = inverse_norms_of(data);
  const TestVectors unit = scaled(data, norms);
  for (const std::size_t lists : {6U, 70U, 2500U}) {
    const RowSource cosine = source_of(data, norms.data());
    const std::vector<float> centroids = kmeans(cosine, 15, {.lists = lists});
    EXPECT_EQ(centroids, kmeans(source_of(unit), 15, {.lists = lists}));
    EXPECT_EQ(assigned(cosine, 15, centroids), assigned(source_of(unit), 15, centroids));
  }
}

// --- odd shapes

TEST(KMeans, EveryNumberOfRowsListsAndDimensionsWorks) {
  for (std::size_t rows = 1; rows <= 70; rows += rows < 8 ? 1 : 9) {
    for (std::size_t lists = 1; lists <= rows; lists += 1 + rows / 6) {
      for (const std::size_t dim : {1U, 2U, 17U, 70U}) {
        const TestVectors data = gaussian_vectors(rows, dim, rows + lists);
        const std::vector<float> centroids = kmeans(source_of(data), dim, {.lists = lists});
        ASSERT_EQ(centroids.size(), lists * dim);
        for (const float value : centroids) ASSERT_TRUE(std::isfinite(value));
        for (const std::uint32_t list : assigned(source_of(data), dim, centroids).nearest) {
          ASSERT_LT(list, lists);
        }
      }
    }
  }
}

TEST(KMeans, AsManyListsAsRowsAreTheRows) {
  for (const std::size_t rows : {1U, 5U, 63U}) {
    const TestVectors data = gaussian_vectors(rows, 9, rows);
    EXPECT_EQ(kmeans(source_of(data), 9, {.lists = rows}), data.values);
  }
  const TestVectors many = gaussian_vectors(100, 9, 8);  // two levels: in another order
  const std::vector<float> centroids = kmeans(source_of(many), 9, {.lists = 100});
  EXPECT_EQ(assigned(source_of(many), 9, centroids).error(), 0.0);
}

TEST(KMeans, DistinctRowsAmongDuplicatesGetAListEach) {
  TestVectors data = gaussian_vectors(600, 6, 9);
  for (std::size_t i = 60; i < data.values.size(); ++i) data.values[i] = data.values[i % 60];
  for (const std::size_t lists : {15U, 100U, 600U}) {  // of ten different rows
    const std::vector<float> centroids = kmeans(source_of(data), 6, {.lists = lists});
    EXPECT_LT(assigned(source_of(data), 6, centroids).error(), 1e-9) << lists << " lists";
  }
}

TEST(KMeans, RowsThatAreAllEqualGiveThatRow) {
  const TestVectors data{1000, 5, std::vector<float>(5000, 0.3F)};
  for (const std::size_t lists : {1U, 3U, 64U, 900U}) {
    for (const float value : kmeans(source_of(data), 5, {.lists = lists})) EXPECT_EQ(value, 0.3F);
  }
}

// --- assign_rows

TEST(AssignRows, DistancesAreThoseToTheNearestInDoublePrecision) {
  const TestVectors data = clustered_vectors(700, 20, 30, 0.4F, 10);
  const std::vector<float> centroids = kmeans(source_of(data), 20, {.lists = 30});
  const Assigned rows = assigned(source_of(data), 20, centroids);
  for (std::size_t i = 0; i < data.rows; ++i) {
    const PlainNearest wanted = plain_nearest(data.row(i), centroids);
    EXPECT_NEAR(rows.distances[i], wanted.square, 1e-5 * wanted.square);
    if (wanted.next > 1.001 * wanted.square) {
      EXPECT_EQ(rows.nearest[i], wanted.list);
    }
  }
}

TEST(AssignRows, DistancesMayBeLeftOut) {
  const TestVectors data = gaussian_vectors(300, 4, 11);
  const std::vector<float> centroids = kmeans(source_of(data), 4, {.lists = 8});
  std::vector<std::uint32_t> nearest(300);
  assign_rows(source_of(data), 4, centroids, 1, nearest, {});
  EXPECT_EQ(nearest, assigned(source_of(data), 4, centroids).nearest);
}

TEST(AssignRows, NoRowsAreNoError) {
  const std::vector<float> centroids = {1.0F, 2.0F};
  assign_rows({nullptr, nullptr, 0}, 2, centroids, 1, {}, {});
}

// --- errors, progress, cancelling

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(KMeans, RefusesANumberOfListsOutOfRange) {
  const TestVectors data = gaussian_vectors(10, 3, 12);
  for (const std::size_t lists : {0U, 11U}) {
    EXPECT_EQ(
        refusal([&] { kmeans(source_of(data), 3, {.lists = lists}); }),
        "kmeans: " + std::to_string(lists) + " lists are not between 1 and the number of rows, 10");
  }
}

TEST(AssignRows, RefusesSizesThatDoNotFit) {
  const TestVectors data = gaussian_vectors(10, 3, 12);
  std::vector<std::uint32_t> nearest(10);
  std::vector<float> few(9);
  EXPECT_EQ(refusal([&] { assign_rows(source_of(data), 3, few, 1, nearest, few); }),
            "kmeans: room for 10 lists and 9 distances of 10 rows");
  EXPECT_EQ(refusal([&] { assign_rows(source_of(data), 4, few, 1, nearest, {}); }),
            "kmeans: 9 values are no centroids of dim 4");
}

TEST(KMeans, ProgressRisesToTheWhole) {
  const TestVectors data = gaussian_vectors(4000, 10, 13);
  for (const std::size_t lists : {10U, 80U, 4000U}) {
    std::size_t last = 0;
    std::size_t whole = 0;
    kmeans(source_of(data), 10,
           {.lists = lists, .threads = 2, .progress = [&](std::size_t done, std::size_t total) {
              EXPECT_GE(done, last);
              EXPECT_LE(done, total);
              last = done;
              whole = total;
            }});
    EXPECT_GT(whole, 0U);
    EXPECT_EQ(last, whole);
  }
}

TEST(KMeans, AnExceptionOfProgressCancelsAtAnyPoint) {
  struct Cancelled {};
  const TestVectors data = gaussian_vectors(4000, 10, 14);
  const auto calls_before = [&](int limit) {
    int calls = 0;
    KMeansParams params{.lists = 80, .threads = 2};
    params.progress = [&](std::size_t, std::size_t) {
      if (++calls == limit) throw Cancelled();
    };
    EXPECT_EQ(kmeans(source_of(data), 10, params).size(), 800U);
    return calls;
  };
  const int calls = calls_before(0);
  EXPECT_GT(calls, 4);
  for (int limit = 1; limit <= 4; ++limit) EXPECT_THROW(calls_before(limit), Cancelled);
}

}  // namespace
}  // namespace ruvector::index

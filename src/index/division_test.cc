#include "index/division.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "index/growth.h"
#include "index/search.h"
#include "index/test_vectors.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};

State divided(MatrixView vectors, Metric metric, std::size_t lists, std::size_t threads = 1,
              const Progress& progress = {}, Kind kind = Kind::rabitq_plus) {
  BuildParams params;
  params.metric = metric;
  params.partitions = lists;
  params.threads = threads;
  params.progress = progress;
  return build_state(kind, vectors, params);
}

std::vector<Id> ids_from(Id first, std::size_t count) {
  std::vector<Id> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

SearchParams everything_certainly() {
  SearchParams params;
  params.confidence = 1.0F;
  params.recall = 1.0F;
  return params;
}

void expect_exact(const State& state, const TestVectors& queries) {
  state.partition->layout.check();
  ASSERT_EQ(state.partition->layout.slot_count(), state.size());
  ASSERT_EQ(state.codes.size(), state.partition->layout.block_count() * 64);
  for (std::size_t q = 0; q < queries.rows; ++q) {
    ASSERT_EQ(search(state, queries.row(q), 10, everything_certainly(), nullptr),
              brute_force(state.row_view(), queries.row(q), 10));
  }
}

template <class T>
bool same(const base::Array<T>& a, const base::Array<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

TEST(Division, IsTheSameOnAnyNumberOfThreads) {
  const TestVectors data = clustered_vectors(3000, 40, 20, 0.5F, 1);
  const State one = divided(data.view(), Metric::l2, 40, 1);
  for (const std::size_t threads : {2U, 3U, 7U}) {
    const State other = divided(data.view(), Metric::l2, 40, threads);
    EXPECT_TRUE(same(one.codes.blocks(), other.codes.blocks()));
    EXPECT_TRUE(same(one.codes.records(), other.codes.records()));
    EXPECT_TRUE(same(one.partition->centroids, other.partition->centroids));
    EXPECT_EQ(one.partition->stopping.margins(), other.partition->stopping.margins());
  }
}

TEST(Division, EachVectorLiesInTheListOfItsNearestCentroid) {
  const TestVectors data = clustered_vectors(1000, 12, 20, 0.5F, 2);
  const State state = divided(data.view(), Metric::l2, 30);
  const ListLayout& layout = state.partition->layout;
  for (std::size_t slot = 0; slot < data.rows; ++slot) {
    std::vector<double> distances(30);
    for (std::size_t list = 0; list < 30; ++list) {
      const std::span<const float> c(state.partition->centroids.data() + list * 12, 12);
      distances[list] = true_score(Metric::l2, c, data.row(slot));
    }
    const double least = *std::min_element(distances.begin(), distances.end());
    EXPECT_LE(distances[layout.list_of_lane(layout.lane(slot))], least + 1e-4);
  }
}

TEST(Division, FollowsAdditionsAndRemovals) {
  const TestVectors data = skewed_vectors(2500, 40, 3);
  const TestVectors queries = skewed_vectors(5, 40, 4);
  for (const Metric metric : kMetrics) {
    State state = divided(data.first(600), metric, 20);
    expect_exact(state, queries);
    for (std::size_t first = 600; first < 2500; first += 190) {  // learned anew at 2,400
      append(state, ids_from(first, 190), data.range(first, first + 190), 2, {});
      expect_exact(state, queries);
    }
    base::Random random(5);
    std::vector<Id> left = ids_from(0, 2500);
    while (left.size() > 200) {
      std::vector<Id> gone;
      for (int i = 0; i < 190; ++i) {
        std::swap(left[random.uniform_below(left.size())], left.back());
        gone.push_back(left.back());
        left.pop_back();
      }
      remove(state, gone);
      expect_exact(state, queries);
    }
    append(state, ids_from(9000, 300), data.first(300), 1, {});
    expect_exact(state, queries);
  }
}

TEST(Division, AnEmptyIndexIsDividedByTheFirstVectors) {
  State state = divided({nullptr, 0, 16}, Metric::l2, 10);
  EXPECT_FALSE(state.partition->trained());
  const TestVectors data = gaussian_vectors(200, 16, 6);
  append(state, ids_from(0, 200), data.view(), 1, {});
  EXPECT_EQ(state.partition->layout.list_count(), 10U);
  expect_exact(state, gaussian_vectors(3, 16, 7));
  remove(state, ids_from(0, 200));
  EXPECT_EQ(state.size(), 0U);
  append(state, ids_from(0, 3), data.first(3), 1, {});
  EXPECT_EQ(state.partition->layout.list_count(), 3U);  // no more than vectors
  expect_exact(state, gaussian_vectors(1, 16, 8));
}

TEST(Division, FarVectorsWidenTheUnitOfAllCodes) {
  const TestVectors data = gaussian_vectors(700, 20, 9);
  const TestVectors far = gaussian_vectors(40, 20, 10, 3000.0F);
  State state = divided(data.view(), Metric::l2, 12);
  const float before = state.encoder->unit();
  append(state, ids_from(700, 40), far.view(), 1, {});
  EXPECT_GT(state.encoder->unit(), before);
  expect_exact(state, gaussian_vectors(4, 20, 11));
  expect_exact(state, {2, 20, {far.values.begin(), far.values.begin() + 40}});
}

TEST(Division, AnAdditionThatFailsOrIsCancelledChangesNothing) {
  const TestVectors data = clustered_vectors(2000, 24, 12, 0.5F, 12);
  State state = divided(data.first(1500), Metric::l2, 25);
  const TestVectors queries = gaussian_vectors(4, 24, 13);
  struct Cancelled {};
  for (int after = 0; after < 6; ++after) {
    int calls = 0;
    const Progress progress = [&](std::size_t, std::size_t) {
      if (calls++ >= after) throw Cancelled();
    };
    try {
      append(state, ids_from(1500, 500), data.range(1500, 2000), 1, progress);
      remove(state, ids_from(1500, 500));  // few calls: it was done before the last of them
    } catch (const Cancelled&) {
    }
    ASSERT_EQ(state.size(), 1500U);
    expect_exact(state, queries);
  }
  EXPECT_THROW(append(state, ids_from(1499, 3), data.range(1500, 1503), 1, {}), DuplicateId);
  expect_exact(state, queries);
}

TEST(Division, AFlatIndexHasNoCodesToDivide) {
  const TestVectors data = gaussian_vectors(10, 4, 14);
  EXPECT_THROW(divided(data.view(), Metric::l2, 2, 1, {}, Kind::flat_f32), std::invalid_argument);
}

}  // namespace
}  // namespace ruvector::index

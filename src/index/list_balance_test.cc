#include "index/list_balance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <span>
#include <vector>

#include "index/calibration.h"
#include "index/growth.h"
#include "index/search.h"
#include "index/test_vectors.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};
constexpr std::size_t kDim = 24;

std::vector<Id> ids_from(Id first, std::size_t count) {
  std::vector<Id> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

// Clusters that come one after another: what is added lies where the first lists are not.
TestVectors in_shifted_order(std::size_t rows, std::uint64_t seed) {
  const TestVectors drawn = clustered_vectors(rows, kDim, 30, 0.5F, seed);
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(drawn.row(a)[0], a) < std::pair(drawn.row(b)[0], b);
  });
  TestVectors result{rows, kDim, {}};
  for (const std::size_t row : order) {
    result.values.insert(result.values.end(), drawn.row(row).begin(), drawn.row(row).end());
  }
  return result;
}

State divided(MatrixView vectors, std::size_t lists, Metric metric = Metric::l2,
              Kind kind = Kind::rabitq_plus) {
  BuildParams params;
  params.metric = metric;
  params.partitions = lists;
  params.threads = 2;
  if (kind != Kind::rabitq_plus) params.bits = 4;
  return build_state(kind, vectors, params);
}

TestVectors first_of(const TestVectors& data, std::size_t count) {
  const std::span<const float> values = std::span(data.values).first(count * kDim);
  return {count, kDim, {values.begin(), values.end()}};
}

void grow(State& state, const TestVectors& data, std::size_t batch, std::size_t threads = 2) {
  for (std::size_t first = state.size(); first < data.rows; first += batch) {
    const std::size_t count = std::min(batch, data.rows - first);
    append(state, ids_from(first, count), data.range(first, first + count), threads, {});
  }
}

std::vector<Id> every_second(std::size_t count) {
  std::vector<Id> ids;
  for (Id id = 0; id < count; id += 2) ids.push_back(id);
  return ids;
}

void expect_exact(const State& state, const TestVectors& queries) {
  SearchParams params;
  params.confidence = 1.0F;
  params.recall = 1.0F;
  state.partition->layout.check();
  ASSERT_EQ(state.partition->layout.slot_count(), state.size());
  ASSERT_EQ(state.codes.size(), state.partition->layout.block_count() * 64);
  for (std::size_t q = 0; q < queries.rows; ++q) {
    ASSERT_EQ(search(state, queries.row(q), 10, params, nullptr),
              brute_force(state.row_view(), queries.row(q), 10));
  }
}

template <class T>
bool same(const base::Array<T>& a, const base::Array<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

void expect_same(const State& a, const State& b) {
  EXPECT_TRUE(same(a.ids, b.ids));
  EXPECT_TRUE(same(a.rows, b.rows));
  EXPECT_TRUE(same(a.codes.blocks(), b.codes.blocks()));
  EXPECT_TRUE(same(a.codes.records(), b.codes.records()));
  EXPECT_TRUE(same(a.codes.norms(), b.codes.norms()));
  EXPECT_TRUE(same(a.partition->centroids, b.partition->centroids));
  EXPECT_TRUE(same(a.partition->layout.arrays().slots, b.partition->layout.arrays().slots));
  EXPECT_EQ(a.partition->stopping.margins(), b.partition->stopping.margins());
  EXPECT_EQ(a.encoder->unit(), b.encoder->unit());
}

std::size_t list_count(const State& state) { return state.partition->layout.list_count(); }

// The mean squared distance of vectors from the centroids of their lists.
double spread(const State& state) {
  const ListLayout& layout = state.partition->layout;
  double sum = 0;
  for (std::size_t slot = 0; slot < state.size(); ++slot) {
    const std::size_t list = layout.list_of_lane(layout.lane(slot));
    const std::span<const float> centroid(state.partition->centroids.data() + list * kDim, kDim);
    const std::span<const float> row(state.rows.data() + slot * kDim, kDim);
    sum += true_score(Metric::l2, centroid, row);
  }
  return sum / static_cast<double>(state.size());
}

double recall_of(const State& state, const TestVectors& queries, float asked) {
  SearchParams params;
  params.recall = asked;
  std::size_t found = 0;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    std::set<Id> nearest;
    for (const Hit& hit : brute_force(state.row_view(), queries.row(q), 10)) nearest.insert(hit.id);
    for (const Hit& hit : search(state, queries.row(q), 10, params, nullptr)) {
      found += nearest.count(hit.id);
    }
  }
  return static_cast<double>(found) / static_cast<double>(10 * queries.rows);
}

TEST(ListBalance, TheNumberOfListsGoesWithTheRootOfTheSize) {
  const TestVectors data = gaussian_vectors(4000, kDim, 1);
  const State state = divided(data.view(), 40);
  EXPECT_EQ(lists_for(state, 4000), 40U);
  EXPECT_EQ(lists_for(state, 16'000), 80U);
  EXPECT_EQ(lists_for(state, 1000), 20U);
  EXPECT_EQ(lists_for(state, 1), 1U);
  EXPECT_FALSE(is_balance_due(state, 4000));
  EXPECT_TRUE(is_balance_due(state, 6000));
  EXPECT_TRUE(is_balance_due(state, 2000));
  // Few vectors for the lists that were asked for: these come first.
  const State few = divided(data.first(30), 40);
  EXPECT_EQ(list_count(few), 30U);
  EXPECT_EQ(lists_for(few, 640), 40U);
  EXPECT_EQ(lists_for(few, 2560), 80U);
}

TEST(ListBalance, AnswersStayExactThroughGrowthAndRemoval) {
  const TestVectors data = in_shifted_order(6000, 2);
  const TestVectors queries = clustered_vectors(8, kDim, 30, 0.5F, 2);
  for (const Metric metric : kMetrics) {
    State state = divided(data.first(1600), 40, metric);
    for (const std::size_t upto : {1700U, 2000U, 3500U, 6000U}) {
      grow(state, first_of(data, upto), 350);
      expect_exact(state, queries);
    }
    EXPECT_NEAR(static_cast<double>(list_count(state)), std::sqrt(6000.0 / 1600.0) * 40.0, 6.0);
    remove(state, every_second(6000));
    expect_exact(state, queries);
    remove(state, ids_from(3000, 0));
    std::vector<Id> most;
    for (Id id = 1; id < 5900; id += 2) most.push_back(id);
    remove(state, most);
    expect_exact(state, queries);
    EXPECT_LE(list_count(state), 12U);
    append(state, ids_from(9000, 500), data.first(500), 2, {});
    expect_exact(state, queries);
  }
}

TEST(ListBalance, GrownListsAreNearlyAsTightAsThoseOfAFreshBuild) {
  const TestVectors data = in_shifted_order(8000, 3);
  State grown = divided(data.first(2000), 40);  // 80 at 8,000
  grow(grown, data, 400);
  const State fresh = divided(data.view(), 80);
  EXPECT_NEAR(static_cast<double>(list_count(grown)), 80.0, 6.0);
  EXPECT_LE(spread(grown), 1.05 * spread(fresh));
  remove(grown, every_second(8000));
  EXPECT_NEAR(static_cast<double>(list_count(grown)), 57.0, 5.0);
  TestVectors left{4000, kDim, {}};
  for (std::size_t i = 1; i < 8000; i += 2) {
    left.values.insert(left.values.end(), data.row(i).begin(), data.row(i).end());
  }
  EXPECT_LE(spread(grown), 1.05 * spread(divided(left.view(), 57)));
}

TEST(ListBalance, TheAskedRecallIsKeptThroughGrowthAndRemoval) {
  const TestVectors data = in_shifted_order(8000, 4);
  const TestVectors queries = clustered_vectors(100, kDim, 30, 0.5F, 4);
  State state = divided(data.first(800), 30);
  grow(state, data, 700);
  EXPECT_GE(recall_of(state, queries, 0.9F), 0.88);
  EXPECT_GE(recall_of(state, queries, 0.99F), 0.975);
  remove(state, every_second(8000));
  EXPECT_GE(recall_of(state, queries, 0.9F), 0.88);
  EXPECT_GE(recall_of(state, queries, 0.99F), 0.975);
}

TEST(ListBalance, IsTheSameOnAnyNumberOfThreads) {
  const TestVectors data = in_shifted_order(3000, 5);
  const State start = divided(data.first(1500), 50);
  State one = start;
  grow(one, data, 400, 1);
  for (const std::size_t threads : {2U, 7U}) {
    State other = start;
    grow(other, data, 400, threads);
    expect_same(one, other);
  }
}

TEST(ListBalance, IsRareWhenVectorsComeOneByOne) {
  const TestVectors data = clustered_vectors(4000, kDim, 30, 0.5F, 6);
  State state = divided(data.first(1000), 20);
  std::size_t balances = 0;
  for (std::size_t i = 1000; i < 4000; ++i) {
    const std::size_t before = state.partition->changes;
    append(state, ids_from(i, 1), data.range(i, i + 1), 1, {});
    balances += state.partition->changes <= before ? 1 : 0;
  }
  // Each follows growth by a part of the lists, and these double when the vectors are fourfold.
  EXPECT_GE(balances, 5U);
  EXPECT_LE(balances, 20U);
}

TEST(ListBalance, ListsThatBecomeFarTooLargeAreDividedThoughTheirNumberIsRight) {
  const TestVectors data = clustered_vectors(8000, kDim, 30, 0.5F, 17);
  State state = divided(data.view(), 100);
  TestVectors near = gaussian_vectors(800, kDim, 18, 0.3F);  // all around one vector
  for (std::size_t i = 0; i < near.values.size(); ++i) near.values[i] += data.values[i % kDim];
  const auto largest = [&] {
    std::size_t most = 0;
    for (std::size_t list = 0; list < list_count(state); ++list) {
      most = std::max(most, state.partition->layout.size(list));
    }
    return most;
  };
  std::size_t seen = 0;
  for (std::size_t first = 0; first < near.rows; first += 50) {
    append(state, ids_from(8000 + first, 50), near.range(first, first + 50), 2, {});
    seen = std::max(seen, largest());
  }
  EXPECT_GT(seen, 400U);  // 80 on average
  EXPECT_LT(largest(), 300U);
  EXPECT_NEAR(static_cast<double>(list_count(state)), 105.0, 5.0);
  expect_exact(state, first_of(near, 2));
}

TEST(ListBalance, EqualVectorsCannotBeToldApartAndCostNoMore) {
  TestVectors data = gaussian_vectors(2000, kDim, 7);
  for (std::size_t i = 300; i < 2000; ++i) {
    std::copy_n(data.values.data(), kDim, &data.values[i * kDim]);
  }
  State state = divided(data.first(600), 16);
  std::size_t balances = 0;
  for (std::size_t first = 600; first < 2000; first += 10) {
    const std::size_t before = state.partition->changes;
    append(state, ids_from(first, 10), data.range(first, first + 10), 2, {});
    balances += state.partition->changes <= before ? 1 : 0;
  }
  EXPECT_LE(balances, 30U);
  expect_exact(state, gaussian_vectors(3, kDim, 8));
}

TEST(ListBalance, CancellingLeavesTheStateAsItWas) {
  const TestVectors data = clustered_vectors(1600, kDim, 12, 0.5F, 9);
  const State before = divided(data.first(1200), 30);
  TestVectors more = clustered_vectors(500, kDim, 40, 0.8F, 10);
  more.values[0] = 3e4F;  // so that the unit of all codes becomes larger, too
  struct Cancelled {};
  int calls = 0;
  bool done = false;
  for (int after = 0; !done; ++after) {
    State state = before;
    calls = 0;
    try {
      append(state, ids_from(1200, 500), more.view(), 1, [&](std::size_t, std::size_t) {
        if (calls++ >= after) throw Cancelled();
      });
      done = true;
      EXPECT_GT(list_count(state), 30U);
      EXPECT_GT(state.encoder->unit(), before.encoder->unit());
    } catch (const Cancelled&) {
      expect_same(state, before);
      ASSERT_EQ(state.partition->layout.slot_count(), 1200U);
    }
  }
  EXPECT_GT(calls, 8);
}

TEST(ListBalance, CodesAloneKeepTheirLists) {
  const TestVectors data = clustered_vectors(4000, kDim, 12, 0.5F, 11);
  State state = divided(data.first(1000), 20, Metric::l2, Kind::rabitq);
  grow(state, data, 500);
  EXPECT_EQ(list_count(state), 20U);
  remove(state, every_second(4000));
  EXPECT_EQ(list_count(state), 20U);
  state.partition->layout.check();
  EXPECT_FALSE(is_balance_due(state, 100));
}

TEST(ListBalance, WhatWasCalibratedWithIsLearnedFromAgain) {
  const TestVectors data = clustered_vectors(2000, kDim, 12, 0.5F, 12);
  const TestVectors queries = gaussian_vectors(600, kDim, 13);
  for (const Metric metric : kMetrics) {
    State state = divided(data.first(800), 30, metric);
    calibrate(state, queries.view(), 2);
    ASSERT_EQ(state.partition->queries.size(), kMostQueriesKept * kDim);
    grow(state, data, 500);
    ASSERT_GT(list_count(state), 40U);
    balance(state, 2);
    const StoppingRule rule = calibrated(state, state.row_view(), state.partition->queries.data(),
                                         kMostQueriesKept, false, 1);
    EXPECT_EQ(state.partition->stopping.margins(), rule.margins());
    state.partition->queries.clear();
    EXPECT_NE(recalibrated(state, state.kept_rows(), 1).margins(), rule.margins());
  }
}

TEST(ListBalance, TidyListsLieSideBySide) {
  const TestVectors data = clustered_vectors(3000, kDim, 12, 0.5F, 14);
  const TestVectors queries = gaussian_vectors(4, kDim, 15);
  for (const Kind kind : {Kind::rabitq, Kind::rabitq_plus}) {
    State state = divided(data.first(2500), 25, Metric::l2, kind);
    grow(state, data, 20);
    remove(state, ids_from(100, 400));
    SearchParams params;
    params.recall = 1.0F;
    const auto before = search(state, queries.row(0), 20, params, nullptr);
    compact(state);
    state.partition->layout.check();
    std::size_t needed = 0;
    for (std::size_t list = 0; list < list_count(state); ++list) {
      needed += (state.partition->layout.size(list) + 63) / 64;
      EXPECT_LE(state.partition->layout.runs(list).size(), 1U);
    }
    EXPECT_EQ(state.partition->layout.block_count(), needed);
    EXPECT_EQ(state.codes.size(), needed * 64);
    EXPECT_EQ(search(state, queries.row(0), 20, params, nullptr), before);
    const std::uint8_t* codes = state.codes.blocks().data();
    compact(state);
    EXPECT_EQ(state.codes.blocks().data(), codes) << "tidy lists, which may be mapped, were copied";
  }
  State empty = divided({nullptr, 0, kDim}, 5);
  compact(empty);
  EXPECT_EQ(empty.size(), 0U);
}

TEST(ListBalance, RowsOfADamagedFileAreNotLearnedFrom) {
  const TestVectors data = clustered_vectors(1800, kDim, 12, 0.5F, 16);
  State state = divided(data.first(1200), 30);
  float* rows = state.rows.mutable_data();
  std::fill_n(rows, 1200 * kDim, std::numeric_limits<float>::quiet_NaN());
  const State before = state;
  EXPECT_THROW(append(state, ids_from(1200, 600), data.range(1200, 1800), 2, {}), IndexError);
  EXPECT_EQ(state.size(), 1200U);
  EXPECT_TRUE(same(state.codes.blocks(), before.codes.blocks()));
  remove(state, every_second(1200));  // and lists are not merged
  EXPECT_EQ(state.size(), 600U);
  EXPECT_EQ(list_count(state), 30U);
  state.partition->layout.check();
}

}  // namespace
}  // namespace ruvector::index

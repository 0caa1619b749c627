#include "index/list_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "index/growth.h"
#include "index/search.h"
#include "index/state.h"
#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};

State divided(Kind kind, MatrixView vectors, Metric metric, std::size_t lists,
              std::optional<std::uint32_t> bits = {},
              std::optional<std::uint32_t> rerank_factor = {}) {
  BuildParams params;
  params.metric = metric;
  params.partitions = lists;
  params.bits = bits;
  params.rerank_factor = rerank_factor;
  return build_state(kind, vectors, params);
}

SearchParams everything_certainly() {
  SearchParams params;
  params.confidence = 1.0F;
  params.recall = 1.0F;
  return params;
}

std::string describe(const State& state, std::size_t k) {
  return "metric " + std::to_string(static_cast<int>(state.metric)) + ", " +
         std::to_string(state.size()) + " x " + std::to_string(state.dim) + " in " +
         std::to_string(state.partition->layout.list_count()) + " lists, k " + std::to_string(k);
}

TEST(ListSearch, ThroughAllListsAtCertaintyItFindsWhatASortFinds) {
  for (const Metric metric : kMetrics) {
    for (const std::size_t dim : {1U, 3U, 64U, 130U}) {
      for (const std::size_t lists : {1U, 7U, 60U}) {
        const TestVectors data = gaussian_vectors(260, dim, dim + lists, 1.0F, 0.3F);
        const State state = divided(Kind::rabitq_plus, data.view(), metric, lists);
        const TestVectors near = gaussian_vectors(3, dim, 77, 1.0F, 0.2F);
        const TestVectors far = gaussian_vectors(1, dim, 78, 500.0F, 100.0F);
        for (const std::size_t k : {1U, 10U, 300U}) {
          for (const auto& query : {near.row(0), near.row(1), far.row(0), data.row(250)}) {
            ASSERT_EQ(search(state, query, k, everything_certainly(), nullptr),
                      brute_force(state.row_view(), query, k))
                << describe(state, k);
          }
        }
      }
    }
  }
}

TEST(ListSearch, CodesOfAnyWidthServe) {
  const TestVectors data = skewed_vectors(800, 100, 5);
  for (std::uint32_t bits = 1; bits <= 8; ++bits) {
    const State state = divided(Kind::rabitq_plus, data.view(), Metric::l2, 20, bits);
    ASSERT_EQ(search(state, data.row(3), 10, everything_certainly(), nullptr),
              brute_force(state.row_view(), data.row(3), 10))
        << bits;
  }
}

std::vector<std::uint8_t> every(std::size_t count, std::size_t step) {
  std::vector<std::uint8_t> mask(count);
  for (std::size_t i = 0; i < count; i += step) mask[i] = 1;
  return mask;
}

TEST(ListSearch, FiltersOfEveryDensityGiveTheBestAllowed) {
  const TestVectors data = clustered_vectors(3000, 24, 12, 0.5F, 3);
  for (const Metric metric : kMetrics) {
    const State state = divided(Kind::rabitq_plus, data.view(), metric, 40);
    for (const std::size_t step : {1U, 2U, 15U, 17U, 100U, 1500U, 2999U}) {
      const std::vector<std::uint8_t> mask = every(data.rows, step);
      SearchParams params = everything_certainly();
      params.filter = Mask{mask};
      for (const std::size_t row : {7U, 1234U}) {
        ASSERT_EQ(search(state, data.row(row), 10, params, nullptr),
                  brute_force(state.row_view(), data.row(row), 10, mask))
            << step;
      }
    }
  }
}

TEST(ListSearch, AFilterStillGivesKHitsWhenTheSearchMayStopEarly) {
  const TestVectors data = clustered_vectors(4000, 24, 30, 0.4F, 4);
  const State state = divided(Kind::rabitq_plus, data.view(), Metric::l2, 64);
  const std::vector<std::uint8_t> mask = every(data.rows, 100);
  for (const bool by_number : {false, true}) {
    SearchParams params;
    params.filter = Mask{mask};
    if (by_number) {
      params.nprobe = 1;
    } else {
      params.recall = 0.9F;
    }
    for (std::size_t row = 0; row < 200; ++row) {
      EXPECT_EQ(search(state, data.row(row), 10, params, nullptr).size(), 10U);
    }
  }
}

TEST(ListSearch, AFilterKeepsTheRecallThatIsAskedFor) {
  const TestVectors all = skewed_vectors(60'200, 32, 21);
  const TestVectors queries{200, 32, {all.values.end() - 200 * 32, all.values.end()}};
  for (const Metric metric : kMetrics) {
    const State state = divided(Kind::rabitq_plus, all.first(60'000), metric, 140);
    for (const std::size_t step : {5U, 25U}) {
      const std::vector<std::uint8_t> mask = every(60'000, step);
      double found = 0;
      SearchStats stats;
      SearchParams params;
      params.recall = 0.95F;
      params.filter = Mask{mask};
      for (std::size_t q = 0; q < queries.rows; ++q) {
        found += recall(search(state, queries.row(q), 10, params, &stats),
                        brute_force(state.row_view(), queries.row(q), 10, mask));
      }
      EXPECT_GE(found / 200.0, 0.94) << describe(state, 10) << ", one allowed of " << step;
      EXPECT_LT(stats.lists_visited, 200U * 140U);
    }
  }
}

TEST(ListSearch, WhereAFilterAllowsFewAllOfThemAreLookedAt) {
  const TestVectors data = clustered_vectors(4000, 24, 30, 0.4F, 4);
  const State state = divided(Kind::rabitq_plus, data.view(), Metric::l2, 64);
  const std::vector<std::uint8_t> mask = every(data.rows, 300);
  SearchStats stats;
  SearchParams params;
  params.filter = Mask{mask};
  params.recall = 0.5F;
  params.confidence = 1.0F;
  for (std::size_t row = 0; row < 50; ++row) {
    EXPECT_EQ(search(state, data.row(row), 10, params, &stats),
              brute_force(state.row_view(), data.row(row), 10, mask));
  }
  EXPECT_EQ(stats.expected_recalls, 50.0);
}

TEST(ListSearch, ARadiusGivesAllWithinIt) {
  const TestVectors data = clustered_vectors(2000, 16, 10, 0.5F, 6);
  const State state = divided(Kind::rabitq_plus, data.view(), Metric::l2, 30);
  for (const float radius : {0.0F, 2.0F, 6.0F}) {
    SearchParams params = everything_certainly();
    params.radius = radius;
    EXPECT_EQ(search(state, data.row(9), 2000, params, nullptr),
              brute_force(state.row_view(), data.row(9), 2000, {}, radius));
  }
}

TEST(ListSearch, ABudgetReadsAsManyRowsAsItSays) {
  const TestVectors data = clustered_vectors(2000, 32, 10, 0.5F, 8);
  for (const Kind kind : {Kind::rabitq_plus, Kind::rabitq_asym}) {
    const State state = divided(kind, data.view(), Metric::l2, 30, {}, 5);
    SearchStats stats;
    SearchParams params;
    params.recall = 1.0F;
    search(state, data.row(1), 10, params, &stats);
    EXPECT_EQ(stats.rows_read, 50U);
  }
}

TEST(ListSearch, VisitsAsManyListsAsItIsTold) {
  const TestVectors data = gaussian_vectors(3000, 16, 9);
  const State state = divided(Kind::rabitq_plus, data.view(), Metric::l2, 50);
  for (const std::size_t lists : {1U, 5U, 49U, 50U, 1000U}) {
    SearchStats stats;
    SearchParams params;
    params.nprobe = lists;
    search(state, data.row(0), 1, params, &stats);
    EXPECT_EQ(stats.lists_visited, std::min<std::size_t>(lists, 50));
  }
}

double mean_recall(const State& state, const TestVectors& queries,
                   const std::vector<std::vector<Hit>>& truth, std::size_t k,
                   const SearchParams& params, SearchStats* stats) {
  double sum = 0;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    const std::vector<Hit> nearest(truth[q].begin(),
                                   truth[q].begin() + static_cast<std::ptrdiff_t>(k));
    sum += recall(search(state, queries.row(q), k, params, stats), nearest);
  }
  return sum / static_cast<double>(queries.rows);
}

TEST(ListSearch, KeepsTheRecallThatIsAskedFor) {
  const TestVectors all = skewed_vectors(10'250, 48, 11);
  const TestVectors queries{250, 48, {all.values.end() - 250 * 48, all.values.end()}};
  for (const Metric metric : kMetrics) {
    const State state = divided(Kind::rabitq_plus, all.first(10'000), metric, 100);
    const std::vector<std::vector<Hit>> truth = true_neighbours(state.row_view(), queries, 50);
    std::size_t before = 0;
    for (const float asked : {0.9F, 0.95F, 0.99F}) {
      for (const std::size_t k : {10U, 50U}) {
        SearchStats stats;
        SearchParams params;
        params.recall = asked;
        EXPECT_GE(mean_recall(state, queries, truth, k, params, &stats), asked - 0.01)
            << describe(state, k);
        EXPECT_LT(stats.lists_visited, 250U * 100U) << describe(state, k);
        if (k == 10) {
          EXPECT_GT(stats.lists_visited, before);
          before = stats.lists_visited;
        }
      }
    }
  }
}

TEST(ListSearch, CodesAloneRankAsWellAsUndividedOnes) {
  const TestVectors data = clustered_vectors(5000, 64, 20, 0.5F, 12);
  const TestVectors queries = clustered_vectors(50, 64, 20, 0.5F, 12);
  for (const Kind kind : {Kind::rabitq, Kind::rabitq_asym}) {
    BuildParams params;
    params.bits = 4;
    State whole = build_state(kind, data.view(), params);
    params.partitions = 50;
    State parts = build_state(kind, data.view(), params);
    const State exact = build_state(Kind::flat_f32, data.view(), {});
    SearchParams all;
    all.recall = 1.0F;
    double found_whole = 0;
    double found_parts = 0;
    for (std::size_t q = 0; q < queries.rows; ++q) {
      const auto truth = brute_force(exact.row_view(), queries.row(q), 10);
      found_whole += recall(search(whole, queries.row(q), 10, all, nullptr), truth);
      found_parts += recall(search(parts, queries.row(q), 10, all, nullptr), truth);
    }
    EXPECT_GE(found_parts, found_whole);  // centred better
  }
}

TEST(ListSearch, ABatchGivesWhatSingleQueriesGive) {
  const TestVectors data = clustered_vectors(3000, 40, 15, 0.5F, 13);
  const TestVectors queries = gaussian_vectors(70, 40, 14);
  const State state = divided(Kind::rabitq_plus, data.view(), Metric::cosine, 33);
  std::vector<Id> ids(70 * 10);
  std::vector<float> scores(70 * 10);
  SearchParams params;
  params.recall = 0.95F;
  params.threads = 3;
  search_batch(state, queries.view(), 10, ids, scores, params, nullptr);
  for (std::size_t q = 0; q < 70; ++q) {
    const auto hits = search(state, queries.row(q), 10, params, nullptr);
    for (std::size_t i = 0; i < hits.size(); ++i) {
      EXPECT_EQ(ids[q * 10 + i], hits[i].id);
      EXPECT_EQ(scores[q * 10 + i], hits[i].score);
    }
  }
}

}  // namespace
}  // namespace ruvector::index

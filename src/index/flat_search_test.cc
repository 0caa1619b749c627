#include "index/flat_search.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};

// Rows as an index would hold them.
struct Held {
  Held(const TestVectors& vectors, Metric metric_of) : data(vectors), metric(metric_of) {
    ids.resize(data.rows);
    std::iota(ids.begin(), ids.end(), Id{0});
    for (std::size_t i = 0; metric == Metric::cosine && i < data.rows; ++i) {
      std::array<float, 2> sums;
      kernels::active().sums(data.row(i).data(), data.cols, sums.data());
      norms.push_back(1.0F / std::sqrt(sums[1]));
    }
  }
  Rows rows() const {
    return {data.values.data(), norms.empty() ? nullptr : norms.data(),
            ids.data(),         data.rows,
            data.cols,          metric};
  }

  const TestVectors& data;
  Metric metric;
  std::vector<Id> ids;
  std::vector<float> norms;
};

std::vector<Hit> one(const Held& held, std::span<const float> query, const FlatParams& params,
                     std::size_t threads = 1) {
  const std::vector<float> prepared = prepared_query(query, held.metric);
  return flat_search(held.rows(), prepared.data(), params, threads, nullptr);
}

// All queries in batches of the largest size, and one more of each.
std::vector<std::vector<Hit>> batch(const Held& held, const TestVectors& queries,
                                    const FlatParams& params) {
  std::vector<float> prepared;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    const std::vector<float> query = prepared_query(queries.row(q), held.metric);
    prepared.insert(prepared.end(), query.begin(), query.end());
  }
  std::vector<std::vector<Hit>> hits(queries.rows);
  for (std::size_t first = 0; first < queries.rows; first += kFlatBatchQueries) {
    const std::size_t count = std::min(kFlatBatchQueries, queries.rows - first);
    flat_search_batch(held.rows(), &prepared[first * queries.cols], count, params, &hits[first],
                      nullptr);
  }
  return hits;
}

void expect_batch_equals_single(const Held& held, const TestVectors& queries,
                                const FlatParams& params) {
  const std::vector<std::vector<Hit>> together = batch(held, queries, params);
  for (std::size_t q = 0; q < queries.rows; ++q) {
    ASSERT_EQ(together[q], one(held, queries.row(q), params))
        << "query " << q << ", metric " << static_cast<int>(held.metric) << ", " << held.data.rows
        << " x " << held.data.cols << ", k " << params.k;
  }
}

TEST(FlatSearch, FindsWhatASortFinds) {
  for (const Metric metric : kMetrics) {
    for (const std::size_t dim : {1U, 3U, 16U, 65U}) {
      for (const std::size_t count : {1U, 2U, 63U, 257U, 1000U}) {
        const TestVectors data = gaussian_vectors(count, dim, dim + count);
        const Held held(data, metric);
        for (const std::size_t k : {1U, 10U, 300U}) {
          const FlatParams params{k, std::numeric_limits<float>::max(), nullptr};
          const TestVectors query = gaussian_vectors(1, dim, 99);
          EXPECT_EQ(one(held, query.row(0), params), brute_force(held.rows(), query.row(0), k));
        }
      }
    }
  }
}

TEST(FlatSearch, BatchesEqualSingleSearchesBitForBit) {
  for (const Metric metric : kMetrics) {
    for (const std::size_t dim : {1U, 2U, 5U, 31U, 64U, 100U}) {
      for (const std::size_t count : {1U, 255U, 256U, 257U, 900U}) {
        const TestVectors data = gaussian_vectors(count, dim, dim * count, 1.0F, 0.1F);
        const TestVectors queries = gaussian_vectors(99, dim, 5, 1.0F, 0.1F);
        const Held held(data, metric);
        expect_batch_equals_single(held, queries, {7, std::numeric_limits<float>::max(), nullptr});
        expect_batch_equals_single(held, queries, {1, 0.5F, nullptr});
      }
    }
  }
}

// The product of vectors far from the origin has lost all digits in which their distances differ.
TEST(FlatSearch, BatchesLoseNothingToCancellation) {
  for (const Metric metric : kMetrics) {
    for (const float offset : {10.0F, 1000.0F, 1e5F, 1e7F}) {
      for (const std::size_t dim : {2U, 33U, 700U}) {
        const TestVectors data = gaussian_vectors(400, dim, 6, 1.0F, offset);
        TestVectors queries = gaussian_vectors(20, dim, 7, 1.0F, offset);
        const Held held(data, metric);
        expect_batch_equals_single(held, queries, {3, std::numeric_limits<float>::max(), nullptr});
        // Stored vectors as queries: distances of exactly zero.
        queries.values.assign(data.values.begin(),
                              data.values.begin() + static_cast<std::ptrdiff_t>(20 * dim));
        expect_batch_equals_single(held, queries, {1, std::numeric_limits<float>::max(), nullptr});
      }
    }
  }
}

TEST(FlatSearch, BatchesAgreeAtEveryScale) {
  for (const Metric metric : kMetrics) {
    for (const float scale : {1e-18F, 1e-12F, 1e-6F, 1e6F, 1e15F}) {
      for (const float query_scale : {scale, 1.0F}) {
        const TestVectors data = gaussian_vectors(300, 17, 8, scale);
        const TestVectors queries = gaussian_vectors(10, 17, 9, query_scale);
        expect_batch_equals_single(Held(data, metric), queries,
                                   {5, std::numeric_limits<float>::max(), nullptr});
      }
    }
  }
}

TEST(FlatSearch, BatchesOfMixedLengthsAgree) {
  for (const Metric metric : kMetrics) {
    TestVectors data = gaussian_vectors(600, 20, 10);
    for (std::size_t i = 0; i < 600; ++i) {
      const float scale = std::pow(10.0F, static_cast<float>(i % 25) - 12.0F);
      for (std::size_t d = 0; d < 20; ++d) data.values[i * 20 + d] *= scale;
    }
    const TestVectors queries{50, 20, {data.values.begin(), data.values.begin() + 1000}};
    expect_batch_equals_single(Held(data, metric), queries,
                               {10, std::numeric_limits<float>::max(), nullptr});
  }
}

TEST(FlatSearch, OfDuplicatesTheSmallerIdWins) {
  for (const Metric metric : kMetrics) {
    const TestVectors data{500, 3, std::vector<float>(1500, 0.5F)};
    Held held(data, metric);
    for (std::size_t i = 0; i < 500; ++i) held.ids[i] = 10'000 - i;
    const TestVectors queries{2, 3, {0.5F, 0.5F, 0.5F, 1.0F, 2.0F, 3.0F}};
    const FlatParams params{4, std::numeric_limits<float>::max(), nullptr};
    expect_batch_equals_single(held, queries, params);
    const std::vector<Hit> hits = one(held, queries.row(0), params);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(hits[i].id, 9501 + i);
  }
}

TEST(FlatSearch, HitsDoNotDependOnThreads) {
  const TestVectors data = gaussian_vectors(35'000, 5, 11);
  const TestVectors queries = gaussian_vectors(3, 5, 12);
  for (const Metric metric : kMetrics) {
    const Held held(data, metric);
    for (std::size_t q = 0; q < 3; ++q) {
      const FlatParams params{50, std::numeric_limits<float>::max(), nullptr};
      const std::vector<Hit> alone = one(held, queries.row(q), params);
      for (std::size_t threads = 2; threads <= 8; ++threads) {
        EXPECT_EQ(one(held, queries.row(q), params, threads), alone) << threads << " threads";
      }
    }
  }
}

TEST(FlatSearch, FiltersHoldInBatchesToo) {
  const TestVectors data = gaussian_vectors(300, 9, 13);
  const TestVectors queries = gaussian_vectors(5, 9, 14);
  const Held held(data, Metric::l2);
  std::vector<std::uint8_t> mask(300);
  for (std::size_t i = 0; i < 300; i += 7) mask[i] = 1;
  const SlotFilter filter(Mask{mask}, IdMap(), held.ids.data(), 300);
  const FlatParams params{20, std::numeric_limits<float>::max(), &filter};
  expect_batch_equals_single(held, queries, params);
  EXPECT_EQ(one(held, queries.row(0), params), brute_force(held.rows(), queries.row(0), 20, mask));
}

TEST(FlatSearch, CountsTheRowsThatItReads) {
  const TestVectors data = gaussian_vectors(300, 9, 13);
  const Held held(data, Metric::l2);
  const FlatParams params{3, std::numeric_limits<float>::max(), nullptr};
  SearchStats stats;
  flat_search(held.rows(), data.row(0).data(), params, 1, &stats);
  EXPECT_EQ(stats.rows_read, 300U);
  std::vector<Hit> hits[4];
  flat_search_batch(held.rows(), data.values.data(), 4, params, hits, &stats);
  EXPECT_EQ(stats.rows_read, 300U * 5U);
}

}  // namespace
}  // namespace ruvector::index

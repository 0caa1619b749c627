#include "index/cascade.h"

#include <gtest/gtest.h>

#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "index/growth.h"
#include "index/search.h"
#include "index/state.h"
#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};

State built(Kind kind, MatrixView vectors, Metric metric, std::optional<std::uint32_t> bits = {},
            std::optional<std::uint32_t> rerank_factor = {}, std::span<const Id> ids = {}) {
  BuildParams params;
  params.metric = metric;
  params.bits = bits;
  params.rerank_factor = rerank_factor;
  params.ids = ids;
  return build_state(kind, vectors, params);
}

SearchParams certain() {
  SearchParams params;
  params.confidence = 1.0F;
  return params;
}

std::string describe(const State& state, std::size_t k) {
  return "metric " + std::to_string(static_cast<int>(state.metric)) + ", bits " +
         std::to_string(state.bits) + ", " + std::to_string(state.size()) + " x " +
         std::to_string(state.dim) + ", k " + std::to_string(k);
}

void expect_exact(const State& state, std::span<const float> query, std::size_t k,
                  const SearchParams& params = certain()) {
  ASSERT_EQ(search(state, query, k, params, nullptr), brute_force(state.row_view(), query, k))
      << describe(state, k);
}

// Queries like the data, one of the data, and one far off.
void expect_exact_everywhere(const State& state, const TestVectors& data, std::size_t k) {
  const TestVectors queries = gaussian_vectors(2, data.cols, 77, 1.0F, 0.2F);
  for (std::size_t q = 0; q < queries.rows; ++q) expect_exact(state, queries.row(q), k);
  expect_exact(state, data.row(data.rows / 2), k);
  const TestVectors far = gaussian_vectors(1, data.cols, 78, 500.0F, 100.0F);
  expect_exact(state, far.row(0), k);
}

// --- certainty gives the exact answer

TEST(Cascade, AtCertaintyFindsWhatASortFindsInEveryDimension) {
  for (const Metric metric : kMetrics) {
    for (std::size_t dim = 1; dim <= 70; dim += dim < 10 ? 1 : 7) {
      for (const std::size_t count : {1U, 2U, 17U, 64U, 65U, 300U}) {
        const TestVectors data = gaussian_vectors(count, dim, 1000 + dim, 1.0F, 0.3F);
        for (const std::uint32_t bits : {1U, 2U, 5U}) {
          const State state = built(Kind::rabitq_plus, data.view(), metric, bits);
          for (const std::size_t k : {1U, 7U, 400U}) expect_exact_everywhere(state, data, k);
        }
      }
    }
  }
}

TEST(Cascade, AtCertaintyFindsWhatASortFindsAmongThousands) {
  for (const Metric metric : kMetrics) {
    const TestVectors data = clustered_vectors(6000, 48, 20, 0.3F, 5);
    for (const std::uint32_t bits : {1U, 2U, 8U}) {
      const State state = built(Kind::rabitq_plus, data.view(), metric, bits);
      for (const std::size_t k : {1U, 10U, 500U}) expect_exact_everywhere(state, data, k);
    }
  }
}

TEST(Cascade, AnAsymIndexThatKeepsRowsIsExactAtCertainty) {
  const TestVectors data = gaussian_vectors(700, 30, 6);
  for (const Metric metric : kMetrics) {
    for (const std::uint32_t bits : {1U, 2U, 4U}) {
      const State state = built(Kind::rabitq_asym, data.view(), metric, bits, 5);
      expect_exact_everywhere(state, data, 10);
    }
  }
}

TEST(Cascade, KeepsItsPrecisionFarFromTheOriginAndAtAnyScale) {
  for (const Metric metric : kMetrics) {
    for (const float scale : {1e-12F, 1e-6F, 1.0F, 1e6F, 1e15F}) {
      for (const float offset : {0.0F, 1000.0F}) {
        if (scale * offset > 1e16F) continue;  // squares would leave float32
        const TestVectors data = gaussian_vectors(500, 20, 7, scale, scale * offset);
        const State state = built(Kind::rabitq_plus, data.view(), metric, 1);
        const TestVectors query = gaussian_vectors(1, 20, 8, scale, scale * offset);
        SCOPED_TRACE("scale " + std::to_string(scale) + ", offset " + std::to_string(offset));
        expect_exact(state, query.row(0), 10);
        expect_exact(state, data.row(3), 10);
      }
    }
  }
}

// The same data at default confidence: losing one in a thousand true neighbours is allowed.
TEST(Cascade, DefaultConfidenceHoldsFarFromTheOriginAndAtAnyScale) {
  for (const Metric metric : kMetrics) {
    for (const float scale : {1e-12F, 1e-6F, 1e15F}) {
      for (const float offset : {0.0F, 1000.0F}) {
        if (scale * offset > 1e16F) continue;
        const TestVectors data = gaussian_vectors(2000, 40, 9, scale, scale * offset);
        const TestVectors queries = gaussian_vectors(30, 40, 10, scale, scale * offset);
        const State state = built(Kind::rabitq_plus, data.view(), metric, 1);
        double found = 0;
        for (std::size_t q = 0; q < queries.rows; ++q) {
          found += recall(search(state, queries.row(q), 10, {}, nullptr),
                          brute_force(state.row_view(), queries.row(q), 10));
        }
        EXPECT_GE(found / 30.0, 0.985)
            << "scale " << scale << ", offset " << offset << ", " << describe(state, 10);
      }
    }
  }
}

TEST(Cascade, DirectionsInANarrowConeAreToldApartLikeByExactScores) {
  for (const float spread : {1e-2F, 1e-3F, 1e-4F}) {
    const TestVectors data = gaussian_vectors(2000, 40, 9, spread, 1.0F);
    const TestVectors queries = gaussian_vectors(30, 40, 10, spread, 1.0F);
    const State state = built(Kind::rabitq_plus, data.view(), Metric::cosine, 1);
    double found = 0;
    for (std::size_t q = 0; q < queries.rows; ++q) {
      found += recall(search(state, queries.row(q), 10, {}, nullptr),
                      brute_force(state.row_view(), queries.row(q), 10));
    }
    EXPECT_GE(found / 30.0, 0.985) << "spread " << spread;
  }
}

TEST(Cascade, AQueryFarFromTinyDataFindsEveryNeighbour) {
  const TestVectors data = gaussian_vectors(300, 20, 11, 1e-12F);
  const TestVectors far = gaussian_vectors(1, 20, 12, 1e14F);
  for (const Metric metric : {Metric::l2, Metric::ip}) {
    const State state = built(Kind::rabitq_plus, data.view(), metric, 1);
    expect_exact(state, far.row(0), 10);
    EXPECT_EQ(search(state, far.row(0), 10, {}, nullptr).size(), 10U);
  }
}

TEST(Cascade, ATinyQueryAmongLargeVectorsIsExact) {
  const TestVectors half = gaussian_vectors(150, 20, 13, 1e10F);
  TestVectors data{300, 20, half.values};  // symmetric, so that the centre is zero
  for (const float value : half.values) data.values.push_back(-value);
  const State state = built(Kind::rabitq_plus, data.view(), Metric::l2, 1);
  for (const float tiny : {0.0F, 1e-40F, 1e-30F, 1e-15F}) {
    expect_exact(state, std::vector<float>(20, tiny), 10);
  }
}

TEST(Cascade, ConstantDataAndSingleVectorsAreOrdinaryData) {
  for (const Metric metric : kMetrics) {
    for (const std::size_t count : {1U, 2U, 130U}) {
      const TestVectors data{count, 9, std::vector<float>(count * 9, 3.25F)};
      const State state = built(Kind::rabitq_plus, data.view(), metric);
      expect_exact_everywhere(state, data, 3);
      EXPECT_EQ(search(state, data.row(0), 200, {}, nullptr).size(), count);
    }
  }
}

TEST(Cascade, NearlyConstantDataIsOrdinaryData) {
  const TestVectors data = gaussian_vectors(300, 9, 14, 1e-6F, 1.0F);
  const TestVectors far = gaussian_vectors(1, 9, 15, 1e12F);
  for (const Metric metric : kMetrics) {
    const State state = built(Kind::rabitq_plus, data.view(), metric);
    expect_exact(state, data.row(0), 5);
    expect_exact(state, far.row(0), 5);
  }
}

// Added vectors of another scale make the unit of the codes wider.
TEST(Cascade, MixedScalesStayExact) {
  for (const Metric metric : {Metric::l2, Metric::ip}) {
    TestVectors data = gaussian_vectors(200, 20, 16, 1e-6F);
    State state = built(Kind::rabitq_plus, data.view(), metric, 1);
    Id next = 200;
    for (const float scale : {1.0F, 1e5F, 1e10F, 1e15F}) {
      const TestVectors more = gaussian_vectors(40, 20, next, scale);
      std::vector<Id> ids(40);
      std::iota(ids.begin(), ids.end(), next);
      append(state, ids, more.view(), 2, {});
      next += 40;
      for (const float query_scale : {1e-6F, 1.0F, 1e5F, 1e15F}) {
        const TestVectors query = gaussian_vectors(1, 20, 17, query_scale);
        expect_exact(state, query.row(0), 10);
        expect_exact(state, query.row(0), 250);
      }
    }
  }
}

// Most rows are a millionth of a few: their factors lie among the smallest of float16.
TEST(Cascade, SmallVectorsBesideHugeOnesAreStillFound) {
  for (const std::size_t dim : {40U, 1000U}) {
    for (const float ratio : {1e4F, 1e5F, 1e6F, 1e7F, 1e8F}) {
      TestVectors data = skewed_vectors(1500, dim, 18);
      for (std::size_t i = 0; i < 3 * dim; ++i) data.values[i] *= ratio;
      const State state = built(Kind::rabitq_plus, data.view(), Metric::l2, 1);
      const TestVectors queries = skewed_vectors(20, dim, 19);
      double found = 0;
      for (std::size_t q = 0; q < queries.rows; ++q) {
        found += recall(search(state, queries.row(q), 10, {}, nullptr),
                        brute_force(state.row_view(), queries.row(q), 10));
        expect_exact(state, queries.row(q), 10);
      }
      EXPECT_GE(found / 20.0, 0.985) << "ratio " << ratio << ", dim " << dim;
    }
  }
}

TEST(Cascade, OfDuplicatesTheSmallerIdWins) {
  for (const Metric metric : kMetrics) {
    const TestVectors distinct = gaussian_vectors(12, 15, 20);
    TestVectors data{240, 15, {}};
    std::vector<Id> ids;
    for (std::size_t i = 0; i < 240; ++i) {
      const std::span<const float> row = distinct.row(i % 12);
      data.values.insert(data.values.end(), row.begin(), row.end());
      ids.push_back((i * 7919) % 100003);
    }
    const State state = built(Kind::rabitq_plus, data.view(), metric, 1, {}, ids);
    for (const std::size_t k : {1U, 5U, 20U, 21U, 100U}) expect_exact_everywhere(state, data, k);
  }
}

// --- threads and batches

void expect_same_for_all_threads(const State& state, const TestVectors& queries, std::size_t k,
                                 SearchParams params) {
  for (std::size_t q = 0; q < queries.rows; ++q) {
    params.threads = 1;
    const std::vector<Hit> one = search(state, queries.row(q), k, params, nullptr);
    EXPECT_FALSE(one.empty());
    for (std::size_t threads = 2; threads <= 8; ++threads) {
      params.threads = threads;
      ASSERT_EQ(search(state, queries.row(q), k, params, nullptr), one)
          << threads << " threads, " << describe(state, k);
    }
  }
}

TEST(Cascade, HitsDoNotDependOnThreads) {
  const TestVectors data = gaussian_vectors(140'000, 8, 21);  // enough for four parts
  const TestVectors queries = gaussian_vectors(3, 8, 22);
  SearchParams budget;
  budget.rerank_factor = 20;
  SearchParams loose;
  loose.confidence = 0.8F;
  for (const std::uint32_t bits : {1U, 2U}) {
    const State plus = built(Kind::rabitq_plus, data.view(), Metric::l2, bits);
    for (const SearchParams& params : {SearchParams(), certain(), budget, loose}) {
      expect_same_for_all_threads(plus, queries, 10, params);
      expect_same_for_all_threads(plus, queries, 300, params);
    }
  }
  for (const Kind kind : {Kind::rabitq, Kind::rabitq_asym}) {
    for (const std::uint32_t bits : {1U, 4U}) {
      const State state = built(kind, data.view(), Metric::ip, bits);
      expect_same_for_all_threads(state, queries, 50, {});
    }
  }
}

TEST(Cascade, BatchesGiveTheHitsOfSingleSearches) {
  const TestVectors data = clustered_vectors(9000, 24, 30, 0.5F, 23);
  const TestVectors queries = gaussian_vectors(37, 24, 24);
  SearchParams budget;
  budget.rerank_factor = 3;
  SearchParams near;
  near.radius = 30.0F;
  for (const Metric metric : kMetrics) {
    for (const Kind kind : {Kind::rabitq, Kind::rabitq_plus, Kind::rabitq_asym}) {
      for (const std::uint32_t bits : {1U, 2U, 6U}) {
        const State state = built(kind, data.view(), metric, bits);
        std::vector<SearchParams> all = {{}, near};
        if (state.keeps_rows) all.push_back(budget);
        for (SearchParams& params : all) {
          params.threads = 2;
          std::vector<Id> ids(37 * 10);
          std::vector<float> scores(37 * 10);
          search_batch(state, queries.view(), 10, ids, scores, params, nullptr);
          for (std::size_t q = 0; q < 37; ++q) {
            const std::vector<Hit> alone = search(state, queries.row(q), 10, params, nullptr);
            for (std::size_t i = 0; i < 10; ++i) {
              const bool there = i < alone.size();
              ASSERT_EQ(ids[q * 10 + i], there ? alone[i].id : kNoId) << describe(state, 10);
              ASSERT_EQ(scores[q * 10 + i],
                        there ? alone[i].score : std::numeric_limits<float>::infinity());
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace ruvector::index

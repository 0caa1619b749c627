#include "index/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "index/growth.h"
#include "index/state.h"
#include "index/test_vectors.h"
#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};

State built(Kind kind, MatrixView vectors, Metric metric, std::optional<std::uint32_t> bits = {},
            std::optional<std::uint32_t> rerank_factor = {}) {
  BuildParams params;
  params.metric = metric;
  params.rerank_factor = rerank_factor;
  if (kind != Kind::flat_f32) params.bits = bits;
  return build_state(kind, vectors, params);
}

SearchParams with_confidence(float confidence) {
  SearchParams params;
  params.confidence = confidence;
  return params;
}

// --- filters and radius

struct Masked {
  std::vector<std::uint8_t> mask;
  std::vector<std::uint8_t> bitmap;
  std::vector<Id> ids;
};

Masked random_mask(std::size_t count, std::size_t one_in, std::uint64_t seed) {
  base::Random random(seed);
  Masked result{std::vector<std::uint8_t>(count), std::vector<std::uint8_t>((count + 7) / 8), {}};
  for (std::size_t i = 0; i < count; ++i) {
    if (random.uniform_below(one_in) != 0) continue;
    result.mask[i] = 1;
    result.bitmap[i / 8] = static_cast<std::uint8_t>(result.bitmap[i / 8] | 1U << (i % 8));
    result.ids.push_back(i);
  }
  return result;
}

TEST(Search, FiltersOfEveryKindAndDensityGiveTheBestAllowed) {
  const TestVectors data = gaussian_vectors(3000, 20, 1);
  const TestVectors query = gaussian_vectors(1, 20, 2);
  for (const Metric metric : kMetrics) {
    for (const Kind kind : {Kind::flat_f32, Kind::rabitq_plus}) {
      const State state = built(kind, data.view(), metric, 1);
      for (const std::size_t one_in : {1U, 2U, 10U, 20U, 100U, 1000U, 100000U}) {
        const Masked allowed = random_mask(3000, one_in, one_in);
        const std::vector<Hit> truth =
            brute_force(state.row_view(), query.row(0), 10, allowed.mask);
        for (const Filter& filter : {Filter(Mask{allowed.mask}), Filter(Bitmap{allowed.bitmap}),
                                     Filter(Ids{allowed.ids})}) {
          SearchParams params = with_confidence(1.0F);
          params.filter = filter;
          EXPECT_EQ(search(state, query.row(0), 10, params, nullptr), truth)
              << "one in " << one_in << ", filter " << filter.index();
        }
      }
    }
  }
}

TEST(Search, ASelectiveFilterReadsLess) {
  const TestVectors data = gaussian_vectors(5000, 20, 1);
  const State state = built(Kind::rabitq_plus, data.view(), Metric::l2, 1);
  const Masked allowed = random_mask(5000, 100, 3);
  SearchStats open;
  SearchStats filtered;
  search(state, data.row(0), 10, {}, &open);
  SearchParams params;
  params.filter = Mask{allowed.mask};
  search(state, data.row(0), 10, params, &filtered);
  EXPECT_EQ(open.codes_scanned, 5000U);
  EXPECT_EQ(filtered.codes_scanned, 0U);
  EXPECT_LE(filtered.codes_refined, allowed.ids.size());
  EXPECT_LE(filtered.rows_read, allowed.ids.size());
}

TEST(Search, FiltersApplyToEstimatesAndBudgets) {
  const TestVectors data = gaussian_vectors(2000, 20, 4);
  SearchParams budget;
  budget.rerank_factor = 5;
  for (const std::size_t one_in : {2U, 50U}) {
    const Masked allowed = random_mask(2000, one_in, one_in);
    for (const Kind kind : {Kind::rabitq, Kind::rabitq_asym, Kind::rabitq_plus}) {
      for (const std::uint32_t bits : {1U, 4U}) {
        const State state = built(kind, data.view(), Metric::l2, bits);
        SearchParams params = state.keeps_rows ? budget : SearchParams();
        params.filter = Bitmap{allowed.bitmap};
        const std::vector<Hit> hits = search(state, data.row(1), 20, params, nullptr);
        EXPECT_EQ(hits.size(), std::min<std::size_t>(20, allowed.ids.size()));
        for (const Hit& hit : hits) EXPECT_EQ(allowed.mask[hit.id], 1) << "id " << hit.id;
      }
    }
  }
}

TEST(Search, ARadiusKeepsWhatIsNotFarther) {
  const TestVectors data = gaussian_vectors(2000, 20, 5);
  for (const Metric metric : kMetrics) {
    for (const Kind kind : {Kind::flat_f32, Kind::rabitq_plus}) {
      const State state = built(kind, data.view(), metric, 1);
      const std::vector<Hit> all = brute_force(state.row_view(), data.row(7), 2000);
      for (const std::size_t rank : {0U, 5U, 100U}) {
        SearchParams params = with_confidence(1.0F);
        for (const float radius :
             {all[rank].score, std::nextafter(all[rank].score, -1e30F), -1e30F}) {
          params.radius = radius;
          EXPECT_EQ(search(state, data.row(7), 50, params, nullptr),
                    brute_force(state.row_view(), data.row(7), 50, {}, radius));
        }
      }
      SearchParams endless = with_confidence(1.0F);
      endless.radius = std::numeric_limits<float>::infinity();
      EXPECT_EQ(search(state, data.row(7), 5, endless, nullptr).size(), 5U);
      endless.radius = -std::numeric_limits<float>::infinity();
      EXPECT_TRUE(search(state, data.row(7), 5, endless, nullptr).empty());
    }
  }
}

TEST(Search, ARadiusBoundsTheExactScoresOfABudget) {
  const TestVectors data = gaussian_vectors(1000, 20, 5);
  const State state = built(Kind::rabitq_plus, data.view(), Metric::l2, 1);
  const std::vector<Hit> truth = brute_force(state.row_view(), data.row(7), 3);
  SearchParams params;
  params.rerank_factor = 100;
  params.radius = truth.back().score;
  EXPECT_EQ(search(state, data.row(7), 10, params, nullptr), truth);
}

// --- what is read

TEST(Search, ABudgetReadsExactlySoManyRows) {
  const TestVectors data = gaussian_vectors(700, 20, 6);
  for (const Kind kind : {Kind::rabitq_plus, Kind::rabitq_asym}) {
    for (const std::uint32_t bits : {1U, 2U, 5U}) {
      const State state = built(kind, data.view(), Metric::ip, bits, 2);
      for (const std::size_t k : {1U, 10U, 100U}) {
        for (const std::uint32_t factor : {1U, 3U, 20U, 1024U}) {
          SearchParams params;
          params.rerank_factor = factor;
          SearchStats stats;
          const std::vector<Hit> hits = search(state, data.row(0), k, params, &stats);
          EXPECT_EQ(stats.rows_read, std::min<std::size_t>(700, k * factor));
          EXPECT_EQ(hits.size(), k);
          if (k * factor >= 700) {
            EXPECT_EQ(hits, brute_force(state.row_view(), data.row(0), k));
          }
        }
      }
      SearchStats own;
      search(state, data.row(0), 10, {}, &own);
      EXPECT_EQ(own.rows_read, 20U) << "the index's own factor";
    }
  }
}

TEST(Search, TheBoundReadsFewRows) {
  const TestVectors data = skewed_vectors(20000, 64, 7);
  const State state = built(Kind::rabitq_plus, data.view(), Metric::l2, 1);
  SearchStats stats;
  for (std::size_t q = 0; q < 10; ++q) search(state, data.row(100 * q), 10, {}, &stats);
  EXPECT_EQ(stats.codes_scanned, 200'000U);
  EXPECT_LT(stats.codes_refined, 100'000U);
  EXPECT_LT(stats.rows_read, 2'000U);
  EXPECT_GE(stats.rows_read, 100U);
}

TEST(Search, BatchesCountWhatSingleSearchesCount) {
  const TestVectors data = gaussian_vectors(900, 20, 8);
  const State state = built(Kind::rabitq_plus, data.view(), Metric::l2, 1, 4);
  SearchStats single;
  for (std::size_t q = 0; q < 50; ++q) search(state, data.row(q), 5, {}, &single);
  SearchStats batch;
  std::vector<Id> ids(250);
  std::vector<float> scores(250);
  search_batch(state, data.first(50), 5, ids, scores, {}, &batch);
  EXPECT_EQ(batch.codes_scanned, single.codes_scanned);
  EXPECT_EQ(batch.rows_read, single.rows_read);
}

// --- recall

double mean_recall(const State& state, const TestVectors& queries, const SearchParams& params) {
  double sum = 0;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    sum += recall(search(state, queries.row(q), 10, params, nullptr),
                  brute_force(state.row_view(), queries.row(q), 10));
  }
  return sum / static_cast<double>(queries.rows);
}

TEST(Search, DefaultConfidenceFindsNearlyEveryNeighbour) {
  const TestVectors gaussian = gaussian_vectors(20'000, 128, 9);
  const TestVectors clustered = clustered_vectors(20'000, 128, 50, 0.6F, 10);
  for (const Metric metric : kMetrics) {
    EXPECT_GE(mean_recall(built(Kind::rabitq_plus, gaussian.view(), metric),
                          gaussian_vectors(50, 128, 11), {}),
              0.995);
    EXPECT_GE(mean_recall(built(Kind::rabitq_plus, clustered.view(), metric),
                          clustered_vectors(50, 128, 50, 0.6F, 10), {}),
              0.995);
  }
}

TEST(Search, LowerConfidenceReadsLess) {
  const TestVectors data = gaussian_vectors(10'000, 64, 12);
  const State state = built(Kind::rabitq_plus, data.view(), Metric::l2, 1);
  const TestVectors queries = gaussian_vectors(20, 64, 13);
  std::size_t before = 0;
  for (const float confidence : {0.8F, 0.99F, 0.9999F}) {
    SearchStats stats;
    for (std::size_t q = 0; q < queries.rows; ++q) {
      search(state, queries.row(q), 10, with_confidence(confidence), &stats);
    }
    EXPECT_GT(stats.codes_refined + stats.rows_read, before);
    before = stats.codes_refined + stats.rows_read;
  }
}

// Recall of the estimates alone.
double estimate_recall(Kind kind, const TestVectors& data, std::uint32_t bits) {
  const State codes = built(kind, data.view(), Metric::l2, bits);
  const State exact = built(Kind::flat_f32, data.view(), Metric::l2);
  const TestVectors queries = gaussian_vectors(40, data.cols, 15);
  double sum = 0;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    sum += recall(search(codes, queries.row(q), 10, {}, nullptr),
                  brute_force(exact.row_view(), queries.row(q), 10));
  }
  return sum / static_cast<double>(queries.rows);
}

TEST(Search, RecallOfEstimatesRisesWithTheBits) {
  const TestVectors data = gaussian_vectors(5000, 96, 14);
  for (const Kind kind : {Kind::rabitq, Kind::rabitq_asym}) {
    double before = 0;
    for (std::uint32_t bits = 1; bits <= 8; ++bits) {
      const double now = estimate_recall(kind, data, bits);
      EXPECT_GT(now, bits <= 5 ? before : before - 0.02) << "bits " << bits;
      before = now;
    }
    EXPECT_GE(before, 0.97);
  }
}

// --- estimates are what the codes say

// The estimate of every slot from its first-stage code and factors, in double.
std::vector<double> direct_estimates(const State& state, std::span<const float> raw) {
  const Encoder& encoder = *state.encoder;
  const std::vector<float> query = prepared_query(raw, state.metric);
  std::vector<float> s(encoder.dims());
  encoder.rotate(query.data(), s.data());
  double s_squares = 0;
  for (const float value : s) s_squares += static_cast<double>(value) * static_cast<double>(value);
  const double unit = encoder.unit();
  double with_centre = 0;
  for (std::size_t d = 0; d < state.dim; ++d) {
    with_centre += static_cast<double>(query[d]) * static_cast<double>(encoder.centre()[d]);
  }
  const std::uint32_t bits = encoder.shape().scan_bits;
  std::vector<double> estimates;
  for (std::size_t slot = 0; slot < state.size(); ++slot) {
    double sum = 0;
    for (std::size_t d = 0; d < encoder.dims(); ++d) {
      const std::uint32_t word = scan_word(state.codes.scan_codes(), slot, d * bits / 32);
      const std::uint32_t code = word >> (d * bits % 32) & ((1U << bits) - 1U);
      sum += (code - 0.5 * ((1U << bits) - 1U)) * static_cast<double>(s[d]);
    }
    const Factors factors = scan_factors(state.codes.scan_codes(), slot);
    const double vector = (factors.add - static_cast<double>(factors.rescale) * sum) * unit * unit;
    const double whole =
        state.metric == Metric::ip ? vector - with_centre : vector + s_squares * unit * unit;
    estimates.push_back(state.metric == Metric::cosine ? 0.5 * whole : whole);
  }
  return estimates;
}

// Scores of all vectors agree with the codes to `tolerance` times the spread of the scores.
void expect_estimates(const State& state, const TestVectors& queries, double tolerance) {
  for (std::size_t q = 0; q < queries.rows; ++q) {
    const std::vector<double> wanted = direct_estimates(state, queries.row(q));
    const std::vector<Hit> hits = search(state, queries.row(q), state.size(), {}, nullptr);
    ASSERT_EQ(hits.size(), state.size());
    const double spread = static_cast<double>(hits.back().score - hits.front().score);
    for (const Hit& hit : hits) {
      ASSERT_NEAR(hit.score, wanted[hit.id], tolerance * spread) << "id " << hit.id;
    }
  }
}

TEST(Search, AsymEstimatesAreThoseOfTheUnroundedQuery) {
  const TestVectors data = gaussian_vectors(300, 50, 16, 1.0F, 0.5F);
  const TestVectors queries = gaussian_vectors(5, 50, 17, 1.0F, 0.5F);
  for (const Metric metric : kMetrics) {
    for (const std::uint32_t bits : {1U, 2U}) {
      expect_estimates(built(Kind::rabitq_asym, data.view(), metric, bits), queries, 1e-5);
    }
  }
}

TEST(Search, RabitqEstimatesDifferFromThemByTheRoundingOfTheTables) {
  const TestVectors data = gaussian_vectors(300, 50, 16, 1.0F, 0.5F);
  const TestVectors queries = gaussian_vectors(5, 50, 17, 1.0F, 0.5F);
  for (const Metric metric : kMetrics) {
    for (const std::uint32_t bits : {1U, 2U}) {
      expect_estimates(built(Kind::rabitq, data.view(), metric, bits), queries, 0.01);
    }
  }
}

TEST(Search, TheBestAsymEstimatesAreReturned) {
  const TestVectors data = gaussian_vectors(3000, 50, 18);
  const TestVectors queries = gaussian_vectors(10, 50, 19);
  for (const Metric metric : kMetrics) {
    const State state = built(Kind::rabitq_asym, data.view(), metric, 1);
    for (std::size_t q = 0; q < queries.rows; ++q) {
      const std::vector<Hit> all = search(state, queries.row(q), 3000, {}, nullptr);
      const std::vector<Hit> best = search(state, queries.row(q), 10, {}, nullptr);
      EXPECT_EQ(best, std::vector<Hit>(all.begin(), all.begin() + 10));
    }
  }
}

// --- arguments

TEST(Search, MoreThanThereAreGivesAll) {
  const TestVectors data = gaussian_vectors(20, 6, 20);
  for (const Kind kind : {Kind::flat_f32, Kind::rabitq, Kind::rabitq_plus, Kind::rabitq_asym}) {
    const State state = built(kind, data.view(), Metric::l2, 1);
    EXPECT_EQ(search(state, data.row(0), 1000, {}, nullptr).size(), 20U);
    EXPECT_TRUE(search(state, data.row(0), 0, {}, nullptr).empty());
    std::vector<Id> ids(2 * 25);
    std::vector<float> scores(2 * 25);
    search_batch(state, data.first(2), 25, ids, scores, {}, nullptr);
    EXPECT_NE(ids[19], kNoId);
    EXPECT_EQ(ids[20], kNoId);
    EXPECT_EQ(scores[49], std::numeric_limits<float>::infinity());
  }
}

TEST(Search, WrongArgumentsAreRefused) {
  const TestVectors data = gaussian_vectors(20, 6, 20);
  const State plus = built(Kind::rabitq_plus, data.view(), Metric::l2, 1);
  const State codes = built(Kind::rabitq, data.view(), Metric::l2, 1);
  const std::vector<float> five(5);
  EXPECT_THROW(search(plus, five, 3, {}, nullptr), DimensionMismatch);
  const std::vector<float> nan(6, std::nanf(""));
  EXPECT_THROW(search(plus, nan, 3, {}, nullptr), std::invalid_argument);
  SearchParams budget;
  budget.rerank_factor = 2;
  EXPECT_THROW(search(codes, data.row(0), 3, budget, nullptr), RowsNotKept);
  EXPECT_THROW(search(plus, data.row(0), 3, with_confidence(0.0F), nullptr), std::invalid_argument);
  EXPECT_THROW(search(built(Kind::rabitq_plus, {data.values.data(), 0, 6}, Metric::l2, 1),
                      data.row(0), 3, {}, nullptr),
               EmptyIndex);
}

TEST(Search, ABatchNeedsRoomForItsHits) {
  const TestVectors data = gaussian_vectors(20, 6, 20);
  const State state = built(Kind::rabitq_plus, data.view(), Metric::l2, 1);
  std::vector<Id> ids(29);
  std::vector<float> scores(30);
  EXPECT_THAT([&] { search_batch(state, data.first(10), 3, ids, scores, {}, nullptr); },
              ThrowsMessage<std::invalid_argument>(AllOf(HasSubstr("29"), HasSubstr("30"))));
}

}  // namespace
}  // namespace ruvector::index

#include "ruvector/index/recommend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "base/random.h"
#include "index/growth.h"
#include "index/search.h"
#include "index/state.h"
#include "ruvector/index/flat_f32_index.h"
#include "ruvector/index/rabitq_index.h"

namespace ruvector {
namespace {

using ::testing::HasSubstr;

TEST(Recommend, FewVectorsAreSearchedExactly) {
  for (const float target : {0.1F, 0.95F, 1.0F}) {
    const Recommendation r = recommend(1999, 384, target);
    EXPECT_EQ(r.index, "FlatF32Index");
    EXPECT_EQ(r.bytes_per_vector, 384U * 4U + 8U);
    EXPECT_THAT(r.reason, HasSubstr("1999"));
  }
}

TEST(Recommend, HighRecallTakesTheCascadeAtThatConfidence) {
  for (const float target : {0.91F, 0.99F, 0.9999F}) {
    const Recommendation r = recommend(100'000, 128, target);
    EXPECT_EQ(r.index, "RabitqPlusIndex");
    EXPECT_EQ(r.confidence, target);
    EXPECT_FALSE(r.bits.has_value());
    EXPECT_FALSE(r.rerank_factor.has_value());
  }
  const Recommendation all = recommend(100'000, 128, 1.0F);
  EXPECT_EQ(all.index, "RabitqPlusIndex");
  EXPECT_GT(all.confidence, 0.9999F);
  EXPECT_LT(all.confidence, 1.0F);
  EXPECT_THAT(all.reason, HasSubstr("FlatF32Index"));
}

TEST(Recommend, ManyVectorsAreDividedUnlessNearlyAllListsWouldBeVisited) {
  for (const float target : {0.91F, 0.99F}) {
    const Recommendation r = recommend(200'000, 128, target);
    EXPECT_EQ(r.index, "RabitqPlusIndex");
    EXPECT_EQ(r.partitions, kAutoPartitions);
    EXPECT_EQ(r.recall, target);
    EXPECT_FALSE(r.confidence.has_value());
    EXPECT_EQ(r.bytes_per_vector, recommend(100'000, 128, target).bytes_per_vector + 8);
    EXPECT_THAT(r.reason, HasSubstr("200000"));
    EXPECT_FALSE(recommend(199'999, 128, target).partitions.has_value());
  }
  EXPECT_FALSE(recommend(10'000'000, 128, 0.995F).partitions.has_value());
  EXPECT_FALSE(recommend(10'000'000, 128, 0.5F).partitions.has_value());
}

TEST(Recommend, LowRecallSavesTheRows) {
  std::size_t last_bytes = 0;
  for (const float target : {0.1F, 0.5F, 0.9F}) {
    const Recommendation r = recommend(100'000, 128, target);
    EXPECT_EQ(r.index, "RabitqIndex");
    EXPECT_GT(r.bytes_per_vector, last_bytes);
    EXPECT_LT(r.bytes_per_vector, 128U * 4U);
    last_bytes = r.bytes_per_vector;
  }
}

TEST(Recommend, BytesPerVectorAreThoseOfAnIndex) {
  constexpr std::size_t kCount = 6400;
  base::Random random(1);
  for (const std::size_t dim : {3U, 128U, 200U}) {
    std::vector<float> rows(kCount * dim);
    for (float& value : rows) value = static_cast<float>(random.gaussian_like());
    const MatrixView view{rows.data(), kCount, dim};
    const auto held = [](const Index& index) {
      std::size_t bytes = 0;
      for (const auto& [region, size] : index.memory_usage()) {
        if (region != "rotation" && region != "spare") bytes += size;
      }
      return bytes / kCount;
    };
    for (const float target : {0.1F, 0.5F, 0.9F, 0.99F}) {
      const Recommendation r = recommend(kCount, dim, target);
      if (r.index == "RabitqIndex") {
        EXPECT_EQ(r.bytes_per_vector, held(RabitqIndex::build(view, {.bits = r.bits})));
      } else {
        EXPECT_EQ(r.bytes_per_vector, held(RabitqPlusIndex::build(view, {.bits = 1})));
      }
    }
    EXPECT_EQ(recommend(10, dim, 1.0F).bytes_per_vector, held(FlatF32Index::build(view)));
  }
}

// Pure noise, on which codes alone do worst.
TEST(Recommend, TheRecommendedIndexReachesTheTarget) {
  constexpr std::size_t kCount = 10'000;
  constexpr std::size_t kDim = 128;
  constexpr std::size_t kQueries = 100;
  constexpr std::size_t kWanted = 10;
  base::Random random(2);
  std::vector<float> rows((kCount + kQueries) * kDim);
  for (float& value : rows) value = static_cast<float>(random.gaussian_like());
  const MatrixView base{rows.data(), kCount, kDim};
  const MatrixView queries{rows.data() + kCount * kDim, kQueries, kDim};
  const auto found = [&](const Index& index, const SearchParams& params) {
    std::vector<Id> ids(kQueries * kWanted);
    std::vector<float> scores(kQueries * kWanted);
    index.search_batch(queries, kWanted, ids, scores, params);
    return ids;
  };
  const std::vector<Id> truth = found(FlatF32Index::build(base), {});
  const auto recall = [&](const std::vector<Id>& ids) {
    std::size_t hits = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const auto row = ids.begin() + static_cast<std::ptrdiff_t>(i / kWanted * kWanted);
      hits += std::find(row, row + kWanted, truth[i]) != row + kWanted ? 1U : 0U;
    }
    return static_cast<float>(hits) / static_cast<float>(truth.size());
  };
  for (const float target : {0.1F, 0.13F, 0.5F, 0.65F, 0.9F, 0.95F, 0.99F, 1.0F}) {
    const Recommendation r = recommend(kCount, kDim, target);
    const std::vector<Id> ids =
        r.index == "RabitqIndex"
            ? found(RabitqIndex::build(base, {.bits = r.bits}), {})
            : found(RabitqPlusIndex::build(base), {.confidence = r.confidence});
    EXPECT_GE(recall(ids), target) << r.index << ": " << r.reason;
  }
}

TEST(Recommend, ArgumentsOutsideOfTheirRangesAreRefused) {
  EXPECT_THROW(recommend(0, 128, 0.9F), std::invalid_argument);
  EXPECT_THROW(recommend(100'000'001, 128, 0.9F), std::invalid_argument);
  EXPECT_THROW(recommend(1000, 0, 0.9F), std::invalid_argument);
  EXPECT_THROW(recommend(1000, 8193, 0.9F), std::invalid_argument);
  for (const float target : {0.0F, -1.0F, 1.01F, std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_THROW(recommend(1000, 128, target), std::invalid_argument);
  }
}

}  // namespace
}  // namespace ruvector

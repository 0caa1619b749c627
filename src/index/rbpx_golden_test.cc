// Reads the committed files of format version 2 (tests/golden/rbpx_v2), which earlier builds wrote,
// and checks their answers against arithmetic on the rows that they were made from. With
// RUVECTOR_WRITE_GOLDEN set it writes them, and the seeds of the fuzzer, anew.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "index/rbpx_samples.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kWanted = 5;

struct Golden {
  const char* name;
  Kind kind;
  std::size_t count;
  std::size_t dim;
  Metric metric;
  std::optional<std::uint32_t> bits;
  std::optional<std::uint32_t> rerank_factor;
  std::optional<std::size_t> partitions = {};
};

constexpr Golden kFiles[] = {
    {"flat_f32_cosine", Kind::flat_f32, 9, 5, Metric::cosine, {}, {}},
    {"rabitq_8_bits_l2", Kind::rabitq, 70, 300, Metric::l2, 8, {}},
    {"rabitq_plus_ip", Kind::rabitq_plus, 70, 24, Metric::ip, {}, {}},
    {"rabitq_asym_rows_l2", Kind::rabitq_asym, 20, 10, Metric::l2, 1, 20},
    {"rabitq_plus_lists_cosine", Kind::rabitq_plus, 90, 7, Metric::cosine, {}, {}, 4},
    {"rabitq_plus_lists_weights_l2", Kind::rabitq_plus, 90, 7, Metric::l2, {}, {}, 4},
};

std::filesystem::path path_of(const Golden& golden) {
  return std::filesystem::path(RUVECTOR_GOLDEN_DIR) / "rbpx_v2" /
         (golden.name + std::string(".rbpx"));
}

// Multiples of 1/64 in [-2, 2]: sums of products of them are exact in float32.
float value_at(std::size_t i, std::size_t d) {
  const std::size_t scattered = (i * 97 + d * 61 + i * d * 29 + (i * i) % 31 * d * d) % 257;
  return (static_cast<float>(scattered) - 128.0F) / 64.0F;
}

std::vector<float> vectors_of(std::size_t first, std::size_t count, std::size_t dim) {
  std::vector<float> values(count * dim);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t d = 0; d < dim; ++d) values[i * dim + d] = value_at(first + i, d);
  }
  return values;
}

Id id_of(std::size_t slot) { return slot * 1'000'000'007ULL + 5; }

State build(const Golden& golden) {
  const std::vector<float> rows = vectors_of(0, golden.count, golden.dim);
  std::vector<Id> ids(golden.count);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = id_of(i);
  BuildParams params;
  params.ids = ids;
  params.seed = 7;
  params.metric = golden.metric;
  params.bits = golden.bits;
  params.rerank_factor = golden.rerank_factor;
  params.partitions = golden.partitions;
  return build_state(golden.kind, {rows.data(), golden.count, golden.dim}, params);
}

double score_of(const Golden& golden, std::size_t slot, const float* query) {
  double dot = 0;
  double row_squares = 0;
  double query_squares = 0;
  for (std::size_t d = 0; d < golden.dim; ++d) {
    const double x = value_at(slot, d);
    const double q = query[d];
    dot += x * q;
    row_squares += x * x;
    query_squares += q * q;
  }
  if (golden.metric == Metric::ip) return -dot;
  if (golden.metric == Metric::cosine) return 1.0 - dot / std::sqrt(row_squares * query_squares);
  return row_squares + query_squares - 2.0 * dot;
}

// What is left of an estimate's error with 8 bits per dimension, as part of |x| |q|.
double tolerance(const Golden& golden) {
  if (golden.kind == Kind::rabitq) return 0.01;
  return golden.metric == Metric::cosine ? 1e-6 : 0.0;
}

class GoldenV2 : public ::testing::TestWithParam<Golden> {
 protected:
  void SetUp() override {
    if (std::getenv("RUVECTOR_WRITE_GOLDEN") != nullptr)
      save_rbpx(build(GetParam()), path_of(GetParam()));
  }
};

TEST_P(GoldenV2, HoldsTheRowsAndIdsItWasMadeFrom) {
  const Golden& golden = GetParam();
  const State state = load_rbpx(path_of(golden), golden.kind, {.verify = true});
  ASSERT_EQ(state.size(), golden.count);
  EXPECT_EQ(state.dim, golden.dim);
  EXPECT_EQ(state.metric, golden.metric);
  EXPECT_EQ(state.seed, 7U);
  EXPECT_EQ(state.rerank_factor, golden.rerank_factor);
  for (std::size_t i = 0; i < golden.count; ++i) EXPECT_EQ(state.ids[i], id_of(i));
  if (!state.keeps_rows) return;
  const std::vector<float> rows = vectors_of(0, golden.count, golden.dim);
  EXPECT_TRUE(std::equal(rows.begin(), rows.end(), state.rows.begin()));
}

TEST_P(GoldenV2, AnswersAreThoseOfArithmetic) {
  const Golden& golden = GetParam();
  const State state = load_rbpx(path_of(golden), golden.kind, {});
  for (std::size_t q = 0; q < 8; ++q) {
    const std::vector<float> query = vectors_of(1000 + q, 1, golden.dim);
    std::vector<std::pair<double, Id>> exact;
    for (std::size_t i = 0; i < golden.count; ++i) {
      exact.emplace_back(score_of(golden, i, query.data()), id_of(i));
    }
    const double scale = static_cast<double>(golden.dim) * 4.0 / 3.0;  // about |x| |q|
    const double allowed = tolerance(golden) * (golden.metric == Metric::cosine ? 1.0 : scale);
    SearchParams all_lists;
    all_lists.recall = 1.0F;
    const std::vector<Hit> hits = search(state, query, kWanted, all_lists, nullptr);
    ASSERT_EQ(hits.size(), kWanted);
    std::vector<std::pair<double, Id>> best = exact;
    std::sort(best.begin(), best.end());
    for (std::size_t i = 0; i < kWanted; ++i) {
      const auto found = std::find_if(exact.begin(), exact.end(),
                                      [&](const auto& e) { return e.second == hits[i].id; });
      ASSERT_NE(found, exact.end());
      EXPECT_NEAR(static_cast<double>(hits[i].score), found->first, allowed);
      EXPECT_NEAR(found->first, best[i].first, 2.0 * allowed);
      if (golden.kind == Kind::rabitq) continue;  // estimates may change places
      EXPECT_EQ(hits[i].id, best[i].second);
    }
  }
}

TEST_P(GoldenV2, SavingAgainGivesTheSameBytes) {
  const State state = load_rbpx(path_of(GetParam()), GetParam().kind, {});
  EXPECT_EQ(serialize_rbpx(state), read_bytes(path_of(GetParam())));
}

std::string name_of(const ::testing::TestParamInfo<Golden>& golden) { return golden.param.name; }

INSTANTIATE_TEST_SUITE_P(Files, GoldenV2, ::testing::ValuesIn(kFiles), name_of);

TEST(RbpxSeeds, SeedsOfTheFuzzerLoad) {
  const auto folder = std::filesystem::path(RUVECTOR_GOLDEN_DIR) / "../../fuzz/corpus/rbpx";
  // 257 dimensions: the rotation is then a few signs instead of a matrix.
  const std::pair<const char*, Sample> seeds[] = {
      {"flat_f32", {.kind = Kind::flat_f32, .count = 3, .dim = 2}},
      {"flat_f32_cosine", {.kind = Kind::flat_f32, .count = 3, .dim = 2, .metric = Metric::cosine}},
      {"rabitq", {.kind = Kind::rabitq, .count = 3, .dim = 257}},
      {"rabitq_plus", {.kind = Kind::rabitq_plus, .count = 3, .dim = 257}},
      {"rabitq_plus_cosine_2_bits",
       {.kind = Kind::rabitq_plus, .count = 3, .dim = 257, .metric = Metric::cosine, .bits = 2}},
      {"rabitq_asym_ip_7_bits",
       {.kind = Kind::rabitq_asym, .count = 3, .dim = 257, .metric = Metric::ip, .bits = 7}},
      {"rabitq_asym_dense",
       {.kind = Kind::rabitq_asym, .count = 66, .dim = 4, .rerank_factor = 2, .counted_ids = true}},
      {"rabitq_plus_lists", {.kind = Kind::rabitq_plus, .count = 40, .dim = 257, .partitions = 3}},
      {"rabitq_plus_lists_weights",
       {.kind = Kind::rabitq_plus, .count = 40, .dim = 257, .partitions = 4}},
      {"rabitq_plus_lists_calibrated",
       {.kind = Kind::rabitq_plus, .count = 9, .dim = 257, .partitions = 2, .calibrated = true}},
  };
  for (const auto& [name, sample] : seeds) {
    const std::filesystem::path path = folder / name;
    if (std::getenv("RUVECTOR_WRITE_GOLDEN") != nullptr) save_rbpx(sample_state(sample), path);
    EXPECT_EQ(load_rbpx(path, sample.kind, {.verify = true}).size(), sample.count) << name;
  }
}

}  // namespace
}  // namespace ruvector::index

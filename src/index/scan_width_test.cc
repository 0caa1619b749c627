#include "index/scan_width.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "index/growth.h"
#include "index/search.h"
#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

State chosen(const TestVectors& data, std::size_t threads = 2, Metric metric = Metric::l2) {
  BuildParams params;
  params.threads = threads;
  params.metric = metric;
  return build_state(Kind::rabitq_plus, data.view(), params);
}

// What default searches for a few rows read, weighted by the bytes of each stage.
double bytes_read(const State& state, const TestVectors& queries) {
  SearchStats stats;
  for (std::size_t q = 0; q < queries.rows; ++q) search(state, queries.row(q), 10, {}, &stats);
  const CodeShape& shape = state.codes.shape();
  return static_cast<double>(stats.codes_scanned) * static_cast<double>(shape.block_bytes()) / 64 +
         static_cast<double>(stats.codes_refined) * static_cast<double>(shape.record_stride()) +
         static_cast<double>(stats.rows_read) * static_cast<double>(4 * state.dim);
}

TEST(ScanWidth, DataWithoutNearNeighboursGetsTwoBits) {
  EXPECT_EQ(chosen(gaussian_vectors(20'000, 128, 1)).bits, 2U);
}

TEST(ScanWidth, ClusteredDataGetsOneBit) {
  EXPECT_EQ(chosen(clustered_vectors(20'000, 128, 100, 0.2F, 2)).bits, 1U);
}

TEST(ScanWidth, SmallIndicesKeepOneBit) {
  EXPECT_EQ(chosen(gaussian_vectors(4000, 128, 1)).bits, 1U);
}

TEST(ScanWidth, TheChoiceIsTheSameForEveryNumberOfThreads) {
  const TestVectors data = gaussian_vectors(6000, 64, 3);
  const State one = chosen(data, 1);
  for (const std::size_t threads : {2U, 8U}) {
    const State other = chosen(data, threads);
    EXPECT_EQ(other.bits, one.bits);
    EXPECT_TRUE(std::equal(
        one.codes.blocks().data(), one.codes.blocks().data() + one.codes.blocks().size(),
        other.codes.blocks().data(), other.codes.blocks().data() + other.codes.blocks().size()));
  }
}

TEST(ScanWidth, AnExplicitWidthIsKept) {
  const TestVectors data = gaussian_vectors(20'000, 64, 1);
  for (const std::uint32_t bits : {1U, 2U, 3U}) {
    BuildParams params;
    params.bits = bits;
    const State state = build_state(Kind::rabitq_plus, data.view(), params);
    EXPECT_EQ(state.bits, bits);
    EXPECT_EQ(state.codes.shape().scan_bits, bits == 2 ? 2U : 1U);
  }
}

// The choice is made from counts; what is chosen must at least not read much more memory.
TEST(ScanWidth, TheChosenWidthReadsLittleMoreThanTheOther) {
  for (const TestVectors& data :
       {gaussian_vectors(20'000, 128, 1), clustered_vectors(20'000, 128, 100, 0.2F, 2)}) {
    const State mine = chosen(data);
    BuildParams params;
    params.bits = mine.bits == 1 ? 2 : 1;
    const State other = build_state(Kind::rabitq_plus, data.view(), params);
    const TestVectors queries{20, 128, {data.values.begin(), data.values.begin() + 20 * 128}};
    EXPECT_LT(bytes_read(mine, queries), 1.3 * bytes_read(other, queries));
  }
}

TEST(ScanWidth, ConstantDataAndDuplicatesAreNoTrouble) {
  const TestVectors data{5000, 8, std::vector<float>(40'000, 1.0F)};
  for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
    const State state = chosen(data, 2, metric);
    EXPECT_EQ(search(state, data.row(0), 3, {}, nullptr).size(), 3U);
  }
}

}  // namespace
}  // namespace ruvector::index

#include "index/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A message with all of these parts.
template <class F>
void expect_refused(F&& f, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_THAT(f, ThrowsMessage<std::invalid_argument>(HasSubstr(part)));
  }
}

TEST(CheckRows, FiniteRowsPass) {
  const TestVectors data = gaussian_vectors(5000, 7, 1);
  for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
    EXPECT_NO_THROW(check_rows("vectors", data.view(), metric, 4));
    EXPECT_NO_THROW(check_rows("vectors", {data.values.data(), 0, 7}, metric, 4));
  }
}

TEST(CheckRows, TheFirstBadRowIsNamedWithItsPosition) {
  for (const std::size_t threads : {1U, 8U}) {
    for (const float bad : {kNan, kInfinity, -kInfinity}) {
      TestVectors data = gaussian_vectors(9000, 7, 1);
      data.values[2500 * 7 + 3] = bad;
      data.values[8000 * 7 + 1] = bad;
      expect_refused([&] { check_rows("vectors", data.view(), Metric::l2, threads); },
                     {"vectors: row 2500 ", "not finite", "position 3"});
    }
  }
}

TEST(CheckRows, LengthsWhoseSquaresLeaveFloat32AreRefused) {
  TestVectors data = gaussian_vectors(10, 7, 1);
  data.values[4 * 7] = 0x1.01p+60F;
  expect_refused([&] { check_rows("vectors", data.view(), Metric::l2, 1); },
                 {"vectors: row 4 ", "squared norm", "above the limit of 1.32923e+36"});
  data.values[4 * 7] = 0x1.fffp+59F;
  EXPECT_NO_THROW(check_rows("vectors", data.view(), Metric::l2, 1));
  data.values[4 * 7] = 3e38F;
  expect_refused([&] { check_rows("vectors", data.view(), Metric::ip, 1); },
                 {"row 4 ", "squared norm 9e+76"});
}

TEST(CheckRows, ZeroVectorsHaveNoDirection) {
  TestVectors data = gaussian_vectors(10, 7, 1);
  for (std::size_t d = 0; d < 7; ++d) data.values[5 * 7 + d] = 0;
  EXPECT_NO_THROW(check_rows("vectors", data.view(), Metric::l2, 1));
  EXPECT_NO_THROW(check_rows("vectors", data.view(), Metric::ip, 1));
  expect_refused([&] { check_rows("vectors", data.view(), Metric::cosine, 1); },
                 {"vectors: row 5 ", "squared norm 0", "cosine", "1.17549e-38"});
}

TEST(CheckQuery, NamesTheQuery) {
  const std::vector<float> nan = {1.0F, kNan};
  expect_refused([&] { check_query(nan, Metric::l2); },
                 {"query is not finite", "nan", "position 1"});
  const std::vector<float> zero(3);
  EXPECT_NO_THROW(check_query(zero, Metric::ip));
  expect_refused([&] { check_query(zero, Metric::cosine); }, {"query has squared norm 0"});
  const std::vector<float> huge(4, 1e30F);
  expect_refused([&] { check_query(huge, Metric::l2); }, {"query", "4e+60", "1.32923e+36"});
}

TEST(CheckBuild, EveryParameterHasItsRange) {
  const std::vector<float> values(16);
  const MatrixView fine{values.data(), 2, 8};
  EXPECT_NO_THROW(check_build(fine, {}));
  expect_refused([&] { check_build({values.data(), 1, 0}, {}); }, {"dim is 0", "1..8192"});
  expect_refused([&] { check_build({values.data(), 0, 8193}, {}); }, {"dim is 8193", "1..8192"});
  EXPECT_NO_THROW(check_build({values.data(), 0, 8192}, {}));
  for (const std::uint32_t bits : {0U, 9U, 32U}) {
    BuildParams params;
    params.bits = bits;
    expect_refused([&] { check_build(fine, params); }, {"bits is " + std::to_string(bits), "1..8"});
  }
  for (const std::uint32_t factor : {0U, 1025U}) {
    BuildParams params;
    params.rerank_factor = factor;
    expect_refused([&] { check_build(fine, params); },
                   {"rerank_factor is " + std::to_string(factor), "1..1024"});
  }
  for (const std::size_t threads : {0U, 257U}) {
    BuildParams params;
    params.threads = threads;
    expect_refused([&] { check_build(fine, params); },
                   {"threads is " + std::to_string(threads), "1..256"});
  }
}

TEST(CheckSearch, EveryParameterHasItsRange) {
  EXPECT_NO_THROW(check_search({}));
  for (const float confidence : {0.0F, -0.5F, 1.5F, kNan}) {
    SearchParams params;
    params.confidence = confidence;
    expect_refused([&] { check_search(params); }, {"confidence is", "(0, 1]"});
  }
  SearchParams radius;
  radius.radius = kNan;
  expect_refused([&] { check_search(radius); }, {"radius is NaN"});
  for (const float fine : {kInfinity, -kInfinity, -1.0F, 0.0F}) {
    radius.radius = fine;
    EXPECT_NO_THROW(check_search(radius));
  }
  SearchParams factor;
  factor.rerank_factor = 1025;
  expect_refused([&] { check_search(factor); }, {"rerank_factor is 1025", "1..1024"});
  SearchParams threads;
  threads.threads = 0;
  expect_refused([&] { check_search(threads); }, {"threads is 0", "1..256"});
}

}  // namespace
}  // namespace ruvector::index

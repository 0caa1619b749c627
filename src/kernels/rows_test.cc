// l2_rows, dot_rows and sums on every level.
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

using RowsKernel = decltype(KernelTable::l2_rows);

class RowsTest : public LevelTest {
 protected:
  // Scores `rows` (shifted off alignment) and checks that nothing else is written.
  std::vector<float> score(RowsKernel kernel, const std::vector<float>& query,
                           const std::vector<float>& rows, const std::uint32_t* slots,
                           std::size_t count) {
    Guarded<float> query_copy(query.size(), 3);
    Guarded<float> rows_copy(rows.size(), 5);
    query_copy.fill(query);
    rows_copy.fill(rows);
    Guarded<float> out(count);
    kernel(query_copy.data(), rows_copy.data(), query.size(), slots, count, out.data());
    EXPECT_TRUE(out.intact());
    return out.values();
  }
};

double exact_l2(const float* a, const float* b, std::size_t dim) {
  double sum = 0;
  for (std::size_t d = 0; d < dim; ++d) sum += (double{a[d]} - b[d]) * (double{a[d]} - b[d]);
  return sum;
}

double exact_dot(const float* a, const float* b, std::size_t dim) {
  double sum = 0;
  for (std::size_t d = 0; d < dim; ++d) sum += double{a[d]} * b[d];
  return sum;
}

TEST_P(RowsTest, ScoresAreThoseOfDoublePrecisionAtEveryDimension) {
  constexpr std::size_t kRows = 7;
  for (std::size_t dim = 1; dim <= 257; ++dim) {
    const std::vector<float> query = random_floats(dim);
    const std::vector<float> rows = random_floats(kRows * dim);
    const std::vector<float> l2 = score(table().l2_rows, query, rows, nullptr, kRows);
    const std::vector<float> dot = score(table().dot_rows, query, rows, nullptr, kRows);
    for (std::size_t i = 0; i < kRows; ++i) {
      const float* row = rows.data() + i * dim;
      const double l2_expected = exact_l2(query.data(), row, dim);
      const double norms =
          std::sqrt(exact_dot(row, row, dim) * exact_dot(query.data(), query.data(), dim));
      ASSERT_NEAR(l2[i], l2_expected, 1e-6 * l2_expected) << "dim " << dim;
      ASSERT_NEAR(dot[i], exact_dot(query.data(), row, dim), 1e-6 * norms) << "dim " << dim;
    }
  }
}

TEST_P(RowsTest, ScoresHaveTheBitsOfTheScalarLevelAtEveryDimension) {
  constexpr std::size_t kRows = 21;
  for (std::size_t dim = 1; dim <= 257; ++dim) {
    const std::vector<float> query = random_floats(dim);
    const std::vector<float> rows = random_floats(kRows * dim);
    EXPECT_EQ(bits_of(score(table().l2_rows, query, rows, nullptr, kRows)),
              bits_of(score(kScalarTable.l2_rows, query, rows, nullptr, kRows)))
        << "dim " << dim;
    EXPECT_EQ(bits_of(score(table().dot_rows, query, rows, nullptr, kRows)),
              bits_of(score(kScalarTable.dot_rows, query, rows, nullptr, kRows)))
        << "dim " << dim;
  }
}

TEST_P(RowsTest, SlotsChooseTheRows) {
  constexpr std::size_t kRows = 50;
  for (const std::size_t dim : {1U, 16U, 33U, 128U, 200U, 777U, 2048U}) {
    const std::vector<float> query = random_floats(dim);
    const std::vector<float> rows = random_floats(kRows * dim);
    const std::vector<float> all_l2 = score(table().l2_rows, query, rows, nullptr, kRows);
    const std::vector<float> all_dot = score(table().dot_rows, query, rows, nullptr, kRows);
    for (std::size_t count = 0; count <= 37; ++count) {
      std::vector<std::uint32_t> slots(count);
      for (std::uint32_t& slot : slots) slot = random_up_to(kRows - 1);
      const std::vector<float> l2 = score(table().l2_rows, query, rows, slots.data(), count);
      const std::vector<float> dot = score(table().dot_rows, query, rows, slots.data(), count);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(bits_of(l2[i]), bits_of(all_l2[slots[i]])) << "dim " << dim;
        ASSERT_EQ(bits_of(dot[i]), bits_of(all_dot[slots[i]])) << "dim " << dim;
      }
    }
  }
}

TEST_P(RowsTest, ContiguousRowsOfEveryCountAreAllScored) {
  const std::size_t dim = 48;
  const std::vector<float> query = random_floats(dim);
  const std::vector<float> rows = random_floats(40 * dim);
  const std::vector<float> all = score(table().l2_rows, query, rows, nullptr, 40);
  for (std::size_t count = 0; count <= 40; ++count) {
    const std::vector<float> some = score(table().l2_rows, query, rows, nullptr, count);
    EXPECT_EQ(some, std::vector<float>(all.begin(), all.begin() + std::ptrdiff_t(count)));
  }
}

TEST_P(RowsTest, RowsThatOverflowOrUnderflowHaveTheBitsOfTheScalarLevel) {
  for (const float size : {1e25f, 1e-25f, 1e-40f}) {
    for (const std::size_t dim : {1U, 17U, 64U, 65U, 130U}) {
      std::vector<float> query = random_floats(dim);
      std::vector<float> rows = random_floats(5 * dim);
      for (float& value : query) value *= size;
      for (float& value : rows) value *= size;
      EXPECT_EQ(bits_of(score(table().l2_rows, query, rows, nullptr, 5)),
                bits_of(score(kScalarTable.l2_rows, query, rows, nullptr, 5)));
      EXPECT_EQ(bits_of(score(table().dot_rows, query, rows, nullptr, 5)),
                bits_of(score(kScalarTable.dot_rows, query, rows, nullptr, 5)));
    }
  }
}

TEST_P(RowsTest, SumsAreThoseOfDoublePrecisionAndOfTheScalarLevel) {
  for (std::size_t n = 0; n <= 300; ++n) {
    const std::vector<float> x = random_floats(n);
    Guarded<float> copy(n, 7);
    copy.fill(x);
    Guarded<float> out(2);
    table().sums(copy.data(), n, out.data());
    EXPECT_TRUE(out.intact());
    double magnitudes = 0;
    for (const float value : x) magnitudes += std::fabs(double{value});
    const double squares = exact_dot(x.data(), x.data(), n);
    EXPECT_NEAR(out[0], magnitudes, 1e-6 * magnitudes) << "n " << n;
    EXPECT_NEAR(out[1], squares, 1e-6 * squares) << "n " << n;
    std::vector<float> scalar(2);
    kScalarTable.sums(x.data(), n, scalar.data());
    EXPECT_EQ(bits_of(out.values()), bits_of(scalar)) << "n " << n;
  }
}

RUVECTOR_TEST_LEVELS(RowsTest);

}  // namespace
}  // namespace ruvector::kernels

#include "index/byte_panels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

double dot_of(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t d = 0; d < a.size(); ++d) {
    sum += static_cast<double>(a[d]) * static_cast<double>(b[d]);
  }
  return sum;
}

double length_of(std::span<const float> x) { return std::sqrt(dot_of(x, x)); }

// What the errors promise: |<x, v> - <x', v'>| <= |x - x'| |v| + |x'| |v - v'|.
void expect_products_within_errors(const TestVectors& rows, const TestVectors& vectors) {
  const BytePanels panels(vectors.values, vectors.cols);
  ASSERT_EQ(panels.count(), vectors.rows);
  BytePanels::Rounded rounded;
  panels.round(rows.values.data(), rows.rows, rounded);
  std::vector<float> products(rows.rows * vectors.rows);
  panels.multiply(rounded, 0, vectors.rows, products.data(), vectors.rows);
  for (std::size_t r = 0; r < rows.rows; ++r) {
    const double length = length_of(rows.row(r));
    const double off = panels.error_of(rounded, r);
    EXPECT_LE(off, 0.02 * length) << "rounding costs little";
    for (std::size_t v = 0; v < vectors.rows; ++v) {
      const double of_vector = length_of(vectors.row(v));
      EXPECT_LE(panels.error(v), 0.02 * of_vector);
      const double about = static_cast<double>(products[r * vectors.rows + v]) *
                           static_cast<double>(rounded.inverses[r]);
      const double allowed = off * of_vector + (length + off) * panels.error(v);
      EXPECT_LE(std::fabs(about - dot_of(rows.row(r), vectors.row(v))),
                allowed + 1e-6 * length * of_vector)
          << "row " << r << ", vector " << v << ", dim " << rows.cols;
    }
  }
}

TEST(BytePanels, ProductsAreWithinTheErrorsOfBothSides) {
  for (const std::size_t dim : {1U, 3U, 4U, 17U, 128U, 386U}) {
    for (const std::size_t count : {1U, 47U, 48U, 49U, 130U}) {
      expect_products_within_errors(gaussian_vectors(5, dim, 1), gaussian_vectors(count, dim, 2));
    }
  }
}

TEST(BytePanels, ScalesNeitherOverflowNorVanish) {
  const TestVectors rows = gaussian_vectors(5, 30, 1, 1.0F, 0.5F);
  for (const float scale : {1e-16F, 1e-3F, 1e17F}) {
    expect_products_within_errors(gaussian_vectors(5, 30, 3, scale),
                                  gaussian_vectors(60, 30, 4, scale));
    expect_products_within_errors(rows, gaussian_vectors(60, 30, 5, scale));
  }
}

TEST(BytePanels, ZerosStayZero) {
  const std::vector<float> zeros(20, 0.0F);
  const BytePanels panels(zeros, 10);
  BytePanels::Rounded rounded;
  panels.round(zeros.data(), 2, rounded);
  std::vector<float> products(4, 1.0F);
  panels.multiply(rounded, 0, 2, products.data(), 2);
  EXPECT_EQ(products, std::vector<float>(4, 0.0F));
  EXPECT_EQ(panels.error(1), 0.0F);
  EXPECT_EQ(panels.error_of(rounded, 1), 0.0F);
}

TEST(BytePanels, PanelsFromTheMiddleAreThoseOfTheWhole) {
  const TestVectors rows = gaussian_vectors(3, 20, 1);
  const BytePanels panels(gaussian_vectors(200, 20, 2).values, 20);
  BytePanels::Rounded rounded;
  panels.round(rows.values.data(), 3, rounded);
  std::vector<float> all(3 * 200);
  panels.multiply(rounded, 0, 200, all.data(), 200);
  const std::size_t first = 2 * kernels::kPanelColumns;
  std::vector<float> part(3 * 70);
  panels.multiply(rounded, first, 60, part.data(), 70);
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 60; ++c) {
      EXPECT_EQ(part[r * 70 + c], all[r * 200 + first + c]);
    }
  }
}

}  // namespace
}  // namespace ruvector::index

#include "index/coarse_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

double product_of(const TestVectors& centroids, std::size_t list, const TestVectors& queries,
                  std::size_t query, const TestVectors& centre) {
  double product = 0;
  for (std::size_t d = 0; d < centroids.cols; ++d) {
    const double c = centre.values[d];
    product += (static_cast<double>(centroids.row(list)[d]) - c) *
               (static_cast<double>(queries.row(query)[d]) - c);
  }
  return product;
}

double distance_of(std::span<const float> x, const TestVectors& centre) {
  double squares = 0;
  for (std::size_t d = 0; d < x.size(); ++d) {
    const double moved = static_cast<double>(x[d]) - static_cast<double>(centre.values[d]);
    squares += moved * moved;
  }
  return std::sqrt(squares);
}

TEST(CoarseTable, GivesTheProductsOfCentredVectors) {
  for (const std::size_t dim : {1U, 7U, 64U, 130U}) {
    for (const std::size_t lists : {1U, 47U, 48U, 49U, 200U}) {
      const TestVectors centroids = gaussian_vectors(lists, dim, 1, 2.0F, 1.0F);
      const TestVectors queries = gaussian_vectors(5, dim, 2);
      const TestVectors centre = gaussian_vectors(1, dim, 3);
      const CoarseTable table(centroids.values, centre.values);
      ASSERT_EQ(table.list_count(), lists);
      std::vector<float> along(5 * lists);
      table.compare(queries.values.data(), 5, along.data());
      for (std::size_t list = 0; list < lists; ++list) {
        double squares = 0;
        double with_centre = 0;
        for (std::size_t d = 0; d < dim; ++d) {
          const double c = centre.values[d];
          const double m = static_cast<double>(centroids.row(list)[d]) - c;
          squares += m * m;
          with_centre += m * c;
        }
        EXPECT_NEAR(table.squares(list), squares, 1e-5 * (1.0 + squares));
        EXPECT_NEAR(table.with_centre(list), with_centre, 1e-4 * (1.0 + squares));
        for (std::size_t q = 0; q < 5; ++q) {
          const double product = product_of(centroids, list, queries, q, centre);
          EXPECT_NEAR(along[q * lists + list], product, 1e-4 * (1.0 + squares));
          std::vector<float> moved(dim);
          table.move(queries.row(q).data(), moved.data());
          EXPECT_NEAR(table.product(list, moved.data()), product, 1e-4 * (1.0 + squares));
        }
      }
    }
  }
}

// A byte is one of 255 steps from the least to the greatest value of a query, and of 254 of a
// centroid: the errors of dim products of independent values add up as their squares do.
TEST(CoarseTable, EstimatesProductsOfAnyScale) {
  for (const std::size_t dim : {1U, 6U, 128U, 386U}) {
    for (const float scale : {1e-17F, 1.0F, 1e15F}) {
      const TestVectors centroids = gaussian_vectors(100, dim, 1, scale, 0.5F * scale);
      const TestVectors queries = gaussian_vectors(4, dim, 2, 3.0F * scale);
      const TestVectors centre = gaussian_vectors(1, dim, 3, scale);
      const CoarseTable table(centroids.values, centre.values);
      std::vector<float> estimates(400);
      table.estimate(queries.values.data(), 4, estimates.data());
      for (std::size_t q = 0; q < 4; ++q) {
        const double length = distance_of(queries.row(q), centre);
        for (std::size_t list = 0; list < 100; ++list) {
          const double product = product_of(centroids, list, queries, q, centre);
          // Half a step of each side, were they all of one sign, is 0.008 for one dimension.
          const double allowed = 0.04 / std::sqrt(static_cast<double>(dim)) * length *
                                 distance_of(centroids.row(list), centre);
          EXPECT_NEAR(estimates[q * 100 + list], product, allowed) << dim << " " << scale;
        }
      }
    }
  }
}

// Whole batches and single queries must come to the same lists.
TEST(CoarseTable, EstimatesAreThoseOfEachQueryByItself) {
  const TestVectors centroids = gaussian_vectors(100, 130, 1);
  const TestVectors queries = gaussian_vectors(9, 130, 2);
  const CoarseTable table(centroids.values, gaussian_vectors(1, 130, 3).values);
  std::vector<float> together(900);
  table.estimate(queries.values.data(), 9, together.data());
  for (std::size_t q = 0; q < 9; ++q) {
    std::vector<float> alone(100);
    table.estimate(queries.row(q).data(), 1, alone.data());
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), &together[q * 100]));
  }
}

TEST(CoarseTable, ACentroidAtTheCentreIsAlongNothing) {
  const TestVectors centre = gaussian_vectors(1, 20, 3);
  const CoarseTable table(centre.values, centre.values);
  const TestVectors query = gaussian_vectors(1, 20, 2);
  float product = 1;
  table.estimate(query.values.data(), 1, &product);
  EXPECT_EQ(product, 0.0F);
}

}  // namespace
}  // namespace ruvector::index

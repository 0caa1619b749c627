#include "index/coarse_table.h"

#include <gtest/gtest.h>

#include <vector>

#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

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
          double product = 0;
          for (std::size_t d = 0; d < dim; ++d) {
            const double c = centre.values[d];
            product += (static_cast<double>(centroids.row(list)[d]) - c) *
                       (static_cast<double>(queries.row(q)[d]) - c);
          }
          EXPECT_NEAR(along[q * lists + list], product, 1e-4 * (1.0 + squares));
        }
      }
    }
  }
}

}  // namespace
}  // namespace ruvector::index

#include "index/list_order.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "index/test_codes.h"

namespace ruvector::index {
namespace {

class ListOrders : public ::testing::TestWithParam<Metric> {
 protected:
  ListOrders()
      : data_(gaussian_vectors(300, 40, 1, 1.0F, 0.5F)),
        encoded_(data_, GetParam(), 1, 6, 7),
        centroids_(gaussian_vectors(60, 40, 2, 0.7F, 0.5F)),
        coarse_(centroids_.values, encoded_.encoder.centre()),
        query_(prepared_query(gaussian_vectors(1, 40, 3, 1.0F, 0.5F).row(0), GetParam())),
        products_(60) {
    coarse_.estimate(query_.data(), 1, products_.data());
  }

  // In double: how promising a list is.
  double promise(std::size_t list) const {
    double squares = 0;
    double dot = 0;
    double norm = 0;
    for (std::size_t d = 0; d < 40; ++d) {
      const double c = centroids_.row(list)[d];
      const double q = query_[d];
      squares += (q - c) * (q - c);
      dot += q * c;
      norm += q * q;
    }
    return GetParam() == Metric::ip ? -dot / std::sqrt(norm) : std::sqrt(squares);
  }

  TestVectors data_;
  Encoded encoded_;
  TestVectors centroids_;
  CoarseTable coarse_;
  std::vector<float> query_;
  std::vector<float> products_;
};

TEST_P(ListOrders, GivesEachListOnceInTheOrderOfPromise) {
  ListOrder order(coarse_, encoded_.encoder, query_.data(), products_.data());
  std::vector<bool> seen(60);
  double before = -std::numeric_limits<double>::infinity();
  for (int i = 0; i < 60; ++i) {
    const auto visit = order.next();
    ASSERT_TRUE(visit);
    EXPECT_FALSE(seen[visit->list]);
    seen[visit->list] = true;
    // Estimated; the promises are from 3 to 9.
    EXPECT_NEAR(visit->promise, promise(visit->list), 0.02);
    EXPECT_GE(static_cast<double>(visit->promise), before);
    before = static_cast<double>(visit->promise);
  }
  EXPECT_FALSE(order.next());
}

TEST_P(ListOrders, AScoreReachesAsFarAsAVectorThatHasIt) {
  const ListOrder order(coarse_, encoded_.encoder, query_.data(), products_.data());
  // A centroid, were it a vector, would be as far away as it promises.
  for (std::size_t list = 0; list < 60; ++list) {
    std::vector<float> x(centroids_.row(list).begin(), centroids_.row(list).end());
    if (GetParam() == Metric::cosine) x = prepared_query(x, Metric::cosine);
    double squares = 0;
    double dot = 0;
    for (std::size_t d = 0; d < 40; ++d) {
      squares += (x[d] - query_[d]) * static_cast<double>(x[d] - query_[d]);
      dot += x[d] * static_cast<double>(query_[d]);
    }
    const double score = GetParam() == Metric::l2   ? squares
                         : GetParam() == Metric::ip ? -dot
                                                    : 1.0 - dot;
    const double expected = GetParam() == Metric::ip ? promise(list) : std::sqrt(squares);
    EXPECT_NEAR(order.reach(static_cast<float>(score)), expected, 1e-3);
  }
  EXPECT_TRUE(std::isinf(order.reach(std::numeric_limits<float>::max())));
}

// The estimate of a vector's score from its code around any centre is its score, but for the error
// that the code states.
TEST_P(ListOrders, CodesAroundAnyCentreEstimateTheScore) {
  const ListOrder order(coarse_, encoded_.encoder, query_.data(), products_.data());
  const Encoder& encoder = encoded_.encoder;
  const PreparedQuery prepared(encoder, query_.data(), {2.0F, 2.0F}, false);
  std::vector<std::uint32_t> rows(data_.rows);
  std::iota(rows.begin(), rows.end(), 0U);
  std::size_t outside = 0;
  for (const std::size_t list : {0U, 17U, 59U}) {
    std::vector<float> centre(encoder.dims());
    encoder.rotate(centroids_.row(list).data(), centre.data());
    CodeStore codes(encoder.shape());
    codes.resize(data_.rows);
    encoder.encode_list(encoded_.source(), rows, rows, centre.data(), codes.writer());
    const QueryFrame frame = order.frame(prepared, list);
    std::vector<float> estimates(rows.size());
    std::vector<float> bounds(rows.size());
    kernels::active().refine(codes.refine_codes(), prepared.refine_query(frame), rows.data(),
                             rows.size(), estimates.data(), bounds.data());
    double bias = 0;
    double spread = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double truth = true_score(GetParam(), data_.row(i), query_);
      const double error = static_cast<double>(frame.score(estimates[i])) - truth;
      const double width = static_cast<double>(frame.score(estimates[i])) -
                           static_cast<double>(frame.lower_bound(bounds[i]));
      outside += static_cast<double>(frame.lower_bound(bounds[i])) > truth ? 1 : 0;
      bias += error;
      spread += width;
    }
    EXPECT_LT(std::fabs(bias), 0.25 * spread);  // 300 errors of half a width, of either sign
  }
  // Two standard deviations: 2.3 % of normal errors lie below.
  EXPECT_LE(outside, 50U);
}

INSTANTIATE_TEST_SUITE_P(Metrics, ListOrders,
                         ::testing::Values(Metric::l2, Metric::ip, Metric::cosine));

}  // namespace
}  // namespace ruvector::index

#include "index/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "index/growth.h"
#include "index/search.h"
#include "index/state.h"
#include "index/test_vectors.h"

namespace ruvector::index {
namespace {

State divided(const TestVectors& data, Metric metric) {
  BuildParams params;
  params.metric = metric;
  params.partitions = 25;
  return build_state(Kind::rabitq_plus, data.view(), params);
}

// The share of true neighbours that searches find which stop at `margin`.
double recall_at(const State& state, const TestVectors& queries,
                 const std::vector<std::vector<Hit>>& truth, float recall) {
  SearchParams params;
  params.recall = recall;
  params.confidence = 1.0F;
  double sum = 0;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    sum += index::recall(search(state, queries.row(q), 10, params, nullptr), truth[q]);
  }
  return sum / static_cast<double>(queries.rows);
}

std::vector<float> unit_queries(const TestVectors& queries, Metric metric) {
  std::vector<float> all;
  for (std::size_t q = 0; q < queries.rows; ++q) {
    const auto query = prepared_query(queries.row(q), metric);
    all.insert(all.end(), query.begin(), query.end());
  }
  return all;
}

TEST(Calibration, KeepsWhatIsAskedOnTheQueriesThatItLearnedFrom) {
  const TestVectors data = skewed_vectors(5000, 32, 1);
  const TestVectors queries = gaussian_vectors(300, 32, 2, 0.8F);  // of another kind
  for (const Metric metric : {Metric::l2, Metric::ip, Metric::cosine}) {
    State state = divided(data, metric);
    const std::vector<float> unit = unit_queries(queries, metric);
    const StoppingRule rule =
        calibrated(state, state.row_view(), unit.data(), queries.rows, false, 2);
    const StoppingRule alone =
        calibrated(state, state.row_view(), unit.data(), queries.rows, false, 1);
    EXPECT_EQ(alone.margins(), rule.margins());  // on any number of threads
    state.partition->stopping = rule;
    const std::vector<std::vector<Hit>> truth = true_neighbours(state.row_view(), queries, 10);
    for (const float asked : {0.5F, 0.8F, 0.9F, 0.95F}) {
      const double found = recall_at(state, queries, truth, asked);
      EXPECT_GE(found, asked);
      EXPECT_LE(found, 1.0 - 0.5 * (1.0 - asked)) << asked;  // and goes no farther than it must
    }
  }
}

TEST(Calibration, ARowIsNotItsOwnNeighbour) {
  const TestVectors data = gaussian_vectors(400, 8, 2);
  const State state = divided(data, Metric::l2);
  const float* rows = data.values.data();
  const StoppingRule with = calibrated(state, state.row_view(), rows, 100, false, 1);
  const StoppingRule without = calibrated(state, state.row_view(), rows, 100, true, 1);
  EXPECT_NE(with.margins(), without.margins());
  // The nearest vector of a row is the row, in the list that is visited first or nearly so; the
  // nearest other one lies farther.
  for (std::size_t i = 0; i < StoppingRule::kMisses; ++i) {
    EXPECT_LE(with.margins()[0][i], without.margins()[0][i] + 1e-6F);
  }
}

TEST(Calibration, FewVectorsTeachWhatTheyCan) {
  const TestVectors data = gaussian_vectors(5, 8, 3);
  const State state = divided(data, Metric::l2);
  const StoppingRule rule = calibrated(state, state.row_view(), data.values.data(), 5, true, 1);
  EXPECT_TRUE(rule.learned());
  EXPECT_TRUE(std::isfinite(rule.margin(0.9, 10)));
}

}  // namespace
}  // namespace ruvector::index

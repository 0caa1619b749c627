#include "index/stopping_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ruvector::index {
namespace {

// A sample promises a little too much, the more the rarer what it is asked about: its quantiles are
// taken where a quarter of what may be missed is found, too, but no more than this share of all.
constexpr double kCaution = 0.25;
constexpr double kMostCaution = 0.01;

// On SIFT descriptors and sentences half and one and a half of the second ask for at most an eighth
// more codes; the larger it is, the less is found for queries that are unlike the rows.
constexpr float kShareOfKthDistance = 2.0F / 3.0F;
constexpr float kDoubling = 0.08F;  // in spreads

double miss_of(std::size_t i) { return std::exp2(-1.0 - 0.5 * static_cast<double>(i)); }

// By how much margins may grow at most from the last but one number of neighbours to the last.
float steepest(const StoppingRule::Margins& margins) {
  float most = 0;
  for (std::size_t i = 0; i < StoppingRule::kMisses; ++i) {
    most = std::max(most, margins.back()[i] - margins[margins.size() - 2][i]);
  }
  return most;
}

}  // namespace

StoppingRule StoppingRule::learn(float spread, const Standings& standings) {
  StoppingRule rule({kShareOfKthDistance, kDoubling * spread}, {});
  for (std::size_t row = 0; row < standings.size(); ++row) {
    if (standings[row].empty()) {
      if (row > 0) rule.margins_[row] = rule.margins_[row - 1];
      continue;
    }
    std::vector<float> values(standings[row].size());
    std::transform(standings[row].begin(), standings[row].end(), values.begin(),
                   [&](const Standing& standing) { return rule.excess(standing); });
    std::sort(values.begin(), values.end());
    // Before k vectors were found no list is judged: there any margin does.
    const auto judged = std::find_if(values.begin(), values.end(),
                                     [](float value) { return std::isfinite(value); });
    std::fill(values.begin(), judged, judged == values.end() ? 0.0F : *judged);
    const double last = static_cast<double>(values.size() - 1);
    for (std::size_t i = 0; i < kMisses; ++i) {
      const double caution = std::min(kCaution * miss_of(i), kMostCaution);
      const double rank = std::ceil(last * (1.0 - miss_of(i) + caution));
      rule.margins_[row][i] = values[static_cast<std::size_t>(rank)];
    }
  }
  return rule;
}

float StoppingRule::excess(const Standing& standing) const {
  const float expected = (1.0F - weights_.kth_distance) * standing.first_promise +
                         weights_.kth_distance * standing.kth_distance;
  const auto lists = static_cast<float>(1 + standing.visited);
  return standing.promise - expected + weights_.doubling * std::log2(lists);
}

float StoppingRule::margin(double recall, double k) const {
  const double miss = 1.0 - recall;
  if (!learned_ || !(miss >= miss_of(kMisses - 1)) || std::isinf(k))
    return std::numeric_limits<float>::infinity();
  const double column = std::max(0.0, 2.0 * (-std::log2(miss) - 1.0));
  const auto left = std::min(static_cast<std::size_t>(column), kMisses - 2);
  const double along = std::min(1.0, column - static_cast<double>(left));
  const auto at = [&](std::size_t row) {
    return std::lerp(static_cast<double>(margins_[row][left]),
                     static_cast<double>(margins_[row][left + 1]), along);
  };
  constexpr std::size_t kLast = kNeighbours.size() - 1;
  const double decade = std::log10(std::max(k, 1.0));
  const auto row = static_cast<std::size_t>(decade);
  if (row < kLast) {
    return static_cast<float>(std::lerp(at(row), at(row + 1), decade - static_cast<double>(row)));
  }
  return static_cast<float>(at(kLast) + steepest(margins_) * (decade - static_cast<double>(kLast)));
}

double StoppingRule::recall(float excess, double k) const {
  if (!learned_ || !(margin(0.5, k) <= excess)) return 0;
  constexpr double kParts = 0x1p20;
  double within = 0.5 * kParts;
  double beyond = (1.0 - miss_of(kMisses - 1)) * kParts + 1.0;
  while (beyond - within > 1.0) {
    const double middle = std::floor(0.5 * (within + beyond));
    (margin(middle / kParts, k) <= excess ? within : beyond) = middle;
  }
  return within / kParts;
}

}  // namespace ruvector::index

#include "index/stopping_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ruvector::index {
namespace {

// A sample promises a little too much: its quantiles are taken where fewer are missed than asked.
constexpr double kCaution = 0.75;

double miss_of(std::size_t i) { return std::exp2(-1.0 - 0.5 * static_cast<double>(i)); }

}  // namespace

StoppingRule StoppingRule::learn(std::array<std::vector<float>, kNeighbours.size()> excesses) {
  Margins margins{};
  for (std::size_t row = 0; row < excesses.size(); ++row) {
    std::vector<float>& values = excesses[row];
    if (values.empty()) {
      if (row > 0) margins[row] = margins[row - 1];
      continue;
    }
    std::sort(values.begin(), values.end());
    // Before k vectors were found no list is judged: there any margin does.
    const auto judged = std::find_if(values.begin(), values.end(),
                                     [](float value) { return std::isfinite(value); });
    std::fill(values.begin(), judged, judged == values.end() ? 0.0F : *judged);
    const double last = static_cast<double>(values.size() - 1);
    for (std::size_t i = 0; i < kMisses; ++i) {
      const double rank = std::ceil(last * (1.0 - kCaution * miss_of(i)));
      margins[row][i] = values[static_cast<std::size_t>(rank)];
    }
  }
  return StoppingRule(margins);
}

float StoppingRule::margin(double recall, std::size_t k) const {
  const double miss = 1.0 - recall;
  if (!learned_ || !(miss >= miss_of(kMisses - 1))) return std::numeric_limits<float>::infinity();
  const double column = std::max(0.0, 2.0 * (-std::log2(miss) - 1.0));
  const auto left = std::min(static_cast<std::size_t>(column), kMisses - 2);
  const double along = std::min(1.0, column - static_cast<double>(left));
  const auto at = [&](std::size_t row) {
    return std::lerp(static_cast<double>(margins_[row][left]),
                     static_cast<double>(margins_[row][left + 1]), along);
  };
  const double decade =
      std::clamp(std::log10(static_cast<double>(std::max<std::size_t>(k, 1))), 0.0, 2.0);
  const auto row = std::min<std::size_t>(static_cast<std::size_t>(decade), 1);
  return static_cast<float>(std::lerp(at(row), at(row + 1), decade - static_cast<double>(row)));
}

double StoppingRule::recall(float excess, std::size_t k) const {
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

#include "embed/exact_inputs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ruvector::embed {
namespace {

// For each input its largest weight, each output's weights measured by their root mean square.
std::vector<float> weight_ranges(std::span<const float> weights, std::size_t inputs,
                                 std::size_t outputs) {
  std::vector<float> ranges(inputs, 0.0f);
  for (std::size_t output = 0; output < outputs; ++output) {
    const std::span<const float> row = weights.subspan(output * inputs, inputs);
    double squares = 0;
    for (const float weight : row) squares += double{weight} * double{weight};
    if (squares == 0) continue;
    const auto inverse = static_cast<float>(1 / std::sqrt(squares / static_cast<double>(inputs)));
    for (std::size_t i = 0; i < inputs; ++i) {
      ranges[i] = std::max(ranges[i], std::fabs(row[i]) * inverse);
    }
  }
  return ranges;
}

// Divides by the median, so that what stands out can be compared with what does elsewhere. What is
// not finite becomes the largest number first: it could not be sorted.
void divide_by_median(std::vector<float>& values) {
  for (float& value : values) {
    if (!std::isfinite(value)) value = std::numeric_limits<float>::max();
  }
  std::vector<float> sorted = values;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::ranges::nth_element(sorted, middle);
  if (*middle <= 0.0f) return;
  for (float& value : values) value /= *middle;
}

}  // namespace

std::vector<std::uint32_t> choose_exact_inputs(std::span<const float> weights, std::size_t inputs,
                                               std::size_t outputs, std::span<const float> ranges) {
  const std::size_t count = inputs / kInputsPerExact;
  if (count == 0) return {};
  std::vector<float> scores = weight_ranges(weights, inputs, outputs);
  divide_by_median(scores);
  if (!ranges.empty()) {
    std::vector<float> seen(ranges.begin(), ranges.end());
    divide_by_median(seen);
    for (std::size_t i = 0; i < inputs; ++i) scores[i] = std::max(scores[i], seen[i]);
  }
  std::vector<std::uint32_t> order(inputs);
  std::iota(order.begin(), order.end(), 0u);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(count);
  std::ranges::partial_sort(order, end, [&](std::uint32_t a, std::uint32_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
  order.erase(end, order.end());
  std::ranges::sort(order);
  return order;
}

}  // namespace ruvector::embed

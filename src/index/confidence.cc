#include "index/confidence.h"

#include <cmath>

namespace ruvector::index {
namespace {

constexpr float kWidest = 1e6F;  // nothing is pruned, and zero times it is still zero

}  // namespace

float normal_quantile(double confidence) {
  if (confidence >= 1.0) return kWidest;
  const double miss = 1.0 - confidence;
  // The upper tail is 0.5 erfc(z / sqrt 2), falling in z; bisection is exact enough and simple.
  double low = -9.0;
  double high = 9.0;
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    (0.5 * std::erfc(middle / std::sqrt(2.0)) > miss ? low : high) = middle;
  }
  return static_cast<float>(high);
}

}  // namespace ruvector::index

// From a probability to the width of the error bound.
#pragma once

namespace ruvector::index {

// z such that a standard normal value is above it with probability 1 - confidence. A million at 1.
// The error of RaBitQ's estimator behaves as a normal value with the stored standard deviation
// (arXiv 2405.12497, theorem 3.2: sub-Gaussian tail).
float normal_quantile(double confidence);

}  // namespace ruvector::index

// Names of metrics. Thread-safe.
#pragma once

#include <stdexcept>
#include <string>

#include "ruvector/index/types.h"

namespace ruvector::bindings {

// Throws std::invalid_argument.
inline Metric to_metric(const std::string& name) {
  if (name == "l2") return Metric::l2;
  if (name == "ip") return Metric::ip;
  if (name == "cosine") return Metric::cosine;
  throw std::invalid_argument("metric: '" + name + "' is none of 'l2', 'ip', 'cosine'");
}

}  // namespace ruvector::bindings

// The arguments that all searches of a lake share.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "arrays.h"
#include "ruvector/lake/lake.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// k and what may follow it. Needs the GIL to be made and destroyed.
class SearchOptions {
 public:
  SearchOptions(nb::handle k, nb::handle rerank_factor, nb::handle confidence, nb::handle recall,
                nb::handle radius, nb::handle allowed_ids, nb::handle encoder);
  std::size_t k() const { return k_; }
  // They point to arrays that live as long as this. Waiting calls let Python handle its signals.
  const LakeSearchParams& params() const { return params_; }
  FederatedParams federated(const std::string& partial, nb::handle deadline_ms) const;

 private:
  IdsInput ids_;
  std::size_t k_;
  LakeSearchParams params_;
};

// A collection of all backends, or keys.
using Targets = std::variant<std::string, std::vector<LakeKey>>;
Targets to_targets(nb::handle value);

}  // namespace ruvector::bindings

// What a search gives back: the classes of ruvector/results.py, made natively. All need the GIL.
#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "ruvector/index/recommend.h"
#include "ruvector/index/types.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// list[Hit]
nb::object to_python(const std::vector<Hit>& hits);
// SearchStats
nb::object to_python(const SearchStats& stats);
// Recommendation
nb::object to_python(const Recommendation& recommendation);

}  // namespace ruvector::bindings

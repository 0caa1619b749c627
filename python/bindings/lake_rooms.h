// What each file of the lake's bindings adds to the class RuLake.
#pragma once

#include <nanobind/nanobind.h>

#include "lake_handle.h"

namespace ruvector::bindings {

namespace nb = nanobind;

void bind_lake_search(nb::class_<LakeHandle>& c);
void bind_lake_session(nb::module_& m, nb::class_<LakeHandle>& c);
void bind_lake_builder(nb::module_& m, nb::class_<LakeHandle>& c);

}  // namespace ruvector::bindings

// What each file of the bindings adds to the module.
#pragma once

#include <nanobind/nanobind.h>

namespace ruvector::bindings {

namespace nb = nanobind;

void init_errors();
void init_runtime(nb::module_& m);
void init_results();
void init_arrow(nb::module_& m);
void init_codes(nb::module_& m);
void init_index(nb::module_& m);
void init_index_classes(nb::module_& m);
void init_asyncio_bridge(nb::module_& m);
void init_lake_values();
void init_lake_backends(nb::module_& m);
void init_lake_bundle(nb::module_& m);
void init_lake(nb::module_& m);
void init_embed(nb::module_& m);
void init_embed_models(nb::module_& m);
void init_a2a(nb::module_& m);

}  // namespace ruvector::bindings

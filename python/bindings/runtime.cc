// Threads, the processor, and which index to use.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "arrays.h"
#include "numbers.h"
#include "results.h"
#include "rooms.h"
#include "ruvector/base/cpu_features.h"
#include "ruvector/base/runtime.h"
#include "ruvector/base/version.h"
#include "ruvector/index/recommend.h"

namespace ruvector::bindings {
namespace {

nb::object python_cpu_features() {
  const CpuFeatures& features = cpu_features();
  nb::list available;
  for (const std::string& level : features.available) available.append(level);
  return nb::module_::import_("ruvector.results")
      .attr("CpuFeatures")(features.architecture, features.simd_level, nb::tuple(available));
}

// Where the conversion of an argument finds its values: the tests compare it with the array's own
// address.
std::uintptr_t input_address(nb::handle source, const std::string& kind) {
  if (kind == "vector")
    return reinterpret_cast<std::uintptr_t>(VectorInput(source, "x").values().data());
  if (kind == "matrix")
    return reinterpret_cast<std::uintptr_t>(MatrixInput(source, "x").view().data);
  return reinterpret_cast<std::uintptr_t>(IdsInput(source, "x").values().data());
}

}  // namespace

void init_runtime(nb::module_& m) {
  using namespace nb::literals;
  m.attr("__version__") = kVersion;
  m.def("_input_address", &input_address, "source"_a, "kind"_a);
  m.def("cpu_features", &python_cpu_features, nb::sig("def cpu_features() -> CpuFeatures"),
        R"(The processor's instruction sets, and which kernels are in use.

The environment variable ``RUVECTOR_SIMD`` lowers the level; results do not depend on it.

Raises:
    ValueError: ``RUVECTOR_SIMD`` names no level that this processor can run.

>>> import ruvector
>>> ruvector.cpu_features().simd_level in ruvector.cpu_features().available
True)");
  m.def("num_threads", &num_threads, nb::sig("def num_threads() -> int"),
        R"(The workers that one call may use when it does not say.

``RUVECTOR_THREADS`` if set, else at most 8 and at most the CPUs that this process may run on.)");
  m.def(
      "set_num_threads", [](nb::handle n) { set_num_threads(to_unsigned<std::size_t>(n, "n")); },
      "n"_a, nb::sig("def set_num_threads(n: int) -> None"),
      R"(Change how many workers calls that start from now on may use.

Raises:
    ValueError: ``n`` is outside 1..256.)");
  m.def(
      "recommend",
      [](nb::handle n, nb::handle dim, nb::handle recall_target) {
        return to_python(recommend(to_unsigned<std::size_t>(n, "n"),
                                   to_unsigned<std::size_t>(dim, "dim"),
                                   to_float(recall_target, "recall_target")));
      },
      "n"_a, "dim"_a, "recall_target"_a,
      nb::sig("def recommend(n: int, dim: int, recall_target: float) -> Recommendation"),
      R"(Which index to use for ``n`` vectors of ``dim`` dimensions, and why.

``recall_target`` is the wanted share of true neighbours, in (0, 1].

Raises:
    ValueError: an argument is outside its range.

>>> import numpy as np, ruvector
>>> advice = ruvector.recommend(100_000, 768, recall_target=0.99)
>>> vectors = np.zeros((10, 768), dtype=np.float32)
>>> index = getattr(ruvector, advice.index).build(vectors, **advice.build_kwargs)
>>> hits = index.search(vectors[0], 3, **advice.search_kwargs))");
}

}  // namespace ruvector::bindings

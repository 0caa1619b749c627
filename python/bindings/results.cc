#include "results.h"

#include <nanobind/stl/string.h>

#include <cmath>

#include "named_tuple.h"
#include "rooms.h"

namespace ruvector::bindings {
namespace {

NamedTupleClass hit_class;

}  // namespace

void init_results() { hit_class.load("ruvector.results", "Hit"); }

nb::object to_python(const std::vector<Hit>& hits) {
  return hit_class.make_list(hits.size(), [&](std::size_t i) {
    return hit_class.make(
        {PyLong_FromUnsignedLongLong(hits[i].id), PyFloat_FromDouble(hits[i].score)});
  });
}

nb::object to_python(const SearchStats& stats) {
  constexpr double kDecimals = 1e4;  // more of an estimate would be noise
  return nb::module_::import_("ruvector.results")
      .attr("SearchStats")(stats.codes_scanned, stats.codes_refined, stats.rows_read,
                           stats.lists_visited,
                           std::round(stats.expected_recall() * kDecimals) / kDecimals);
}

nb::object to_python(const Recommendation& recommendation) {
  nb::dict build;
  nb::dict search;
  if (recommendation.bits) build["bits"] = *recommendation.bits;
  if (recommendation.rerank_factor) build["rerank_factor"] = *recommendation.rerank_factor;
  if (recommendation.partitions) build["partitions"] = "auto";
  if (recommendation.recall) search["recall"] = *recommendation.recall;
  if (recommendation.confidence) search["confidence"] = *recommendation.confidence;
  return nb::module_::import_("ruvector.results")
      .attr("Recommendation")(recommendation.index, build, search, recommendation.bytes_per_vector,
                              recommendation.reason);
}

}  // namespace ruvector::bindings

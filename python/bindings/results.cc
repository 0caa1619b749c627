#include "results.h"

#include <nanobind/stl/string.h>

#include "rooms.h"

namespace ruvector::bindings {
namespace {

// The class Hit and the constructor that it inherits from tuple. Never given back: the interpreter
// may be gone when static objects die.
PyTypeObject* hit_class = nullptr;
newfunc tuple_new = nullptr;

nb::object checked(PyObject* object) {
  if (object == nullptr) nb::raise_python_error();
  return nb::steal(object);
}

nb::object hit_fields(const Hit& hit) {
  nb::object fields = checked(PyTuple_New(2));
  PyTuple_SetItem(fields.ptr(), 0, checked(PyLong_FromUnsignedLongLong(hit.id)).release().ptr());
  PyTuple_SetItem(fields.ptr(), 1, checked(PyFloat_FromDouble(hit.score)).release().ptr());
  return fields;
}

}  // namespace

void init_results() {
  const nb::object type = nb::module_::import_("ruvector.results").attr("Hit");
  hit_class = reinterpret_cast<PyTypeObject*>(nb::object(type).release().ptr());
  tuple_new = reinterpret_cast<newfunc>(PyType_GetSlot(&PyTuple_Type, Py_tp_new));
}

// Hit's own __new__ is written in Python; tuple's, which it calls, makes ten hits in 1 us.
nb::object to_python(const std::vector<Hit>& hits) {
  nb::object list = checked(PyList_New(static_cast<Py_ssize_t>(hits.size())));
  const nb::object arguments = checked(PyTuple_New(1));
  for (std::size_t i = 0; i < hits.size(); ++i) {
    PyTuple_SetItem(arguments.ptr(), 0, hit_fields(hits[i]).release().ptr());
    PyObject* hit = tuple_new(hit_class, arguments.ptr(), nullptr);
    PyList_SetItem(list.ptr(), static_cast<Py_ssize_t>(i), checked(hit).release().ptr());
  }
  return list;
}

nb::object to_python(const SearchStats& stats) {
  return nb::module_::import_("ruvector.results")
      .attr("SearchStats")(stats.codes_scanned, stats.codes_refined, stats.rows_read);
}

nb::object to_python(const Recommendation& recommendation) {
  nb::dict build;
  nb::dict search;
  if (recommendation.bits) build["bits"] = *recommendation.bits;
  if (recommendation.rerank_factor) build["rerank_factor"] = *recommendation.rerank_factor;
  if (recommendation.confidence) search["confidence"] = *recommendation.confidence;
  return nb::module_::import_("ruvector.results")
      .attr("Recommendation")(recommendation.index, build, search, recommendation.bytes_per_vector,
                              recommendation.reason);
}

}  // namespace ruvector::bindings

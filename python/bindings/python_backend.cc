#include "python_backend.h"

#include <nanobind/stl/string.h>

#include <stdexcept>
#include <utility>

#include "arrays.h"
#include "errors.h"
#include "gil.h"
#include "lake_values.h"
#include "numbers.h"
#include "python_call.h"

namespace ruvector::bindings {
namespace {

// "pull_vectors('docs')"
std::string call_text(const char* method, const std::string* collection) {
  return std::string(method) + (collection == nullptr ? "()" : "('" + *collection + "')");
}

std::string described(nb::handle exception) {
  const std::string name = class_name(exception);
  try {
    const std::string message = text(nb::borrow(exception));
    return message.empty() ? name : name + ": " + message;
  } catch (nb::python_error&) {  // its __str__ raises
    return name;
  }
}

// What `object` is, where something else was wanted.
[[noreturn]] void throw_wrong_type(const char* wanted, nb::handle object) {
  throw nb::type_error(("returned " + class_name(object) + ", not " + wanted).c_str());
}

nb::object class_of_values(const char* name) {
  return nb::module_::import_("ruvector.backend").attr(name);
}

PulledBatch to_batch(nb::handle object) {
  if (PyObject_IsInstance(object.ptr(), class_of_values("PulledBatch").ptr()) != 1) {
    throw_wrong_type("a ruvector.PulledBatch", object);
  }
  const nb::object id_array = object.attr("ids");
  const nb::object vector_array = object.attr("vectors");
  const IdsInput ids(id_array, "ids");
  const MatrixInput vectors(vector_array, "vectors");
  const MatrixView view = vectors.view();
  Generation generation = to_generation(object.attr("generation"), "generation");
  const ReleasedGil unlocked;
  return PulledBatch::copy_of(ids.values(), view, std::move(generation));
}

std::string to_text(nb::handle object) {
  if (!nb::isinstance<nb::str>(object)) throw_wrong_type("a str", object);
  return nb::cast<std::string>(object);
}

// The batches that an iterator of the user's gives.
class PythonChunks final : public PulledChunks {
 public:
  PythonChunks(std::string backend, std::string collection, nb::object iterator)
      : backend_(std::move(backend)),
        collection_(std::move(collection)),
        iterator_(std::move(iterator)) {}

  std::optional<PulledBatch> next() override {
    std::optional<PulledBatch> batch;
    call_python(backend_, "pull_chunks", &collection_, [&] {
      const nb::object item = next_of(iterator_.get());
      if (item.is_valid()) batch = to_batch(item);
    });
    return batch;
  }

 private:
  std::string backend_;
  std::string collection_;
  HeldObject iterator_;
};

std::string id_of(const nb::object& adapter) {
  nb::object id = adapter.attr("id");
  if (PyCallable_Check(id.ptr()) != 0) id = id();
  if (!nb::isinstance<nb::str>(id)) {
    throw nb::type_error(
        (class_name(adapter) + ".id: expected a str, got " + class_name(id)).c_str());
  }
  return nb::cast<std::string>(id);
}

[[noreturn]] void throw_for(const std::string& backend, const char* method,
                            const std::string* collection, const std::string& reason,
                            const nb::object& exception) {
  HeldObject cause(exception);
  // Not every LookupError: an index out of range is a mistake, which must not look like a name that
  // is not there.
  const auto is_a = [&](nb::handle type) {
    return PyErr_GivenExceptionMatches(exception.ptr(), type.ptr()) != 0;
  };
  const bool is_unknown_name =
      is_a(PyExc_KeyError) ||
      is_a(nb::module_::import_("ruvector.errors").attr("UnknownCollection"));
  if (is_unknown_name && collection != nullptr)
    throw PythonUnknownCollection(backend, *collection, std::move(cause));
  throw PythonBackendError(backend, call_text(method, collection) + reason, std::move(cause));
}

}  // namespace

bool is_python_backend(nb::handle object) {
  const int answer = PyObject_IsInstance(object.ptr(), class_of_values("BackendAdapter").ptr());
  if (answer < 0) nb::raise_python_error();
  return answer == 1;
}

void call_python(const std::string& backend, const char* method, const std::string* collection,
                 const std::function<void()>& function) {
  const HeldGil locked;
  try {
    function();
  } catch (nb::python_error& error) {
    const nb::object exception = nb::borrow(error.value());
    throw_for(backend, method, collection, " raised " + described(exception), exception);
  } catch (const std::exception& error) {  // a value of another type or shape
    throw_for(backend, method, collection, std::string(": ") + error.what(),
              python_exception(std::current_exception()));
  }
}

PythonBackend::PythonBackend(nb::object adapter)
    : adapter_(adapter),
      id_(id_of(adapter)),
      pulls_snapshots_(nb::cast<bool>(nb::bool_(nb::object(adapter.attr("pulls_snapshots"))))),
      has_own_chunks_(!adapter.type()
                           .attr("pull_chunks")
                           .is(class_of_values("BackendAdapter").attr("pull_chunks"))) {}

std::vector<std::string> PythonBackend::list_collections() {
  std::vector<std::string> names;
  call_python(id_, "list_collections", nullptr, [&] {
    const nb::object listed = call_method(adapter(), "list_collections");
    if (nb::isinstance<nb::str>(listed)) throw_wrong_type("a list of str", listed);
    const nb::object iterator = nb::iter(listed);
    while (const nb::object name = next_of(iterator)) names.push_back(to_text(name));
  });
  return names;
}

PulledBatch PythonBackend::pull_vectors(const std::string& collection) {
  PulledBatch batch;
  call_python(id_, "pull_vectors", &collection, [&] {
    batch = to_batch(call_method(adapter(), "pull_vectors", nb::cast(collection)));
  });
  return batch;
}

Generation PythonBackend::generation(const std::string& collection) {
  Generation generation;
  call_python(id_, "generation", &collection, [&] {
    generation =
        to_generation(call_method(adapter(), "generation", nb::cast(collection)), "generation");
  });
  return generation;
}

std::string PythonBackend::data_ref(const std::string& collection) {
  std::string data_ref;
  call_python(id_, "data_ref", &collection, [&] {
    data_ref = to_text(call_method(adapter(), "data_ref", nb::cast(collection)));
  });
  return data_ref;
}

std::optional<RuLakeBundle> PythonBackend::current_bundle(const std::string& collection,
                                                          std::uint64_t rotation_seed,
                                                          std::uint64_t rerank_factor) {
  std::optional<RuLakeBundle> bundle;
  call_python(id_, "current_bundle", &collection, [&] {
    const nb::object answer = call_method(adapter(), "current_bundle", nb::cast(collection),
                                          nb::int_(rotation_seed), nb::int_(rerank_factor));
    if (answer.is_none()) return;
    if (!nb::isinstance<RuLakeBundle>(answer)) {
      throw_wrong_type("a ruvector.RuLakeBundle or None", answer);
    }
    bundle = nb::cast<RuLakeBundle>(answer);
  });
  return bundle;
}

std::unique_ptr<PulledChunks> PythonBackend::pull_chunks(const std::string& collection) {
  if (!has_own_chunks_) return BackendAdapter::pull_chunks(collection);
  std::unique_ptr<PulledChunks> chunks;
  call_python(id_, "pull_chunks", &collection, [&] {
    const nb::object answer = call_method(adapter(), "pull_chunks", nb::cast(collection));
    chunks = std::make_unique<PythonChunks>(id_, collection, nb::iter(answer));
  });
  return chunks;
}

std::optional<PulledChanges> PythonBackend::pull_changes(const std::string& collection,
                                                         const Generation& since) {
  std::optional<PulledChanges> changes;
  call_python(id_, "pull_changes", &collection, [&] {
    const nb::object answer =
        call_method(adapter(), "pull_changes", nb::cast(collection), to_python(since));
    if (answer.is_none()) return;
    if (PyObject_IsInstance(answer.ptr(), class_of_values("PulledChanges").ptr()) != 1) {
      throw_wrong_type("a ruvector.PulledChanges or None", answer);
    }
    const nb::object removed_ids = answer.attr("removed");
    const IdsInput removed(removed_ids, "removed");
    changes = PulledChanges{{removed.values().begin(), removed.values().end()},
                            to_batch(answer.attr("added"))};
  });
  return changes;
}

}  // namespace ruvector::bindings

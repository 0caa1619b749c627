// Arrow streams in: the two columns of ruvector.ArrowBackend and of the stores that build on it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

#include <memory>
#include <mutex>
#include <optional>

#include "arrays.h"
#include "gil.h"
#include "rooms.h"
#include "ruvector/lake/arrow.h"

namespace ruvector::bindings {
namespace {

constexpr const char* kCapsuleName = "arrow_array_stream";

// An iterator over the batches of a stream. Thread-safe: threads take batches in turn.
class ArrowBatches {
 public:
  ArrowBatches(ArrowArrayStream* stream, std::string backend, const ArrowParams& params) {
    // The exporter may run Python code, on this thread or on one that this one waits for.
    const ReleasedGil unlocked;
    chunks_ = import_arrow_stream(std::move(backend), stream, params);
  }
  ArrowBatches(const ArrowBatches&) = delete;
  ArrowBatches& operator=(const ArrowBatches&) = delete;
  ~ArrowBatches() {
    const ReleasedGil unlocked;
    chunks_.reset();
  }

  nb::object next() {
    std::optional<PulledBatch> batch;
    {
      const ReleasedGil unlocked;
      const std::lock_guard lock(mutex_);
      batch = chunks_->next();
    }
    if (!batch) throw nb::stop_iteration();
    return nb::make_tuple(to_numpy(batch->ids, 1), to_numpy(batch->vectors, 2));
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<PulledChunks> chunks_;
};

std::unique_ptr<ArrowBatches> read_arrow_stream(nb::handle capsule, const std::string& id_column,
                                                const std::string& vector_column,
                                                const std::string& backend,
                                                std::size_t rows_before) {
  if (PyCapsule_IsValid(capsule.ptr(), kCapsuleName) == 0) {
    throw nb::type_error(
        "stream: expected a capsule 'arrow_array_stream', which "
        "__arrow_c_stream__() gives");
  }
  auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), kCapsuleName));
  ArrowParams params;
  params.id_column = id_column;
  params.vector_column = vector_column;
  params.rows_before = rows_before;
  return std::make_unique<ArrowBatches>(stream, backend, params);
}

}  // namespace

void init_arrow(nb::module_& m) {
  nb::class_<ArrowBatches>(m, "ArrowBatches", nb::is_final(),
                           nb::sig("@final\nclass ArrowBatches(object)"),
                           "Iterates over (ids, vectors) of the record batches of a stream: "
                           "read-only arrays, in place where the types permit it.")
      .def(
          "__iter__", [](nb::handle self) { return nb::borrow(self); },
          nb::sig("def __iter__(self) -> ArrowBatches"))
      .def("__next__", &ArrowBatches::next,
           nb::sig("def __next__(self) -> tuple[NDArray[numpy.uint64], NDArray[numpy.float32]]"));
  m.def("read_arrow_stream", read_arrow_stream, nb::arg("stream"), nb::arg("id_column"),
        nb::arg("vector_column"), nb::kw_only(), nb::arg("backend"), nb::arg("rows_before") = 0,
        nb::sig("def read_arrow_stream(stream: object, id_column: str, vector_column: str, *, "
                "backend: str, rows_before: int = 0) -> ArrowBatches"),
        "Takes over the stream in a capsule. Errors are BackendErrors of ``backend``; row numbers "
        "in their messages count from ``rows_before`` on.");
}

}  // namespace ruvector::bindings

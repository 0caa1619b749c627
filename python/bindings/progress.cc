#include "progress.h"

#include "gil.h"
#include "numbers.h"
#include "ruvector/base/errors.h"

namespace ruvector::bindings {
namespace {

constexpr std::chrono::milliseconds kInterval{50};

}  // namespace

ProgressBridge::ProgressBridge(nb::handle progress, const char* task) : task_(task) {
  if (progress.is_none() || progress.ptr() == Py_False) return;
  if (progress.ptr() == Py_True) {
    bar_ = nb::module_::import_("ruvector._progress").attr("ProgressBar")(task);
    function_ = bar_;
  } else if (PyCallable_Check(progress.ptr()) != 0) {
    function_ = nb::borrow(progress);
  } else {
    throw nb::type_error(
        ("progress: expected True, None or a callable, got " + class_name(progress)).c_str());
  }
}

ProgressBridge::~ProgressBridge() {
  if (!bar_.is_valid()) return;
  try {
    bar_.attr("close")();
  } catch (nb::python_error& error) {
    error.discard_as_unraisable("closing the progress bar");
  }
}

void ProgressBridge::report(std::size_t done, std::size_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < kInterval && done != total) return;
  last_ = now;
  const HeldGil locked;
  if (PyErr_CheckSignals() != 0) nb::raise_python_error();
  if (!function_.is_valid()) return;
  const nb::object answer = function_(done, total);
  if (answer.ptr() == Py_False) {
    throw RuVectorError(task_ + " cancelled at " + std::to_string(done) + " of " +
                        std::to_string(total));
  }
}

}  // namespace ruvector::bindings

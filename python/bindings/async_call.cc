#include "async_call.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "gc.h"
#include "python_call.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

// Called by a future that is done.
class CancelWhenCancelled {
 public:
  explicit CancelWhenCancelled(std::function<void()> cancel) : cancel_(std::move(cancel)) {}
  void operator()(nb::handle future) const {
    if (nb::cast<bool>(call_method(future, "cancelled"))) cancel_();
  }

 private:
  std::function<void()> cancel_;
};

class AsyncCall {
 public:
  AsyncCall(const char* name, nb::object future) : name_(name), future_(std::move(future)) {}
  AsyncCall(const AsyncCall&) = delete;
  AsyncCall& operator=(const AsyncCall&) = delete;
  ~AsyncCall() {
    if (is_awaited_ || !future_.is_valid()) return;
    const nb::error_scope kept;
    cancel_future();
    if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "%s was never awaited", name_) != 0) {
      PyErr_WriteUnraisable(nullptr);
    }
  }

  const char* name() const { return name_; }

  // The future's own iterator, so that an await goes straight to the future.
  nb::object await() {
    is_awaited_ = true;
    return call_method(future(), "__await__");
  }
  nb::object send(nb::handle value) { return call_method(iterator(), "send", value); }
  nb::object raise(nb::args error) {
    // Nobody waits for the future after this.
    cancel_future();
    return iterator().attr("throw")(*error);
  }
  void close() {
    is_awaited_ = true;
    if (future_.is_valid()) cancel_future();
  }

  int traverse(visitproc visit, void* arg) {
    Py_VISIT(future_.ptr());
    Py_VISIT(iterator_.ptr());
    return 0;
  }
  void clear() {
    future_.reset();
    iterator_.reset();
  }

 private:
  const nb::object& future() const {
    if (!future_.is_valid()) throw std::runtime_error(std::string(name_) + " was collected");
    return future_;
  }
  const nb::object& iterator() {
    if (!iterator_.is_valid()) iterator_ = await();
    return iterator_;
  }
  // A future of a loop that is closed cannot be cancelled; its call was, when the loop closed.
  void cancel_future() noexcept {
    try {
      call_method(future_, "cancel");
    } catch (const nb::python_error&) {
    }
  }

  const char* name_;
  nb::object future_;
  nb::object iterator_;
  bool is_awaited_ = false;
};

// asyncio shows these in its messages. An instance's __name__ is not its class's.
PyObject* get_name(PyObject* self, void*) {
  return PyUnicode_FromString(nb::inst_ptr<AsyncCall>(self)->name());
}
PyGetSetDef names[] = {{"__name__", &get_name, nullptr, nullptr, nullptr},
                       {"__qualname__", &get_name, nullptr, nullptr, nullptr},
                       {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyType_Slot call_slots[] = {
    gc_slots<AsyncCall>[0], gc_slots<AsyncCall>[1], {Py_tp_getset, names}, {0, nullptr}};

}  // namespace

nb::object make_async_call(const char* name, nb::object future, std::function<void()> cancel) {
  call_method(future, "add_done_callback", nb::cast(CancelWhenCancelled(std::move(cancel))));
  return nb::cast(std::make_unique<AsyncCall>(name, std::move(future)));
}

void init_async_call(nb::module_& m) {
  nb::class_<CancelWhenCancelled>(m, "_CancelWhenCancelled", nb::is_final())
      .def("__call__", &CancelWhenCancelled::operator(), "future"_a);
  nb::class_<AsyncCall> c(m, "_AsyncCall", nb::is_final(), nb::type_slots(call_slots));
  c.def("__await__", &AsyncCall::await);
  c.def("send", &AsyncCall::send, "value"_a.none());
  c.def("throw", &AsyncCall::raise);
  c.def("close", &AsyncCall::close);
  // asyncio makes tasks of what is registered here.
  nb::module_::import_("collections.abc").attr("Coroutine").attr("register")(c);
}

}  // namespace ruvector::bindings

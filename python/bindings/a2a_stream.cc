// TaskStream: the updates of one task, for coroutines and for threads that wait.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "a2a_docs.h"
#include "a2a_next.h"
#include "a2a_rooms.h"
#include "a2a_values.h"
#include "asyncio_bridge.h"
#include "gc.h"
#include "gil.h"
#include "sync_wait.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

constexpr AsyncName kNextName{"the next update", "the next update"};
// Updates that are there already are given one after the other for so long; then the loop's other
// callbacks have their turn.
constexpr std::chrono::milliseconds kTurn{2};

// Wakes a future: there is something to take.
class Word final : public Outcome {
 public:
  nb::object to_python() override { return nb::none(); }
};

[[noreturn]] void raise(PyObject* type, const char* message = nullptr) {
  if (message == nullptr) {
    PyErr_SetNone(type);
  } else {
    PyErr_SetString(type, message);
  }
  throw nb::python_error();
}

class StreamHandle final : public UpdateSource {
 public:
  StreamHandle(std::shared_ptr<TaskStream> stream, nb::handle client)
      : stream_(std::move(stream)), client_(nb::borrow(client)) {}
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;
  ~StreamHandle() override { let_go(); }

  Take take(nb::object& update) override {
    require_no_reader();
    const auto now = std::chrono::steady_clock::now();
    if (now - last_pause_ > kTurn) {
      last_pause_ = now;
      return Take::pause;
    }
    TaskUpdate value;
    switch (try_next(value)) {
      case TaskStream::Take::update:
        update = to_python(value);
        return Take::update;
      case TaskStream::Take::wait:
        return Take::wait;
      case TaskStream::Take::end:
        break;
    }
    raise(PyExc_StopAsyncIteration);
  }
  nb::object begin_wait() override {
    nb::object future = start_future(kNextName, [this](const Reply& reply) {
      wake_ = [reply] { reply.send(std::make_unique<Word>()); };
      stream_->when_ready(wake_);
    });
    is_read_ = true;
    return future;
  }
  void end_wait() noexcept override {
    is_read_ = false;
    wake_ = nullptr;
    last_pause_ = std::chrono::steady_clock::now();
  }

  // Waits in place. Raises StopIteration at the end.
  nb::object next() {
    require_no_loop({"`async for`", "iterating a TaskStream by `for`"});
    for (;;) {
      require_no_reader();
      TaskUpdate update;
      switch (try_next(update)) {
        case TaskStream::Take::update:
          return to_python(update);
        case TaskStream::Take::end:
          throw nb::stop_iteration();
        case TaskStream::Take::wait:
          wait();
      }
    }
  }

  void close() {
    if (is_closed_) return;
    is_closed_ = true;
    stream_->close();
    if (wake_) wake_();
  }
  bool is_over() const { return is_closed_ || is_ended_; }
  std::string task_id() const { return stream_->task_id(); }

  int traverse(visitproc visit, void* arg) {
    Py_VISIT(client_.ptr());
    return 0;
  }
  void clear() {
    let_go();
    client_.reset();
  }

 private:
  void require_no_reader() const {
    if (is_read_) raise(PyExc_RuntimeError, "TaskStream: another reader waits for the next update");
  }
  TaskStream::Take try_next(TaskUpdate& update) {
    if (is_over()) return TaskStream::Take::end;
    try {
      const TaskStream::Take took = stream_->try_next(update);
      is_ended_ = took == TaskStream::Take::end;
      return took;
    } catch (...) {
      is_ended_ = true;
      throw;
    }
  }
  void wait() {
    const auto signal = std::make_shared<Signal>();
    wake_ = [signal] { signal->set(); };
    is_read_ = true;
    try {
      const ReleasedGil unlocked;
      stream_->when_ready(wake_);
      signal->wait();
    } catch (...) {
      end_wait();
      throw;
    }
    end_wait();
  }
  // Closes a stream that nobody has closed or read to its end, and says so.
  void let_go() noexcept {
    if (is_over()) return;
    const nb::error_scope kept;
    const std::string id = stream_->task_id();
    close();
    if (PyErr_WarnFormat(PyExc_ResourceWarning, 1,
                         "unclosed stream of task '%s': read it to its end, or use `async with`",
                         id.c_str()) != 0) {
      PyErr_WriteUnraisable(nullptr);
    }
  }

  std::shared_ptr<TaskStream> stream_;
  nb::object client_;
  std::function<void()> wake_;  // tells who waits
  bool is_read_ = false;        // somebody waits
  bool is_closed_ = false;
  bool is_ended_ = false;
  std::chrono::steady_clock::time_point last_pause_ = std::chrono::steady_clock::now();
};

// --- slots: quicker than methods

StreamHandle& handle_of(PyObject* self) { return *nb::inst_ptr<StreamHandle>(self); }

PyObject* itself(PyObject* self) {
  Py_INCREF(self);
  return self;
}

PyObject* anext(PyObject* self) {
  try {
    return make_next_update(self, handle_of(self)).release().ptr();
  } catch (nb::python_error& error) {
    error.restore();
    return nullptr;
  }
}

PyType_Slot stream_slots[] = {gc_slots<StreamHandle>[0],
                              gc_slots<StreamHandle>[1],
                              {Py_am_aiter, reinterpret_cast<void*>(&itself)},
                              {Py_am_anext, reinterpret_cast<void*>(&anext)},
                              {0, nullptr}};

nb::object aclose(StreamHandle& self) {
  self.close();
  return make_ready(nb::none());
}

std::string shown(const StreamHandle& self) {
  const std::string id = self.task_id();
  return "TaskStream(" + (id.empty() ? std::string("no task yet") : "'" + id + "'") +
         (self.is_over() ? ", over)" : ")");
}

}  // namespace

nb::object make_task_stream(std::shared_ptr<TaskStream> stream, nb::handle client) {
  return nb::cast(std::make_unique<StreamHandle>(std::move(stream), client));
}

void bind_a2a_stream(nb::module_& m) {
  init_a2a_next();
  nb::class_<StreamHandle> c(m, "TaskStream", nb::is_final(), nb::type_slots(stream_slots),
                             nb::sig("@final\nclass TaskStream(object)"), docs::kTaskStream);
  c.def("aclose", &aclose, nb::sig("def aclose(self) -> Awaitable[None]"), docs::kAclose);
  c.def("close", &StreamHandle::close, nb::sig("def close(self) -> None"), docs::kCloseStream);
  c.def(
      "__aenter__", [](nb::handle self) { return make_ready(nb::borrow(self)); },
      nb::sig("def __aenter__(self) -> Awaitable[TaskStream]"));
  c.def(
      "__aexit__", [](StreamHandle& self, nb::args) { return aclose(self); },
      nb::sig("def __aexit__(self, *error: object) -> Awaitable[None]"));
  c.def(
      "__enter__", [](nb::handle self) { return nb::borrow(self); },
      nb::sig("def __enter__(self) -> TaskStream"));
  c.def(
      "__exit__", [](StreamHandle& self, nb::args) { self.close(); },
      nb::sig("def __exit__(self, *error: object) -> None"));
  c.def(
      "__iter__", [](nb::handle self) { return nb::borrow(self); },
      nb::sig("def __iter__(self) -> Iterator[TaskUpdate]"));
  c.def("__next__", &StreamHandle::next, nb::sig("def __next__(self) -> TaskUpdate"));
  c.def("__repr__", &shown, nb::sig("def __repr__(self) -> str"));
  c.def_prop_ro("task_id", &StreamHandle::task_id, nb::sig("def task_id(self) -> str"),
                "Id of the task; empty until the peer has named it.");
}

}  // namespace ruvector::bindings

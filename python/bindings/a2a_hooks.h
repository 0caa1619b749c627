// What a user gives a client to call: where credentials come from, and hooks for logs and traces.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "asyncio_bridge.h"
#include "held_object.h"
#include "ruvector/a2a/client.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// A Python function (is_refresh: bool) -> str. Thread-safe: takes the GIL for each call.
class Authorization {
 public:
  explicit Authorization(nb::object function) : function_(std::move(function)) {}
  // Throws PythonAuthError for what the function raises, and when it returns no str.
  std::string operator()(bool is_refresh) const;
  // For the garbage collector.
  nb::handle function() const { return function_.get(); }

 private:
  HeldObject function_;
};

// Brings notices from the I/O thread to Python functions, in order. They are called on the thread
// of the event loop that listens; without one, by the calls that wait, before they return. What
// they raise is reported as unraisable. Thread-safe; made by std::make_shared.
class Observer : public std::enable_shared_from_this<Observer> {
 public:
  using Notice = ConnectOptions::Notice;
  // Functions (notice) -> object or None, in the order of Notice::Kind. Needs the GIL.
  explicit Observer(const std::array<nb::object, 4>& functions);
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  ~Observer();

  // Never touches Python. Drops notices when thousands wait because no loop runs.
  void add(const Notice& notice);
  // Has the running loop deliver from now on; nothing without one. Needs the GIL.
  void listen();
  // Calls the functions with what is there. Needs the GIL.
  void deliver();

  // For the garbage collector.
  const std::array<HeldObject, 4>& functions() const { return functions_; }

 private:
  class Delivery;
  static constexpr std::size_t kMaxWaiting = 8192;

  const std::array<HeldObject, 4> functions_;
  std::mutex mutex_;
  std::vector<Notice> waiting_;    // guarded by mutex_
  std::optional<Reply> listener_;  // guarded by mutex_; a letter to the loop that is not sent yet
  PyObject* loop_ = nullptr;       // which loop listens; only compared. Of threads with the GIL
};

}  // namespace ruvector::bindings

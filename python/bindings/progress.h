// Progress of long calls, on its way from C++ to Python.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <cstddef>
#include <string>

#include "ruvector/index/types.h"

namespace ruvector::bindings {

namespace nb = nanobind;

// Calls a Python function with (done, total), and lets Python handle its signals, so that Ctrl-C
// ends a long call. Made and destroyed with the GIL held, called on the same thread without it.
class ProgressBridge {
 public:
  // `progress`: None or False, True (a tqdm bar) or a callable. `task` names the call in messages.
  ProgressBridge(nb::handle progress, const char* task);
  ProgressBridge(const ProgressBridge&) = delete;
  ProgressBridge& operator=(const ProgressBridge&) = delete;
  ~ProgressBridge();

  // At most every 50 ms, and when all is done. Throws what the Python function raised, and
  // RuVectorError when it returned False.
  void report(std::size_t done, std::size_t total);
  Progress callback() {
    return [this](std::size_t done, std::size_t total) { report(done, total); };
  }

 private:
  std::string task_;
  nb::object function_;
  nb::object bar_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace ruvector::bindings

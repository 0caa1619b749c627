// Letting go of Python's global lock and taking it, also while the interpreter shuts down.
//
// Up to Python 3.13 a thread that waits for the lock while the interpreter ends is unwound by
// pthread_exit, which no C++ frame above survives: the process would abort. Here such a thread
// stops for ever instead, as Python 3.14 does it; the process ends without it.
#pragma once

#include <cxxabi.h>
#include <nanobind/nanobind.h>
#include <unistd.h>

namespace ruvector::bindings {

template <class Take>
auto take_or_stop(Take take) noexcept {
  try {
    return take();
  } catch (abi::__forced_unwind&) {
    for (;;) pause();
  }
}

// Other Python threads may run while this lives. Made with the lock held.
class ReleasedGil {
 public:
  ReleasedGil() noexcept : state_(PyEval_SaveThread()) {}
  ReleasedGil(const ReleasedGil&) = delete;
  ReleasedGil& operator=(const ReleasedGil&) = delete;
  ~ReleasedGil() {
    take_or_stop([this] { PyEval_RestoreThread(state_); });
  }

 private:
  PyThreadState* state_;
};

// Holds the lock while this lives.
class HeldGil {
 public:
  HeldGil() noexcept : state_(take_or_stop([] { return PyGILState_Ensure(); })) {}
  HeldGil(const HeldGil&) = delete;
  HeldGil& operator=(const HeldGil&) = delete;
  ~HeldGil() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

}  // namespace ruvector::bindings

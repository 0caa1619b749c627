// Letting go of Python's global lock and taking it, also while the interpreter shuts down.
//
// Up to Python 3.13 a thread that waits for the lock while the interpreter ends is unwound by
// pthread_exit, which no C++ frame above survives: the process would abort. Here such a thread
// stops for ever instead, as Python 3.14 does it; the process ends without it.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <thread>

#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

namespace ruvector::bindings {

#ifdef __GLIBCXX__
using ThreadEnds = abi::__forced_unwind;
#else
struct ThreadEnds {};  // other C++ libraries let pthread_exit end a thread without unwinding it
#endif

[[noreturn]] inline void stop_for_ever() noexcept {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

template <class Take>
auto take_or_stop(Take take) noexcept {
  try {
    return take();
  } catch (ThreadEnds&) {
    stop_for_ever();
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

// Holds the lock while this lives. Made on any thread. A thread of the library that comes when the
// interpreter has ended stops for ever: there is no lock any more.
class HeldGil {
 public:
  HeldGil() noexcept
      : state_(take_or_stop([] {
          if (Py_IsInitialized() == 0 && PyGILState_GetThisThreadState() == nullptr)
            stop_for_ever();
          return PyGILState_Ensure();
        })) {}
  HeldGil(const HeldGil&) = delete;
  HeldGil& operator=(const HeldGil&) = delete;
  ~HeldGil() { PyGILState_Release(state_); }

 private:
  PyGILState_STATE state_;
};

}  // namespace ruvector::bindings

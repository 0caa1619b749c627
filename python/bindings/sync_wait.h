// Waiting for what the library's threads do, in a call that blocks its Python thread. Others may
// run meanwhile, and signals such as Ctrl-C are handled within kSignalInterval.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "errors.h"
#include "gil.h"

namespace ruvector::bindings {

inline constexpr std::chrono::milliseconds kSignalInterval{50};

// What one thread waits for and any other thread gives. Set for good.
class Signal {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    is_set_ = true;
    changed_.notify_all();
  }
  // Called without the GIL. Throws PythonInterrupt when a signal's handler raises.
  void wait() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kSignalInterval, [this] { return is_set_; })) {
      lock.unlock();
      check_signals();
      lock.lock();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;  // guarded by mutex_
};

// The outcome of a call: `begin` gets the callback that reports it, and returns what cancels the
// call, which happens when the wait is interrupted. Called with the GIL, which is let go of. Throws
// what the call throws.
template <class T, class Begin>
T wait_for(Begin begin) {
  struct Answer {
    Signal signal;
    std::optional<T> value;
    std::exception_ptr error;
  };
  const auto answer = std::make_shared<Answer>();
  const ReleasedGil unlocked;
  const std::function<void()> cancel = begin([answer](T value, std::exception_ptr error) {
    if (error) {
      answer->error = std::move(error);
    } else {
      answer->value.emplace(std::move(value));
    }
    answer->signal.set();
  });
  try {
    answer->signal.wait();
  } catch (...) {
    cancel();
    throw;
  }
  if (answer->error) std::rethrow_exception(answer->error);
  return std::move(*answer->value);
}

}  // namespace ruvector::bindings

// How a thread waits for the I/O thread: in slices, so that its program can look at its signals in
// between. Thread-safe.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "ruvector/a2a/client.h"

namespace ruvector::a2a {

// Calls the program's hook; throws what it throws.
void call_wait_hook();

inline constexpr std::chrono::milliseconds kWaitSlice{50};

// Waits until `is_done()`, which is asked with `lock` held. The hook is called without.
template <class Done>
void wait_in_slices(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
                    Done is_done) {
  while (!changed.wait_for(lock, kWaitSlice, is_done)) {
    lock.unlock();
    call_wait_hook();
    lock.lock();
  }
}

// The value that an asynchronous function gives. `begin` starts it with a callback. When the hook
// throws, it is cancelled.
template <class T>
T await(const std::function<A2aClient::Cancel(A2aClient::Callback<T>)>& begin) {
  struct Outcome {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_done = false;
    T value{};
    std::exception_ptr error;
  };
  const auto outcome = std::make_shared<Outcome>();
  const A2aClient::Cancel cancel = begin([outcome](T value, std::exception_ptr error) {
    const std::lock_guard lock(outcome->mutex);
    outcome->value = std::move(value);
    outcome->error = std::move(error);
    outcome->is_done = true;
    outcome->changed.notify_all();
  });
  std::unique_lock lock(outcome->mutex);
  try {
    wait_in_slices(lock, outcome->changed, [&] { return outcome->is_done; });
  } catch (...) {
    cancel();
    throw;
  }
  if (outcome->error != nullptr) std::rethrow_exception(outcome->error);
  return std::move(outcome->value);
}

}  // namespace ruvector::a2a

// While it lives, threads that this thread starts take no signals: those sent to the process stay
// with the program's own threads. What a thread raises by a fault stays deliverable to it. Nothing
// where threads take no signals.
#pragma once

#include <cstddef>

namespace ruvector::base {

class SignalsBlocked {
 public:
  SignalsBlocked() noexcept;
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  // Room for the system's sigset_t.
  [[maybe_unused]] alignas(std::max_align_t) std::byte before_[128];
};

}  // namespace ruvector::base

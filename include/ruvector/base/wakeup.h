// A descriptor by which one thread wakes another that waits for descriptors, as an event loop does
// with poll().
// Thread-safe: any thread may call notify(). After fork() parent and child share it.
#pragma once

namespace ruvector {

class Wakeup {
 public:
  Wakeup() noexcept;
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  // False, with errno of the constructor: the process may open no more files.
  bool is_open() const noexcept { return wait_fd_ >= 0; }

  // Readable from notify() to reset().
  int descriptor() const noexcept { return wait_fd_; }

  void notify() noexcept;
  void reset() noexcept;

 private:
  int wait_fd_ = -1;
  int notify_fd_ = -1;  // the same one where the system has such descriptors
};

}  // namespace ruvector

// Waits for sockets, and for a call of wake(), on behalf of one thread.
// Not thread-safe but for wake(). After fork() the child must use none of its parent's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ruvector::net {

class Poller {
 public:
  static constexpr std::uint32_t kReadable = 1;
  static constexpr std::uint32_t kWritable = 2;

  struct Event {
    std::size_t owner;
    int socket;
    std::uint32_t what;  // neither, when the peer is gone
  };

  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // False when the process may open no more files.
  bool is_open() const noexcept;

  // Lets wait() return, now or when it is next called.
  void wake() noexcept;

  // `owner` is what events of the socket tell, below 2^32. `is_watched`: it is already, and is now
  // for other events. False with errno.
  bool watch(int socket, std::uint32_t what, std::size_t owner, bool is_watched);
  void forget(int socket) noexcept;

  // What has happened, possibly nothing; valid until the next call. Waits for `timeout_ms` at most,
  // for ever when it is negative.
  std::span<const Event> wait(int timeout_ms);

 private:
  struct System;
  std::unique_ptr<System> system_;
};

}  // namespace ruvector::net

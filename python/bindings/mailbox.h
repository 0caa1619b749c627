// What threads of the library leave for one event loop, and the alarm that wakes the loop.
// Thread-safe: any thread may put; one thread, the loop's, does the rest. Nothing here touches
// Python. After fork() the child must use no mailbox of its parent: see is_inherited().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "asyncio_bridge.h"
#include "loop_alarm.h"
#include "ruvector/base/fork_epoch.h"

namespace ruvector::bindings {

class Mailbox {
 public:
  struct Letter {
    std::uint64_t token;
    std::unique_ptr<Outcome> outcome;
  };

  // `alarm` rings while there are letters.
  explicit Mailbox(std::unique_ptr<LoopAlarm> alarm) : alarm_(std::move(alarm)) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Whether this process is a child of the one that made the mailbox. Silencing the alarm here
  // would take the parent's wake-up away.
  bool is_inherited() const { return generation_ != base::fork_epoch(); }

  // Makes room for one more letter, so that put() needs no memory.
  void expect_letter();
  // Wakes the loop. Drops the letter when the mailbox is closed.
  void put(Letter letter) noexcept;
  // The next letter if there is one. Stops waking the loop after the last one.
  bool take(Letter& letter);
  // What comes from now on is dropped.
  void close() noexcept;

 private:
  const std::unique_ptr<LoopAlarm> alarm_;
  const std::uint64_t generation_ = base::fork_epoch();
  std::mutex mutex_;
  std::vector<Letter> incoming_;  // guarded by mutex_
  std::size_t expected_ = 0;      // guarded by mutex_; letters to come
  bool is_awake_ = false;         // guarded by mutex_; the alarm has rung
  bool is_closed_ = false;        // guarded by mutex_
  std::vector<Letter> taken_;     // of the loop's thread
  std::size_t next_ = 0;          // in taken_
};

}  // namespace ruvector::bindings

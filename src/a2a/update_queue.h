// The updates of one stream on their way from the I/O thread to their reader: bounded by events and
// bytes. Thread-safe: one thread puts, one takes at a time, any closes.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "ruvector/a2a/client.h"

namespace ruvector::a2a {

class UpdateQueue {
 public:
  using Take = TaskStream::Take;

  // `on_room` is called by the reader's thread when the queue that was full is half empty.
  UpdateQueue(std::size_t max_events, std::size_t max_bytes, std::function<void()> on_room);

  // --- for the I/O thread
  // Never refuses: who puts more into a full queue has a reason. What is put after the end or after
  // close() is dropped.
  void put(TaskUpdate update, std::size_t bytes);
  // Whether the reader is to take some first; then on_room is called once.
  bool is_full();
  void end(std::exception_ptr error);  // null: it ended well
  // Wakes the reader, if there is something for it; so a reader is woken once for many updates.
  void flush();
  void name_task(const std::string& id);

  // --- for the reader; as in TaskStream
  Take try_next(TaskUpdate& update);
  void when_ready(std::function<void()> ready);
  std::optional<TaskUpdate> next();
  // What is in the queue is dropped; the reader gets the end.
  void close();
  std::string task_id() const;

 private:
  struct Entry {
    TaskUpdate update;
    std::size_t bytes;
  };

  bool is_ready() const noexcept { return !entries_.empty() || is_ended_; }
  bool take(std::unique_lock<std::mutex>& lock, TaskUpdate& update);

  const std::size_t max_events_;
  const std::size_t max_bytes_;
  const std::function<void()> on_room_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  bool wants_room_ = false;
  bool is_ended_ = false;
  bool is_closed_ = false;
  std::exception_ptr error_;
  std::function<void()> ready_;
  std::thread::id calling_;  // the thread in a callback
  std::string task_id_;
};

}  // namespace ruvector::a2a

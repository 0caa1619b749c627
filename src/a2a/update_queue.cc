#include "a2a/update_queue.h"

#include <utility>

#include "a2a/waiting.h"

namespace ruvector::a2a {

UpdateQueue::UpdateQueue(std::size_t max_events, std::size_t max_bytes,
                         std::function<void()> on_room)
    : max_events_(max_events), max_bytes_(max_bytes), on_room_(std::move(on_room)) {}

void UpdateQueue::put(TaskUpdate update, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (is_ended_) return;
  entries_.push_back({std::move(update), bytes});
  bytes_ += bytes;
}

bool UpdateQueue::is_full() {
  const std::lock_guard lock(mutex_);
  if (entries_.size() < max_events_ && bytes_ < max_bytes_) return false;
  wants_room_ = true;
  return true;
}

void UpdateQueue::end(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  if (is_ended_) return;
  is_ended_ = true;
  error_ = std::move(error);
}

void UpdateQueue::flush() {
  std::unique_lock lock(mutex_);
  if (!is_ready()) return;
  changed_.notify_all();
  if (ready_ == nullptr) return;
  const std::function<void()> ready = std::exchange(ready_, nullptr);
  calling_ = std::this_thread::get_id();
  lock.unlock();
  ready();
  lock.lock();
  calling_ = {};
  changed_.notify_all();
}

void UpdateQueue::name_task(const std::string& id) {
  const std::lock_guard lock(mutex_);
  task_id_ = id;
}

std::string UpdateQueue::task_id() const {
  const std::lock_guard lock(mutex_);
  return task_id_;
}

// Gives true and unlocks when there is an update.
bool UpdateQueue::take(std::unique_lock<std::mutex>& lock, TaskUpdate& update) {
  if (entries_.empty()) return false;
  update = std::move(entries_.front().update);
  bytes_ -= entries_.front().bytes;
  entries_.pop_front();
  const bool has_room = entries_.size() <= max_events_ / 2 && bytes_ <= max_bytes_ / 2;
  const bool tell = wants_room_ && has_room;
  if (tell) wants_room_ = false;
  lock.unlock();
  if (tell) on_room_();
  return true;
}

UpdateQueue::Take UpdateQueue::try_next(TaskUpdate& update) {
  std::unique_lock lock(mutex_);
  if (take(lock, update)) return Take::update;
  if (!is_ended_) return Take::wait;
  if (error_ != nullptr) std::rethrow_exception(error_);
  return Take::end;
}

std::optional<TaskUpdate> UpdateQueue::next() {
  std::unique_lock lock(mutex_);
  wait_in_slices(lock, changed_, [this] { return is_ready(); });
  TaskUpdate update;
  if (take(lock, update)) return update;
  if (error_ != nullptr) std::rethrow_exception(error_);
  return std::nullopt;
}

void UpdateQueue::when_ready(std::function<void()> ready) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    if (!is_ready()) {
      ready_ = std::move(ready);
      return;
    }
    ready_ = nullptr;
  }
  ready();
}

void UpdateQueue::close() {
  std::unique_lock lock(mutex_);
  is_closed_ = is_ended_ = true;
  error_ = nullptr;
  entries_.clear();
  bytes_ = 0;
  ready_ = nullptr;
  wants_room_ = false;
  changed_.notify_all();
  // A callback that runs on another thread is the last one; it is over when this returns.
  const std::thread::id me = std::this_thread::get_id();
  changed_.wait(lock, [&] { return calling_ == std::thread::id() || calling_ == me; });
}

}  // namespace ruvector::a2a

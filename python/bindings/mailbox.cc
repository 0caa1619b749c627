#include "mailbox.h"

namespace ruvector::bindings {

void Mailbox::expect_letter() {
  const std::lock_guard lock(mutex_);
  ++expected_;
  if (incoming_.capacity() < expected_) incoming_.reserve(2 * expected_);
}

void Mailbox::put(Letter letter) noexcept {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return;
  incoming_.push_back(std::move(letter));
  if (is_awake_) return;
  is_awake_ = true;
  alarm_->ring();
}

bool Mailbox::take(Letter& letter) {
  if (next_ == taken_.size()) {
    taken_.clear();
    next_ = 0;
    const std::lock_guard lock(mutex_);
    if (incoming_.empty()) {
      if (is_awake_) alarm_->silence();
      is_awake_ = false;
      return false;
    }
    taken_.reserve(expected_);
    taken_.swap(incoming_);
    expected_ -= taken_.size();
  }
  letter = std::move(taken_[next_++]);
  return true;
}

void Mailbox::close() noexcept {
  std::vector<Letter> dropped;  // Their destructors may run anything, also put().
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  dropped.swap(incoming_);
}

}  // namespace ruvector::bindings

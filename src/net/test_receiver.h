// Keeps what a transport tells it, for tests. Thread-safe.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/transport.h"

namespace ruvector::net {

class TestReceiver final : public Receiver {
 public:
  // What on_data answers; `more` without it.
  std::function<Flow(std::string_view)> flow;

  void on_head(const ResponseHead& head) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(has_ended_ || head_ || !body_.empty());
    head_ = head;
    changed_.notify_all();
  }

  Flow on_data(std::string_view bytes) override {
    {
      const std::lock_guard lock(mutex_);
      EXPECT_TRUE(head_ && !has_ended_);
      body_ += bytes;
      changed_.notify_all();
    }
    return flow ? flow(bytes) : Flow::more;
  }

  void on_end(const Failure* failure) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(has_ended_);
    has_ended_ = true;
    if (failure != nullptr) failure_ = *failure;
    changed_.notify_all();
  }

  // Each waits for 20 seconds at most.
  bool ends() {
    return wait([this] { return has_ended_; });
  }
  bool has_head() {
    return wait([this] { return head_.has_value(); });
  }
  bool has_bytes(std::size_t count) {
    return wait([this, count] { return body_.size() >= count; });
  }

  bool has_ended() {
    const std::lock_guard lock(mutex_);
    return has_ended_;
  }
  ResponseHead head() {
    const std::lock_guard lock(mutex_);
    return head_.value_or(ResponseHead());
  }
  std::string body() {
    const std::lock_guard lock(mutex_);
    return body_;
  }
  std::optional<Failure> failure() {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_ended_ = false;
  std::optional<ResponseHead> head_;
  std::string body_;
  std::optional<Failure> failure_;
};

// Starts `request` and waits for its end.
inline std::shared_ptr<TestReceiver> ask(Transport& transport, Request request) {
  auto receiver = std::make_shared<TestReceiver>();
  transport.start(std::move(request), receiver);
  EXPECT_TRUE(receiver->ends());
  return receiver;
}

}  // namespace ruvector::net

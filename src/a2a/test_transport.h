// A network for tests that is none: requests are kept, answers are given by hand or by a script,
// time passes when the test says so. The thread in run(), advance() or until() is the I/O thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/transport.h"

namespace ruvector::a2a {

class FakeTransport;

// A request and what the test answers. Used on the I/O thread, but for cancel() and resume().
class FakeExchange final : public net::Transfer, public std::enable_shared_from_this<FakeExchange> {
 public:
  FakeExchange(FakeTransport& transport, net::Request asked,
               std::shared_ptr<net::Receiver> receiver)
      : request(std::move(asked)), transport_(transport), receiver_(std::move(receiver)) {}

  void cancel() override;
  void resume() override;

  void head(int status, net::Headers headers = {}) {
    if (receiver_ == nullptr) return;
    net::ResponseHead answer{.status = status, .headers = std::move(headers)};
    receiver_->on_head(answer);
  }
  void data(std::string_view bytes) {
    if (receiver_ == nullptr) return;
    if (receiver_->on_data(bytes) == net::Flow::pause) is_paused = true;
  }
  void end() { finish(nullptr); }
  void fail(net::Failure::Kind kind, bool was_sent = true) {
    const net::Failure failure{
        .kind = kind, .message = "the test's failure", .request_was_sent = was_sent};
    finish(&failure);
  }
  // A whole answer.
  void answer(int status, std::string_view body, net::Headers headers = {}) {
    head(status, std::move(headers));
    if (!body.empty()) data(body);
    end();
  }
  // An event stream, open.
  void open_stream() { head(200, {{"content-type", "text/event-stream"}}); }
  void event(std::string_view data_text, std::string_view name = "") {
    std::string block = name.empty() ? "" : "event: " + std::string(name) + "\n";
    data(block + "data: " + std::string(data_text) + "\n\n");
  }

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : request.headers) {
      if (key == name) return value;
    }
    return {};
  }
  bool is_open() const noexcept { return receiver_ != nullptr; }

  const net::Request request;
  bool is_paused = false;
  bool is_cancelled = false;

 private:
  void finish(const net::Failure* failure) {
    const auto receiver = std::exchange(receiver_, nullptr);
    if (receiver != nullptr) receiver->on_end(failure);
  }

  FakeTransport& transport_;
  std::shared_ptr<net::Receiver> receiver_;
};

class FakeTransport final : public net::Transport {
 public:
  using Exchange = std::shared_ptr<FakeExchange>;
  using TimePoint = std::chrono::steady_clock::time_point;

  // Answers requests on the I/O thread; without it they wait for the test.
  std::function<void(FakeExchange&)> script;

  std::shared_ptr<net::Transfer> start(net::Request request,
                                       std::shared_ptr<net::Receiver> receiver) override {
    auto exchange = std::make_shared<FakeExchange>(*this, std::move(request), std::move(receiver));
    const std::lock_guard lock(mutex_);
    if (keeps_exchanges) exchanges_.push_back(exchange);
    started_exchanges_.push_back(exchange);
    ++started_;
    if (script != nullptr) {
      tasks_.emplace(now_, [this, exchange] { script(*exchange); });
    }
    return exchange;
  }

  void call_after(std::chrono::nanoseconds delay, std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.emplace(now_ + std::chrono::duration_cast<TimePoint::duration>(delay), std::move(task));
  }

  TimePoint now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }

  // Does what is due.
  void run() {
    while (const auto task = next_due()) task();
  }
  // Lets time pass, and does what falls due meanwhile in its order.
  void advance(std::chrono::milliseconds time) {
    const TimePoint end = now() + time;
    run();
    while (move_to_next(end)) run();
    run();
  }
  // Runs until `is_done`, while other threads work; false when that takes too long.
  bool until(const std::function<bool()>& is_done) {
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (run(); !is_done(); run()) {
      if (std::chrono::steady_clock::now() > late) return false;
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return true;
  }

  // Fails what is open and lets time pass until all has ended, so that what is left then is a leak.
  void shut_down() {
    script = nullptr;
    for (int round = 0; round < 100 && is_busy(); ++round) {
      for (const auto& exchange : take_started()) exchange->fail(net::Failure::Kind::shut_down);
      advance(std::chrono::hours(48));
    }
    const std::lock_guard lock(mutex_);
    exchanges_.clear();
  }

  std::size_t started() const {
    const std::lock_guard lock(mutex_);
    return started_;
  }
  Exchange exchange(std::size_t number) const {
    const std::lock_guard lock(mutex_);
    return exchanges_.at(number);
  }
  Exchange last() const {
    const std::lock_guard lock(mutex_);
    return exchanges_.back();
  }

  bool keeps_exchanges = true;

 private:
  std::function<void()> next_due() {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty() || tasks_.begin()->first > now_) return nullptr;
    std::function<void()> task = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    return task;
  }
  bool is_busy() const {
    const std::lock_guard lock(mutex_);
    return !tasks_.empty() || !started_exchanges_.empty();
  }
  std::vector<Exchange> take_started() {
    const std::lock_guard lock(mutex_);
    std::vector<Exchange> alive;
    for (const auto& started : std::exchange(started_exchanges_, {})) {
      if (Exchange exchange = started.lock()) alive.push_back(std::move(exchange));
    }
    return alive;
  }
  bool move_to_next(TimePoint end) {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty() || tasks_.begin()->first > end) {
      now_ = std::max(now_, end);
      return false;
    }
    now_ = std::max(now_, tasks_.begin()->first);
    return true;
  }

  mutable std::mutex mutex_;
  TimePoint now_{std::chrono::hours(1)};
  std::multimap<TimePoint, std::function<void()>> tasks_;
  std::vector<Exchange> exchanges_;
  std::vector<std::weak_ptr<FakeExchange>> started_exchanges_;
  std::size_t started_ = 0;
};

inline void FakeExchange::cancel() {
  transport_.call_after({}, [self = shared_from_this()] {
    self->is_cancelled = true;
    self->fail(net::Failure::Kind::cancelled);
  });
}

inline void FakeExchange::resume() {
  transport_.call_after({}, [self = shared_from_this()] { self->is_paused = false; });
}

}  // namespace ruvector::a2a

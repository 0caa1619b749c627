#include "base/background.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/signals_blocked.h"
#include "base/thread_name.h"
#include "ruvector/base/fork_epoch.h"
#include "ruvector/base/runtime.h"

namespace ruvector::base {
namespace {

using Clock = std::chrono::steady_clock;
using Task = std::function<void()>;

constexpr auto kIdleTime = std::chrono::seconds(10);

// Starts a thread with all signals blocked; false when the system has none left.
bool start_thread(Task body) noexcept {
  const SignalsBlocked blocked;
  try {
    std::thread(std::move(body)).detach();
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

class LaneThreads {
 public:
  explicit LaneThreads(Lane lane) : lane_(lane) {}

  void post(Task task) {
    std::unique_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (idle_ >= tasks_.size()) {
      lock.unlock();
      work_.notify_one();
      return;
    }
    if (threads_ >= limit()) return;  // a thread that is busy takes it
    ++threads_;
    lock.unlock();
    if (start_thread([this] { work(); })) return;
    lock.lock();
    --threads_;
    if (threads_ == 0) run_here(lock);
  }

 private:
  std::size_t limit() const { return lane_ == Lane::blocking ? kMaxBlocking : num_threads(); }

  // Without any thread the poster does the work.
  void run_here(std::unique_lock<std::mutex>& lock) {
    while (!tasks_.empty()) run_next(lock);
  }

  void run_next(std::unique_lock<std::mutex>& lock) {
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is let go of without the lock
    lock.lock();
  }

  void work() {
    name_this_thread(lane_ == Lane::blocking ? "ruvector-wait" : "ruvector-run");
    std::unique_lock lock(mutex_);
    for (;;) {
      while (!tasks_.empty()) run_next(lock);
      ++idle_;
      const bool found = work_.wait_for(lock, kIdleTime, [this] { return !tasks_.empty(); });
      --idle_;
      if (found) continue;
      --threads_;
      return;
    }
  }

  const Lane lane_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Task> tasks_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
};

// One thread that sleeps until the next deadline; it ends when there is none.
class Timer {
 public:
  struct Due {
    LaneThreads* lane;
    Task task;
  };

  void post_at(Clock::time_point time, Due due) {
    const std::lock_guard lock(mutex_);
    due_.emplace(time, std::move(due));
    if (!running_) running_ = start_thread([this] { run(); });
    changed_.notify_one();
  }

 private:
  void run() {
    name_this_thread("ruvector-timer");
    std::unique_lock lock(mutex_);
    while (!due_.empty()) {
      const Clock::time_point next = due_.begin()->first;
      if (Clock::now() < next) {
        changed_.wait_until(lock, next);
        continue;
      }
      Due due = std::move(due_.begin()->second);
      due_.erase(due_.begin());
      lock.unlock();
      due.lane->post(std::move(due.task));
      lock.lock();
    }
    running_ = false;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, Due> due_;
  bool running_ = false;
};

struct Background {
  LaneThreads compute{Lane::compute};
  LaneThreads blocking{Lane::blocking};
  Timer timer;

  LaneThreads& of(Lane lane) { return lane == Lane::compute ? compute : blocking; }
};

std::atomic<Background*> background_of_process{nullptr};

// The threads did not come along and may hold the locks: a child leaves the old object behind.
void forget_in_child() { background_of_process.store(nullptr, std::memory_order_relaxed); }

[[maybe_unused]] const bool kForkHandlerRegistered = run_in_forked_children(&forget_in_child);

// Never destroyed, like the worker pool: idle threads touch nothing of a process that ends.
Background& instance() {
  Background* background = background_of_process.load(std::memory_order_acquire);
  if (background != nullptr) return *background;
  auto made = std::make_unique<Background>();
  if (background_of_process.compare_exchange_strong(background, made.get())) {
    background = made.release();
  }
  return *background;
}

}  // namespace

void post(Lane lane, Task task) { instance().of(lane).post(std::move(task)); }

void post_after(std::chrono::nanoseconds delay, Lane lane, Task task) {
  Background& background = instance();
  background.timer.post_at(Clock::now() + delay, {&background.of(lane), std::move(task)});
}

}  // namespace ruvector::base

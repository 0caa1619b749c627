#include "net/io_thread.h"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

#include "base/signals_blocked.h"
#include "base/thread_name.h"
#include "net/threads_gone.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/fork_epoch.h"

namespace ruvector::net {
namespace {

constexpr auto kStopTime = std::chrono::seconds(2);

std::atomic<IoThread*> thread_of_process{nullptr};

}  // namespace

// What runs at exit is registered after libcurl and its TLS library have registered theirs, and so
// runs before.
IoThread& IoThread::of_process() {
  static const bool prepared = [] {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return std::atexit(&IoThread::stop_at_exit) == 0;
  }();
  static_cast<void>(prepared);
  IoThread* thread = thread_of_process.load(std::memory_order_acquire);
  if (thread != nullptr && !thread->is_inherited()) return *thread;
  auto* made = new IoThread();
  if (thread_of_process.compare_exchange_strong(thread, made)) return *made;
  delete made;
  return *thread;
}

bool IoThread::is_inherited() const noexcept { return epoch_ != base::fork_epoch(); }

bool IoThread::post(Task task) {
  bool must_wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || !start()) return false;
    posted_.push_back(std::move(task));
    must_wake = std::exchange(is_asleep_, false);
  }
  if (must_wake) poller_.wake();
  return true;
}

// Called with the lock.
bool IoThread::start() {
  if (is_started_) return true;
  if (!poller_.is_open()) return false;
  const base::SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    return false;
  }
  is_started_ = true;
  return true;
}

void IoThread::run() {
  base::name_this_thread("ruvector-net");
  id_.store(std::this_thread::get_id());
  for (;;) {
    run_posted();
    run_deadlines();
    bool has_work = false;
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_) {
        is_stopped_ = true;
        changed_.notify_all();
        return;
      }
      has_work = !posted_.empty();
      is_asleep_ = !has_work;
    }
    wait(has_work ? 0 : timeout_ms());
  }
}

void IoThread::run_posted() {
  {
    const std::lock_guard lock(mutex_);
    running_.swap(posted_);
  }
  for (Task& task : running_) {
    task();
    task = nullptr;  // what it holds is let go of before the next one runs
  }
  running_.clear();
}

void IoThread::run_deadlines() {
  std::optional<Clock::time_point> now;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].watcher == nullptr || !slots_[i].deadline) continue;
    if (!now) now = Clock::now();
    if (*slots_[i].deadline > *now) continue;
    slots_[i].deadline.reset();
    slots_[i].watcher->on_deadline(*now);
  }
}

int IoThread::timeout_ms() const {
  std::optional<Clock::time_point> next;
  for (const Slot& slot : slots_) {
    if (slot.deadline && (!next || *slot.deadline < *next)) next = slot.deadline;
  }
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
  constexpr decltype(left) kLongest = 60'000;
  return static_cast<int>(std::clamp(left, decltype(left){0}, kLongest));
}

void IoThread::wait(int timeout) {
  const std::span<const Poller::Event> events = poller_.wait(timeout);
  {
    const std::lock_guard lock(mutex_);
    is_asleep_ = false;
  }
  for (const Poller::Event& event : events) {
    Watcher* const watcher = slots_[event.owner].watcher.get();
    if (watcher != nullptr) watcher->on_socket(event.socket, event.what);
  }
}

void IoThread::add(std::shared_ptr<Watcher> watcher) {
  const auto free = std::find_if(slots_.begin(), slots_.end(),
                                 [](const Slot& slot) { return slot.watcher == nullptr; });
  watcher->slot_ = static_cast<std::size_t>(free - slots_.begin());
  if (free == slots_.end()) {
    slots_.push_back({std::move(watcher), std::nullopt});
  } else {
    *free = {std::move(watcher), std::nullopt};
  }
}

void IoThread::remove(Watcher& watcher) { slots_[watcher.slot_] = {}; }

void IoThread::watch(Watcher& watcher, int socket, std::uint32_t events, bool is_watched) {
  if (!poller_.watch(socket, events, watcher.slot_, is_watched)) {
    throw RuVectorError("net: a socket cannot be watched: " +
                        std::generic_category().message(errno));
  }
}

void IoThread::forget(int socket) noexcept { poller_.forget(socket); }

void IoThread::set_deadline(Watcher& watcher, std::optional<Clock::time_point> deadline) {
  slots_[watcher.slot_].deadline = deadline;
}

void IoThread::stop() {
  {
    std::unique_lock lock(mutex_);
    is_stopping_ = true;
    if (!is_started_ || is_stopped_ || is_current()) return;
  }
  poller_.wake();
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kStopTime, [this] { return is_stopped_; })) return;
  lock.unlock();
  // What a TLS library keeps for each thread is freed when the thread ends, after its function:
  // that must not meet the library's own end, which comes next.
  thread_.join();
}

void IoThread::stop_at_exit() {
  if (threads_are_gone()) return;
  IoThread* thread = thread_of_process.load(std::memory_order_acquire);
  if (thread != nullptr && !thread->is_inherited()) thread->stop();
}

}  // namespace ruvector::net

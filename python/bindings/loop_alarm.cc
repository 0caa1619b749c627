#include "loop_alarm.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "gil.h"
#include "ruvector/base/fork_epoch.h"

namespace ruvector::bindings {

DescriptorAlarm::DescriptorAlarm() {
  if (!wakeup_.is_open()) {
    throw std::system_error(errno, std::generic_category(), "the event loop's mailbox");
  }
}

// Never destroyed, and its thread never ends: at the end of the process it waits for the GIL or for
// a ring. A child of fork() has another one, because the thread did not come along.
class CallAlarm::Thread {
 public:
  static Thread& of_process() {
    static std::atomic<Thread*> current{nullptr};
    Thread* found = current.load(std::memory_order_acquire);
    if (found != nullptr && !found->is_inherited()) return *found;
    current.store(new Thread, std::memory_order_release);  // the caller has the GIL
    return *current;
  }

  bool is_inherited() const noexcept { return generation_ != base::fork_epoch(); }

  // Makes room for the rings of one more alarm.
  void add_alarm() {
    const std::lock_guard lock(mutex_);
    rung_.reserve(rung_.size() + alarms_ + 1);
    if (!is_started_) std::thread([this] { run(); }).detach();
    is_started_ = true;
    ++alarms_;
  }
  void remove_alarm() noexcept {
    const std::lock_guard lock(mutex_);
    --alarms_;
  }
  void ring(Call call, const void* key) noexcept {
    const std::lock_guard lock(mutex_);
    rung_.push_back({call, key});
    changed_.notify_one();
  }

 private:
  struct Rung {
    Call call;
    const void* key;
  };

  [[noreturn]] void run() {
    for (;;) {
      const Rung next = take();
      const HeldGil gil;
      next.call(next.key);
    }
  }
  Rung take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !rung_.empty(); });
    const Rung next = rung_.front();
    rung_.erase(rung_.begin());
    return next;
  }

  const std::uint64_t generation_ = base::fork_epoch();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Rung> rung_;   // guarded by mutex_
  std::size_t alarms_ = 0;   // guarded by mutex_
  bool is_started_ = false;  // guarded by mutex_
};

CallAlarm::CallAlarm(Call call, const void* key)
    : thread_(Thread::of_process()), call_(call), key_(key) {
  thread_.add_alarm();
}

// Whoever forked may have held the lock.
CallAlarm::~CallAlarm() {
  if (!thread_.is_inherited()) thread_.remove_alarm();
}

void CallAlarm::ring() noexcept {
  if (!thread_.is_inherited()) thread_.ring(call_, key_);
}

}  // namespace ruvector::bindings

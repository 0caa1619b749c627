#include "base/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>
#include <thread>

#include "base/cpu_quota.h"
#include "base/signals_blocked.h"
#include "base/thread_name.h"
#include "ruvector/base/fork_epoch.h"
#include "ruvector/base/runtime.h"

namespace ruvector::base {
namespace {

using Clock = std::chrono::steady_clock;

// Longer than a cache miss chain, shorter than a sleep and wake-up (about 50 us).
constexpr auto kSpin = std::chrono::microseconds(20);
// With several jobs a worker looks for the one that is served least this often.
constexpr auto kTimeSlice = std::chrono::milliseconds(5);
constexpr auto kProgressWait = std::chrono::milliseconds(20);

std::atomic<WorkerPool*> pool_of_process{nullptr};
thread_local bool inside_task = false;

// The threads did not come along, and the old pool's mutex may be held by one of them: it is left
// behind, and the child makes another at its first use.
void forget_pool_in_child() { pool_of_process.store(nullptr, std::memory_order_relaxed); }

[[maybe_unused]] const bool kForkHandlerRegistered = run_in_forked_children(&forget_pool_in_child);

void pause_cpu() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits a little for `condition` without giving up the CPU; its last value.
template <class Condition>
bool spin_until(const Condition& condition) {
  const Clock::time_point end = Clock::now() + kSpin;
  do {
    for (int i = 0; i < 16; ++i) {
      if (condition()) return true;
      pause_cpu();
    }
  } while (Clock::now() < end);
  return condition();
}

}  // namespace

bool ParallelJob::run_next(std::size_t worker) noexcept {
  if (failed.load(std::memory_order_relaxed)) return false;
  const std::size_t task = next.fetch_add(1, std::memory_order_relaxed);
  if (task >= tasks) return false;
  const bool was_inside = inside_task;
  inside_task = true;
  try {
    body(task, worker);
  } catch (...) {
    fail_with_current_exception();
  }
  inside_task = was_inside;
  completed.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void ParallelJob::fail_with_current_exception() noexcept {
  if (!failed.exchange(true, std::memory_order_relaxed)) error = std::current_exception();
}

WorkerPool::WorkerPool() : may_spin_(available_cpus() > 1) {}

WorkerPool& WorkerPool::instance() {
  WorkerPool* pool = pool_of_process.load(std::memory_order_acquire);
  if (pool != nullptr) return *pool;
  std::unique_ptr<WorkerPool> made(new WorkerPool);
  // Without a lock, because a fork could leave one held in the child.
  if (pool_of_process.compare_exchange_strong(pool, made.get())) pool = made.release();
  return *pool;
}

bool WorkerPool::is_inside_task() noexcept { return inside_task; }

void WorkerPool::post(ParallelJob& job) {
  const std::size_t helpers = job.width - 1;
  const std::size_t most = std::max(helpers, num_threads() - 1);
  std::unique_lock lock(mutex_);
  jobs_.push_back(&job);
  job.slots.set(0);
  std::size_t wanted = 0;
  for (const ParallelJob* other : jobs_) wanted += other->width - 1;
  const std::size_t before = threads_;
  start_threads(std::min(wanted, most));
  const std::size_t coming = (threads_ - before) + spinning_;
  spinning_ = 0;
  job_count_.store(jobs_.size(), std::memory_order_relaxed);
  epoch_.fetch_add(1, std::memory_order_release);
  std::size_t to_wake = helpers > coming ? std::min(helpers - coming, sleeping_) : 0;
  lock.unlock();  // so that who wakes does not have to wait for it
  for (; to_wake > 0; --to_wake) work_.notify_one();
}

void WorkerPool::start_threads(std::size_t wanted) {
  if (threads_ >= wanted) return;
  const SignalsBlocked blocked;
  while (threads_ < wanted) {
    try {
      std::thread([this] { work(); }).detach();
    } catch (const std::system_error&) {
      return;  // out of threads: the caller and those that exist do the work
    }
    ++threads_;
  }
}

void WorkerPool::withdraw(ParallelJob& job) noexcept {
  const std::lock_guard lock(mutex_);
  jobs_.erase(std::find(jobs_.begin(), jobs_.end(), &job));
  job_count_.store(jobs_.size(), std::memory_order_relaxed);
}

bool WorkerPool::wait(const ParallelJob& job, bool wake_for_progress) {
  const auto is_free = [&job] { return job.attached.load(std::memory_order_acquire) == 0; };
  if (is_free() || (may_spin_ && spin_until(is_free))) return true;
  std::unique_lock lock(mutex_);
  ++waiting_callers_;
  bool free = true;
  if (wake_for_progress) {
    free = done_.wait_for(lock, kProgressWait, is_free);
  } else {
    done_.wait(lock, is_free);
  }
  --waiting_callers_;
  return free;
}

void WorkerPool::work() {
  name_this_thread("ruvector");
  std::unique_lock lock(mutex_);
  for (;;) {
    ParallelJob* job = pick();
    if (job == nullptr) {
      idle(lock);
      continue;
    }
    const std::size_t slot = attach(*job);
    const std::uint64_t epoch = epoch_.load(std::memory_order_relaxed);
    lock.unlock();
    serve(*job, slot, epoch);
    lock.lock();
    detach(*job, slot);
  }
}

// The job with the fewest workers; among equals the one served longest ago.
ParallelJob* WorkerPool::pick() const noexcept {
  ParallelJob* best = nullptr;
  std::size_t fewest = 0;
  for (ParallelJob* job : jobs_) {
    const std::size_t attached = job->attached.load(std::memory_order_relaxed);
    if (attached + 1 >= job->width || !job->has_tasks()) continue;
    if (best == nullptr || attached < fewest ||
        (attached == fewest && job->last_served < best->last_served)) {
      best = job;
      fewest = attached;
    }
  }
  return best;
}

std::size_t WorkerPool::attach(ParallelJob& job) noexcept {
  std::size_t slot = 1;
  while (job.slots.test(slot)) ++slot;
  job.slots.set(slot);
  job.last_served = ++served_;
  job.attached.fetch_add(1, std::memory_order_relaxed);
  return slot;
}

void WorkerPool::detach(ParallelJob& job, std::size_t slot) noexcept {
  job.slots.reset(slot);
  // The caller may return as soon as it reads 0: `job` is not touched after this.
  const bool was_last = job.attached.fetch_sub(1, std::memory_order_acq_rel) == 1;
  if (was_last && waiting_callers_ > 0) done_.notify_all();
}

void WorkerPool::serve(ParallelJob& job, std::size_t slot, std::uint64_t epoch) const {
  const Clock::time_point end = Clock::now() + kTimeSlice;
  while (job.run_next(slot)) {
    if (job_count_.load(std::memory_order_relaxed) < 2) continue;
    if (epoch_.load(std::memory_order_relaxed) != epoch || Clock::now() >= end) return;
  }
}

// Waits for the next job to be posted: a short spin, then sleep.
void WorkerPool::idle(std::unique_lock<std::mutex>& lock) {
  const std::uint64_t seen = epoch_.load(std::memory_order_relaxed);
  const auto is_posted = [this, seen] { return epoch_.load(std::memory_order_acquire) != seen; };
  if (may_spin_) {
    ++spinning_;
    lock.unlock();
    spin_until(is_posted);
    lock.lock();
    if (is_posted()) return;  // post() has set spinning_ to 0
    --spinning_;
  }
  ++sleeping_;
  work_.wait(lock, is_posted);
  --sleeping_;
}

}  // namespace ruvector::base

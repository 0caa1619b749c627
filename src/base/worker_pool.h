// The worker threads behind parallel_for, shared by every call in the process.
// Thread-safe. Never destroyed: idle workers sleep until the process ends and touch nothing that
// static destructors take away.
#pragma once

#include <atomic>
#include <bitset>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

#include "base/parallel.h"

namespace ruvector::base {

// One call of parallel_for. Lives on the stack of its caller, who waits until no worker is
// attached.
struct ParallelJob {
  using Body = std::function<void(std::size_t, std::size_t)>;

  ParallelJob(std::size_t task_count, std::size_t thread_count, const Body& task_body)
      : tasks(task_count), width(thread_count), body(task_body) {}

  // Runs the next task as `worker`; false when none is left or the job has failed.
  bool run_next(std::size_t worker) noexcept;

  // Keeps the exception being handled if it is the first, and skips the tasks not yet started.
  void fail_with_current_exception() noexcept;

  bool has_tasks() const noexcept {
    return next.load(std::memory_order_relaxed) < tasks && !failed.load(std::memory_order_relaxed);
  }

  const std::size_t tasks;
  const std::size_t width;  // threads at most, the caller included
  const Body& body;
  std::exception_ptr error;        // written by the first to set `failed`
  std::bitset<kMaxThreads> slots;  // worker numbers in use; guarded by the pool's mutex
  std::uint64_t last_served = 0;   // guarded by the pool's mutex
  std::atomic<bool> failed{false};
  std::atomic<std::size_t> attached{0};  // pool workers on this job
  alignas(64) std::atomic<std::size_t> next{0};
  alignas(64) std::atomic<std::size_t> completed{0};
};

class WorkerPool {
 public:
  // The pool of this process; a forked child gets a new one.
  static WorkerPool& instance();

  // Whether this thread is running a task, so that a nested loop must run inline.
  static bool is_inside_task() noexcept;

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Offers `job` to the workers, starting more threads if it needs them.
  void post(ParallelJob& job);

  // Takes `job` off the offer: no further worker attaches.
  void withdraw(ParallelJob& job) noexcept;

  // Waits until no worker is attached to a withdrawn job, or for the time of a progress report when
  // `wake_for_progress`. True when none is attached.
  bool wait(const ParallelJob& job, bool wake_for_progress);

 private:
  WorkerPool();
  void start_threads(std::size_t wanted);
  void work();
  ParallelJob* pick() const noexcept;
  std::size_t attach(ParallelJob& job) noexcept;
  void detach(ParallelJob& job, std::size_t slot) noexcept;
  void serve(ParallelJob& job, std::size_t slot, std::uint64_t epoch) const;
  void idle(std::unique_lock<std::mutex>& lock);

  const bool may_spin_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::vector<ParallelJob*> jobs_;
  std::size_t threads_ = 0;
  std::size_t sleeping_ = 0;
  std::size_t spinning_ = 0;  // workers that will notice the next change of epoch_ by themselves
  std::size_t waiting_callers_ = 0;
  std::uint64_t served_ = 0;
  std::atomic<std::uint64_t> epoch_{0};  // jobs posted so far
  std::atomic<std::size_t> job_count_{0};
};

}  // namespace ruvector::base

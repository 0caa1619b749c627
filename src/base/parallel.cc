#include "base/parallel.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>

#include "base/worker_pool.h"
#include "ruvector/base/runtime.h"

namespace ruvector::base {
namespace {

using Clock = std::chrono::steady_clock;
using Progress = std::function<void(std::size_t, std::size_t)>;

// With tasks of 20 ms at most, reports are then less than 50 ms apart.
constexpr auto kReportEvery = std::chrono::milliseconds(20);

class ProgressReport {
 public:
  ProgressReport(const Progress& progress, ParallelJob& job)
      : progress_(progress), job_(job), due_(Clock::now() + kReportEvery) {}

  bool is_wanted() const noexcept { return static_cast<bool>(progress_); }

  // Reports if it is time; an exception fails the job.
  void report_if_due() noexcept {
    if (!progress_ || Clock::now() < due_ || job_.failed.load(std::memory_order_relaxed)) return;
    const std::size_t done = job_.completed.load(std::memory_order_relaxed);
    if (done >= job_.tasks) return;  // the final report is made by parallel_for
    try {
      progress_(done, job_.tasks);
    } catch (...) {
      job_.fail_with_current_exception();
    }
    due_ = Clock::now() + kReportEvery;
  }

 private:
  const Progress& progress_;
  ParallelJob& job_;
  Clock::time_point due_;
};

void run_with_workers(ParallelJob& job, ProgressReport& report) {
  WorkerPool& pool = WorkerPool::instance();
  pool.post(job);
  while (job.run_next(0)) report.report_if_due();
  pool.withdraw(job);
  while (!pool.wait(job, report.is_wanted())) report.report_if_due();
}

}  // namespace

void parallel_for(std::size_t tasks, std::size_t max_threads,
                  const std::function<void(std::size_t, std::size_t)>& body,
                  const Progress& progress) {
  if (max_threads > kMaxThreads) {
    throw std::invalid_argument("parallel_for: " + std::to_string(max_threads) +
                                " threads is above the limit of " + std::to_string(kMaxThreads));
  }
  const std::size_t width = WorkerPool::is_inside_task()
                                ? 1
                                : std::min(tasks, max_threads == 0 ? num_threads() : max_threads);
  ParallelJob job(tasks, width, body);
  ProgressReport report(progress, job);
  if (width <= 1) {
    while (job.run_next(0)) report.report_if_due();
  } else {
    run_with_workers(job, report);
  }
  if (job.error) std::rethrow_exception(job.error);
  if (progress) progress(tasks, tasks);
}

}  // namespace ruvector::base

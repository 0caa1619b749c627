// Loops over tasks on the process-wide worker threads.
// Thread-safe: any number of threads may call at once; they share the workers evenly.
// After fork() the child starts workers of its own; do not fork inside `body` or `progress` and
// then return from it in the child.
#pragma once

#include <cstddef>
#include <functional>

namespace ruvector::base {

inline constexpr std::size_t kMaxThreads = 256;

// Calls body(task, worker) once for each task in 0..tasks-1, on the calling thread and at most
// max_threads - 1 workers, and returns when all are done. max_threads 0 means num_threads().
// `worker` is below max(1, max_threads), the calling thread's is 0, and no two calls of `body` that
// run at once have the same, so it can index scratch space. Tasks start in ascending order; which
// worker gets which is not fixed: results must not depend on it. A task should take 20 us to 20 ms.
//
// `progress(done, total)` is called on the calling thread only, at least every 50 ms, and at the
// end with (total, total). The first exception from `body` or `progress` skips the tasks that have
// not started and is rethrown when the running ones have ended: throwing from `progress` cancels.
//
// Starts no thread when max_threads or tasks is 1. A call from within `body` runs inline, as worker
// 0. Throws std::invalid_argument when max_threads is above kMaxThreads.
void parallel_for(std::size_t tasks, std::size_t max_threads,
                  const std::function<void(std::size_t task, std::size_t worker)>& body,
                  const std::function<void(std::size_t done, std::size_t total)>& progress = {});

}  // namespace ruvector::base

// Background threads for work that nobody waits for in place: asynchronous searches, refreshes,
// deadlines. Thread-safe. Threads are started when there is work and end when there has been none
// for a while. After fork() the child starts its own; work of the parent is not done there.
#pragma once

#include <chrono>
#include <functional>

namespace ruvector::base {

enum class Lane {
  compute,   // work for the processor: at most num_threads() at once
  blocking,  // work that waits for files, sockets or other languages: at most kMaxBlocking at once
};
inline constexpr std::size_t kMaxBlocking = 64;

// Runs `task` soon, tasks of a lane in the order of their posting. `task` must not throw.
void post(Lane lane, std::function<void()> task);

// Posts `task` on `lane` when `delay` has passed.
void post_after(std::chrono::nanoseconds delay, Lane lane, std::function<void()> task);

}  // namespace ruvector::base

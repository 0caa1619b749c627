#include "ruvector/base/fork_epoch.h"

#include <pthread.h>

#include <atomic>

namespace ruvector::base {
namespace {

std::atomic<std::uint64_t> epoch{0};

void count_fork() { epoch.fetch_add(1, std::memory_order_relaxed); }

[[maybe_unused]] const int kRegistered = ::pthread_atfork(nullptr, nullptr, &count_fork);

}  // namespace

std::uint64_t fork_epoch() noexcept { return epoch.load(std::memory_order_relaxed); }

bool run_in_forked_children(void (*forget)()) noexcept {
  return ::pthread_atfork(nullptr, nullptr, forget) == 0;
}

}  // namespace ruvector::base

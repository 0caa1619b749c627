#include "process_generation.h"

#include <pthread.h>

#include <atomic>

namespace ruvector::bindings {
namespace {

std::atomic<unsigned> generation{0};

[[maybe_unused]] const int forks_are_counted =
    pthread_atfork(nullptr, nullptr, [] { ++generation; });

}  // namespace

unsigned process_generation() noexcept { return generation.load(std::memory_order_relaxed); }

}  // namespace ruvector::bindings

#include "ruvector/base/runtime.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/cpu_quota.h"
#include "base/parallel.h"

namespace ruvector {
namespace {

constexpr std::size_t kDefaultMost = 8;

std::atomic<std::size_t> threads_in_use{0};  // 0 until it is first asked for

std::size_t initial_threads() {
  const char* text = std::getenv("RUVECTOR_THREADS");
  if (text == nullptr || *text == '\0') return std::min(kDefaultMost, base::available_cpus());
  const std::string_view view = text;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), count);
  if (error != std::errc() || end != view.data() + view.size() || count < 1 ||
      count > base::kMaxThreads) {
    throw std::invalid_argument("RUVECTOR_THREADS is '" + std::string(view) +
                                "', it must be a whole number from 1 to " +
                                std::to_string(base::kMaxThreads));
  }
  return count;
}

}  // namespace

std::size_t num_threads() {
  const std::size_t known = threads_in_use.load(std::memory_order_relaxed);
  if (known != 0) return known;
  std::size_t unset = 0;
  const std::size_t count = initial_threads();
  // A set_num_threads() that came between wins.
  return threads_in_use.compare_exchange_strong(unset, count) ? count : unset;
}

void set_num_threads(std::size_t count) {
  if (count < 1 || count > base::kMaxThreads) {
    throw std::invalid_argument("set_num_threads: " + std::to_string(count) +
                                " is outside the limits 1 to " + std::to_string(base::kMaxThreads));
  }
  threads_in_use.store(count, std::memory_order_relaxed);
}

}  // namespace ruvector

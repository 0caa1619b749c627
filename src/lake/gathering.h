// Collects the current versions of several collections, each within a deadline.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "lake/cache.h"
#include "lake/coherence.h"

namespace ruvector::lake {

struct Target {
  KeyStatePtr state;
  EntryPtr entry;            // when it came in time
  std::exception_ptr error;  // otherwise
};

// Calls `done` once with all targets, in the order of `states`: on this thread when all answers are
// at hand, else on another. A version that comes after the deadline is cached for later searches.
void gather(Coherence& coherence, const std::shared_ptr<void>& keep_alive,
            const std::vector<KeyStatePtr>& states,
            std::optional<std::chrono::milliseconds> deadline,
            const std::shared_ptr<std::atomic<bool>>& cancelled,
            std::function<void(std::vector<Target>)> done);

}  // namespace ruvector::lake

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
  KeyPtr key;
  KeyStatePtr state;         // to be gathered
  EntryPtr entry;            // when it came in time
  std::exception_ptr error;  // otherwise
};

// Calls `done` once with all targets in their order: on this thread when all answers are at hand,
// else on another. Those that have an entry or an error already are left alone. A version that
// comes after the deadline is cached for later searches.
void gather(Coherence& coherence, const std::shared_ptr<void>& keep_alive,
            std::vector<Target> targets, std::optional<std::chrono::milliseconds> deadline,
            const std::shared_ptr<std::atomic<bool>>& cancelled,
            std::function<void(std::vector<Target>)> done);

// The same, waiting on this thread, which calls `progress` every 50 ms; it may throw.
std::vector<Target> gather_here(Coherence& coherence, const std::shared_ptr<void>& keep_alive,
                                std::vector<Target> targets,
                                std::optional<std::chrono::milliseconds> deadline,
                                const Progress& progress);

}  // namespace ruvector::lake

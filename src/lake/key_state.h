// What the lake knows of one collection.
// Thread-safe: what `mutex` guards is named; the rest does not change or guards itself.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "lake/counters.h"
#include "lake/entry.h"
#include "lake/flight.h"
#include "lake/question.h"
#include "ruvector/lake/types.h"

namespace ruvector::lake {

struct Policy {
  Consistency consistency = Consistency::fresh;
  std::chrono::milliseconds ttl{};
  friend bool operator==(const Policy&, const Policy&) = default;
};

// An asynchronous search that waits for the current version of a collection.
struct Waiter {
  std::shared_ptr<std::atomic<bool>> cancelled;
  std::function<void(EntryPtr, std::exception_ptr)> done;
};

using KeyPtr = std::shared_ptr<const LakeKey>;

struct KeyState {
  KeyState(LakeKey name, Policy standard)
      : key(std::make_shared<const LakeKey>(std::move(name))), policy(standard) {}

  const KeyPtr key;
  Counters counters;
  Question generation;  // of the backend
  Flight flight;

  mutable std::mutex mutex;
  EntryPtr entry;                            // served now
  std::optional<Clock::time_point> checked;  // when the backend was last asked about `entry`
  Policy policy;
  bool refresh_failed = false;  // in the background: the next search does it itself
  bool forgotten = false;   // the cache knows it no more: it serves who has it, and keeps nothing
  std::uint64_t drops = 0;  // requests to serve nothing: a pull that began before one is not kept
  std::optional<Source> published;  // by the last of those requests, which a bundle made
  std::vector<Waiter> waiters;
  std::optional<std::uint64_t> attendant;  // fork epoch of the thread that serves the waiters
};

}  // namespace ruvector::lake

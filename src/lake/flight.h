// The pull of a collection that many wait for: one thread leads it, the others share its outcome.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "lake/entry.h"

namespace ruvector::lake {

class Flight {
 public:
  struct Outcome {
    EntryPtr entry;
    Clock::time_point started;  // of the pull
    bool led = false;           // by this very call
  };

  // Calls `pull`, or waits for the one that is going on. `poll` is called every 50 ms while
  // waiting; it may throw, which leaves the pull alone. Throws what `pull` threw, except Cancelled
  // of another leader: then this call leads a new one.
  Outcome join(const std::function<EntryPtr()>& pull, const std::function<void()>& poll);

  // Whether a pull is going on.
  bool is_going_on() const;

 private:
  struct Trip;
  Outcome lead(const std::shared_ptr<Trip>& trip, const std::function<EntryPtr()>& pull);

  mutable std::mutex mutex_;
  std::condition_variable landed_;
  std::shared_ptr<Trip> trip_;
};

}  // namespace ruvector::lake

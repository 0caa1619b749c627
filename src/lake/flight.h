// The pull of a collection that many wait for: one thread leads it, the others share its outcome.
// Thread-safe.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <mutex>

#include "lake/entry.h"

namespace ruvector::lake {

// Thrown by a pull whose leader stops it for reasons of its own, which say nothing about the store.
struct GaveUp {
  std::exception_ptr reason;
};

class Flight {
 public:
  struct Outcome {
    EntryPtr entry;
    Clock::time_point as_of;  // of whoever led: the entry is no older
  };

  // Calls `pull`, or waits for the one that is going on. `as_of`: what `pull` gives is no older.
  // `poll` is called every 50 ms while waiting; it may throw, which leaves the pull alone. Throws
  // what `pull` threw; when that was GaveUp its leader gets the reason and another one leads.
  Outcome join(Clock::time_point as_of, const std::function<EntryPtr()>& pull,
               const std::function<void()>& poll);

  // Whether a pull is going on.
  bool is_going_on() const;

 private:
  struct Trip;
  Outcome lead(const std::shared_ptr<Trip>& trip, const std::function<EntryPtr()>& pull);

  mutable std::mutex mutex_;
  std::shared_ptr<Trip> trip_;
};

}  // namespace ruvector::lake

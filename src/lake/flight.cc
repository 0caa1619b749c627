#include "lake/flight.h"

#include <condition_variable>
#include <cstdint>
#include <utility>

#include "ruvector/base/fork_epoch.h"

namespace ruvector::lake {

struct Flight::Trip {
  explicit Trip(Clock::time_point leaders) : as_of(leaders) {}

  const Clock::time_point as_of;
  const std::uint64_t epoch = base::fork_epoch();
  bool done = false;
  bool abandoned = false;  // its leader gave up
  EntryPtr entry;
  std::exception_ptr error;
  // Not the flight's: in a forked process whose parent had waiters it could never be destroyed.
  std::condition_variable landed;
};

namespace {

constexpr auto kPollEvery = std::chrono::milliseconds(50);

}  // namespace

Flight::Outcome Flight::join(Clock::time_point as_of, const std::function<EntryPtr()>& pull,
                             const std::function<void()>& poll) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (trip_ == nullptr || trip_->epoch != base::fork_epoch()) {
      const auto mine = std::make_shared<Trip>(as_of);
      trip_ = mine;
      lock.unlock();
      return lead(mine, pull);
    }
    const std::shared_ptr<Trip> trip = trip_;
    while (!trip->done) {
      trip->landed.wait_for(lock, kPollEvery);
      if (poll && !trip->done) {
        lock.unlock();
        poll();
        lock.lock();
      }
    }
    if (trip->abandoned) continue;
    if (trip->error) std::rethrow_exception(trip->error);
    return {trip->entry, trip->as_of};
  }
}

Flight::Outcome Flight::lead(const std::shared_ptr<Trip>& trip,
                             const std::function<EntryPtr()>& pull) {
  EntryPtr entry;
  std::exception_ptr error;
  bool abandoned = false;
  try {
    entry = pull();
  } catch (const GaveUp& gave_up) {
    error = gave_up.reason;
    abandoned = true;
  } catch (...) {
    error = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    trip->entry = entry;
    trip->error = error;
    trip->done = true;
    trip->abandoned = abandoned;
    if (trip_ == trip) trip_ = nullptr;
  }
  trip->landed.notify_all();
  if (error) std::rethrow_exception(error);
  return {std::move(entry), trip->as_of};
}

bool Flight::is_going_on() const {
  const std::lock_guard lock(mutex_);
  return trip_ != nullptr && trip_->epoch == base::fork_epoch();
}

}  // namespace ruvector::lake

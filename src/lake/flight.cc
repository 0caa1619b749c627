#include "lake/flight.h"

#include <exception>

#include "base/fork_epoch.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {

struct Flight::Trip {
  const Clock::time_point started = Clock::now();
  const std::uint64_t epoch = base::fork_epoch();
  bool done = false;
  bool abandoned = false;  // its leader gave up, which says nothing about the store
  EntryPtr entry;
  std::exception_ptr error;
};

namespace {

constexpr auto kPollEvery = std::chrono::milliseconds(50);

}  // namespace

Flight::Outcome Flight::join(const std::function<EntryPtr()>& pull,
                             const std::function<void()>& poll) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (trip_ == nullptr || trip_->epoch != base::fork_epoch()) {
      const auto mine = std::make_shared<Trip>();
      trip_ = mine;
      lock.unlock();
      return lead(mine, pull);
    }
    const std::shared_ptr<Trip> trip = trip_;
    while (!trip->done) {
      landed_.wait_for(lock, kPollEvery);
      if (poll && !trip->done) {
        lock.unlock();
        poll();
        lock.lock();
      }
    }
    if (trip->abandoned) continue;
    if (trip->error) std::rethrow_exception(trip->error);
    return {trip->entry, trip->started, false};
  }
}

Flight::Outcome Flight::lead(const std::shared_ptr<Trip>& trip,
                             const std::function<EntryPtr()>& pull) {
  bool cancelled = false;
  try {
    trip->entry = pull();
  } catch (const LakeError&) {
    trip->error = std::current_exception();
  } catch (const std::bad_alloc&) {
    trip->error = std::current_exception();
  } catch (...) {  // from a progress callback: the leader's own affair
    trip->error = std::current_exception();
    cancelled = true;
  }
  const std::exception_ptr error = trip->error;
  {
    const std::lock_guard lock(mutex_);
    trip->done = true;
    trip->abandoned = cancelled;
    if (trip_ == trip) trip_ = nullptr;
  }
  landed_.notify_all();
  if (error) std::rethrow_exception(error);
  return {trip->entry, trip->started, true};
}

bool Flight::is_going_on() const {
  const std::lock_guard lock(mutex_);
  return trip_ != nullptr && trip_->epoch == base::fork_epoch();
}

}  // namespace ruvector::lake

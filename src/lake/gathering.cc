#include "lake/gathering.h"

#include <condition_variable>
#include <string>
#include <utility>

#include "base/background.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

constexpr auto kPollEvery = std::chrono::milliseconds(50);

class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(std::vector<Target> targets, std::size_t missing,
            std::function<void(std::vector<Target>)> done)
      : done_(std::move(done)), targets_(std::move(targets)), missing_(missing) {}

  void arrive(std::size_t i, EntryPtr entry, std::exception_ptr error) {
    std::unique_lock lock(mutex_);
    if (is_over_) return;
    targets_[i].entry = std::move(entry);
    targets_[i].error = std::move(error);
    if (--missing_ == 0) finish(lock);
  }

  bool is_over() {
    const std::lock_guard lock(mutex_);
    return is_over_;
  }

  void end(std::chrono::milliseconds deadline) {
    std::unique_lock lock(mutex_);
    if (is_over_) return;
    for (Target& target : targets_) {
      if (target.entry || target.error) continue;
      target.error = std::make_exception_ptr(
          BackendError(target.key->backend, "collection '" + target.key->collection +
                                                "': no answer within the deadline of " +
                                                std::to_string(deadline.count()) + " ms"));
    }
    finish(lock);
  }

 private:
  void finish(std::unique_lock<std::mutex>& lock) {
    is_over_ = true;
    std::vector<Target> targets = std::move(targets_);
    const auto done = std::move(done_);
    lock.unlock();
    done(std::move(targets));
  }

  std::function<void(std::vector<Target>)> done_;
  std::mutex mutex_;
  std::vector<Target> targets_;
  std::size_t missing_;
  bool is_over_ = false;
};

}  // namespace

void gather(Coherence& coherence, const std::shared_ptr<void>& keep_alive,
            std::vector<Target> targets, std::optional<std::chrono::milliseconds> deadline,
            const std::shared_ptr<std::atomic<bool>>& cancelled,
            std::function<void(std::vector<Target>)> done) {
  std::vector<std::pair<std::size_t, KeyStatePtr>> wanted;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!targets[i].entry && !targets[i].error) wanted.emplace_back(i, targets[i].state);
  }
  if (wanted.empty()) return done(std::move(targets));
  const auto gathering =
      std::make_shared<Gathering>(std::move(targets), wanted.size(), std::move(done));
  for (const auto& [place, state] : wanted) {
    coherence.current_async(
        state, keep_alive,
        {cancelled, [gathering, i = place](EntryPtr entry, std::exception_ptr error) {
           gathering->arrive(i, std::move(entry), std::move(error));
         }});
  }
  if (!deadline || gathering->is_over()) return;
  // What is longer than a year is no deadline, and might be more nanoseconds than can be counted.
  if (*deadline > std::chrono::hours(24 * 366)) return;
  base::post_after(*deadline, base::Lane::compute,
                   [gathering, deadline] { gathering->end(*deadline); });
}

std::vector<Target> gather_here(Coherence& coherence, const std::shared_ptr<void>& keep_alive,
                                std::vector<Target> targets,
                                std::optional<std::chrono::milliseconds> deadline,
                                const Progress& progress) {
  struct Meeting {
    std::mutex mutex;
    std::condition_variable over;
    std::optional<std::vector<Target>> targets;
  };
  const auto meeting = std::make_shared<Meeting>();
  const auto cancelled = std::make_shared<std::atomic<bool>>(false);
  gather(coherence, keep_alive, std::move(targets), deadline, cancelled,
         [meeting](std::vector<Target> gathered) {
           const std::lock_guard lock(meeting->mutex);
           meeting->targets = std::move(gathered);
           meeting->over.notify_one();
         });
  std::unique_lock lock(meeting->mutex);
  while (!meeting->targets) {
    meeting->over.wait_for(lock, kPollEvery);
    if (!progress || meeting->targets) continue;
    lock.unlock();
    try {
      progress(0, 0);
    } catch (...) {
      cancelled->store(true);
      throw;
    }
    lock.lock();
  }
  return *std::move(meeting->targets);
}

}  // namespace ruvector::lake

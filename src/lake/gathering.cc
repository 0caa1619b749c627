#include "lake/gathering.h"

#include <string>
#include <utility>

#include "base/background.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(const std::vector<KeyStatePtr>& states, std::function<void(std::vector<Target>)> done)
      : done_(std::move(done)), missing_(states.size()) {
    for (const KeyStatePtr& state : states) targets_.push_back({state, nullptr, nullptr});
  }

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
          BackendError(target.state->key->backend, "collection '" + target.state->key->collection +
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
            const std::vector<KeyStatePtr>& states,
            std::optional<std::chrono::milliseconds> deadline,
            const std::shared_ptr<std::atomic<bool>>& cancelled,
            std::function<void(std::vector<Target>)> done) {
  if (states.empty()) return done({});
  const auto gathering = std::make_shared<Gathering>(states, std::move(done));
  for (std::size_t i = 0; i < states.size(); ++i) {
    coherence.current_async(states[i], keep_alive,
                            {cancelled, [gathering, i](EntryPtr entry, std::exception_ptr error) {
                               gathering->arrive(i, std::move(entry), std::move(error));
                             }});
  }
  if (!deadline || gathering->is_over()) return;
  base::post_after(*deadline, base::Lane::compute,
                   [gathering, deadline] { gathering->end(*deadline); });
}

}  // namespace ruvector::lake

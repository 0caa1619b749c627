#include "lake/question.h"

#include <condition_variable>

#include "ruvector/base/fork_epoch.h"

namespace ruvector::lake {

struct Question::Round {
  bool led = false;
  bool done = false;
  Answer answer;
  std::exception_ptr error;
  // Not the question's: in a forked process whose parent had waiters it could never be destroyed.
  std::condition_variable changed;
};

namespace {

constexpr auto kPollEvery = std::chrono::milliseconds(50);

}  // namespace

Question::Answer Question::ask(const std::function<Generation()>& ask,
                               const std::function<void()>& poll) {
  std::unique_lock lock(mutex_);
  forget_rounds_of_parent();
  std::shared_ptr<Round>& seat = running_ == nullptr || !running_->led ? running_ : next_;
  if (seat == nullptr) seat = std::make_shared<Round>();
  const std::shared_ptr<Round> mine = seat;
  while (!mine->done) {
    if (running_ == mine && !mine->led) {
      mine->led = true;
      lock.unlock();
      answer(mine, ask);
      lock.lock();
    } else {
      mine->changed.wait_for(lock, kPollEvery);
      if (poll && !mine->done) {
        lock.unlock();
        poll();
        lock.lock();
      }
    }
  }
  if (mine->error) std::rethrow_exception(mine->error);
  return mine->answer;
}

void Question::answer(const std::shared_ptr<Round>& round, const std::function<Generation()>& ask) {
  Answer answer{{}, Clock::now()};
  std::exception_ptr error;
  try {
    answer.generation = ask();
  } catch (...) {
    error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  round->answer = std::move(answer);
  round->error = error;
  round->done = true;
  running_ = std::move(next_);
  next_ = nullptr;
  round->changed.notify_all();
  if (running_) running_->changed.notify_all();  // one of them asks
}

bool Question::is_being_asked() const {
  const std::lock_guard lock(mutex_);
  return running_ != nullptr && running_->led && epoch_ == base::fork_epoch();
}

void Question::forget_rounds_of_parent() {
  if (epoch_ == base::fork_epoch()) return;
  epoch_ = base::fork_epoch();
  running_ = nullptr;
  next_ = nullptr;
}

}  // namespace ruvector::lake

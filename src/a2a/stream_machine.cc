#include "a2a/stream_machine.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "a2a/failure.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

using std::chrono::milliseconds;
using Step = StreamMachine::Step;

namespace {

// For the next update to come that is on its way while the answer to the request beside it is here.
constexpr milliseconds kLastUpdateGrace{1000};
// For that answer to come after the last update; it may wait for webhooks.
constexpr milliseconds kAnswerGrace{2000};
// Before a task is asked for that may not have begun.
constexpr milliseconds kBeginning{1000};
constexpr std::uint64_t kLongestRetryMs = 60'000;
constexpr const char* kMissing = "the last updates did not come";

std::uint64_t mixed(std::uint64_t hash, std::string_view text) {
  return (hash ^ std::hash<std::string_view>{}(text)) * 0x9e3779b97f4a7c15u;
}

std::uint64_t hash_of(const TaskStatus& status) {
  std::uint64_t hash = mixed(static_cast<std::uint64_t>(status.state) + 1, status.raw_state);
  hash = mixed(hash, status.timestamp);
  if (!status.message) return hash;
  hash = mixed(hash, status.message->message_id);
  for (const Part& part : status.message->parts) {
    hash = mixed(mixed(mixed(mixed(hash, part.text), part.data), part.bytes), part.url);
  }
  return hash;
}

// What no further attempt can mend.
bool is_hopeless(net::Failure::Kind kind) {
  using Kind = net::Failure::Kind;
  return kind == Kind::refused_address || kind == Kind::tls || kind == Kind::cancelled ||
         kind == Kind::shut_down || kind == Kind::too_large;
}

}  // namespace

StreamMachine::StreamMachine(Rules rules, std::string task_id, RetryPolicy backoff)
    : rules_(rules),
      backoff_(std::move(backoff)),
      task_id_(std::move(task_id)),
      is_sending_(rules.sends_beside) {}

Step StreamMachine::on_head() {
  if (is_over_) return {};
  is_connected_ = true;
  is_first_item_ = true;
  if (!is_resuming_) return {};
  is_resuming_ = false;
  was_resumed_ = true;
  has_gap_ = true;
  wants_snapshot_ = rules_.protocol == Protocol::v1_0;
  Step step = wants_snapshot_ ? Step{} : ask_where_needed();
  if (!gap_is_stated_) step.extra.push_back(gap("reconnected"));
  gap_is_stated_ = true;
  return step;
}

// --- what comes by the stream

Step StreamMachine::on_item(const StreamItem& item) {
  if (is_over_ || is_concluding_) return {};
  still_comes_ = true;
  const TaskUpdate& update = item.update;
  if (task_id_.empty()) task_id_ = update.task_id;
  const bool is_late_snapshot = wants_snapshot_ && update.kind != TaskUpdate::Kind::task;
  wants_snapshot_ = false;
  Step step;
  if (update.status) {
    step = on_status(item, update.status->status);
  } else if (update.task) {
    step = on_snapshot(item, *update.task);
  } else if (update.warning) {
    step = on_warning(*update.warning);
  } else {
    step.deliver_item = true;
    attempts_ = not_found_ = 0;
    gap_is_stated_ = false;
    const bool is_lone_message = update.message && !saw_task_;
    if (update.artifact) saw_task_ = true;
    if (is_lone_message || item.is_final) step.what = conclude().what;
  }
  is_first_item_ = false;
  if (is_late_snapshot && step.what == Do::wait) step.what = ask().what;
  return step;
}

Step StreamMachine::on_status(const StreamItem& item, const TaskStatus& status) {
  if (is_synthetic(item, status)) return doubt();
  saw_task_ = true;
  if (!status.timestamp.empty()) last_timestamp_ = status.timestamp;
  if (!remember(status)) return {};
  attempts_ = not_found_ = 0;
  gap_is_stated_ = false;
  may_end_ = is_interrupted(status.state);
  Step step;
  if (is_terminal(status.state) || item.is_final) step = conclude();
  step.deliver_item = true;
  return step;
}

Step StreamMachine::on_snapshot(const StreamItem& item, const Task& task) {
  saw_task_ = true;
  has_gap_ = false;
  if (!task.status.timestamp.empty()) last_timestamp_ = task.status.timestamp;
  remember(task.status);
  may_end_ = is_interrupted(task.status.state);
  Step step;
  if (is_terminal(task.status.state) || item.is_final) step = conclude();
  step.deliver_item = !snapshot_ || *snapshot_ != task;
  if (was_resumed_) snapshot_ = task;
  return step;
}

Step StreamMachine::on_warning(const StreamWarning& warning) {
  Step step;
  if (warning.gap) {
    has_gap_ = true;
    step = ask_where_needed();
  }
  step.deliver_item = true;
  return step;
}

// rvAgent answers a subscription to an id that it does not know with one failed status, made up.
bool StreamMachine::is_synthetic(const StreamItem& item, const TaskStatus& status) const {
  return is_rvagent() && is_first_item_ && (was_resumed_ || rules_.is_subscription) &&
         item.is_final && status.state == TaskState::failed && !status.message;
}

Step StreamMachine::doubt() {
  if (sent_) return settle_by_sent();
  if (is_sending_) return {};  // it runs, and has told nothing yet; the stream is closed next
  is_doubted_ = true;
  return ask();
}

// The outcome is known: the stream ends, unless the task itself is to fill a gap first.
Step StreamMachine::conclude() {
  if (!is_rvagent() || !has_gap_) return finish();
  if (sent_) return settle_by_sent();
  is_concluding_ = true;
  if (is_sending_) return {.what = Do::wake, .delay = kAnswerGrace};
  return ask();
}

// --- the end of a connection

Step StreamMachine::on_end(const net::Failure* failure) {
  is_connected_ = false;
  if (is_over_ || is_concluding_) return {};
  if (may_end_) return finish();
  if (sent_) return settle_by_sent();
  if (failure != nullptr && is_hopeless(failure->kind)) return fail(to_error(*failure, "stream"));
  if (task_id_.empty()) {
    return fail(failure != nullptr ? to_error(*failure, "stream")
                                   : std::make_exception_ptr(StreamInterrupted(
                                         "stream: it ended before the peer named the task")));
  }
  if (is_asking_) return {};
  return lost(failure != nullptr ? failure->message : "the connection was closed");
}

Step StreamMachine::lost(const std::string& why) {
  refusal_ = nullptr;
  if (attempts_ >= rules_.max_reconnects) {
    if (is_sending_) return {};  // its answer says how the task ended
    return interrupted(why);
  }
  ++attempts_;
  is_resuming_ = true;
  return {.what = Do::resume, .delay = backoff()};
}

Step StreamMachine::on_error(std::exception_ptr error) {
  const bool was_open = std::exchange(is_connected_, false);
  if (is_over_ || is_concluding_) return {};
  // a2a-sdk 0.3 refuses a subscription by an error that is the first event of a stream.
  if (was_open && is_first_item_) is_resuming_ = was_resumed_;
  const bool is_within_stream = was_open && !is_first_item_;
  const bool is_subscribing = is_resuming_ || rules_.is_subscription;
  if (is_within_stream || !is_subscribing || is_auth_required(error)) return fail(std::move(error));
  if (sent_) return settle_by_sent();
  if (is_sending_) return lost(text_of(error));
  if (!is_resuming_ && is_task_not_found(error)) return fail(std::move(error));
  // A task that is over cannot be subscribed to; whether it is that, only the task itself says.
  refusal_ = std::move(error);
  return is_asking_ ? Step{} : ask();
}

// --- the task itself, got beside the stream

Step StreamMachine::on_task(Task task) {
  is_asking_ = false;
  if (is_over_) return {};
  const std::exception_ptr refusal = std::exchange(refusal_, nullptr);
  has_gap_ = is_doubted_ = false;
  not_found_ = 0;
  saw_task_ = true;
  remember(task.status);
  const bool is_end = is_concluding_ || is_terminal(task.status.state);
  may_end_ = is_interrupted(task.status.state);
  const bool is_new = !snapshot_ || *snapshot_ != task;
  Step step;
  if (is_end || (may_end_ && !is_connected_)) {
    step = finish();
    if (is_resuming_ && !gap_is_stated_) step.extra.push_back(gap(kMissing));
  } else if (refusal != nullptr && !is_resuming_) {
    return fail(refusal);
  } else if (!is_connected_) {
    step = lost(refusal != nullptr ? text_of(refusal) : "the connection was closed");
  }
  snapshot_ = task;
  if (is_new) step.extra.push_back(update_of(std::move(task)));
  return step;
}

Step StreamMachine::on_task_error(std::exception_ptr error) {
  is_asking_ = false;
  if (is_over_) return {};
  if (is_concluding_) return finish();
  const bool is_unknown = is_task_not_found(error);
  if (refusal_ != nullptr) {
    if (!is_resuming_) return fail(refusal_);
    return is_unknown ? interrupted(text_of(error)) : lost(text_of(error));
  }
  if (std::exchange(is_doubted_, false) && is_unknown) {
    return saw_task_ ? interrupted(text_of(error)) : fail(std::move(error));
  }
  if (send_error_ != nullptr && is_unknown) {
    // Running, or never come to the peer: rvAgent keeps a task only when it is over.
    if (++not_found_ > rules_.max_reconnects) return fail(send_error_);
    return ask(kBeginning);
  }
  if (!is_connected_) return lost(text_of(error));
  return {};
}

// --- the request beside the stream

Step StreamMachine::on_sent(const SendResult& result) {
  is_sending_ = false;
  if (is_over_) return {};
  if (!result.task) {
    Step step = finish();
    if (result.message) {
      step.extra.push_back({.kind = TaskUpdate::Kind::message,
                            .task_id = task_id_,
                            .context_id = result.message->context_id,
                            .message = result.message});
    }
    return step;
  }
  sent_ = result.task;
  if (is_concluding_ || !is_connected_) return settle_by_sent();
  if (may_end_) return finish();
  still_comes_ = false;
  return {.what = Do::wake, .delay = kLastUpdateGrace};
}

// The answer to the request beside the stream is how the task ended; updates are missing.
Step StreamMachine::settle_by_sent() {
  const bool is_stated = is_concluding_ || gap_is_stated_;
  Step step = finish();
  if (!is_stated) step.extra.push_back(gap(kMissing));
  step.extra.push_back(update_of(std::move(*sent_)));
  return step;
}

Step StreamMachine::on_send_error(std::exception_ptr error, bool may_run) {
  is_sending_ = false;
  if (is_over_) return {};
  if (is_concluding_) return finish();
  if (!may_run) return fail(std::move(error));
  send_error_ = std::move(error);
  if (is_asking_) return {};
  return ask(kBeginning);
}

// A busy stream may be far behind the answer: as long as it says something, it is listened to.
Step StreamMachine::on_wake(bool is_held_up) {
  if (is_over_) return {};
  if (is_concluding_) return finish();
  if (!sent_) return {};
  const bool is_busy = still_comes_ || is_held_up;
  still_comes_ = is_held_up;
  if (!is_busy) return settle_by_sent();
  return {.what = Do::wake, .delay = kLastUpdateGrace};
}

// --- steps

Step StreamMachine::finish() {
  is_over_ = true;
  return {.what = Do::finish};
}

Step StreamMachine::fail(std::exception_ptr error) {
  is_over_ = true;
  return {.what = Do::fail, .error = std::move(error)};
}

Step StreamMachine::interrupted(const std::string& why) {
  return fail(std::make_exception_ptr(StreamInterrupted(
      "stream of task '" + task_id_ + "': it ended before the task, and " +
      std::to_string(attempts_) + " attempts to take it up again failed: " + why)));
}

Step StreamMachine::ask(milliseconds delay) {
  is_asking_ = true;
  return {.what = Do::ask, .delay = delay};
}

// Not while the request beside runs: rvAgent keeps a task only when it is over, and the answer says
// the same.
Step StreamMachine::ask_where_needed() {
  if (is_sending_ || is_asking_ || sent_) return {};
  return ask();
}

milliseconds StreamMachine::backoff() const {
  const milliseconds asked(
      static_cast<milliseconds::rep>(std::min(retry_ms_.value_or(0), kLongestRetryMs)));
  return std::max(asked, backoff_.jitter(static_cast<int>(attempts_)));
}

// False for a status that was told before the stream was taken up again.
bool StreamMachine::remember(const TaskStatus& status) {
  const std::uint64_t hash = hash_of(status);
  if (was_resumed_) {
    const auto end =
        seen_.begin() + static_cast<std::ptrdiff_t>(std::min(seen_count_, kRemembered));
    if (std::find(seen_.begin(), end, hash) != end) return false;
  }
  seen_[seen_count_++ % kRemembered] = hash;
  return true;
}

TaskUpdate StreamMachine::update_of(Task task) const {
  TaskUpdate update;
  update.kind = TaskUpdate::Kind::task;
  update.task_id = task.id;
  update.context_id = task.context_id;
  update.task = std::move(task);
  return update;
}

TaskUpdate StreamMachine::gap(std::string reason) const {
  TaskUpdate update;
  update.kind = TaskUpdate::Kind::warning;
  update.task_id = task_id_;
  update.warning = StreamWarning{.reason = std::move(reason), .gap = true, .missed = {}};
  return update;
}

}  // namespace ruvector::a2a

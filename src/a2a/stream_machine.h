// What one stream of a task means: fed with what comes, it says what to do. It makes sure that a
// stream only ends well when the task is over, waits for its caller, or was answered by a message;
// that what was lost is stated; and that nothing is told twice.
// Not thread-safe, no I/O: time and randomness come from outside.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "a2a/codec.h"
#include "a2a/retry_policy.h"
#include "ruvector/a2a/agent_card.h"
#include "ruvector/a2a/task.h"

namespace ruvector::a2a {

class StreamMachine {
 public:
  struct Rules {
    Protocol protocol = Protocol::v1_0;
    bool sends_beside = false;     // the task is sent by a request of its own (rvAgent)
    bool is_subscription = false;  // to a task that is there already
    std::uint32_t max_reconnects = 5;
  };

  enum class Do : std::uint8_t {
    wait,    // for whatever comes next
    resume,  // after `delay` subscribe to task_id() again, from last_timestamp() on
    ask,     // after `delay` get the task: on_task() or on_task_error()
    wake,    // after `delay` call on_wake()
    finish,  // the stream has ended well
    fail,    // with `error`
  };
  struct Step {
    bool deliver_item = false;        // the item that was given is to be delivered
    std::vector<TaskUpdate> extra{};  // to be delivered after it
    Do what = Do::wait;
    std::chrono::milliseconds delay{0};
    std::exception_ptr error{};
  };

  // `task_id` may be empty when the peer is to name it.
  StreamMachine(Rules rules, std::string task_id, RetryPolicy backoff);

  // The peer has accepted the stream.
  Step on_head();
  Step on_item(const StreamItem& item);
  // The connection is over; `failure` is null when the answer was complete.
  Step on_end(const net::Failure* failure);
  // The peer refused the stream, or reported an error inside of it, or sent nonsense.
  Step on_error(std::exception_ptr error);
  Step on_task(Task task);
  Step on_task_error(std::exception_ptr error);
  // The end of the request beside the stream.
  Step on_sent(const SendResult& result);
  // `may_run`: the peer may have got it all the same.
  Step on_send_error(std::exception_ptr error, bool may_run);
  // `is_held_up`: updates that came wait for the reader, so that the next ones cannot come.
  Step on_wake(bool is_held_up);
  // The reconnection time that the stream named.
  void set_retry_ms(std::uint64_t retry_ms) noexcept { retry_ms_ = retry_ms; }

  const std::string& task_id() const noexcept { return task_id_; }
  const std::string& last_timestamp() const noexcept { return last_timestamp_; }
  bool is_over() const noexcept { return is_over_; }
  // The next head is that of a stream that was taken up again.
  bool is_resuming() const noexcept { return is_resuming_; }

 private:
  static constexpr std::size_t kRemembered = 512;  // more than rvAgent replays

  Step on_status(const StreamItem& item, const TaskStatus& status);
  Step on_snapshot(const StreamItem& item, const Task& task);
  Step on_warning(const StreamWarning& warning);
  Step doubt();
  Step conclude();
  Step settle_by_sent();
  Step lost(const std::string& why);
  Step finish();
  Step fail(std::exception_ptr error);
  Step interrupted(const std::string& why);
  Step ask(std::chrono::milliseconds delay = {});
  Step ask_where_needed();
  TaskUpdate update_of(Task task) const;
  TaskUpdate gap(std::string reason) const;

  bool remember(const TaskStatus& status);
  bool is_synthetic(const StreamItem& item, const TaskStatus& status) const;
  std::chrono::milliseconds backoff() const;
  bool is_rvagent() const noexcept { return rules_.protocol == Protocol::rvagent; }

  const Rules rules_;
  const RetryPolicy backoff_;
  std::string task_id_{};
  std::string last_timestamp_{};
  std::optional<std::uint64_t> retry_ms_{};

  bool is_over_ = false;
  bool is_connected_ = false;
  bool is_resuming_ = false;
  bool was_resumed_ = false;
  bool is_asking_ = false;
  bool is_sending_;                 // the request beside has not ended
  bool is_concluding_ = false;      // the final update came; only the task itself is waited for
  bool is_first_item_ = true;       // of this connection
  bool wants_snapshot_ = false;     // the next item is to be the task (1.0)
  bool has_gap_ = false;            // the task has not been got since updates were lost
  bool gap_is_stated_ = false;      // and nothing came since
  bool is_doubted_ = false;         // rvAgent's answer for ids that it does not know
  bool saw_task_ = false;           // an update of the task, not a message
  bool may_end_ = false;            // the task waits for its caller
  bool still_comes_ = false;        // an update came since on_wake()
  std::uint32_t attempts_ = 0;      // to resume, without an update between
  std::uint32_t not_found_ = 0;     // in a row
  std::optional<Task> sent_{};      // what the request beside gave
  std::optional<Task> snapshot_{};  // the last one that was delivered
  std::exception_ptr refusal_{};    // of a subscription
  std::exception_ptr send_error_{};

  std::array<std::uint64_t, kRemembered> seen_{};  // hashes of statuses, a ring
  std::size_t seen_count_ = 0;
};

}  // namespace ruvector::a2a

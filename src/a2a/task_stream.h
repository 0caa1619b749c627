// The stream of one task: its connections one after the other, what each event means, and the way
// to the reader. Lives on the I/O thread; the reader holds a StreamReader.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "a2a/call.h"
#include "a2a/codec.h"
#include "a2a/event_line.h"
#include "a2a/link.h"
#include "a2a/policy_gate.h"
#include "a2a/session.h"
#include "a2a/stream_machine.h"
#include "a2a/update_queue.h"

namespace ruvector::a2a {

class TaskStreamOperation final : public Operation,
                                  public EventLine::Owner,
                                  public std::enable_shared_from_this<TaskStreamOperation> {
 public:
  struct Plan {
    std::shared_ptr<Session> session;
    StreamOptions options;
    std::string id{};                  // of the task, where it is known
    std::optional<WireCall> stream{};  // the first request; empty for a subscription
    std::optional<WireCall> send{};    // beside the stream
    net::Headers headers{};            // of both
    std::optional<std::chrono::milliseconds> max_duration{};
    PolicyGate::Admitted admitted{};
  };

  explicit TaskStreamOperation(Plan plan);

  void start() override;
  void abort(std::exception_ptr why) override;

  void on_line_open() override;
  void on_line_event(const net::SseEvent& event) override;
  bool wants_more() override;
  void on_line_pause() override;
  void on_line_answer(const net::ResponseHead& head, std::string body) override;
  void on_line_end(const net::Failure* failure) override;
  void on_line_nonsense(std::exception_ptr error) override;

  // --- for the reader, on any thread
  UpdateQueue& queue() noexcept { return queue_; }
  // Cuts the connection at once; the rest follows on the I/O thread.
  void close();

 private:
  using Step = StreamMachine::Step;

  void open();
  void connect(WireCall wire);
  void send_beside();
  void on_answer_beside(const Call::Answer& answer, const std::string& rpc_id);
  void ask();
  void take(Step step);
  void on_item(StreamItem item, std::size_t bytes);
  void name_task();
  void refuse(std::exception_ptr error);
  bool try_other_verb(int status);
  bool open_again_after(std::optional<std::chrono::milliseconds> delay, std::string_view why);
  RetryPolicy::Kind kind_of_line() const noexcept;
  // Calls `task` after `delay`, unless the stream is over then.
  void later(std::chrono::milliseconds delay, void (TaskStreamOperation::*task)());
  void on_wake();
  void on_room();
  void on_reader_gone();
  void on_late();
  void cancel_task();
  void end(std::exception_ptr error);
  std::shared_ptr<EventLine> exchange_line(std::shared_ptr<EventLine> line);

  Plan plan_;
  const std::shared_ptr<Session> session_;
  const std::shared_ptr<Link> link_;
  StreamMachine machine_;
  UpdateQueue queue_;

  std::mutex line_mutex_;  // of line_, which close() reads
  std::shared_ptr<EventLine> line_;
  std::shared_ptr<Call> send_call_;
  std::string rpc_id_;           // of the line's request
  bool is_subscribing_ = false;  // the line's request is a subscription
  bool was_open_ = false;        // a line was, once
  bool is_named_ = false;
  bool is_over_ = false;
  int attempts_ = 0;  // to open a line
  int verb_ = 0;      // of subscriptions
};

// What the caller holds.
std::shared_ptr<TaskStream> make_reader(std::shared_ptr<TaskStreamOperation> operation);

}  // namespace ruvector::a2a

// A task that is sent, and the time that it may take. Lives on the I/O thread.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "a2a/call.h"
#include "a2a/policy_gate.h"
#include "a2a/session.h"

namespace ruvector::a2a {

class SendOperation final : public Operation, public std::enable_shared_from_this<SendOperation> {
 public:
  struct Plan {
    std::shared_ptr<Session> session;
    WireCall wire;
    std::string task_id{};  // as the peer knows it; empty when it is to name it
    std::optional<std::chrono::milliseconds> deadline{};
    std::optional<std::chrono::milliseconds> max_duration{};  // then the task is cancelled
    PolicyGate::Ticket ticket{};
  };

  SendOperation(Plan plan, A2aClient::Callback<SendResult> done);

  void start() override;
  void abort(std::exception_ptr why) override;

 private:
  void on_answer(const Call::Answer& answer);
  void on_late();
  void finish(SendResult result, std::exception_ptr error);

  Plan plan_;
  A2aClient::Callback<SendResult> done_;  // null after the end
  std::shared_ptr<Call> call_;
};

}  // namespace ruvector::a2a

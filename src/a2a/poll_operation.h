// Asks for a task from time to time until it is over or waits for its caller. Lives on the I/O
// thread.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <string>

#include "a2a/call.h"
#include "a2a/session.h"

namespace ruvector::a2a {

class PollOperation final : public Operation, public std::enable_shared_from_this<PollOperation> {
 public:
  PollOperation(std::shared_ptr<Session> session, std::string id,
                std::chrono::milliseconds interval, A2aClient::Callback<Task> done);

  void start() override;
  void abort(std::exception_ptr why) override;

 private:
  void on_answer(const Call::Answer& answer, const std::string& rpc_id);
  void finish(Task task, std::exception_ptr error);

  const std::shared_ptr<Session> session_;
  const std::string id_;
  const std::chrono::milliseconds interval_;
  A2aClient::Callback<Task> done_;  // null after the end
  std::shared_ptr<Call> call_;
};

}  // namespace ruvector::a2a

#include "a2a/send_operation.h"

#include <utility>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kCancelDeadline{5000};

std::exception_ptr too_long(milliseconds limit) {
  const std::string text = std::to_string(limit.count());
  return std::make_exception_ptr(
      PolicyViolation("max_duration_ms: the task takes longer than the limit of " + text + " ms",
                      "max_duration_ms", "", text));
}

}  // namespace

SendOperation::SendOperation(Plan plan, A2aClient::Callback<SendResult> done)
    : plan_(std::move(plan)), done_(std::move(done)) {}

void SendOperation::start() {
  if (done_ == nullptr) return;
  plan_.session->sending.insert(plan_.task_id);
  Call::Order order{.what = "send_task",
                    .request = std::move(plan_.wire.request),
                    .kind = RetryPolicy::Kind::action,
                    .deadline = plan_.deadline};
  call_ = std::make_shared<Call>(
      plan_.session->link, std::move(order),
      [self = shared_from_this()](const Call::Answer& answer) { self->on_answer(answer); });
  if (plan_.max_duration) {
    plan_.session->link->after(*plan_.max_duration, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->on_late();
    });
  }
  call_->start();
}

void SendOperation::on_answer(const Call::Answer& answer) {
  call_.reset();
  if (done_ == nullptr) return;
  SendResult result;
  std::exception_ptr error = answer.error;
  if (error == nullptr) {
    try {
      result = plan_.session->codec->send_result(answer.head, answer.body, plan_.wire.rpc_id);
    } catch (const A2aError&) {
      error = std::current_exception();
    }
  }
  finish(std::move(result), std::move(error));
}

void SendOperation::on_late() {
  const std::shared_ptr<Call> call = std::exchange(call_, nullptr);
  if (done_ == nullptr || call == nullptr) return;
  const std::exception_ptr why = too_long(*plan_.max_duration);
  call_.reset();
  call->abort(why);  // on_answer() ends this operation
  if (plan_.task_id.empty()) return;
  Session& session = *plan_.session;
  WireCall wire = session.codec->cancel_task(plan_.task_id, session.next_rpc_id());
  Call::Order order{.what = "cancel_task",
                    .request = std::move(wire.request),
                    .kind = RetryPolicy::Kind::action,
                    .deadline = kCancelDeadline};
  session.link->begin(
      std::make_shared<Call>(session.link, std::move(order), [](const Call::Answer&) {}));
}

void SendOperation::abort(std::exception_ptr why) {
  if (done_ == nullptr) return;
  const std::shared_ptr<Call> call = std::exchange(call_, nullptr);
  finish({}, std::move(why));
  if (call != nullptr) {
    call->abort(std::make_exception_ptr(Cancelled("send_task: it was cancelled")));
  }
}

void SendOperation::finish(SendResult result, std::exception_ptr error) {
  const auto done = std::exchange(done_, nullptr);
  plan_.ticket.reset();
  const auto known = plan_.session->sending.find(plan_.task_id);
  if (known != plan_.session->sending.end()) plan_.session->sending.erase(known);
  plan_.session->link->ended(shared_from_this());
  done(std::move(result), std::move(error));
}

}  // namespace ruvector::a2a

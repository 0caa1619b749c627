#include "a2a/poll_operation.h"

#include <utility>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

PollOperation::PollOperation(std::shared_ptr<Session> session, std::string id,
                             std::chrono::milliseconds interval, A2aClient::Callback<Task> done)
    : session_(std::move(session)),
      id_(std::move(id)),
      interval_(interval),
      done_(std::move(done)) {}

void PollOperation::start() {
  if (done_ == nullptr) return;
  WireCall wire = session_->codec->get_task(id_, {}, session_->next_rpc_id());
  Call::Order order{.what = "wait",
                    .request = std::move(wire.request),
                    .deadline = session_->link->http().timeouts.total};
  call_ =
      std::make_shared<Call>(session_->link, std::move(order),
                             [self = shared_from_this(), rpc_id = std::move(wire.rpc_id)](
                                 const Call::Answer& answer) { self->on_answer(answer, rpc_id); });
  call_->start();
}

void PollOperation::on_answer(const Call::Answer& answer, const std::string& rpc_id) {
  call_.reset();
  if (done_ == nullptr) return;
  if (answer.error != nullptr) return finish({}, answer.error);
  Task task;
  try {
    task = session_->codec->task(answer.head, answer.body, rpc_id);
  } catch (const TaskNotFound&) {
    // rvAgent knows a task only when it is over, and this one is on its way.
    if (!session_->sending.contains(id_)) return finish({}, std::current_exception());
  } catch (const A2aError&) {
    return finish({}, std::current_exception());
  }
  if (is_terminal(task.status.state) || is_interrupted(task.status.state)) {
    return finish(std::move(task), nullptr);
  }
  session_->link->after(interval_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->start();
  });
}

void PollOperation::abort(std::exception_ptr why) {
  if (done_ == nullptr) return;
  const std::shared_ptr<Call> call = std::exchange(call_, nullptr);
  finish({}, std::move(why));
  if (call != nullptr) call->abort(std::make_exception_ptr(Cancelled("wait: it was cancelled")));
}

void PollOperation::finish(Task task, std::exception_ptr error) {
  const auto done = std::exchange(done_, nullptr);
  session_->link->ended(shared_from_this());
  done(std::move(task), std::move(error));
}

}  // namespace ruvector::a2a

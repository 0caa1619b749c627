#include "a2a/task_stream.h"

#include <utility>

#include "a2a/failure.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

using std::chrono::milliseconds;

namespace {

// For an official peer to close the connection itself after the last update.
constexpr milliseconds kGrace{500};
constexpr milliseconds kCancelDeadline{5000};

StreamMachine::Rules rules_of(const TaskStreamOperation::Plan& plan) {
  return {.protocol = plan.session->endpoint.protocol,
          .sends_beside = plan.send.has_value(),
          .is_subscription = !plan.stream.has_value(),
          .max_reconnects = plan.options.max_reconnects};
}

void add_headers(net::Request& request, const net::Headers& headers) {
  request.headers.insert(request.headers.end(), headers.begin(), headers.end());
}

}  // namespace

TaskStreamOperation::TaskStreamOperation(Plan plan)
    : plan_(std::move(plan)),
      session_(plan_.session),
      link_(session_->link),
      machine_(rules_of(plan_), plan_.id, link_->retry()),
      queue_(plan_.options.max_events, plan_.options.max_bytes,
             [this] {
               link_->post([weak = weak_from_this()] {
                 if (const auto self = weak.lock()) self->on_room();
               });
             }),
      verb_(session_->subscribe_attempt.load()) {
  name_task();
}

void TaskStreamOperation::start() {
  if (is_over_) return;
  if (plan_.admitted.without_estimate) {
    TaskUpdate update;
    update.kind = TaskUpdate::Kind::warning;
    update.task_id = machine_.task_id();
    update.warning = StreamWarning{.reason = "no estimate"};
    queue_.put(std::move(update), sizeof(TaskUpdate));
    queue_.flush();
  }
  if (plan_.max_duration) later(*plan_.max_duration, &TaskStreamOperation::on_late);
  open();
}

// --- connections

void TaskStreamOperation::open() {
  is_subscribing_ = was_open_ || !plan_.stream;
  if (!is_subscribing_) return connect(*plan_.stream);
  try {
    connect(session_->codec->subscribe_task(machine_.task_id(), machine_.last_timestamp(), verb_,
                                            session_->next_rpc_id()));
  } catch (const A2aError&) {
    take(machine_.on_error(std::current_exception()));
  }
}

void TaskStreamOperation::connect(WireCall wire) {
  rpc_id_ = std::move(wire.rpc_id);
  add_headers(wire.request, plan_.headers);
  auto line = std::make_shared<EventLine>(link_, weak_from_this(), plan_.options.idle_timeout);
  exchange_line(line);
  line->open(std::move(wire.request));
}

RetryPolicy::Kind TaskStreamOperation::kind_of_line() const noexcept {
  const bool starts_task = !is_subscribing_ && !plan_.send;
  return starts_task ? RetryPolicy::Kind::action : RetryPolicy::Kind::read;
}

void TaskStreamOperation::on_line_open() {
  attempts_ = 0;
  if (is_subscribing_) session_->subscribe_attempt.store(verb_);
  const bool is_first = !std::exchange(was_open_, true);
  take(machine_.on_head());
  if (is_first && plan_.send && !is_over_) send_beside();
}

void TaskStreamOperation::on_line_event(const net::SseEvent& event) {
  if (const auto retry = line_->retry_ms()) machine_.set_retry_ms(*retry);
  StreamItem item;
  try {
    item = session_->codec->stream_item(event.event, event.data, rpc_id_);
  } catch (const A2aError&) {
    return take(machine_.on_error(std::current_exception()));
  }
  on_item(std::move(item), event.data.size());
}

void TaskStreamOperation::on_item(StreamItem item, std::size_t bytes) {
  Step step = machine_.on_item(item);
  if (!is_named_) name_task();
  if (link_->is_observed()) {
    link_->notify(ConnectOptions::Notice::Kind::event, "", session_->endpoint.url, 0, {},
                  machine_.task_id());
  }
  if (step.deliver_item) queue_.put(std::move(item.update), bytes + sizeof(TaskUpdate));
  take(std::move(step));
}

bool TaskStreamOperation::wants_more() { return !queue_.is_full(); }

void TaskStreamOperation::on_line_pause() { queue_.flush(); }

void TaskStreamOperation::on_room() {
  if (!is_over_ && line_ != nullptr) line_->resume();
}

void TaskStreamOperation::on_line_answer(const net::ResponseHead& head, std::string body) {
  if (try_other_verb(head.status)) return;
  const auto delay = link_->retry().after_status(kind_of_line(), ++attempts_, head.status,
                                                 head.header("retry-after"));
  if (open_again_after(delay, "status " + std::to_string(head.status))) return;
  StreamItem item;
  try {
    item = session_->codec->stream_refused(head, body, rpc_id_);
    if (plan_.send && !was_open_) throw ProtocolError("stream: the answer is no event stream");
  } catch (const A2aError&) {
    return refuse(std::current_exception());
  }
  was_open_ = true;
  take(machine_.on_head());
  if (!is_over_) on_item(std::move(item), body.size());
  if (!is_over_) take(machine_.on_end(nullptr));
}

// Whether servers take POST or GET for subscriptions is not agreed upon.
bool TaskStreamOperation::try_other_verb(int status) {
  const bool may_differ = is_subscribing_ && session_->endpoint.binding == Binding::http_json;
  if (!may_differ || (status != 404 && status != 405) || verb_ != 0) return false;
  verb_ = 1;
  open();
  return true;
}

void TaskStreamOperation::on_line_end(const net::Failure* failure) {
  if (!was_open_ && failure != nullptr) {
    const auto delay = link_->retry().after_failure(kind_of_line(), ++attempts_, *failure);
    if (open_again_after(delay, failure->message)) return;
    if (plan_.send) return refuse(to_error(*failure, "stream"));
  }
  take(machine_.on_end(failure));
}

void TaskStreamOperation::on_line_nonsense(std::exception_ptr error) { refuse(std::move(error)); }

void TaskStreamOperation::refuse(std::exception_ptr error) {
  // Without a stream the task is not sent, so that no answer to it will come.
  if (plan_.send && !was_open_) return end(std::move(error));
  take(machine_.on_error(std::move(error)));
}

bool TaskStreamOperation::open_again_after(std::optional<milliseconds> delay,
                                           std::string_view why) {
  if (!delay) return false;
  link_->notify(ConnectOptions::Notice::Kind::retry, "", session_->endpoint.url, 0, {}, why);
  later(*delay, &TaskStreamOperation::open);
  return true;
}

// --- beside the stream

void TaskStreamOperation::send_beside() {
  Call::Order order{
      .what = "send_task", .request = plan_.send->request, .kind = RetryPolicy::Kind::action};
  add_headers(order.request, plan_.headers);
  // The task is in flight until it is answered, whether or not somebody reads the stream.
  const auto entry = session_->sending.insert(machine_.task_id());
  send_call_ = std::make_shared<Call>(
      link_, std::move(order),
      [weak = weak_from_this(), session = session_, entry, ticket = plan_.admitted.ticket,
       rpc_id = plan_.send->rpc_id](const Call::Answer& answer) {
        session->sending.erase(entry);
        const auto self = weak.lock();
        if (self == nullptr || self->is_over_) return;
        self->on_answer_beside(answer, rpc_id);
      });
  link_->begin(send_call_);
}

void TaskStreamOperation::on_answer_beside(const Call::Answer& answer, const std::string& rpc_id) {
  send_call_.reset();
  if (answer.error != nullptr) {
    return take(machine_.on_send_error(answer.error, answer.may_have_run));
  }
  SendResult result;
  try {
    result = session_->codec->send_result(answer.head, answer.body, rpc_id);
  } catch (const TransportError&) {
    return take(machine_.on_send_error(std::current_exception(), true));
  } catch (const A2aError&) {
    return take(machine_.on_send_error(std::current_exception(), false));
  }
  take(machine_.on_sent(result));
}

void TaskStreamOperation::ask() {
  WireCall wire = session_->codec->get_task(machine_.task_id(), {}, session_->next_rpc_id());
  Call::Order order{.what = "get_task",
                    .request = std::move(wire.request),
                    .deadline = link_->http().timeouts.total};
  link_->begin(std::make_shared<Call>(
      link_, std::move(order),
      [self = shared_from_this(), rpc_id = std::move(wire.rpc_id)](const Call::Answer& answer) {
        if (self->is_over_) return;
        if (answer.error != nullptr) return self->take(self->machine_.on_task_error(answer.error));
        Task task;
        try {
          task = self->session_->codec->task(answer.head, answer.body, rpc_id);
        } catch (const A2aError&) {
          return self->take(self->machine_.on_task_error(std::current_exception()));
        }
        self->take(self->machine_.on_task(std::move(task)));
      }));
}

void TaskStreamOperation::cancel_task() {
  if (send_call_ != nullptr) {
    std::exchange(send_call_, nullptr)
        ->abort(std::make_exception_ptr(Cancelled("send_task: the task is cancelled")));
  }
  if (machine_.task_id().empty()) return;
  WireCall wire = session_->codec->cancel_task(machine_.task_id(), session_->next_rpc_id());
  Call::Order order{.what = "cancel_task",
                    .request = std::move(wire.request),
                    .kind = RetryPolicy::Kind::action,
                    .deadline = kCancelDeadline};
  link_->begin(std::make_shared<Call>(link_, std::move(order), [](const Call::Answer&) {}));
}

// --- steps

void TaskStreamOperation::take(Step step) {
  for (TaskUpdate& update : step.extra) queue_.put(std::move(update), sizeof(TaskUpdate));
  using Do = StreamMachine::Do;
  switch (step.what) {
    case Do::wait:
      break;
    case Do::resume:
      if (const auto line = exchange_line(nullptr)) line->let_go(milliseconds(0));
      later(step.delay, &TaskStreamOperation::open);
      break;
    case Do::ask:
      later(step.delay, &TaskStreamOperation::ask);
      break;
    case Do::wake:
      later(step.delay, &TaskStreamOperation::on_wake);
      break;
    case Do::finish:
      return end(nullptr);
    case Do::fail:
      return end(step.error);
  }
  if (!step.extra.empty()) queue_.flush();
}

void TaskStreamOperation::later(milliseconds delay, void (TaskStreamOperation::*task)()) {
  link_->after(delay, [weak = weak_from_this(), task] {
    const auto self = weak.lock();
    if (self != nullptr && !self->is_over_) ((*self).*task)();
  });
}

void TaskStreamOperation::on_wake() {
  take(machine_.on_wake(line_ != nullptr && line_->is_paused()));
}

void TaskStreamOperation::name_task() {
  if (machine_.task_id().empty()) return;
  is_named_ = true;
  queue_.name_task(machine_.task_id());
}

std::shared_ptr<EventLine> TaskStreamOperation::exchange_line(std::shared_ptr<EventLine> line) {
  const std::lock_guard lock(line_mutex_);
  return std::exchange(line_, std::move(line));
}

// --- the end

void TaskStreamOperation::end(std::exception_ptr error) {
  if (std::exchange(is_over_, true)) return;
  // rvAgent never closes a stream itself.
  const bool may_close_itself =
      error == nullptr && session_->endpoint.protocol != Protocol::rvagent;
  if (const auto line = exchange_line(nullptr)) {
    line->let_go(may_close_itself ? kGrace : milliseconds(0));
  }
  queue_.end(std::move(error));
  plan_.admitted.ticket.reset();
  link_->ended(shared_from_this());
  queue_.flush();
}

void TaskStreamOperation::abort(std::exception_ptr why) { end(std::move(why)); }

void TaskStreamOperation::on_late() {
  const std::string limit = std::to_string(plan_.max_duration->count());
  cancel_task();
  end(std::make_exception_ptr(
      PolicyViolation("max_duration_ms: the task takes longer than the limit of " + limit + " ms",
                      "max_duration_ms", "", limit)));
}

void TaskStreamOperation::on_reader_gone() {
  if (is_over_) return;
  if (plan_.options.cancel_remote) cancel_task();
  end(std::make_exception_ptr(Cancelled("stream: it was closed")));
}

void TaskStreamOperation::close() {
  queue_.close();
  std::shared_ptr<EventLine> line;
  {
    const std::lock_guard lock(line_mutex_);
    line = line_;
  }
  if (line != nullptr) line->cut();
  link_->post([self = shared_from_this()] { self->on_reader_gone(); });
}

namespace {

class StreamReader final : public TaskStream {
 public:
  explicit StreamReader(std::shared_ptr<TaskStreamOperation> operation)
      : operation_(std::move(operation)) {}
  ~StreamReader() override { operation_->close(); }

  Take try_next(TaskUpdate& update) override { return operation_->queue().try_next(update); }
  void when_ready(std::function<void()> ready) override {
    operation_->queue().when_ready(std::move(ready));
  }
  std::optional<TaskUpdate> next() override { return operation_->queue().next(); }
  void close() override { operation_->close(); }
  std::string task_id() const override { return operation_->queue().task_id(); }

 private:
  const std::shared_ptr<TaskStreamOperation> operation_;
};

}  // namespace

std::shared_ptr<TaskStream> make_reader(std::shared_ptr<TaskStreamOperation> operation) {
  return std::make_shared<StreamReader>(std::move(operation));
}

}  // namespace ruvector::a2a

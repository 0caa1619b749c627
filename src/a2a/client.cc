#include "ruvector/a2a/client.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "a2a/call.h"
#include "a2a/connection.h"
#include "a2a/environment.h"
#include "a2a/poll_operation.h"
#include "a2a/send_operation.h"
#include "a2a/session.h"
#include "a2a/task_stream.h"
#include "a2a/waiting.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector {

namespace a2a {

namespace {

using std::chrono::milliseconds;
using Kind = RetryPolicy::Kind;

std::optional<milliseconds> duration_of(const TaskSpec& spec) {
  if (!spec.policy || !spec.policy->max_duration_ms) return std::nullopt;
  constexpr std::uint64_t kLongest = 365ull * 24 * 3600 * 1000;  // no timer goes further
  return milliseconds(
      static_cast<milliseconds::rep>(std::min(*spec.policy->max_duration_ms, kLongest)));
}

void require_id(const std::string& id) {
  if (id.empty()) throw std::invalid_argument("id: the task's id is empty");
}

// A card that comes later must be of the same agent.
AgentCard same_agent(const AgentCard& known, AgentCard card) {
  if (card.agent_id == known.agent_id) return card;
  throw CardSignatureInvalid("card: it is of agent '" + card.agent_id +
                             "', and this client is of '" + known.agent_id + "'");
}

class Client final : public A2aClient {
 public:
  explicit Client(std::shared_ptr<Session> session) : session_(std::move(session)) {}

  const AgentCard& card() const noexcept override { return session_->card; }
  Protocol protocol() const noexcept override { return session_->endpoint.protocol; }
  Binding binding() const noexcept override { return session_->endpoint.binding; }
  const std::string& endpoint() const noexcept override { return session_->endpoint.url; }

  Cancel send_task_async(TaskSpec spec, Callback<SendResult> done) override;
  Cancel get_task_async(std::string id, std::optional<std::uint32_t> history_length,
                        Callback<Task> done) override;
  Cancel list_tasks_async(std::string context_id, std::string page_token, std::uint32_t page_size,
                          Callback<TaskPage> done) override;
  Cancel cancel_task_async(std::string id, Callback<Task> done) override;
  Cancel wait_async(std::string id, milliseconds interval, Callback<Task> done) override;
  Cancel extended_card_async(Callback<AgentCard> done) override;
  Cancel set_push_config_async(std::string task_id, std::string config,
                               Callback<std::string> done) override;
  std::shared_ptr<TaskStream> stream_task(TaskSpec spec, StreamOptions options) override;
  std::shared_ptr<TaskStream> stream_task(std::string id, StreamOptions options) override;
  void close() override { session_->link->close(); }

 private:
  template <class T, class Encode, class Decode>
  Cancel ask(const char* what, Kind kind, Encode encode, Decode decode, Callback<T> done);
  bool is_rvagent() const noexcept { return protocol() == Protocol::rvagent; }
  // The task's id as the peer will know it.
  const std::string& id_of(const TaskSpec& spec) const noexcept {
    return is_rvagent() ? spec.id : spec.task_id;
  }

  const std::shared_ptr<Session> session_;
};

// What the dialect does not have comes by the callback, as if the peer had said so.
template <class T, class Encode, class Decode>
A2aClient::Cancel Client::ask(const char* what, Kind kind, Encode encode, Decode decode,
                              Callback<T> done) {
  Link& link = *session_->link;
  link.require_open();
  WireCall wire;
  try {
    wire = encode(*session_->codec, session_->next_rpc_id());
  } catch (const A2aError&) {
    link.post([done = std::move(done), error = std::current_exception()] { done(T{}, error); });
    return [] {};
  }
  Call::Order order{.what = what,
                    .request = std::move(wire.request),
                    .kind = kind,
                    .deadline = link.http().timeouts.total};
  order.request.max_body_bytes = link.http().limits.body_bytes;
  return link.launch(
      std::make_shared<Call>(session_->link, std::move(order),
                             [session = session_, decode, rpc_id = std::move(wire.rpc_id),
                              done = std::move(done)](const Call::Answer& answer) {
                               T value{};
                               std::exception_ptr error = answer.error;
                               if (error == nullptr) {
                                 try {
                                   value = decode(*session, answer, rpc_id);
                                 } catch (...) {
                                   error = std::current_exception();
                                 }
                               }
                               done(std::move(value), std::move(error));
                             }));
}

A2aClient::Cancel Client::send_task_async(TaskSpec spec, Callback<SendResult> done) {
  session_->link->require_open();
  require_valid(spec);
  const TaskSpec given = completed_spec(*session_, std::move(spec));
  SendOperation::Plan plan{
      .session = session_,
      .wire = session_->codec->send_task(sendable_spec(*session_, given), session_->next_rpc_id())};
  plan.wire.request.max_body_bytes = session_->link->http().limits.body_bytes;
  add_trace(given.context, plan.wire.request);
  plan.task_id = id_of(given);
  plan.max_duration = duration_of(given);
  // Who waits for the end of a task waits as long as it takes; rvAgent knows nothing else.
  const bool waits_for_end = given.blocking || is_rvagent();
  if (!waits_for_end) plan.deadline = session_->link->http().timeouts.total;
  plan.ticket = session_->gate->admit(given, card()).ticket;
  return session_->link->launch(std::make_shared<SendOperation>(std::move(plan), std::move(done)));
}

A2aClient::Cancel Client::get_task_async(std::string id,
                                         std::optional<std::uint32_t> history_length,
                                         Callback<Task> done) {
  require_id(id);
  return ask<Task>(
      "get_task", Kind::read,
      [&](const Codec& codec, const std::string& rpc_id) {
        return codec.get_task(id, history_length, rpc_id);
      },
      [](const Session& session, const Call::Answer& answer, const std::string& rpc_id) {
        return session.codec->task(answer.head, answer.body, rpc_id);
      },
      std::move(done));
}

A2aClient::Cancel Client::list_tasks_async(std::string context_id, std::string page_token,
                                           std::uint32_t page_size, Callback<TaskPage> done) {
  return ask<TaskPage>(
      "list_tasks", Kind::read,
      [&](const Codec& codec, const std::string& rpc_id) {
        return codec.list_tasks(context_id, page_token, page_size, rpc_id);
      },
      [](const Session& session, const Call::Answer& answer, const std::string& rpc_id) {
        return session.codec->task_page(answer.head, answer.body, rpc_id);
      },
      std::move(done));
}

A2aClient::Cancel Client::cancel_task_async(std::string id, Callback<Task> done) {
  require_id(id);
  return ask<Task>(
      "cancel_task", Kind::action,
      [&](const Codec& codec, const std::string& rpc_id) { return codec.cancel_task(id, rpc_id); },
      [](const Session& session, const Call::Answer& answer, const std::string& rpc_id) {
        return session.codec->cancelled_task(answer.head, answer.body, rpc_id);
      },
      std::move(done));
}

A2aClient::Cancel Client::wait_async(std::string id, milliseconds interval, Callback<Task> done) {
  require_id(id);
  if (interval <= milliseconds(0)) {
    throw std::invalid_argument("interval: " + std::to_string(interval.count()) +
                                " ms is not above 0");
  }
  return session_->link->launch(
      std::make_shared<PollOperation>(session_, std::move(id), interval, std::move(done)));
}

A2aClient::Cancel Client::extended_card_async(Callback<AgentCard> done) {
  return ask<AgentCard>(
      "extended_card", Kind::read,
      [](const Codec& codec, const std::string& rpc_id) { return codec.extended_card(rpc_id); },
      [](const Session& session, const Call::Answer& answer, const std::string& rpc_id) {
        const std::string text = session.codec->card_text(answer.head, answer.body, rpc_id);
        return same_agent(session.card, session.read_card(text).card);
      },
      std::move(done));
}

A2aClient::Cancel Client::set_push_config_async(std::string task_id, std::string config,
                                                Callback<std::string> done) {
  require_id(task_id);
  return ask<std::string>(
      "set_push_config", Kind::action,
      [&](const Codec& codec, const std::string& rpc_id) {
        return codec.set_push_config(task_id, config, rpc_id);
      },
      [](const Session& session, const Call::Answer& answer, const std::string& rpc_id) {
        return session.codec->push_config(answer.head, answer.body, rpc_id);
      },
      std::move(done));
}

void require_bounds(const StreamOptions& options) {
  if (options.max_events == 0 || options.max_bytes == 0) {
    throw std::invalid_argument("stream: max_events and max_bytes leave no room for an update");
  }
  if (options.idle_timeout && *options.idle_timeout <= milliseconds(0)) {
    throw std::invalid_argument("idle_timeout: " + std::to_string(options.idle_timeout->count()) +
                                " ms is not above 0");
  }
}

std::shared_ptr<TaskStream> Client::stream_task(TaskSpec spec, StreamOptions options) {
  session_->link->require_open();
  require_bounds(options);
  require_valid(spec);
  const TaskSpec given = completed_spec(*session_, std::move(spec));
  TaskStreamOperation::Plan plan{.session = session_, .options = options};
  const TaskSpec sendable = sendable_spec(*session_, given);
  plan.stream = session_->codec->stream_task(sendable, session_->next_rpc_id());
  if (session_->codec->sends_beside_stream()) {
    plan.id = given.id;
    plan.send = session_->codec->send_task(sendable, session_->next_rpc_id());
  }
  net::Request traced;
  add_trace(given.context, traced);
  plan.headers = std::move(traced.headers);
  plan.max_duration = duration_of(given);
  plan.admitted = session_->gate->admit(given, card());
  auto operation = std::make_shared<TaskStreamOperation>(std::move(plan));
  session_->link->launch(operation);
  return make_reader(std::move(operation));
}

std::shared_ptr<TaskStream> Client::stream_task(std::string id, StreamOptions options) {
  session_->link->require_open();
  require_bounds(options);
  require_id(id);
  TaskStreamOperation::Plan plan{.session = session_, .options = options, .id = std::move(id)};
  auto operation = std::make_shared<TaskStreamOperation>(std::move(plan));
  session_->link->launch(operation);
  return make_reader(std::move(operation));
}

}  // namespace

std::shared_ptr<A2aClient> make_client(std::shared_ptr<Session> session) {
  return std::make_shared<Client>(std::move(session));
}

A2aClient::Cancel connect_in(Environment environment, const std::string& url,
                             ConnectOptions options,
                             A2aClient::Callback<std::shared_ptr<A2aClient>> done) {
  auto connection = std::make_shared<Connection>(std::move(environment), url, std::move(options),
                                                 std::move(done));
  return connection->link()->launch(connection);
}

}  // namespace a2a

SendResult A2aClient::send_task(TaskSpec spec) {
  return a2a::await<SendResult>(
      [&](auto done) { return send_task_async(std::move(spec), std::move(done)); });
}

Task A2aClient::get_task(std::string id, std::optional<std::uint32_t> history_length) {
  return a2a::await<Task>(
      [&](auto done) { return get_task_async(std::move(id), history_length, std::move(done)); });
}

TaskPage A2aClient::list_tasks(std::string context_id, std::string page_token,
                               std::uint32_t page_size) {
  return a2a::await<TaskPage>([&](auto done) {
    return list_tasks_async(std::move(context_id), std::move(page_token), page_size,
                            std::move(done));
  });
}

Task A2aClient::cancel_task(std::string id) {
  return a2a::await<Task>(
      [&](auto done) { return cancel_task_async(std::move(id), std::move(done)); });
}

Task A2aClient::wait(std::string id, std::chrono::milliseconds interval) {
  return a2a::await<Task>(
      [&](auto done) { return wait_async(std::move(id), interval, std::move(done)); });
}

AgentCard A2aClient::extended_card() {
  return a2a::await<AgentCard>([&](auto done) { return extended_card_async(std::move(done)); });
}

std::string A2aClient::set_push_config(std::string task_id, std::string config) {
  return a2a::await<std::string>([&](auto done) {
    return set_push_config_async(std::move(task_id), std::move(config), std::move(done));
  });
}

}  // namespace ruvector

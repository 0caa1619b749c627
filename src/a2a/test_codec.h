// A wire for tests whose texts are words: "task t completed", "status t working 1 final",
// "artifact t", "message", "lagged", "error unknown". Requests say what they are in their body.
#pragma once

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "a2a/codec.h"
#include "a2a/environment.h"
#include "a2a/test_transport.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

class FakeCodec final : public Codec {
 public:
  explicit FakeCodec(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  WireCall send_task(const TaskSpec& spec, std::string_view) const override {
    return request("send " + spec.id + " depth " + std::to_string(spec.context.depth));
  }
  WireCall stream_task(const TaskSpec& spec, std::string_view) const override {
    return request((sends_beside_stream() ? "listen " : "stream ") + spec.id);
  }
  bool sends_beside_stream() const noexcept override {
    return endpoint_.protocol == Protocol::rvagent;
  }
  WireCall subscribe_task(std::string_view id, std::string_view last_timestamp, int attempt,
                          std::string_view) const override {
    WireCall call =
        request("subscribe " + std::string(id) + " after " + std::string(last_timestamp));
    if (attempt == 1) call.request.method = "GET";
    return call;
  }
  WireCall get_task(std::string_view id, std::optional<std::uint32_t>,
                    std::string_view) const override {
    return request("get " + std::string(id));
  }
  WireCall list_tasks(std::string_view, std::string_view, std::uint32_t,
                      std::string_view) const override {
    if (endpoint_.protocol != Protocol::v1_0) throw UnsupportedOperation("list_tasks: not here");
    return request("list");
  }
  WireCall cancel_task(std::string_view id, std::string_view) const override {
    return request("cancel " + std::string(id));
  }
  WireCall extended_card(std::string_view) const override { return request("card"); }
  WireCall set_push_config(std::string_view task_id, std::string_view config,
                           std::string_view) const override {
    return request("push " + std::string(task_id) + " " + std::string(config));
  }

  SendResult send_result(const net::ResponseHead& head, std::string_view body,
                         std::string_view) const override {
    const TaskUpdate update = read(head, body).update;
    return {.task = update.task, .message = update.message};
  }
  Task task(const net::ResponseHead& head, std::string_view body, std::string_view) const override {
    return read(head, body).update.task.value();
  }
  Task cancelled_task(const net::ResponseHead& head, std::string_view body,
                      std::string_view rpc_id) const override {
    return task(head, body, rpc_id);
  }
  TaskPage task_page(const net::ResponseHead& head, std::string_view body,
                     std::string_view rpc_id) const override {
    return {.tasks = {task(head, body, rpc_id)}, .next_page_token = "more", .total_size = 7};
  }
  std::string card_text(const net::ResponseHead&, std::string_view body,
                        std::string_view) const override {
    return std::string(body);
  }
  std::string push_config(const net::ResponseHead&, std::string_view body,
                          std::string_view) const override {
    return std::string(body);
  }
  StreamItem stream_item(std::string_view, std::string_view data, std::string_view) const override {
    return read({.status = 200, .headers = {}}, data);
  }
  StreamItem stream_refused(const net::ResponseHead& head, std::string_view body,
                            std::string_view) const override {
    return read(head, body);
  }

 private:
  WireCall request(std::string body) const {
    WireCall call;
    call.request.method = "POST";
    call.request.url = endpoint_.url;
    call.request.body = std::move(body);
    return call;
  }

  static TaskState state_of(const std::string& word) {
    static const std::map<std::string, TaskState> kStates = {
        {"submitted", TaskState::submitted},  {"working", TaskState::working},
        {"input", TaskState::input_required}, {"completed", TaskState::completed},
        {"canceled", TaskState::canceled},    {"failed", TaskState::failed}};
    return kStates.at(word);
  }

  static void throw_error(const std::string& word, const net::ResponseHead& head) {
    if (head.status == 401 || word == "login") throw AuthRequired("log in");
    if (word == "unknown") throw TaskNotFound("no such task");
    if (word == "policy") throw PolicyViolation("policy violation: skill", "", "", "");
    if (word == "unsupported") throw UnsupportedOperation("not with this task");
    if (head.status >= 400) {
      throw A2aError("status", {.http_status = head.status,
                                .retry_after = std::string(head.header("retry-after"))});
    }
    throw A2aError("error");
  }

  static StreamItem read(const net::ResponseHead& head, std::string_view text) {
    std::istringstream words{std::string(text)};
    std::string kind;
    std::string id;
    std::string state;
    std::string time;
    words >> kind >> id;
    if (kind == "error" || head.status >= 400) throw_error(id, head);
    StreamItem item;
    item.update.task_id = id;
    if (kind == "task") {
      words >> state >> time;
      item.update.kind = TaskUpdate::Kind::task;
      item.update.task = Task{.id = id, .status = {.state = state_of(state), .timestamp = time}};
    } else if (kind == "status") {
      std::string final;
      words >> state >> time >> final;
      item.is_final = final == "final";
      item.update.status = TaskStatusUpdateEvent{
          .task_id = id, .status = {.state = state_of(state), .timestamp = time}};
    } else if (kind == "artifact") {
      item.update.kind = TaskUpdate::Kind::artifact;
      item.update.artifact = TaskArtifactUpdateEvent{.task_id = id};
    } else if (kind == "message") {
      item.update.kind = TaskUpdate::Kind::message;
      item.update.message = Message{.message_id = "m"};
      item.is_final = true;
    } else if (kind == "lagged") {
      item.update.kind = TaskUpdate::Kind::warning;
      item.update.warning = StreamWarning{.reason = "lagged", .gap = true, .missed = 3};
    } else {
      throw ProtocolError("'" + std::string(text) + "' is nothing");
    }
    return item;
  }

  const Endpoint endpoint_;
};

// A peer at http://peer.test whose card is the text "card <agent id>"; "bad" does not verify.
struct FakePeer {
  static constexpr const char* kUrl = "http://peer.test";

  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  Endpoint endpoint{.protocol = Protocol::v1_0,
                    .binding = Binding::jsonrpc,
                    .url = "http://peer.test/rpc",
                    .tenant = {},
                    .extensions = {}};
  AgentCard card{};  // what its card says, but for the agent's id
  std::shared_ptr<CardCache> cards = std::make_shared<CardCache>();

  FakePeer() = default;
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;
  ~FakePeer() { transport->shut_down(); }

  Environment environment() {
    return {.make_transport = [this](const HttpOptions&) { return transport; },
            .check_options = [](const ConnectOptions&) {},
            .read_card = [this](std::string_view bytes, const CardSource&,
                                const ConnectOptions&) -> TrustedAgent {
              if (bytes.substr(0, 5) != "card ") {
                throw CardSignatureInvalid("card: the signature is wrong");
              }
              AgentCard read = card;
              read.agent_id = bytes.substr(5);
              return {.card = read, .endpoint = endpoint};
            },
            .make_codec = [](const Endpoint& where,
                             std::size_t) { return std::make_unique<FakeCodec>(where); },
            // No jitter, so that times are known.
            .retry = {.uniform = [] { return 0.0; }, .unix_s = [] { return std::int64_t{0}; }},
            .cards = cards};
  }

  // A client of the peer; its card is brought, so that no request is made.
  std::shared_ptr<A2aClient> client(ConnectOptions options = {}) {
    options.card = "card peer";
    std::shared_ptr<A2aClient> made;
    std::exception_ptr failure;
    bool is_done = false;
    connect_in(environment(), kUrl, std::move(options),
               [&](std::shared_ptr<A2aClient> client, const std::exception_ptr& error) {
                 made = std::move(client);
                 failure = error;
                 is_done = true;
               });
    transport->until([&] { return is_done; });
    if (failure != nullptr) std::rethrow_exception(failure);
    return made;
  }
};

// What a callback was given, which may be called later than this lives.
template <class T>
struct Got {
  bool is_done = false;
  T value{};
  std::exception_ptr error{};
  std::shared_ptr<bool> life = std::make_shared<bool>(true);

  A2aClient::Callback<T> callback() {
    return [this, alive = std::weak_ptr<bool>(life)](T given, std::exception_ptr failure) {
      if (alive.expired()) return;
      is_done = true;
      value = std::move(given);
      error = std::move(failure);
    };
  }
  template <class Error>
  bool failed_with() const {
    if (error == nullptr) return false;
    try {
      std::rethrow_exception(error);
    } catch (const Error&) {
      return true;
    } catch (...) {
      return false;
    }
  }
};

inline TaskSpec echo_spec(std::string id = "t") {
  TaskSpec spec;
  spec.id = std::move(id);
  spec.skill = "echo";
  spec.input = {Part{.text = "hello"}};
  return spec;
}

}  // namespace ruvector::a2a

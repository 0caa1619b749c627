// The whole client against a scripted server on loopback: real sockets, real cards, a real dialect.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/test_server.h"
#include "ruvector/a2a/client.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector {
namespace {

using net::TestConnection;
using net::TestServer;
using nlohmann::json;
using std::chrono::milliseconds;

// What an official server of 1.0 answers: shapes as in the transcripts of a2a-sdk 1.3.0.
json task(const char* state) {
  return {{"id", "s1"},
          {"contextId", "c1"},
          {"status", {{"state", state}, {"timestamp", "2026-11-23T18:23:54.458847Z"}}}};
}

json status(const char* state, const std::string& text = "") {
  json update = {{"taskId", "s1"}, {"contextId", "c1"}, {"status", {{"state", state}}}};
  if (!text.empty()) {
    update["status"]["message"] = {
        {"messageId", "m"}, {"role", "ROLE_AGENT"}, {"parts", {{{"text", text}}}}};
  }
  return {{"statusUpdate", update}};
}

class Agent {
 public:
  using Stream = std::function<void(TestConnection&, const json& rpc)>;

  explicit Agent(Stream stream = nullptr)
      : stream_(std::move(stream)), server_([this](TestConnection& c) { serve(c); }) {}

  std::string url() const { return server_.url(""); }
  std::size_t connections() const { return server_.connections(); }
  std::vector<std::string> methods() {
    const std::lock_guard lock(mutex_);
    return methods_;
  }

  static void begin_stream(TestConnection& connection) {
    connection.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
  }
  static bool event(TestConnection& connection, const json& rpc, const json& result) {
    const json answer = {{"jsonrpc", "2.0"}, {"id", rpc["id"]}, {"result", result}};
    return connection.chunk("data: " + answer.dump() + "\r\n\r\n");
  }

 private:
  void serve(TestConnection& connection) {
    for (;;) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      if (request.rfind("GET ", 0) == 0) {
        connection.answer(card().dump(), "Content-Type: application/json\r\n");
        continue;
      }
      const json rpc = json::parse(request.substr(request.find("\r\n\r\n") + 4));
      const std::string method = rpc["method"];
      {
        const std::lock_guard lock(mutex_);
        methods_.push_back(method);
      }
      if (method == "SendStreamingMessage" || method == "SubscribeToTask") {
        stream_(connection, rpc);
        return;
      }
      const json whole = task("TASK_STATE_COMPLETED");
      const json result = method == "SendMessage" ? json{{"task", whole}} : whole;
      connection.answer(json{{"jsonrpc", "2.0"}, {"id", rpc["id"]}, {"result", result}}.dump(),
                        "Content-Type: application/json\r\n");
    }
  }

  json card() const {
    return {
        {"name", "echo"},
        {"description", "says it again"},
        {"version", "1"},
        {"supportedInterfaces",
         {{{"url", server_.url()}, {"protocolBinding", "JSONRPC"}, {"protocolVersion", "1.0"}}}},
        {"capabilities", {{"streaming", true}}},
        {"defaultInputModes", {"text/plain"}},
        {"defaultOutputModes", {"text/plain"}},
        {"skills",
         {{{"id", "echo"}, {"name", "echo"}, {"description", "d"}, {"tags", json::array({"t"})}}}}};
  }

  Stream stream_;
  std::mutex mutex_;
  std::vector<std::string> methods_;
  TestServer server_;
};

TaskSpec echo_spec() {
  TaskSpec spec;
  spec.skill = "echo";
  spec.input = {Part{.text = "hello"}};
  return spec;
}

std::shared_ptr<A2aClient> connected(const Agent& agent) {
  return A2aClient::connect(agent.url(), {.strict_verify = false});
}

TEST(Loopback, ATaskIsSentGotAndCancelled) {
  Agent agent;
  const auto client = connected(agent);
  EXPECT_EQ(client->card().name, "echo");
  EXPECT_EQ(client->protocol(), Protocol::v1_0);
  const SendResult sent = client->send_task(echo_spec());
  ASSERT_TRUE(sent.task);
  EXPECT_EQ(sent.task->id, "s1");
  EXPECT_EQ(sent.task->status.state, TaskState::completed);
  EXPECT_EQ(client->get_task("s1").context_id, "c1");
  EXPECT_EQ(client->wait("s1").id, "s1");
  EXPECT_EQ(agent.methods(), (std::vector<std::string>{"SendMessage", "GetTask", "GetTask"}));
  EXPECT_EQ(agent.connections(), 1u);  // kept alive
}

TEST(Loopback, AnUnsignedCardIsRefusedUnlessThatIsWanted) {
  Agent agent;
  EXPECT_THROW(A2aClient::connect(agent.url()), CardSignatureInvalid);
}

TEST(Loopback, WhatTheGateRefusesOpensNoConnection) {
  Agent agent;
  const auto client = A2aClient::connect(agent.url(), {.strict_verify = false});
  const std::string card = client->card().raw;
  client->close();
  Agent other;
  const auto offline = A2aClient::connect(other.url(), {.strict_verify = false,
                                                        .card = card,
                                                        .rewrite_to_origin = true,
                                                        .budget = {.max_usd_per_minute = 1.0}});
  TaskSpec dear = echo_spec();
  dear.policy = TaskPolicy{.max_cost_usd = 0.10};
  dear.estimate = TaskEstimate{.cost_usd = 0.11};
  EXPECT_THROW(offline->send_task(dear), PolicyViolation);
  EXPECT_THROW(offline->stream_task(dear), PolicyViolation);
  dear.policy.reset();
  dear.estimate = TaskEstimate{.cost_usd = 1.01};
  EXPECT_THROW(offline->send_task(dear), BudgetExceeded);
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(other.connections(), 0u);
  dear.estimate = TaskEstimate{.cost_usd = 1.0};
  EXPECT_TRUE(offline->send_task(dear).task);
  EXPECT_EQ(other.connections(), 1u);
}

TEST(Loopback, ATruncatedStreamIsTakenUpAgainAndEndsWithItsTask) {
  Agent agent([](TestConnection& connection, const json& rpc) {
    Agent::begin_stream(connection);
    if (rpc["method"] == "SendStreamingMessage") {
      Agent::event(connection, rpc, {{"task", task("TASK_STATE_SUBMITTED")}});
      Agent::event(connection, rpc, status("TASK_STATE_WORKING", "step 1"));
      return;  // without the chunk that ends the body
    }
    Agent::event(connection, rpc, {{"task", task("TASK_STATE_WORKING")}});
    Agent::event(connection, rpc, status("TASK_STATE_COMPLETED"));
    connection.chunk("");
  });
  const auto client = connected(agent);
  const auto stream = client->stream_task(echo_spec());
  std::vector<TaskUpdate::Kind> kinds;
  std::optional<TaskUpdate> last;
  while (auto update = stream->next()) {
    kinds.push_back(update->kind);
    last = std::move(update);
  }
  using Kind = TaskUpdate::Kind;
  EXPECT_EQ(kinds,
            (std::vector{Kind::task, Kind::status, Kind::warning, Kind::task, Kind::status}));
  EXPECT_EQ(last->status->status.state, TaskState::completed);
  EXPECT_EQ(stream->task_id(), "s1");
  EXPECT_EQ(agent.methods(), (std::vector<std::string>{"SendStreamingMessage", "SubscribeToTask"}));
}

TEST(Loopback, AClosedStreamClosesItsConnection) {
  std::promise<bool> is_closed;
  Agent agent([&](TestConnection& connection, const json& rpc) {
    Agent::begin_stream(connection);
    Agent::event(connection, rpc, status("TASK_STATE_WORKING"));
    is_closed.set_value(connection.peer_ends_within(milliseconds(20'000)));
  });
  const auto client = connected(agent);
  const auto stream = client->stream_task(echo_spec());
  EXPECT_TRUE(stream->next());
  stream->close();
  EXPECT_TRUE(is_closed.get_future().get());
  EXPECT_EQ(stream->next(), std::nullopt);
}

TEST(Loopback, ASlowReaderFillsTheServersWindowAndLosesNothing) {
  constexpr int kEvents = 4000;
  std::atomic<int> written{0};
  Agent agent([&](TestConnection& connection, const json& rpc) {
    Agent::begin_stream(connection);
    const std::string text(4096, 'x');
    for (; written < kEvents; ++written) {
      if (!Agent::event(connection, rpc, status("TASK_STATE_WORKING", text))) return;
    }
    Agent::event(connection, rpc, status("TASK_STATE_COMPLETED"));
    connection.chunk("");
  });
  const auto client = connected(agent);
  const auto stream = client->stream_task(echo_spec(), {.max_events = 16});
  EXPECT_TRUE(stream->next());
  // The server gets stuck: neither memory nor time make it go on.
  int before = -1;
  while (before != written) {
    before = written;
    std::this_thread::sleep_for(milliseconds(300));
  }
  EXPECT_LT(written, kEvents);
  int count = 1;
  while (stream->next()) ++count;
  EXPECT_EQ(count, kEvents + 1);
}

}  // namespace
}  // namespace ruvector

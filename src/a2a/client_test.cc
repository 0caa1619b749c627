#include "ruvector/a2a/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <regex>
#include <stdexcept>
#include <thread>

#include "a2a/test_codec.h"

namespace ruvector::a2a {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Failing = net::Failure::Kind;

struct Fixture {
  FakePeer peer;
  std::shared_ptr<A2aClient> client;

  explicit Fixture(ConnectOptions options = {}, Protocol protocol = Protocol::v1_0) {
    peer.endpoint.protocol = protocol;
    client = peer.client(std::move(options));
  }
  FakeTransport& net() { return *peer.transport; }
  FakeTransport::Exchange last() { return net().last(); }
};

// As MatchesRegex(), whose expressions are poorer on Windows.
MATCHER_P(HasForm, form, "") { return std::regex_match(arg, std::regex(form)); }

TEST(Client, ATaskIsSentAndItsAnswerGiven) {
  Fixture f;
  Got<SendResult> got;
  f.client->send_task_async(echo_spec(), got.callback());
  f.net().run();
  EXPECT_EQ(f.last()->request.body, "send t depth 0");
  EXPECT_THAT(f.last()->header("traceparent"), HasForm("00-[0-9a-f]{32}-[0-9a-f]{16}-01"));
  f.last()->answer(200, "task s1 completed 5");
  ASSERT_TRUE(got.is_done);
  ASSERT_TRUE(got.value.task);
  EXPECT_EQ(got.value.task->id, "s1");
  EXPECT_EQ(got.value.task->status.state, TaskState::completed);
}

TEST(Client, TheTraceOfTheContextIsThatOfTheHeader) {
  Fixture f;
  TaskSpec spec = echo_spec();
  spec.context.trace_id = "0af7651916cd43dd8448eb211c80319c";
  Got<SendResult> got;
  f.client->send_task_async(spec, got.callback());
  f.net().run();
  EXPECT_EQ(f.last()->header("traceparent").substr(3, 32), spec.context.trace_id);
}

TEST(Client, WhatTheGateRefusesStartsNoRequest) {
  Fixture f({.budget = {.max_tokens_per_minute = 10}});
  const auto refused = [&](const TaskSpec& spec) {
    EXPECT_ANY_THROW(f.client->send_task_async(spec, [](auto&&...) { FAIL(); }));
    EXPECT_ANY_THROW(f.client->stream_task(spec));
    EXPECT_ANY_THROW(f.client->send_task(spec));
  };
  TaskSpec costly = echo_spec();
  costly.policy = TaskPolicy{.max_cost_usd = 0.1};
  costly.estimate = TaskEstimate{.cost_usd = 0.2};
  EXPECT_THROW(f.client->send_task(costly), PolicyViolation);
  refused(costly);
  TaskSpec greedy = echo_spec();
  greedy.estimate = TaskEstimate{.tokens = 11};
  EXPECT_THROW(f.client->send_task(greedy), BudgetExceeded);
  refused(greedy);
  TaskSpec deep = echo_spec();
  deep.context.depth = 9;
  EXPECT_THROW(f.client->send_task(deep), RecursionLimit);
  refused(deep);
  TaskSpec round = echo_spec();
  round.context.visited_agents = {"peer"};
  EXPECT_THROW(f.client->send_task(round), RecursionLimit);
  refused(round);
  TaskSpec other = echo_spec();
  other.policy = TaskPolicy{.allowed_skills = std::vector<std::string>{"safe"}};
  refused(other);
  TaskSpec none = echo_spec();
  none.policy = TaskPolicy{.max_concurrency = 0};
  refused(none);
  TaskSpec empty = echo_spec();
  empty.input.clear();
  EXPECT_THROW(f.client->send_task(empty), std::invalid_argument);
  f.net().advance(seconds(100));
  EXPECT_EQ(f.net().started(), 0u);
}

TEST(Client, TheBudgetIsChargedOnceForAllAttempts) {
  Fixture f({.budget = {.max_tasks_per_minute = 2}});
  Got<SendResult> got;
  f.client->send_task_async(echo_spec(), got.callback());
  f.net().run();
  f.last()->fail(Failing::connect, false);
  f.net().advance(seconds(1));
  f.last()->answer(503, "", {{"retry-after", "0"}});
  f.net().advance(seconds(1));
  EXPECT_EQ(f.net().started(), 3u);
  f.last()->answer(200, "task s completed 1");
  EXPECT_TRUE(got.value.task);
  f.client->send_task_async(echo_spec(), got.callback());  // the second of two
  EXPECT_THROW(f.client->send_task_async(echo_spec(), got.callback()), BudgetExceeded);
}

TEST(Client, TasksInFlightEndWithTheirAnswer) {
  Fixture f;
  TaskSpec alone = echo_spec();
  alone.policy = TaskPolicy{.max_concurrency = 1};
  Got<SendResult> got;
  f.client->send_task_async(alone, got.callback());
  f.net().run();
  EXPECT_THROW(f.client->send_task_async(alone, got.callback()), PolicyViolation);
  f.last()->fail(Failing::broken);
  EXPECT_TRUE(got.failed_with<TransportError>());
  EXPECT_NO_THROW(f.client->send_task_async(alone, got.callback()));
}

TEST(Client, RvAgentGetsFlatContextsUnlessTheCallerInsists) {
  TaskSpec child = echo_spec();
  child.context.depth = 2;
  Got<SendResult> got;
  Fixture flat({}, Protocol::rvagent);
  flat.client->send_task_async(child, got.callback());
  flat.net().run();
  EXPECT_EQ(flat.last()->request.body, "send t depth 0");
  Fixture deep({.send_deep_contexts = true}, Protocol::rvagent);
  deep.client->send_task_async(child, got.callback());
  deep.net().run();
  EXPECT_EQ(deep.last()->request.body, "send t depth 2");
  child.context.depth = 9;  // the guard sees what is not sent
  EXPECT_THROW(flat.client->send_task_async(child, got.callback()), RecursionLimit);
}

TEST(Client, ATaskThatTakesTooLongIsCancelledAndSaysSo) {
  Fixture f({}, Protocol::rvagent);
  TaskSpec spec = echo_spec();
  spec.policy = TaskPolicy{.max_duration_ms = 500};
  Got<SendResult> got;
  f.client->send_task_async(spec, got.callback());
  f.net().run();
  const auto sent = f.last();
  f.net().advance(milliseconds(499));
  EXPECT_FALSE(got.is_done);
  f.net().advance(milliseconds(1));
  ASSERT_TRUE(got.failed_with<PolicyViolation>());
  EXPECT_TRUE(sent->is_cancelled);
  EXPECT_EQ(f.last()->request.body, "cancel t");
  try {
    std::rethrow_exception(got.error);
  } catch (const PolicyViolation& error) {
    EXPECT_EQ(error.field(), "max_duration_ms");
    EXPECT_EQ(error.limit(), "500");
  }
}

TEST(Client, WhoWaitsForTheEndOfATaskHasNoDeadlineAndOthersHave) {
  Fixture f;
  Got<SendResult> got;
  TaskSpec spec = echo_spec();
  f.client->send_task_async(spec, got.callback());
  f.net().run();
  EXPECT_EQ(f.last()->request.total_timeout, std::chrono::hours(24));
  spec.blocking = false;
  f.client->send_task_async(spec, got.callback());
  f.net().run();
  EXPECT_EQ(f.last()->request.total_timeout, seconds(30));
  Got<Task> task;
  f.client->get_task_async("t", {}, task.callback());
  f.net().run();
  EXPECT_EQ(f.last()->request.total_timeout, seconds(30));
  f.client->close();
  f.net().run();
}

TEST(Client, ThePeersErrorsComeByTheCallback) {
  Fixture f;
  Got<Task> got;
  f.client->get_task_async("t", 3, got.callback());
  f.net().run();
  f.last()->answer(200, "error unknown");
  EXPECT_TRUE(got.failed_with<TaskNotFound>());
  f.client->cancel_task_async("t", got.callback());
  f.net().run();
  EXPECT_EQ(f.last()->request.body, "cancel t");
  f.last()->answer(200, "task t canceled 1");
  EXPECT_EQ(got.value.status.state, TaskState::canceled);
  f.client->get_task_async("t", 3, got.callback());
  f.net().run();
  f.last()->answer(200, "rubbish");
  EXPECT_TRUE(got.failed_with<ProtocolError>());
}

TEST(Client, WhatTheDialectDoesNotHaveComesByTheCallback) {
  Fixture f({}, Protocol::v0_3);
  Got<TaskPage> got;
  f.client->list_tasks_async("", "", 50, got.callback());
  EXPECT_FALSE(got.is_done);
  f.net().run();
  EXPECT_TRUE(got.failed_with<UnsupportedOperation>());
  EXPECT_EQ(f.net().started(), 0u);
}

TEST(Client, PagesPushConfigsAndCardsAreGiven) {
  Fixture f;
  Got<TaskPage> page;
  f.client->list_tasks_async("", "", 50, page.callback());
  f.net().run();
  f.last()->answer(200, "task t working 1");
  EXPECT_EQ(page.value.next_page_token, "more");
  Got<std::string> config;
  f.client->set_push_config_async("t", "{}", config.callback());
  f.net().run();
  f.last()->answer(200, R"({"url":"x"})");
  EXPECT_EQ(config.value, R"({"url":"x"})");
  Got<AgentCard> card;
  f.client->extended_card_async(card.callback());
  f.net().run();
  f.last()->answer(200, "card peer");
  EXPECT_EQ(card.value.agent_id, "peer");
}

TEST(Client, AnExtendedCardOfAnotherAgentIsRefused) {
  Fixture f;
  Got<AgentCard> card;
  f.client->extended_card_async(card.callback());
  f.net().run();
  f.last()->answer(200, "card somebody");
  EXPECT_TRUE(card.failed_with<CardSignatureInvalid>());
  f.client->extended_card_async(card.callback());
  f.net().run();
  f.last()->answer(200, "unsigned");
  EXPECT_TRUE(card.failed_with<CardSignatureInvalid>());
}

TEST(Client, WaitAsksUntilTheTaskIsOver) {
  Fixture f;
  Got<Task> got;
  f.client->wait_async("t", milliseconds(500), got.callback());
  f.net().run();
  for (std::size_t asked = 1; asked <= 3; ++asked) {
    EXPECT_EQ(f.net().started(), asked);
    f.last()->answer(200, "task t working 1");
    f.net().advance(milliseconds(500));
  }
  f.last()->answer(200, "task t input 2");
  ASSERT_TRUE(got.is_done);
  EXPECT_EQ(got.value.status.state, TaskState::input_required);
  f.net().advance(seconds(5));
  EXPECT_EQ(f.net().started(), 4u);
}

TEST(Client, WaitIsPatientWithATaskOfItsOwnThatRvAgentDoesNotKnowYet) {
  Fixture f({}, Protocol::rvagent);
  Got<SendResult> sent;
  f.client->send_task_async(echo_spec(), sent.callback());
  f.net().run();
  const auto sending = f.last();
  Got<Task> got;
  f.client->wait_async("t", milliseconds(500), got.callback());
  f.net().run();
  f.last()->answer(200, "error unknown");
  EXPECT_FALSE(got.is_done);
  sending->answer(200, "task t completed 1");
  f.net().advance(milliseconds(500));
  f.last()->answer(200, "task t completed 1");
  EXPECT_EQ(got.value.status.state, TaskState::completed);
  Got<Task> strange;
  f.client->wait_async("other", milliseconds(500), strange.callback());
  f.net().run();
  f.last()->answer(200, "error unknown");
  EXPECT_TRUE(strange.failed_with<TaskNotFound>());
}

TEST(Client, WhatIsCancelledSaysSoAndClosesItsConnection) {
  Fixture f;
  Got<SendResult> sent;
  Got<Task> waited;
  const auto cancel_send = f.client->send_task_async(echo_spec(), sent.callback());
  const auto cancel_wait = f.client->wait_async("t", milliseconds(500), waited.callback());
  f.net().run();
  cancel_send();
  cancel_wait();
  f.net().run();
  EXPECT_TRUE(sent.failed_with<Cancelled>());
  EXPECT_TRUE(waited.failed_with<Cancelled>());
  EXPECT_TRUE(f.net().exchange(0)->is_cancelled);
  EXPECT_TRUE(f.net().exchange(1)->is_cancelled);
}

TEST(Client, AClosedClientEndsWhatIsInFlightAndThrowsLater) {
  Fixture f;
  Got<SendResult> sent;
  f.client->send_task_async(echo_spec(), sent.callback());
  const auto stream = f.client->stream_task(echo_spec());
  f.net().run();
  f.client->close();
  f.client->close();
  f.net().run();
  EXPECT_TRUE(sent.failed_with<TransportError>());
  TaskUpdate update;
  EXPECT_THROW(stream->try_next(update), TransportError);
  EXPECT_THROW(f.client->get_task_async("t", {}, [](auto&&...) {}), A2aError);
  EXPECT_THROW(f.client->stream_task("t"), A2aError);
  EXPECT_EQ(f.net().started(), 2u);
}

TEST(Client, WrongArgumentsAreThrownAtOnce) {
  Fixture f;
  EXPECT_THROW(f.client->get_task_async("", {}, [](auto&&...) {}), std::invalid_argument);
  EXPECT_THROW(f.client->wait_async("t", milliseconds(0), [](auto&&...) {}), std::invalid_argument);
  EXPECT_THROW(f.client->stream_task("t", {.max_events = 0}), std::invalid_argument);
  EXPECT_THROW(f.client->stream_task(""), std::invalid_argument);
}

TEST(Client, FunctionsThatWaitGiveTheSame) {
  Fixture f;
  std::thread io;
  std::atomic<bool> is_over{false};
  f.net().script = [](FakeExchange& exchange) {
    exchange.answer(
        200, exchange.request.body.substr(0, 4) == "send" ? "message" : "task t completed 1");
  };
  io = std::thread([&] { f.net().until([&] { return is_over.load(); }); });
  EXPECT_TRUE(f.client->send_task(echo_spec()).message);
  EXPECT_EQ(f.client->get_task("t").id, "t");
  EXPECT_EQ(f.client->cancel_task("t").id, "t");
  EXPECT_EQ(f.client->wait("t").id, "t");
  EXPECT_EQ(f.client->list_tasks().tasks.size(), 1u);
  EXPECT_EQ(f.client->set_push_config("t", "{}"), "task t completed 1");
  EXPECT_THROW(f.client->extended_card(), CardSignatureInvalid);
  is_over = true;
  io.join();
}

}  // namespace
}  // namespace ruvector::a2a

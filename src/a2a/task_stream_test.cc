#include "a2a/task_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "a2a/test_codec.h"

namespace ruvector::a2a {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Failing = net::Failure::Kind;
using Take = TaskStream::Take;

struct Fixture {
  FakePeer peer;
  std::shared_ptr<A2aClient> client;
  std::shared_ptr<TaskStream> stream;

  explicit Fixture(Protocol protocol = Protocol::v1_0, ConnectOptions options = {}) {
    peer.endpoint.protocol = protocol;
    client = peer.client(std::move(options));
  }
  FakeTransport& net() { return *peer.transport; }
  FakeTransport::Exchange last() { return net().last(); }

  // Begins a stream that the peer accepts; gives its connection.
  FakeTransport::Exchange open(const TaskSpec& spec = echo_spec(), StreamOptions options = {}) {
    stream = client->stream_task(spec, std::move(options));
    net().run();
    const auto line = last();
    line->open_stream();
    net().run();
    return line;
  }

  // What can be read now, a word for each, with the end and errors.
  std::vector<std::string> read() {
    std::vector<std::string> words;
    TaskUpdate update;
    try {
      for (;;) {
        const Take take = stream->try_next(update);
        if (take == Take::wait) return words;
        if (take == Take::end) {
          words.emplace_back("end");
          return words;
        }
        words.push_back(word(update));
      }
    } catch (const StreamInterrupted&) {
      words.emplace_back("interrupted");
    } catch (const PolicyViolation&) {
      words.emplace_back("policy");
    } catch (const AuthRequired&) {
      words.emplace_back("login");
    } catch (const TransportError&) {
      words.emplace_back("transport");
    } catch (const A2aError&) {
      words.emplace_back("error");
    }
    return words;
  }
  static std::string word(const TaskUpdate& update) {
    if (update.status) return "status " + update.status->status.timestamp;
    if (update.task) return "task " + update.task->status.timestamp;
    if (update.artifact) return "artifact";
    if (update.message) return "message";
    return update.warning->reason;
  }
};

using Words = std::vector<std::string>;

TEST(TaskStream, UpdatesComeAsTheyAreSentAndThenTheEnd) {
  Fixture f;
  const auto line = f.open();
  EXPECT_EQ(line->request.body, "stream t");
  EXPECT_TRUE(line->request.is_stream);
  EXPECT_EQ(f.stream->task_id(), "");
  line->event("task s1 submitted 1");
  EXPECT_EQ(f.stream->task_id(), "s1");
  line->event("status s1 working 2");
  EXPECT_EQ(f.read(), (Words{"task 1", "status 2"}));
  line->data("data: artifact s1\n\n: ping\n\ndata: status s1 comp");
  EXPECT_EQ(f.read(), (Words{"artifact"}));
  line->data("leted 3\n\n");
  EXPECT_EQ(f.read(), (Words{"status 3", "end"}));
  // An official peer closes the connection itself, so that it can serve again.
  f.net().advance(milliseconds(499));
  EXPECT_FALSE(line->is_cancelled);
  f.net().advance(milliseconds(1));
  EXPECT_TRUE(line->is_cancelled);
}

TEST(TaskStream, AConnectionThatThePeerClosesIsLeftAlone) {
  Fixture f;
  const auto line = f.open();
  line->event("status s completed 1");
  line->end();
  f.net().advance(seconds(5));
  EXPECT_FALSE(line->is_cancelled);
  EXPECT_EQ(f.read(), (Words{"status 1", "end"}));
}

TEST(TaskStream, ATruncatedStreamIsTakenUpAgainWithAStatedGap) {
  Fixture f;
  const auto line = f.open();
  line->event("status s working 1");
  line->end();
  f.net().advance(seconds(1));
  ASSERT_EQ(f.net().started(), 2u);
  EXPECT_EQ(f.last()->request.body, "subscribe s after 1");
  f.last()->open_stream();
  f.last()->event("task s working 1");
  f.last()->event("status s completed 2");
  EXPECT_EQ(f.read(), (Words{"status 1", "reconnected", "task 1", "status 2", "end"}));
}

TEST(TaskStream, AStreamThatCannotBeTakenUpIsInterrupted) {
  Fixture f;
  f.open()->event("status s working 1");
  f.last()->fail(Failing::broken);
  for (int i = 0; i < 5; ++i) {
    f.net().advance(seconds(10));
    f.last()->fail(Failing::connect, false);
  }
  EXPECT_EQ(f.net().started(), 6u);
  EXPECT_EQ(f.read(), (Words{"status 1", "interrupted"}));
  EXPECT_EQ(f.read(), (Words{"interrupted"}));  // each time it is asked
}

TEST(TaskStream, ASubscriptionToATaskThatIsOverEndsWithTheTask) {
  Fixture f;
  f.open()->event("status s working 1");
  f.last()->end();
  f.net().advance(seconds(1));
  f.last()->answer(200, "error unsupported", {{"content-type", "application/json"}});
  f.net().run();
  EXPECT_EQ(f.last()->request.body, "get s");
  f.last()->answer(200, "task s completed 9");
  EXPECT_EQ(f.read(), (Words{"status 1", "task 9", "end"}));
}

TEST(TaskStream, AnAnswerThatIsNoStreamIsReadAsSuch) {
  Fixture refused;
  refused.stream = refused.client->stream_task(echo_spec());
  refused.net().run();
  refused.last()->answer(200, "error policy", {{"content-type", "application/json"}});
  EXPECT_EQ(refused.read(), (Words{"policy"}));
  Fixture plain;
  plain.stream = plain.client->stream_task(echo_spec());
  plain.net().run();
  plain.last()->answer(200, "task s completed 4", {{"content-type", "application/json"}});
  EXPECT_EQ(plain.read(), (Words{"task 4", "end"}));
}

TEST(TaskStream, WhatIsNoEventIsAnError) {
  Fixture f;
  f.open()->event("rubbish");
  EXPECT_EQ(f.read(), (Words{"transport"}));
  EXPECT_TRUE(f.last()->is_cancelled || f.net().until([&] { return f.last()->is_cancelled; }));
  ConnectOptions narrow;
  narrow.http.limits.event_bytes = 100;
  Fixture large(Protocol::v1_0, narrow);
  large.open()->data("data: " + std::string(200, 'x'));
  EXPECT_EQ(large.read(), (Words{"transport"}));
}

TEST(TaskStream, AnErrorInsideOfTheStreamIsThePeersError) {
  Fixture f;
  const auto line = f.open();
  line->event("status s working 1");
  line->event("error internal");
  EXPECT_EQ(f.read(), (Words{"status 1", "error"}));
}

TEST(TaskStream, ATaskIsSentOnceEvenWhenItsStreamBreaksBeforeItBegins) {
  Fixture sent;
  sent.stream = sent.client->stream_task(echo_spec());
  sent.net().run();
  sent.last()->fail(Failing::broken);
  sent.net().advance(seconds(60));
  EXPECT_EQ(sent.net().started(), 1u);
  EXPECT_EQ(sent.read(), (Words{"transport"}));
  Fixture not_sent;
  not_sent.stream = not_sent.client->stream_task(echo_spec());
  not_sent.net().run();
  not_sent.last()->fail(Failing::connect, false);
  not_sent.net().advance(seconds(1));
  EXPECT_EQ(not_sent.net().started(), 2u);
  EXPECT_EQ(not_sent.last()->request.body, "stream t");
}

TEST(TaskStream, ABusyPeerIsAskedAgainWhenItSaysSo) {
  Fixture f;
  f.stream = f.client->stream_task(echo_spec());
  f.net().run();
  f.last()->answer(429, "", {{"retry-after", "3"}});
  f.net().advance(milliseconds(2999));
  EXPECT_EQ(f.net().started(), 1u);
  f.net().advance(milliseconds(1));
  EXPECT_EQ(f.net().started(), 2u);
  f.last()->answer(503, "");  // it does not say that nothing was done
  EXPECT_EQ(f.read(), (Words{"error"}));
}

TEST(TaskStream, CredentialsAreRefreshedOnce) {
  Fixture f(Protocol::v1_0, {.authorization = [](bool is_refresh) {
              return std::string(is_refresh ? "Bearer new" : "Bearer old");
            }});
  f.stream = f.client->stream_task(echo_spec());
  ASSERT_TRUE(f.net().until([&] { return f.net().started() == 1; }));
  EXPECT_EQ(f.last()->header("Authorization"), "Bearer old");
  f.last()->answer(401, "");
  ASSERT_TRUE(f.net().until([&] { return f.net().started() == 2; }));
  EXPECT_EQ(f.last()->header("Authorization"), "Bearer new");
  f.last()->answer(401, "");
  EXPECT_EQ(f.read(), (Words{"login"}));
  EXPECT_EQ(f.net().started(), 2u);
}

TEST(TaskStream, TheOtherVerbOfSubscriptionsIsTriedOnceAndRemembered) {
  Fixture f;
  f.peer.endpoint.binding = Binding::http_json;
  f.client = f.peer.client();
  f.stream = f.client->stream_task("s");
  f.net().run();
  EXPECT_EQ(f.last()->request.method, "POST");
  f.last()->answer(405, "");
  f.net().run();
  EXPECT_EQ(f.last()->request.method, "GET");
  f.last()->open_stream();
  f.last()->event("task s completed 1");
  EXPECT_EQ(f.read(), (Words{"task 1", "end"}));
  f.stream = f.client->stream_task("s");
  f.net().run();
  EXPECT_EQ(f.last()->request.method, "GET");
  EXPECT_EQ(f.net().started(), 3u);
}

// --- rvAgent

TEST(TaskStream, RvAgentIsSubscribedToFirstAndSentTheTaskWhenThatIsThere) {
  Fixture f(Protocol::rvagent);
  f.stream = f.client->stream_task(echo_spec());
  EXPECT_EQ(f.stream->task_id(), "t");
  f.net().run();
  const auto line = f.last();
  EXPECT_EQ(line->request.body, "listen t");
  EXPECT_EQ(f.net().started(), 1u);
  line->open_stream();
  f.net().run();
  ASSERT_EQ(f.net().started(), 2u);
  const auto sent = f.last();
  EXPECT_EQ(sent->request.body, "send t depth 0");
  EXPECT_EQ(sent->header("traceparent").substr(0, 35), line->header("traceparent").substr(0, 35));
  line->event("status t submitted 1", "status");
  line->event("status t completed 2 final", "status");
  EXPECT_EQ(f.read(), (Words{"status 1", "status 2", "end"}));
  f.net().run();
  EXPECT_TRUE(line->is_cancelled);  // rvAgent never closes it
  EXPECT_FALSE(sent->is_cancelled);
  sent->answer(200, "task t completed 2");
  EXPECT_EQ(f.read(), (Words{"end"}));
}

TEST(TaskStream, ASubscriptionThatFailsSendsRvAgentNothing) {
  Fixture f(Protocol::rvagent);
  f.stream = f.client->stream_task(echo_spec());
  for (int i = 0; i < 3; ++i) {
    f.net().advance(seconds(1));
    EXPECT_EQ(f.last()->request.body, "listen t");
    f.last()->fail(Failing::connect, false);
  }
  f.net().advance(seconds(60));
  EXPECT_EQ(f.net().started(), 3u);
  EXPECT_EQ(f.read(), (Words{"transport"}));
}

TEST(TaskStream, WhatRvAgentRefusesIsTheStreamsError) {
  Fixture f(Protocol::rvagent);
  f.open();
  f.last()->answer(200, "error policy");
  EXPECT_EQ(f.read(), (Words{"policy"}));
}

TEST(TaskStream, WhatRvAgentAnswersFillsTheGapOfDroppedUpdates) {
  Fixture f(Protocol::rvagent);
  const auto line = f.open();
  const auto sent = f.last();
  line->event("status t working 1");
  line->event("lagged t");
  line->event("status t completed 2 final");
  EXPECT_EQ(f.read(), (Words{"status 1", "lagged", "status 2"}));
  sent->answer(200, "task t completed 2");
  EXPECT_EQ(f.read(), (Words{"task 2", "end"}));
}

TEST(TaskStream, AnAnswerWithoutLastUpdateEndsTheStreamAfterASecond) {
  Fixture f(Protocol::rvagent);
  f.open();
  f.last()->answer(200, "task t completed 2");
  f.net().advance(milliseconds(999));
  EXPECT_EQ(f.read(), Words{});
  f.net().advance(milliseconds(1));
  EXPECT_EQ(f.read(), (Words{"the last updates did not come", "task 2", "end"}));
}

TEST(TaskStream, ATaskGoesOnWhenItsReaderLeaves) {
  Fixture f(Protocol::rvagent);
  const auto line = f.open();
  const auto sent = f.last();
  f.stream->close();
  f.net().run();
  EXPECT_TRUE(line->is_cancelled);
  EXPECT_FALSE(sent->is_cancelled);  // closing it would stop the task
  EXPECT_EQ(f.net().started(), 2u);
  sent->answer(200, "task t completed 2");
  EXPECT_EQ(f.read(), (Words{"end"}));
}

TEST(TaskStream, AReaderMayCancelTheTaskByLeaving) {
  Fixture f(Protocol::rvagent);
  const auto line = f.open(echo_spec(), {.cancel_remote = true});
  const auto sent = f.last();
  f.stream.reset();
  f.net().run();
  EXPECT_TRUE(line->is_cancelled);
  EXPECT_TRUE(sent->is_cancelled);
  EXPECT_EQ(f.last()->request.body, "cancel t");
}

TEST(TaskStream, ATaskThatEndedIsNotCancelledByLeaving) {
  Fixture f;
  f.open(echo_spec(), {.cancel_remote = true})->event("status s completed 1");
  f.stream->close();
  f.net().advance(seconds(1));
  EXPECT_EQ(f.net().started(), 1u);
}

// --- limits

TEST(TaskStream, ASlowReaderMakesThePeerWait) {
  Fixture f;
  const auto line = f.open(echo_spec(), {.max_events = 4});
  std::string many;
  for (int i = 0; i < 10; ++i) many += "data: status s working " + std::to_string(i) + "\n\n";
  line->data(many);
  EXPECT_TRUE(line->is_paused);
  TaskUpdate update;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(f.stream->try_next(update), Take::update) << i;
    EXPECT_EQ(Fixture::word(update), "status " + std::to_string(i));
    f.net().run();
    EXPECT_EQ(line->is_paused, i < 7) << i;  // until what came is in a queue that is half empty
  }
  EXPECT_EQ(f.stream->try_next(update), Take::wait);
  line->event("status s completed 11");
  EXPECT_EQ(f.read(), (Words{"status 11", "end"}));
}

TEST(TaskStream, WhatCameBeforeTheConnectionBrokeIsToldFirst) {
  Fixture f;
  const auto line = f.open(echo_spec(), {.max_events = 2});
  line->data(
      "data: status s working 1\n\ndata: artifact s\n\ndata: artifact s\n\n"
      "data: status s completed 4\n\n");
  line->fail(Failing::broken);
  EXPECT_EQ(f.read(), (Words{"status 1", "artifact"}));
  f.net().run();
  EXPECT_EQ(f.read(), (Words{"artifact", "status 4", "end"}));
  EXPECT_EQ(f.net().started(), 1u);
}

TEST(TaskStream, AStreamThatSaysNothingForTooLongIsTakenUpAgain) {
  Fixture f;
  const auto line = f.open(echo_spec(), {.idle_timeout = milliseconds(1000)});
  line->event("status s working 1");
  f.net().advance(milliseconds(900));
  line->data(": ping\n\n");  // any byte counts
  f.net().advance(milliseconds(900));
  EXPECT_FALSE(line->is_cancelled);
  f.net().advance(milliseconds(200));
  EXPECT_TRUE(line->is_cancelled);
  EXPECT_EQ(f.last()->request.body, "subscribe s after 1");
}

TEST(TaskStream, AStreamThatTakesTooLongCancelsItsTask) {
  Fixture f;
  TaskSpec spec = echo_spec();
  spec.policy = TaskPolicy{.max_duration_ms = 2000};
  const auto line = f.open(spec);
  line->event("status s working 1");
  f.net().advance(milliseconds(2000));
  EXPECT_EQ(f.read(), (Words{"status 1", "policy"}));
  EXPECT_TRUE(line->is_cancelled);
  EXPECT_EQ(f.last()->request.body, "cancel s");
}

TEST(TaskStream, AMissingEstimateIsSaidFirst) {
  Fixture f;
  TaskSpec spec = echo_spec();
  spec.policy = TaskPolicy{.max_cost_usd = 1.0};
  f.open(spec)->event("status s completed 1");
  EXPECT_EQ(f.read(), (Words{"no estimate", "status 1", "end"}));
}

TEST(TaskStream, ATaskIsInFlightUntilItsStreamEnds) {
  Fixture f;
  TaskSpec spec = echo_spec();
  spec.policy = TaskPolicy{.max_concurrency = 1};
  const auto line = f.open(spec);
  EXPECT_THROW(f.client->stream_task(spec), PolicyViolation);
  line->event("status s completed 1");
  EXPECT_NO_THROW(f.open(spec));
}

// --- readers

TEST(TaskStream, AReaderIsWokenOnceForEventsThatComeTogether) {
  Fixture f;
  const auto line = f.open();
  int calls = 0;
  f.stream->when_ready([&] { ++calls; });
  line->data(": ping\n\n");
  EXPECT_EQ(calls, 0);
  line->data("data: status s working 1\n\ndata: status s working 2\n\n");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(f.read(), (Words{"status 1", "status 2"}));
  f.stream->when_ready([&] { ++calls; });
  line->fail(Failing::shut_down);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(f.read(), (Words{"transport"}));
}

TEST(TaskStream, AClosedStreamCallsNobody) {
  Fixture f;
  const auto line = f.open();
  int calls = 0;
  f.stream->when_ready([&] { ++calls; });
  f.stream->close();
  line->event("status s working 1");
  f.net().run();
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(line->is_cancelled);
  EXPECT_EQ(f.read(), (Words{"end"}));
}

TEST(TaskStream, TheObserverSeesEvents) {
  int events = 0;
  Fixture f(Protocol::v1_0, {.observer = [&](const ConnectOptions::Notice& notice) {
              events += notice.kind == ConnectOptions::Notice::Kind::event;
            }});
  const auto line = f.open();
  line->event("status s working 1");
  line->event("status s completed 2");
  EXPECT_EQ(events, 2);
}

}  // namespace
}  // namespace ruvector::a2a

#include "a2a/task_stream.h"

#include <gtest/gtest.h>

#include "a2a/test_task_stream.h"

namespace ruvector::a2a {
namespace {

TEST(TaskStream, UpdatesComeAsTheyAreSentAndThenTheEnd) {
  StreamFixture f;
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
  StreamFixture f;
  const auto line = f.open();
  line->event("status s completed 1");
  line->end();
  f.net().advance(seconds(5));
  EXPECT_FALSE(line->is_cancelled);
  EXPECT_EQ(f.read(), (Words{"status 1", "end"}));
}

TEST(TaskStream, ATruncatedStreamIsTakenUpAgainWithAStatedGap) {
  StreamFixture f;
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
  StreamFixture f;
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
  StreamFixture f;
  f.open()->event("status s working 1");
  f.last()->end();
  f.net().advance(seconds(1));
  f.last()->answer(200, "error unsupported", {{"content-type", "application/json"}});
  f.net().run();
  EXPECT_EQ(f.last()->request.body, "get s");
  f.last()->answer(200, "task s completed 9");
  EXPECT_EQ(f.read(), (Words{"status 1", "the last updates did not come", "task 9", "end"}));
}

TEST(TaskStream, AnAnswerThatIsNoStreamIsReadAsSuch) {
  StreamFixture refused;
  refused.stream = refused.client->stream_task(echo_spec());
  refused.net().run();
  refused.last()->answer(200, "error policy", {{"content-type", "application/json"}});
  EXPECT_EQ(refused.read(), (Words{"policy"}));
  StreamFixture plain;
  plain.stream = plain.client->stream_task(echo_spec());
  plain.net().run();
  plain.last()->answer(200, "task s completed 4", {{"content-type", "application/json"}});
  EXPECT_EQ(plain.read(), (Words{"task 4", "end"}));
}

TEST(TaskStream, AnAnswerThatIsNoStreamAndHasNoEndIsNotWaitedForForever) {
  ConnectOptions options;
  options.http.timeouts.total = milliseconds(500);
  StreamFixture f(Protocol::v1_0, options);
  f.stream = f.client->stream_task(echo_spec(), {.max_reconnects = 0});
  f.net().run();
  f.last()->head(200, {{"content-type", "text/plain"}});
  f.net().advance(milliseconds(499));
  EXPECT_EQ(f.read(), Words{});
  f.net().advance(milliseconds(1));
  EXPECT_EQ(f.read(), Words{"transport"});
  EXPECT_TRUE(f.last()->is_cancelled);
}

TEST(TaskStream, WhatIsNoEventIsAnError) {
  StreamFixture f;
  f.open()->event("rubbish");
  EXPECT_EQ(f.read(), (Words{"transport"}));
  EXPECT_TRUE(f.last()->is_cancelled || f.net().until([&] { return f.last()->is_cancelled; }));
  ConnectOptions narrow;
  narrow.http.limits.event_bytes = 100;
  StreamFixture large(Protocol::v1_0, narrow);
  large.open()->data("data: " + std::string(200, 'x'));
  EXPECT_EQ(large.read(), (Words{"transport"}));
}

TEST(TaskStream, AnErrorInsideOfTheStreamIsThePeersError) {
  StreamFixture f;
  const auto line = f.open();
  line->event("status s working 1");
  line->event("error internal");
  EXPECT_EQ(f.read(), (Words{"status 1", "error"}));
}

TEST(TaskStream, ATaskIsSentOnceEvenWhenItsStreamBreaksBeforeItBegins) {
  StreamFixture sent;
  sent.stream = sent.client->stream_task(echo_spec());
  sent.net().run();
  sent.last()->fail(Failing::broken);
  sent.net().advance(seconds(60));
  EXPECT_EQ(sent.net().started(), 1u);
  EXPECT_EQ(sent.read(), (Words{"transport"}));
  StreamFixture not_sent;
  not_sent.stream = not_sent.client->stream_task(echo_spec());
  not_sent.net().run();
  not_sent.last()->fail(Failing::connect, false);
  not_sent.net().advance(seconds(1));
  EXPECT_EQ(not_sent.net().started(), 2u);
  EXPECT_EQ(not_sent.last()->request.body, "stream t");
}

TEST(TaskStream, ABusyPeerIsAskedAgainWhenItSaysSo) {
  StreamFixture f;
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
  StreamFixture f(Protocol::v1_0, {.authorization = [](bool is_refresh) {
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
  StreamFixture f;
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

// --- limits

TEST(TaskStream, ASlowReaderMakesThePeerWait) {
  StreamFixture f;
  const auto line = f.open(echo_spec(), {.max_events = 4});
  std::string many;
  for (int i = 0; i < 10; ++i) many += "data: status s working " + std::to_string(i) + "\n\n";
  line->data(many);
  EXPECT_TRUE(line->is_paused);
  TaskUpdate update;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(f.stream->try_next(update), Take::update) << i;
    EXPECT_EQ(StreamFixture::word(update), "status " + std::to_string(i));
    f.net().run();
    EXPECT_EQ(line->is_paused, i < 7) << i;  // until what came is in a queue that is half empty
  }
  EXPECT_EQ(f.stream->try_next(update), Take::wait);
  line->event("status s completed 11");
  EXPECT_EQ(f.read(), (Words{"status 11", "end"}));
}

TEST(TaskStream, WhatCameBeforeTheConnectionBrokeIsToldFirst) {
  StreamFixture f;
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
  StreamFixture f;
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
  StreamFixture f;
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
  StreamFixture f;
  TaskSpec spec = echo_spec();
  spec.policy = TaskPolicy{.max_cost_usd = 1.0};
  f.open(spec)->event("status s completed 1");
  EXPECT_EQ(f.read(), (Words{"no estimate", "status 1", "end"}));
}

TEST(TaskStream, ATaskIsInFlightUntilItsStreamEnds) {
  StreamFixture f;
  TaskSpec spec = echo_spec();
  spec.policy = TaskPolicy{.max_concurrency = 1};
  const auto line = f.open(spec);
  EXPECT_THROW(f.client->stream_task(spec), PolicyViolation);
  line->event("status s completed 1");
  EXPECT_NO_THROW(f.open(spec));
}

// --- readers

TEST(TaskStream, AReaderIsWokenOnceForEventsThatComeTogether) {
  StreamFixture f;
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
  StreamFixture f;
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
  StreamFixture f(Protocol::v1_0, {.observer = [&](const ConnectOptions::Notice& notice) {
                    events += notice.kind == ConnectOptions::Notice::Kind::event;
                  }});
  const auto line = f.open();
  line->event("status s working 1");
  line->event("status s completed 2");
  EXPECT_EQ(events, 2);
}

TEST(TaskStream, ATaskThatEndedIsNotCancelledByLeaving) {
  StreamFixture f;
  f.open(echo_spec(), {.cancel_remote = true})->event("status s completed 1");
  f.stream->close();
  f.net().advance(seconds(1));
  EXPECT_EQ(f.net().started(), 1u);
}

}  // namespace
}  // namespace ruvector::a2a

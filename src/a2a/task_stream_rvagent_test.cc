// Streams of rvAgent, which is subscribed to first and then sent the task beside.

#include <gtest/gtest.h>

#include "a2a/test_task_stream.h"

namespace ruvector::a2a {
namespace {

TEST(TaskStreamRvAgent, RvAgentIsSubscribedToFirstAndSentTheTaskWhenThatIsThere) {
  StreamFixture f(Protocol::rvagent);
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

TEST(TaskStreamRvAgent, ASubscriptionThatFailsSendsRvAgentNothing) {
  StreamFixture f(Protocol::rvagent);
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

TEST(TaskStreamRvAgent, ASubscriptionThatIsNoStreamSendsRvAgentNothing) {
  StreamFixture f(Protocol::rvagent);
  f.stream = f.client->stream_task(echo_spec(), {.max_reconnects = 0});
  f.net().run();
  f.last()->answer(200, "no stream");
  f.net().advance(seconds(60));
  EXPECT_EQ(f.net().started(), 1u);
  EXPECT_EQ(f.read(), (Words{"transport"}));
}

TEST(TaskStreamRvAgent, WhatRvAgentRefusesIsTheStreamsError) {
  StreamFixture f(Protocol::rvagent);
  f.open();
  f.last()->answer(200, "error policy");
  EXPECT_EQ(f.read(), (Words{"policy"}));
}

TEST(TaskStreamRvAgent, WhatRvAgentAnswersFillsTheGapOfDroppedUpdates) {
  StreamFixture f(Protocol::rvagent);
  const auto line = f.open();
  const auto sent = f.last();
  line->event("status t working 1");
  line->event("lagged t");
  line->event("status t completed 2 final");
  EXPECT_EQ(f.read(), (Words{"status 1", "lagged", "status 2"}));
  sent->answer(200, "task t completed 2");
  EXPECT_EQ(f.read(), (Words{"task 2", "end"}));
}

TEST(TaskStreamRvAgent, AnAnswerWithoutLastUpdateEndsTheStreamAfterASecond) {
  StreamFixture f(Protocol::rvagent);
  f.open();
  f.last()->answer(200, "task t completed 2");
  f.net().advance(milliseconds(999));
  EXPECT_EQ(f.read(), Words{});
  f.net().advance(milliseconds(1));
  EXPECT_EQ(f.read(), (Words{"the last updates did not come", "task 2", "end"}));
}

TEST(TaskStreamRvAgent, ASlowReaderGetsAllThatCameBesideTheAnswer) {
  StreamFixture f(Protocol::rvagent);
  const auto line = f.open(echo_spec(), {.max_events = 2});
  const auto sent = f.last();
  std::string many;
  for (int i = 0; i < 6; ++i) many += "data: status t working " + std::to_string(i) + "\n\n";
  line->data(many + "data: status t completed 6 final\n\n");
  EXPECT_TRUE(line->is_paused);
  sent->answer(200, "task t completed 6");
  f.net().advance(seconds(5));
  TaskUpdate update;
  for (int i = 0; i <= 6; ++i) {
    ASSERT_EQ(f.stream->try_next(update), Take::update) << i;
    EXPECT_EQ(StreamFixture::word(update), "status " + std::to_string(i));
    f.net().advance(milliseconds(600));
  }
  EXPECT_EQ(f.read(), (Words{"end"}));
}

TEST(TaskStreamRvAgent, ATaskGoesOnWhenItsReaderLeaves) {
  StreamFixture f(Protocol::rvagent);
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

TEST(TaskStreamRvAgent, AReaderMayCancelTheTaskByLeaving) {
  StreamFixture f(Protocol::rvagent);
  const auto line = f.open(echo_spec(), {.cancel_remote = true});
  const auto sent = f.last();
  f.stream.reset();
  f.net().run();
  EXPECT_TRUE(line->is_cancelled);
  EXPECT_TRUE(sent->is_cancelled);
  EXPECT_EQ(f.last()->request.body, "cancel t");
}

}  // namespace
}  // namespace ruvector::a2a

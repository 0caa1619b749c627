// What StreamMachine makes of rvAgent, whose streams lie beside the request that sends the task.

#include <gtest/gtest.h>

#include "a2a/test_stream_items.h"

namespace ruvector::a2a {
namespace {

TEST(StreamMachineRvAgent, WhatRvAgentAnswersIsTheOutcomeWhenTheLastUpdateDoesNotCome) {
  StreamMachine machine = working(Protocol::rvagent);
  const Step sent = machine.on_sent({.task = task(TaskState::completed)});
  EXPECT_EQ(sent.what, Do::wake);
  EXPECT_EQ(sent.delay, milliseconds(1000));
  const Step step = machine.on_wake(false);
  EXPECT_TRUE(states_gap(step));
  EXPECT_TRUE(gives_task(step, TaskState::completed));
  EXPECT_EQ(step.what, Do::finish);
}

TEST(StreamMachineRvAgent, TheLastUpdateThatComesAfterTheAnswerIsEnough) {
  StreamMachine machine = working(Protocol::rvagent);
  machine.on_sent({.task = task(TaskState::completed)});
  const Step step = machine.on_item(status_item(TaskState::completed, "2", true));
  EXPECT_TRUE(step.deliver_item);
  EXPECT_EQ(step.what, Do::finish);
  EXPECT_TRUE(step.extra.empty());
  EXPECT_EQ(machine.on_wake(false).what, Do::wait);
}

TEST(StreamMachineRvAgent, ABusyStreamIsListenedToUntilItIsQuiet) {
  StreamMachine machine = working(Protocol::rvagent);
  machine.on_sent({.task = task(TaskState::completed)});
  machine.on_item(status_item(TaskState::working, "2"));
  EXPECT_EQ(machine.on_wake(false).what, Do::wake);
  machine.on_item(status_item(TaskState::working, "3"));
  const Step still = machine.on_wake(false);
  EXPECT_EQ(still.what, Do::wake);
  EXPECT_EQ(still.delay, milliseconds(1000));
  EXPECT_EQ(machine.on_wake(false).what, Do::finish);
}

TEST(StreamMachineRvAgent, WhatAReaderHoldsUpIsNotMissing) {
  StreamMachine machine = working(Protocol::rvagent);
  machine.on_sent({.task = task(TaskState::completed)});
  EXPECT_EQ(machine.on_wake(true).what, Do::wake);
  EXPECT_EQ(machine.on_wake(true).what, Do::wake);
  EXPECT_EQ(machine.on_wake(false).what, Do::wake);  // it may have gone on just now
  EXPECT_EQ(machine.on_wake(false).what, Do::finish);
}

TEST(StreamMachineRvAgent, WhatRvAgentRefusesFailsTheStream) {
  StreamMachine machine = rvagent_with_task();
  machine.on_head();
  const auto refused =
      std::make_exception_ptr(PolicyViolation("policy violation: ...", "", "", ""));
  EXPECT_TRUE(fails_with<PolicyViolation>(machine.on_send_error(refused, false)));
}

TEST(StreamMachineRvAgent, UpdatesThatRvAgentDroppedAreMadeGoodByTheAnswer) {
  StreamMachine machine = working(Protocol::rvagent);
  const Step warned = machine.on_item(lagged_item());
  EXPECT_TRUE(warned.deliver_item);
  EXPECT_EQ(warned.what, Do::wait);  // while it runs, rvAgent does not know the task
  const Step final = machine.on_item(status_item(TaskState::completed, "2", true));
  EXPECT_TRUE(final.deliver_item);
  EXPECT_EQ(final.what, Do::wake);
  const Step step = machine.on_sent({.task = task(TaskState::completed)});
  EXPECT_TRUE(gives_task(step, TaskState::completed));
  EXPECT_FALSE(states_gap(step));  // the peer has stated it
  EXPECT_EQ(step.what, Do::finish);
}

TEST(StreamMachineRvAgent, AnAnswerThatDoesNotComeDoesNotHoldTheEndBack) {
  StreamMachine machine = working(Protocol::rvagent);
  machine.on_item(lagged_item());
  machine.on_item(status_item(TaskState::completed, "2", true));
  EXPECT_EQ(machine.on_wake(false).what, Do::finish);
}

TEST(StreamMachineRvAgent, DroppedUpdatesOfASubscriptionMakeItAskForTheTask) {
  StreamMachine machine = subscribed(Protocol::rvagent);
  machine.on_head();
  machine.on_item(status_item(TaskState::working, "1"));
  EXPECT_EQ(machine.on_item(lagged_item()).what, Do::ask);
  EXPECT_EQ(machine.on_task_error(error<TaskNotFound>()).what, Do::wait);  // it runs
  EXPECT_EQ(machine.on_item(status_item(TaskState::completed, "2", true)).what, Do::ask);
  const Step step = machine.on_task(task(TaskState::completed));
  EXPECT_TRUE(gives_task(step, TaskState::completed));
  EXPECT_EQ(step.what, Do::finish);
}

TEST(StreamMachineRvAgent, AStreamThatBreaksAfterTheAnswerIsOver) {
  StreamMachine machine = working(Protocol::rvagent);
  machine.on_sent({.task = task(TaskState::failed)});
  const Step step = machine.on_end(nullptr);
  EXPECT_TRUE(states_gap(step));
  EXPECT_TRUE(gives_task(step, TaskState::failed));
  EXPECT_EQ(step.what, Do::finish);
}

TEST(StreamMachineRvAgent, AStreamThatCannotBeTakenUpWaitsForTheAnswer) {
  StreamMachine machine = working(Protocol::rvagent);
  const net::Failure reset = broken();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(machine.on_end(&reset).what, Do::resume);
  EXPECT_EQ(machine.on_end(&reset).what, Do::wait);
  const Step step = machine.on_sent({.task = task(TaskState::completed)});
  EXPECT_TRUE(states_gap(step));
  EXPECT_EQ(step.what, Do::finish);
}

TEST(StreamMachineRvAgent, ATaskThatPerhapsNeverCameToRvAgentIsAskedForAFewTimes) {
  StreamMachine machine = rvagent_with_task();
  machine.on_head();
  Step step = machine.on_send_error(error<TransportError>(), true);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(step.what, Do::ask);
    EXPECT_EQ(step.delay, milliseconds(1000));
    step = machine.on_task_error(error<TaskNotFound>());
  }
  EXPECT_TRUE(fails_with<TransportError>(step));
}

TEST(StreamMachineRvAgent, ATaskWhoseAnswerWasLostGoesOnAsLongAsItTellsOfItself) {
  StreamMachine machine = working(Protocol::rvagent);
  machine.on_send_error(error<TransportError>(), true);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(machine.on_task_error(error<TaskNotFound>()).what, Do::ask);
    machine.on_item(status_item(TaskState::working, std::to_string(i)));
  }
  EXPECT_EQ(machine.on_item(status_item(TaskState::completed, "99", true)).what, Do::finish);
}

TEST(StreamMachineRvAgent, RvAgentsMadeUpFailureOfAnUnknownTaskIsNotItsOutcome) {
  // transcripts: 56_resubscribe_unknown has one failed status, final, and the stream ends.
  StreamMachine unknown = subscribed(Protocol::rvagent);
  unknown.on_head();
  const Step doubt = unknown.on_item(status_item(TaskState::failed, "1", true));
  EXPECT_FALSE(doubt.deliver_item);
  EXPECT_EQ(doubt.what, Do::ask);
  EXPECT_EQ(unknown.on_end(nullptr).what, Do::wait);
  EXPECT_TRUE(fails_with<TaskNotFound>(unknown.on_task_error(error<TaskNotFound>())));

  StreamMachine known = subscribed(Protocol::rvagent);
  known.on_head();
  known.on_item(status_item(TaskState::failed, "1", true));
  const Step step = known.on_task(task(TaskState::completed));
  EXPECT_TRUE(gives_task(step, TaskState::completed));
  EXPECT_EQ(step.what, Do::finish);
}

TEST(StreamMachineRvAgent, RvAgentsRealFailureIsBelieved) {
  StreamMachine machine = subscribed(Protocol::rvagent);
  machine.on_head();
  machine.on_item(status_item(TaskState::working, "1"));
  const Step step = machine.on_item(status_item(TaskState::failed, "2", true));
  EXPECT_TRUE(step.deliver_item);
  EXPECT_EQ(step.what, Do::finish);
}

}  // namespace
}  // namespace ruvector::a2a

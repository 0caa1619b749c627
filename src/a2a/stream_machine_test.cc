#include "a2a/stream_machine.h"

#include <gtest/gtest.h>

#include "a2a/test_stream_items.h"

namespace ruvector::a2a {
namespace {

// --- how streams end well

TEST(StreamMachine, AStreamEndsAtATerminalState) {
  for (const TaskState state :
       {TaskState::completed, TaskState::canceled, TaskState::failed, TaskState::rejected}) {
    for (const Protocol protocol : {Protocol::rvagent, Protocol::v0_3, Protocol::v1_0}) {
      StreamMachine machine = working(protocol);
      const Step step = machine.on_item(status_item(state, "2"));
      EXPECT_TRUE(step.deliver_item);
      EXPECT_EQ(step.what, Do::finish);
      EXPECT_TRUE(machine.is_over());
    }
  }
}

TEST(StreamMachine, AStreamEndsAtAFinalWhateverTheState) {
  StreamMachine machine = working(Protocol::v0_3);
  EXPECT_EQ(machine.on_item(status_item(TaskState::working, "2", true)).what, Do::finish);
}

TEST(StreamMachine, ATaskThatIsOverEndsTheStream) {
  StreamMachine machine = official();
  machine.on_head();
  const Step step = machine.on_item(task_item(TaskState::completed));
  EXPECT_TRUE(step.deliver_item);
  EXPECT_EQ(step.what, Do::finish);
}

TEST(StreamMachine, ALoneMessageEndsTheStreamAndOneBesideATaskDoesNot) {
  StreamMachine alone = official();
  alone.on_head();
  const Step step = alone.on_item(message_item());
  EXPECT_TRUE(step.deliver_item);
  EXPECT_EQ(step.what, Do::finish);
  StreamMachine beside = working(Protocol::v1_0);
  EXPECT_EQ(beside.on_item(message_item()).what, Do::wait);
}

TEST(StreamMachine, AnInterruptedTaskMayEndTheStreamOrGoOn) {
  StreamMachine closed = working(Protocol::v0_3);
  EXPECT_EQ(closed.on_item(status_item(TaskState::input_required, "2")).what, Do::wait);
  EXPECT_EQ(closed.on_end(nullptr).what, Do::finish);
  StreamMachine open = working(Protocol::v1_0);
  open.on_item(status_item(TaskState::auth_required, "2"));
  EXPECT_TRUE(open.on_item(status_item(TaskState::working, "3")).deliver_item);
  EXPECT_EQ(open.on_end(nullptr).what, Do::resume);  // it no longer waits for its caller
}

TEST(StreamMachine, TheFirstFinalWins) {
  StreamMachine machine = working(Protocol::rvagent);
  EXPECT_EQ(machine.on_item(status_item(TaskState::canceled, "2", true)).what, Do::finish);
  const Step second = machine.on_item(status_item(TaskState::completed, "3", true));
  EXPECT_FALSE(second.deliver_item);
  EXPECT_EQ(second.what, Do::wait);
  EXPECT_EQ(machine.on_sent({.task = task(TaskState::completed)}).what, Do::wait);
}

// --- how they do not

TEST(StreamMachine, ACleanCloseBeforeTheEndIsNoEnd) {
  for (const Protocol protocol : {Protocol::v0_3, Protocol::v1_0}) {
    StreamMachine machine = working(protocol);
    machine.on_item(artifact_item());
    const Step step = machine.on_end(nullptr);
    EXPECT_EQ(step.what, Do::resume);
    EXPECT_EQ(step.delay, milliseconds(100));
    EXPECT_EQ(machine.last_timestamp(), "1");
  }
}

TEST(StreamMachine, AStreamThatCannotBeTakenUpAgainIsInterrupted) {
  StreamMachine machine = working(Protocol::v1_0);
  const net::Failure reset = broken();
  for (const int delay : {100, 200, 400, 800, 1600}) {
    const Step step = machine.on_end(&reset);
    EXPECT_EQ(step.what, Do::resume);
    EXPECT_EQ(step.delay, milliseconds(delay));
  }
  EXPECT_TRUE(fails_with<StreamInterrupted>(machine.on_end(&reset)));
}

TEST(StreamMachine, AnUpdateBetweenMakesTheAttemptsNew) {
  StreamMachine machine = working(Protocol::v1_0);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(machine.on_end(nullptr).what, Do::resume) << i;
    machine.on_head();
    machine.on_item(task_item(TaskState::working, "1"));  // a snapshot is no news
    machine.on_item(artifact_item());
  }
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(machine.on_end(nullptr).what, Do::resume) << i;
    machine.on_head();
    machine.on_item(task_item(TaskState::working, "1"));
  }
  EXPECT_TRUE(fails_with<StreamInterrupted>(machine.on_end(nullptr)));
}

TEST(StreamMachine, AStreamWhoseTaskHasNoNameCannotBeTakenUpAgain) {
  StreamMachine closed = official();
  closed.on_head();
  EXPECT_TRUE(fails_with<StreamInterrupted>(closed.on_end(nullptr)));
  StreamMachine reset = official();
  const net::Failure timeout{.kind = net::Failure::Kind::timeout, .message = "30 s"};
  EXPECT_TRUE(fails_with<Timeout>(reset.on_end(&timeout)));
}

TEST(StreamMachine, WhatNoAttemptCanMendFailsAtOnce) {
  for (const auto kind : {net::Failure::Kind::refused_address, net::Failure::Kind::tls,
                          net::Failure::Kind::shut_down}) {
    StreamMachine machine = working(Protocol::v1_0);
    const net::Failure failure{.kind = kind, .message = "no"};
    EXPECT_TRUE(fails_with<TransportError>(machine.on_end(&failure)));
  }
}

TEST(StreamMachine, AnErrorInsideOfTheStreamIsTheEnd) {
  StreamMachine machine = working(Protocol::v1_0);
  EXPECT_TRUE(fails_with<A2aError>(machine.on_error(error<A2aError>())));
  EXPECT_EQ(machine.on_end(nullptr).what, Do::wait);
  StreamMachine nonsense = working(Protocol::v0_3);
  EXPECT_TRUE(fails_with<ProtocolError>(nonsense.on_error(error<ProtocolError>())));
}

TEST(StreamMachine, ARefusedStreamFailsWithThePeersError) {
  StreamMachine machine = official();
  EXPECT_TRUE(fails_with<UnsupportedOperation>(machine.on_error(error<UnsupportedOperation>())));
}

// --- taking up again

TEST(StreamMachine, AResumedStreamStatesItsGapAndItsSnapshotIsTheTask) {
  StreamMachine machine = working(Protocol::v1_0);
  machine.on_end(nullptr);
  EXPECT_TRUE(machine.is_resuming());
  const Step head = machine.on_head();
  EXPECT_TRUE(states_gap(head));
  EXPECT_EQ(head.extra[0].warning->reason, "reconnected");
  EXPECT_EQ(head.extra[0].warning->missed, std::nullopt);
  EXPECT_EQ(head.extra[0].task_id, "t");
  EXPECT_EQ(head.what, Do::wait);
  const Step snapshot = machine.on_item(task_item(TaskState::working));
  EXPECT_TRUE(snapshot.deliver_item);
  EXPECT_EQ(snapshot.what, Do::wait);
}

TEST(StreamMachine, AServerThatSendsNoSnapshotIsAskedForTheTask) {
  StreamMachine official_1 = working(Protocol::v1_0);
  official_1.on_end(nullptr);
  official_1.on_head();
  const Step first = official_1.on_item(status_item(TaskState::working, "2"));
  EXPECT_TRUE(first.deliver_item);
  EXPECT_EQ(first.what, Do::ask);
  StreamMachine official_03 = working(Protocol::v0_3);
  official_03.on_end(nullptr);
  EXPECT_EQ(official_03.on_head().what, Do::ask);
  const Step got = official_03.on_task(task(TaskState::working));
  EXPECT_TRUE(gives_task(got, TaskState::working));
  EXPECT_EQ(got.what, Do::wait);
}

TEST(StreamMachine, AReplayedTaskIsToldOnce) {
  StreamMachine machine = working(Protocol::v0_3);
  machine.on_end(nullptr);
  machine.on_head();
  EXPECT_TRUE(machine.on_item(task_item(TaskState::working)).deliver_item);  // a-js replays it
  EXPECT_TRUE(machine.on_task(task(TaskState::working)).extra.empty());
}

TEST(StreamMachine, ReplayedUpdatesAreToldOnce) {
  StreamMachine machine = working(Protocol::rvagent);
  machine.on_item(status_item(TaskState::working, "2", false, "step"));
  machine.on_end(nullptr);
  machine.on_head();
  EXPECT_FALSE(machine.on_item(status_item(TaskState::working, "1")).deliver_item);
  EXPECT_FALSE(machine.on_item(status_item(TaskState::working, "2", false, "step")).deliver_item);
  // Another message at the same time, or another time of the same message, is another update.
  EXPECT_TRUE(machine.on_item(status_item(TaskState::working, "2", false, "other")).deliver_item);
  EXPECT_TRUE(machine.on_item(status_item(TaskState::working, "3", false, "step")).deliver_item);
}

TEST(StreamMachine, EqualUpdatesOfOneConnectionAreAllTold) {
  StreamMachine machine = working(Protocol::v1_0);
  EXPECT_TRUE(machine.on_item(status_item(TaskState::working, "1")).deliver_item);
  EXPECT_TRUE(machine.on_item(status_item(TaskState::working, "")).deliver_item);
  EXPECT_TRUE(machine.on_item(status_item(TaskState::working, "")).deliver_item);
}

TEST(StreamMachine, ATaskThatEndedMeanwhileIsGotAndEndsTheStream) {
  // 1.x answers a subscription to a task that is over with -32004, python's 0.3 with -32602.
  for (const auto& refusal : {error<UnsupportedOperation>(), error<A2aError>()}) {
    StreamMachine machine = working(Protocol::v0_3);
    machine.on_end(nullptr);
    EXPECT_EQ(machine.on_error(refusal).what, Do::ask);
    const Step step = machine.on_task(task(TaskState::canceled));
    EXPECT_TRUE(gives_task(step, TaskState::canceled));
    EXPECT_EQ(step.what, Do::finish);
  }
}

TEST(StreamMachine, ARefusalMayBeTheFirstEventOfAResumedStream) {
  StreamMachine machine = working(Protocol::v0_3);
  machine.on_end(nullptr);
  EXPECT_EQ(machine.on_head().what, Do::ask);
  EXPECT_EQ(machine.on_error(error<A2aError>()).what, Do::wait);
  EXPECT_EQ(machine.on_task(task(TaskState::canceled)).what, Do::finish);
  StreamMachine running = working(Protocol::v1_0);
  running.on_end(nullptr);
  running.on_head();
  EXPECT_EQ(running.on_error(error<A2aError>()).what, Do::ask);
  EXPECT_EQ(running.on_task(task(TaskState::working)).what, Do::resume);
  running.on_head();
  running.on_item(task_item(TaskState::working));
  EXPECT_TRUE(fails_with<A2aError>(running.on_error(error<A2aError>())));
}

TEST(StreamMachine, ATaskThatStillRunsIsSubscribedToAgain) {
  StreamMachine machine = working(Protocol::v1_0);
  machine.on_end(nullptr);
  machine.on_error(error<UnsupportedOperation>());
  const Step step = machine.on_task(task(TaskState::working));
  EXPECT_EQ(step.what, Do::resume);
  EXPECT_EQ(step.delay, milliseconds(200));
}

TEST(StreamMachine, ATaskThatThePeerForgotIsInterrupted) {
  StreamMachine machine = working(Protocol::v1_0);
  machine.on_end(nullptr);
  EXPECT_EQ(machine.on_error(error<TaskNotFound>()).what, Do::ask);
  EXPECT_TRUE(fails_with<StreamInterrupted>(machine.on_task_error(error<TaskNotFound>())));
}

TEST(StreamMachine, WhoMustLogInAgainIsTold) {
  StreamMachine machine = working(Protocol::v1_0);
  machine.on_end(nullptr);
  EXPECT_TRUE(fails_with<AuthRequired>(machine.on_error(error<AuthRequired>())));
}

TEST(StreamMachine, TheTimeThatTheStreamNamedIsWaitedFor) {
  StreamMachine machine = working(Protocol::v1_0);
  machine.set_retry_ms(3000);
  EXPECT_EQ(machine.on_end(nullptr).delay, milliseconds(3000));
  machine.set_retry_ms(1'000'000'000);
  EXPECT_EQ(machine.on_end(nullptr).delay, milliseconds(60'000));
}

TEST(StreamMachine, AConnectionThatEndsWhileTheTaskIsAskedForWaitsForTheAnswer) {
  StreamMachine machine = working(Protocol::v0_3);
  machine.on_end(nullptr);
  EXPECT_EQ(machine.on_head().what, Do::ask);
  EXPECT_EQ(machine.on_end(nullptr).what, Do::wait);
  EXPECT_EQ(machine.on_task(task(TaskState::working)).what, Do::resume);
}

TEST(StreamMachine, AGapIsStatedOnceUntilSomethingComes) {
  StreamMachine machine = working(Protocol::v1_0);
  machine.on_end(nullptr);
  EXPECT_TRUE(states_gap(machine.on_head()));
  machine.on_end(nullptr);
  EXPECT_FALSE(states_gap(machine.on_head()));
  machine.on_item(task_item(TaskState::working));
  machine.on_item(artifact_item());
  machine.on_end(nullptr);
  EXPECT_TRUE(states_gap(machine.on_head()));
}

// --- subscriptions by id

TEST(StreamMachine, ASubscriptionToATaskThatIsOverGivesTheTask) {
  StreamMachine machine = subscribed(Protocol::v1_0);
  EXPECT_EQ(machine.on_error(error<UnsupportedOperation>()).what, Do::ask);
  const Step step = machine.on_task(task(TaskState::completed));
  EXPECT_TRUE(gives_task(step, TaskState::completed));
  EXPECT_EQ(step.what, Do::finish);
}

TEST(StreamMachine, ASubscriptionThatIsRefusedToATaskThatRunsFailsWithTheRefusal) {
  StreamMachine machine = subscribed(Protocol::v1_0);
  machine.on_error(error<UnsupportedOperation>());
  EXPECT_TRUE(fails_with<UnsupportedOperation>(machine.on_task(task(TaskState::working))));
  StreamMachine unknown = subscribed(Protocol::v1_0);
  EXPECT_TRUE(fails_with<TaskNotFound>(unknown.on_error(error<TaskNotFound>())));
}

TEST(StreamMachine, ASubscriptionIsTakenUpAgainFromItsBeginning) {
  StreamMachine machine = subscribed(Protocol::v1_0);
  const net::Failure reset = broken();
  EXPECT_EQ(machine.on_end(&reset).what, Do::resume);
  EXPECT_EQ(machine.task_id(), "t");
}

}  // namespace
}  // namespace ruvector::a2a

#include "a2a/update_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

using Take = TaskStream::Take;

TaskUpdate named(int number) {
  TaskUpdate update;
  update.task_id = std::to_string(number);
  return update;
}

struct Room {
  int calls = 0;
  std::function<void()> counter() {
    return [this] { ++calls; };
  }
};

TEST(UpdateQueue, UpdatesComeInTheirOrderAndThenTheEnd) {
  UpdateQueue queue(10, 1000, [] {});
  TaskUpdate update;
  EXPECT_EQ(queue.try_next(update), Take::wait);
  for (int i = 0; i < 3; ++i) queue.put(named(i), 1);
  queue.end(nullptr);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(queue.try_next(update), Take::update);
    EXPECT_EQ(update.task_id, std::to_string(i));
  }
  EXPECT_EQ(queue.try_next(update), Take::end);
  EXPECT_EQ(queue.next(), std::nullopt);
}

TEST(UpdateQueue, AnErrorComesAfterTheUpdatesBeforeIt) {
  UpdateQueue queue(10, 1000, [] {});
  queue.put(named(1), 1);
  queue.end(std::make_exception_ptr(StreamInterrupted("lost")));
  queue.end(nullptr);  // the first end counts
  EXPECT_TRUE(queue.next().has_value());
  TaskUpdate update;
  EXPECT_THROW(queue.try_next(update), StreamInterrupted);
  EXPECT_THROW(queue.next(), StreamInterrupted);
}

TEST(UpdateQueue, AFullQueueAsksForRoomAtHalf) {
  Room room;
  UpdateQueue queue(4, 1000, room.counter());
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(queue.is_full());
    queue.put(named(i), 1);
  }
  EXPECT_TRUE(queue.is_full());
  queue.next();
  EXPECT_EQ(room.calls, 0);
  queue.next();
  EXPECT_EQ(room.calls, 1);
  queue.next();
  EXPECT_EQ(room.calls, 1);
}

TEST(UpdateQueue, BytesFillItToo) {
  Room room;
  UpdateQueue queue(100, 1000, room.counter());
  queue.put(named(0), 400);
  EXPECT_FALSE(queue.is_full());
  queue.put(named(1), 600);
  EXPECT_TRUE(queue.is_full());
  queue.next();
  EXPECT_EQ(room.calls, 0);  // 600 are above half
  queue.next();
  EXPECT_EQ(room.calls, 1);
}

TEST(UpdateQueue, AReaderIsWokenOnceForManyUpdates) {
  UpdateQueue queue(10, 1000, [] {});
  int calls = 0;
  queue.when_ready([&] { ++calls; });
  queue.flush();
  EXPECT_EQ(calls, 0);
  queue.put(named(1), 1);
  queue.put(named(2), 1);
  EXPECT_EQ(calls, 0);
  queue.flush();
  queue.flush();
  EXPECT_EQ(calls, 1);
  queue.when_ready([&] { calls += 10; });  // there is one already: at once
  EXPECT_EQ(calls, 11);
}

TEST(UpdateQueue, TheEndIsReadyAsWell) {
  UpdateQueue queue(10, 1000, [] {});
  int calls = 0;
  queue.when_ready([&] { ++calls; });
  queue.when_ready([&] { calls += 10; });  // replaces the one before
  queue.end(nullptr);
  queue.flush();
  EXPECT_EQ(calls, 10);
}

TEST(UpdateQueue, AfterCloseThereIsNothingAndNoCallback) {
  Room room;
  UpdateQueue queue(2, 1000, room.counter());
  queue.put(named(1), 1);
  int calls = 0;
  queue.close();
  queue.when_ready([&] { ++calls; });
  queue.put(named(2), 1);
  queue.end(std::make_exception_ptr(StreamInterrupted("late")));
  queue.flush();
  TaskUpdate update;
  EXPECT_EQ(queue.try_next(update), Take::end);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(room.calls, 0);
}

TEST(UpdateQueue, CloseWaitsForTheCallbackThatRuns) {
  UpdateQueue queue(2, 1000, [] {});
  std::atomic<bool> is_in{false};
  std::atomic<bool> is_out{false};
  queue.when_ready([&] {
    is_in = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    is_out = true;
  });
  std::thread io([&] {
    queue.put(named(1), 1);
    queue.flush();
  });
  while (!is_in) std::this_thread::yield();
  queue.close();
  EXPECT_TRUE(is_out);
  io.join();
}

TEST(UpdateQueue, ACallbackMayCloseItsOwnQueue) {
  UpdateQueue queue(2, 1000, [] {});
  queue.when_ready([&] { queue.close(); });
  queue.put(named(1), 1);
  queue.flush();
  TaskUpdate update;
  EXPECT_EQ(queue.try_next(update), Take::end);
}

TEST(UpdateQueue, AWaitingReaderIsWoken) {
  UpdateQueue queue(2, 1000, [] {});
  std::thread io([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    queue.put(named(7), 1);
    queue.flush();
  });
  const auto update = queue.next();
  io.join();
  ASSERT_TRUE(update);
  EXPECT_EQ(update->task_id, "7");
}

}  // namespace
}  // namespace ruvector::a2a

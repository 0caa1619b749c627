#include "net/poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "net/test_socket.h"

namespace ruvector::net {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr int kSoon = 20'000;  // for what must happen; milliseconds

using Pair = SocketPair;

TEST(Poller, TellsWhatCanBeReadAsLongAsItCan) {
  Poller poller;
  ASSERT_TRUE(poller.is_open());
  const Pair pair;
  ASSERT_TRUE(poller.watch(pair.here(), Poller::kReadable, 7, false));
  EXPECT_THAT(poller.wait(0), IsEmpty());
  ASSERT_TRUE(pair.say());
  for (int i = 0; i < 2; ++i) {
    const auto events = poller.wait(kSoon);
    ASSERT_THAT(events, SizeIs(1));
    EXPECT_EQ(events[0].owner, 7U);
    EXPECT_EQ(events[0].socket, pair.here());
    EXPECT_EQ(events[0].what, Poller::kReadable);
  }
  ASSERT_TRUE(pair.hear());
  EXPECT_THAT(poller.wait(0), IsEmpty());
}

TEST(Poller, TellsOfWhatItWasAskedLast) {
  Poller poller;
  const Pair pair;
  ASSERT_TRUE(poller.watch(pair.here(), Poller::kReadable, 1, false));
  ASSERT_TRUE(poller.watch(pair.here(), Poller::kReadable | Poller::kWritable, 2, true));
  auto events = poller.wait(kSoon);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].what, Poller::kWritable);
  EXPECT_EQ(events[0].owner, 2U);
  ASSERT_TRUE(poller.watch(pair.here(), Poller::kReadable, 2, true));
  EXPECT_THAT(poller.wait(0), IsEmpty());
}

TEST(Poller, TellsThatThePeerIsGone) {
  Poller poller;
  Pair pair;
  ASSERT_TRUE(poller.watch(pair.here(), Poller::kReadable, 1, false));
  pair.close_there();
  const auto events = poller.wait(kSoon);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].socket, pair.here());
}

TEST(Poller, TellsNothingOfForgottenAndOfClosedSockets) {
  Poller poller;
  std::vector<Pair> pairs(5);
  for (const Pair& pair : pairs) {
    ASSERT_TRUE(poller.watch(pair.here(), Poller::kReadable, 1, false));
    ASSERT_TRUE(pair.say());
  }
  EXPECT_THAT(poller.wait(kSoon), SizeIs(5));
  poller.forget(pairs[1].here());
  poller.forget(pairs[1].here());
  pairs[4].close_here();
  poller.wait(kSoon);  // the closed one may be told of once
  std::vector<int> sockets;
  for (const Poller::Event& event : poller.wait(kSoon)) sockets.push_back(event.socket);
  EXPECT_THAT(sockets,
              testing::UnorderedElementsAre(pairs[0].here(), pairs[2].here(), pairs[3].here()));
}

TEST(Poller, TellsOnWhileMoreSocketsAreWatched) {
  Poller poller;
  const std::vector<Pair> pairs(5);
  for (const Pair& pair : pairs) {
    ASSERT_TRUE(poller.watch(pair.here(), Poller::kReadable, 7, false));
    ASSERT_TRUE(pair.say());
  }
  const auto events = poller.wait(kSoon);
  ASSERT_THAT(events, SizeIs(5));
  const std::vector<Pair> more(200);
  for (const Pair& pair : more) {
    ASSERT_TRUE(poller.watch(pair.here(), Poller::kReadable, 8, false));
  }
  for (const Poller::Event& event : events) {
    EXPECT_EQ(event.owner, 7U);
    EXPECT_EQ(event.what, Poller::kReadable);
  }
}

TEST(Poller, IsWokenBeforeAndWhileItWaits) {
  Poller poller;
  poller.wake();
  poller.wake();
  EXPECT_THAT(poller.wait(-1), IsEmpty());
  std::thread waker([&poller] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    poller.wake();
  });
  EXPECT_THAT(poller.wait(-1), IsEmpty());
  waker.join();
}

// More than one call tells.
TEST(Poller, TellsOfManySocketsOneAfterTheOther) {
  Poller poller;
  std::vector<Pair> pairs(200);
  for (const Pair& pair : pairs) {
    ASSERT_TRUE(poller.watch(pair.here(), Poller::kReadable, 1, false));
    ASSERT_TRUE(pair.say());
  }
  std::size_t told = 0;
  while (told < pairs.size()) {
    const auto events = poller.wait(kSoon);
    ASSERT_FALSE(events.empty());
    for (const Poller::Event& event : events) {
      ++told;
      poller.forget(event.socket);
    }
  }
  EXPECT_EQ(told, pairs.size());
  EXPECT_THAT(poller.wait(0), IsEmpty());
}

}  // namespace
}  // namespace ruvector::net

#include "net/poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

namespace ruvector::net {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr int kSoon = 20'000;  // for what must happen; milliseconds

// Two sockets, what is written into one can be read from the other.
class Pair {
 public:
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~Pair() {
    for (const int end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int near() const { return ends_[0]; }
  void say() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void hear() const {
    char ignored = 0;
    EXPECT_EQ(::read(ends_[0], &ignored, 1), 1);
  }
  void close_far() {
    ::close(ends_[1]);
    ends_[1] = -1;
  }
  void close_near() {
    ::close(ends_[0]);
    ends_[0] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST(Poller, TellsWhatCanBeReadAsLongAsItCan) {
  Poller poller;
  ASSERT_TRUE(poller.is_open());
  const Pair pair;
  ASSERT_TRUE(poller.watch(pair.near(), Poller::kReadable, 7, false));
  EXPECT_THAT(poller.wait(0), IsEmpty());
  pair.say();
  for (int i = 0; i < 2; ++i) {
    const auto events = poller.wait(kSoon);
    ASSERT_THAT(events, SizeIs(1));
    EXPECT_EQ(events[0].owner, 7U);
    EXPECT_EQ(events[0].socket, pair.near());
    EXPECT_EQ(events[0].what, Poller::kReadable);
  }
  pair.hear();
  EXPECT_THAT(poller.wait(0), IsEmpty());
}

TEST(Poller, TellsOfWhatItWasAskedLast) {
  Poller poller;
  const Pair pair;
  ASSERT_TRUE(poller.watch(pair.near(), Poller::kReadable, 1, false));
  ASSERT_TRUE(poller.watch(pair.near(), Poller::kReadable | Poller::kWritable, 2, true));
  auto events = poller.wait(kSoon);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].what, Poller::kWritable);
  EXPECT_EQ(events[0].owner, 2U);
  ASSERT_TRUE(poller.watch(pair.near(), Poller::kReadable, 2, true));
  EXPECT_THAT(poller.wait(0), IsEmpty());
}

TEST(Poller, TellsThatThePeerIsGone) {
  Poller poller;
  Pair pair;
  ASSERT_TRUE(poller.watch(pair.near(), Poller::kReadable, 1, false));
  pair.close_far();
  const auto events = poller.wait(kSoon);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].socket, pair.near());
}

TEST(Poller, TellsNothingOfForgottenAndOfClosedSockets) {
  Poller poller;
  std::vector<Pair> pairs(5);
  for (const Pair& pair : pairs) {
    ASSERT_TRUE(poller.watch(pair.near(), Poller::kReadable, 1, false));
    pair.say();
  }
  EXPECT_THAT(poller.wait(kSoon), SizeIs(5));
  poller.forget(pairs[1].near());
  poller.forget(pairs[1].near());
  pairs[4].close_near();
  poller.wait(kSoon);  // the closed one may be told of once
  std::vector<int> sockets;
  for (const Poller::Event& event : poller.wait(kSoon)) sockets.push_back(event.socket);
  EXPECT_THAT(sockets,
              testing::UnorderedElementsAre(pairs[0].near(), pairs[2].near(), pairs[3].near()));
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
    ASSERT_TRUE(poller.watch(pair.near(), Poller::kReadable, 1, false));
    pair.say();
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

#include "net/io_thread.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <vector>

#include "net/test_socket.h"

namespace ruvector::net {
namespace {

using namespace std::chrono_literals;

bool runs_a_task(IoThread& io) {
  std::promise<void> done;
  return io.post([&] { done.set_value(); }) &&
         done.get_future().wait_for(20s) == std::future_status::ready;
}

TEST(IoThread, RunsTasksInTheOrderOfPosting) {
  IoThread& io = IoThread::of_process();
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(io.post([&order, i] { order.push_back(i); }));
  }
  ASSERT_TRUE(runs_a_task(io));
  ASSERT_EQ(order.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(IoThread, IsOneThread) {
  IoThread& io = IoThread::of_process();
  EXPECT_EQ(&io, &IoThread::of_process());
  EXPECT_FALSE(io.is_current());
  std::promise<bool> seen;
  ASSERT_TRUE(io.post([&] { seen.set_value(io.is_current()); }));
  EXPECT_TRUE(seen.get_future().get());
}

class Recorder final : public IoThread::Watcher {
 public:
  explicit Recorder(IoThread& io) : io_(io) {}
  void on_socket(int socket, std::uint32_t events) override {
    io_.forget(socket);
    ready.set_value({socket, events});
  }
  void on_deadline(IoThread::Clock::time_point now) override { passed.set_value(now); }

  std::promise<std::pair<int, std::uint32_t>> ready;
  std::promise<IoThread::Clock::time_point> passed;

 private:
  IoThread& io_;
};

TEST(IoThread, WatchesSocketsAndDeadlines) {
  IoThread& io = IoThread::of_process();
  const SocketPair pair;
  const auto recorder = std::make_shared<Recorder>(io);
  const auto deadline = IoThread::Clock::now() + 30ms;
  ASSERT_TRUE(io.post([&] {
    io.add(recorder);
    io.watch(*recorder, pair.here(), Poller::kReadable, false);
    io.set_deadline(*recorder, deadline);
  }));
  EXPECT_GE(recorder->passed.get_future().get(), deadline);
  ASSERT_TRUE(pair.say());
  const auto [socket, events] = recorder->ready.get_future().get();
  EXPECT_EQ(socket, pair.here());
  EXPECT_EQ(events, std::uint32_t{Poller::kReadable});
  ASSERT_TRUE(io.post([&] { io.remove(*recorder); }));
  ASSERT_TRUE(runs_a_task(io));
}

TEST(IoThread, KeepsWhatItWatchesFor) {
  IoThread& io = IoThread::of_process();
  auto recorder = std::make_shared<Recorder>(io);
  const std::weak_ptr<Recorder> seen = recorder;
  ASSERT_TRUE(io.post([&] { io.add(std::move(recorder)); }));
  ASSERT_TRUE(runs_a_task(io));
  ASSERT_FALSE(seen.expired());
  ASSERT_TRUE(io.post([&] { io.remove(*seen.lock()); }));
  ASSERT_TRUE(runs_a_task(io));
  EXPECT_TRUE(seen.expired());
}

}  // namespace
}  // namespace ruvector::net

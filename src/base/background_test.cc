#include "base/background.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "base/test_countdown.h"
#include "ruvector/base/runtime.h"

namespace ruvector::base {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

TEST(Background, RunsEveryTaskOnceOnAnotherThread) {
  for (const Lane lane : {Lane::compute, Lane::blocking}) {
    Countdown all(1000);
    std::atomic<int> runs{0};
    std::atomic<int> here{0};
    const std::thread::id me = std::this_thread::get_id();
    for (int i = 0; i < 1000; ++i) {
      post(lane, [&] {
        ++runs;
        if (std::this_thread::get_id() == me) ++here;
        all.arrive();
      });
    }
    ASSERT_TRUE(all.wait());
    EXPECT_EQ(runs, 1000);
    EXPECT_EQ(here, 0);
  }
}

TEST(Background, BlockedTasksDoNotHoldUpOthersOfTheirLane) {
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  Countdown all(kMaxBlocking);
  for (std::size_t i = 0; i + 1 < kMaxBlocking; ++i) {
    post(Lane::blocking, [&, open] {
      open.wait();
      all.arrive();
    });
  }
  std::promise<void> last;
  post(Lane::blocking, [&] {
    last.set_value();
    all.arrive();
  });
  EXPECT_EQ(last.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  gate.set_value();
  EXPECT_TRUE(all.wait());
}

TEST(Background, ComputesOnNoMoreThreadsThanAsked) {
  std::atomic<std::size_t> running{0};
  std::atomic<std::size_t> most{0};
  Countdown all(200);
  for (int i = 0; i < 200; ++i) {
    post(Lane::compute, [&] {
      const std::size_t now = ++running;
      std::size_t seen = most;
      while (seen < now && !most.compare_exchange_weak(seen, now)) {
      }
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      --running;
      all.arrive();
    });
  }
  ASSERT_TRUE(all.wait());
  EXPECT_LE(most, num_threads());
}

TEST(Background, ADelayedTaskRunsAfterItsDelayAndInOrderOfTime) {
  const Clock::time_point start = Clock::now();
  std::mutex mutex;
  std::vector<int> order;
  Countdown all(3);
  const auto note = [&](int number) {
    return [&, number] {
      const std::lock_guard lock(mutex);
      order.push_back(number);
      all.arrive();
    };
  };
  post_after(milliseconds(300), Lane::blocking, note(3));
  post_after(milliseconds(20), Lane::blocking, note(1));
  post_after(milliseconds(150), Lane::blocking, note(2));
  ASSERT_TRUE(all.wait());
  EXPECT_GE(Clock::now() - start, milliseconds(300));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

}  // namespace
}  // namespace ruvector::base

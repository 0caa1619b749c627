// Many threads on one client: what is sent, cancelled, streamed and closed at random moments.

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "a2a/test_codec.h"
#include "base/random.h"

namespace ruvector::a2a {
namespace {

// Answers everything, and ends each third stream too early.
void answer(FakeExchange& exchange) {
  const std::string verb = exchange.request.body.substr(0, exchange.request.body.find(' '));
  if (verb == "stream" || verb == "subscribe") {
    exchange.open_stream();
    exchange.event("task s working 1");
    for (int i = 0; i < 20; ++i) exchange.event("status s working " + std::to_string(i + 2));
    if (verb == "subscribe" || exchange.request.body.size() % 3 != 0) {
      exchange.event("status s completed 99");
    }
    exchange.end();
    return;
  }
  exchange.answer(200, "task s completed 1");
}

class Storm {
 public:
  Storm() {
    peer_.transport->script = answer;
    peer_.transport->keeps_exchanges = false;
    client_ = peer_.client({.budget = {.max_tasks_per_minute = 1'000'000}});
    io_ = std::thread([this] {
      while (!is_over_) {
        peer_.transport->advance(std::chrono::milliseconds(50));
        std::this_thread::yield();
      }
    });
  }
  ~Storm() {
    is_over_ = true;
    io_.join();
    peer_.transport->shut_down();
  }

  void send(base::Random& random) {
    const auto cancel = client_->send_task_async(
        echo_spec(), [this](const SendResult&, const std::exception_ptr&) { ++answers_; });
    ++asked_;
    if (random.uniform_below(2) == 0) cancel();
  }
  void read_some(base::Random& random) {
    const auto stream = client_->stream_task(echo_spec(std::to_string(random.next_u64() % 1000)),
                                             {.max_events = 1 + random.uniform_below(8)});
    const std::uint64_t count = random.uniform_below(40);
    for (std::uint64_t i = 0; i < count && stream->next(); ++i) {
    }
    if (random.uniform_below(2) == 0) stream->close();
  }
  void read_all() {
    const auto stream = client_->stream_task(echo_spec());
    std::optional<TaskUpdate> last;
    while (auto update = stream->next()) last = std::move(update);
    ASSERT_TRUE(last && last->status);
    EXPECT_EQ(last->status->status.state, TaskState::completed);
  }
  void hop_on(base::Random& random) {
    const auto stream = client_->stream_task("s");
    std::atomic<int> calls{0};
    stream->when_ready([&] { ++calls; });
    if (random.uniform_below(2) == 0) std::this_thread::yield();
    stream->close();
    const int seen = calls;
    std::this_thread::yield();
    EXPECT_EQ(calls, seen);
  }
  void wait_for_answers() {
    for (int i = 0; i < 20'000 && answers_ < asked_; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(answers_, asked_);
  }
  A2aClient& client() { return *client_; }

 private:
  FakePeer peer_;
  std::shared_ptr<A2aClient> client_;
  std::thread io_;
  std::atomic<bool> is_over_{false};
  std::atomic<int> asked_{0};
  std::atomic<int> answers_{0};
};

TEST(ClientStorm, EveryCallIsAnsweredOnceAndNoStreamLosesItsEnd) {
  Storm storm;
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    threads.emplace_back([&storm, seed] {
      base::Random random(seed);
      for (int i = 0; i < 60; ++i) {
        switch (random.uniform_below(4)) {
          case 0:
            storm.send(random);
            break;
          case 1:
            storm.read_some(random);
            break;
          case 2:
            storm.read_all();
            break;
          default:
            storm.hop_on(random);
            break;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  storm.wait_for_answers();
}

TEST(ClientStorm, AClientMayBeClosedWhileItIsUsed) {
  Storm storm;
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      base::Random random(seed);
      try {
        for (int i = 0; i < 1'000'000; ++i) {
          if (random.uniform_below(2) == 0) {
            storm.send(random);
          } else {
            storm.read_some(random);
          }
        }
      } catch (const A2aError&) {
        ++refused;
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  storm.client().close();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 4);
  storm.wait_for_answers();
}

}  // namespace
}  // namespace ruvector::a2a

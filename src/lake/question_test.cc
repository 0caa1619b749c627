#include "lake/question.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "lake/test_lake.h"

namespace ruvector::lake {
namespace {

TEST(Question, AnAnswerIsNeverOlderThanItsAsker) {
  Question question;
  std::atomic<std::uint64_t> clock{0};
  const auto ask = [&]() -> Generation {
    const std::uint64_t seen = ++clock;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    return seen;
  };
  std::atomic<int> stale{0};
  std::vector<std::thread> askers;
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        const std::uint64_t before = ++clock;
        if (question.ask(ask, {}).generation.number() < before) ++stale;
      }
    });
  }
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(stale, 0);
}

TEST(Question, ACrowdThatComesMeanwhileSharesOneQuestion) {
  Question question;
  std::atomic<int> asked{0};
  std::promise<void> go_on;
  const std::shared_future<void> may_go_on = go_on.get_future().share();
  const auto slow = [&]() -> Generation {
    if (++asked == 1) may_go_on.wait();
    return std::uint64_t{7};
  };
  std::thread first([&] { question.ask(slow, {}); });
  ASSERT_TRUE(comes_true([&] { return question.is_being_asked(); }));
  std::atomic<int> polls{0};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 20; ++i) {
    crowd.emplace_back([&] {
      EXPECT_EQ(question
                    .ask(slow,
                         [&, mine = true]() mutable {
                           if (std::exchange(mine, false)) ++polls;
                         })
                    .generation,
                Generation(7));
    });
  }
  ASSERT_TRUE(comes_true([&] { return polls == 20; })) << "all of them wait";
  go_on.set_value();
  first.join();
  for (std::thread& one : crowd) one.join();
  EXPECT_EQ(asked, 2);
  EXPECT_FALSE(question.is_being_asked());
}

TEST(Question, AnErrorReachesAllWhoShareItAndNobodyLater) {
  Question question;
  EXPECT_THROW(question.ask([]() -> Generation { throw std::runtime_error("no"); }, {}),
               std::runtime_error);
  EXPECT_EQ(question.ask([] { return Generation(3); }, {}).generation, Generation(3));
}

TEST(Question, OneWhoGivesUpWhileWaitingHoldsNobodyUp) {
  Question question;
  std::promise<void> go_on;
  std::thread first([&] {
    question.ask(
        [&]() -> Generation {
          go_on.get_future().wait();
          return std::uint64_t{1};
        },
        {});
  });
  ASSERT_TRUE(comes_true([&] { return question.is_being_asked(); }));
  EXPECT_THROW(question.ask([] { return Generation(2); }, [] { throw 42; }), int);
  std::thread third(
      [&] { EXPECT_EQ(question.ask([] { return Generation(2); }, {}).generation, Generation(2)); });
  go_on.set_value();
  first.join();
  third.join();
}

}  // namespace
}  // namespace ruvector::lake

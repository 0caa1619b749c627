#include "lake/flight.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/test_sanitizers.h"
#include "lake/test_lake.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {
namespace {

EntryPtr some_entry() { return std::make_shared<const Entry>(); }

TEST(Flight, ManyWhoJoinShareOnePull) {
  Flight flight;
  std::atomic<int> pulls{0};
  std::promise<void> land;
  const std::shared_future<void> landing = land.get_future().share();
  const EntryPtr entry = some_entry();
  std::atomic<int> joined{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      ++joined;
      const auto pull = [&] {
        ++pulls;
        landing.wait();
        return entry;
      };
      EXPECT_EQ(flight.join(Clock::now(), pull, {}).entry, entry);
    });
  }
  ASSERT_TRUE(comes_true([&] { return joined == 16 && flight.is_going_on(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  land.set_value();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pulls, 1);
  EXPECT_FALSE(flight.is_going_on());
}

TEST(Flight, TheOutcomeIsAsOldAsItsLeadersQuestion) {
  Flight flight;
  const Clock::time_point asked = Clock::now() - std::chrono::seconds(5);
  std::promise<void> land;
  std::thread leader([&] {
    flight.join(asked,
                [&] {
                  land.get_future().wait();
                  return some_entry();
                },
                {});
  });
  ASSERT_TRUE(comes_true([&] { return flight.is_going_on(); }));
  std::thread follower([&] {
    const Flight::Outcome outcome = flight.join(
        Clock::now(),
        [&]() -> EntryPtr {
          ADD_FAILURE() << "the pull is going on already";
          return nullptr;
        },
        [&, first = true]() mutable {
          if (std::exchange(first, false)) land.set_value();
        });
    EXPECT_EQ(outcome.as_of, asked) << "not the time at which the pull began";
  });
  leader.join();
  follower.join();
}

// A store's error of any type fails all who wait, once; a leader's own reason fails only the
// leader.
TEST(Flight, AnErrorOfThePullIsSharedAndTheNextOnePullsAgain) {
  Flight flight;
  std::atomic<int> pulls{0};
  std::promise<void> fail;
  std::promise<void> waiting;
  std::thread leader([&] {
    EXPECT_THROW(flight.join(Clock::now(),
                             [&]() -> EntryPtr {
                               ++pulls;
                               fail.get_future().wait();
                               throw PersistError("cache", "no room is left");
                             },
                             {}),
                 PersistError);
  });
  ASSERT_TRUE(comes_true([&] { return flight.is_going_on(); }));
  std::thread follower([&] {
    EXPECT_THROW(flight.join(
                     Clock::now(),
                     [&] {
                       ++pulls;
                       return some_entry();
                     },
                     [&, first = true]() mutable {
                       if (std::exchange(first, false)) waiting.set_value();
                     }),
                 PersistError);
  });
  waiting.get_future().wait();
  fail.set_value();
  leader.join();
  follower.join();
  EXPECT_EQ(pulls, 1);
  EXPECT_NE(flight.join(Clock::now(), some_entry, {}).entry, nullptr);
}

TEST(Flight, WhenTheLeaderGivesUpAnotherLeads) {
  Flight flight;
  std::promise<void> waiting;
  std::thread leader([&] {
    const auto give_up = [&]() -> EntryPtr {
      waiting.get_future().wait();
      throw GaveUp{std::make_exception_ptr(std::invalid_argument("of the caller's own"))};
    };
    EXPECT_THROW(flight.join(Clock::now(), give_up, {}), std::invalid_argument);
  });
  ASSERT_TRUE(comes_true([&] { return flight.is_going_on(); }));
  const EntryPtr entry = some_entry();
  const auto outcome = flight.join(
      Clock::now(), [&] { return entry; },
      [&, first = true]() mutable {
        if (std::exchange(first, false)) waiting.set_value();
      });
  EXPECT_EQ(outcome.entry, entry);
  leader.join();
}

#if !RUVECTOR_THREAD_SANITIZER && !RUVECTOR_ADDRESS_SANITIZER
TEST(Flight, AProcessForkedInTheMiddleOfOnePullsForItselfAndEnds) {
  std::optional<Flight> flight(std::in_place);
  std::promise<void> land;
  const std::shared_future<void> landing = land.get_future().share();
  const auto pull = [&] {
    landing.wait();
    return some_entry();
  };
  std::thread leader([&] { flight->join(Clock::now(), pull, {}); });
  ASSERT_TRUE(comes_true([&] { return flight->is_going_on(); }));
  std::atomic<bool> waiting{false};
  std::thread follower([&] { flight->join(Clock::now(), pull, [&] { waiting = true; }); });
  ASSERT_TRUE(comes_true([&] { return waiting.load(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));  // it waits again
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    const bool pulled = flight->join(Clock::now(), some_entry, {}).entry != nullptr;
    flight.reset();  // must not wait for the parent's threads
    ::_exit(pulled ? 0 : 1);
  }
  land.set_value();
  leader.join();
  follower.join();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}
#endif

}  // namespace
}  // namespace ruvector::lake

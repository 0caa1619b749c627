#include "embed/crew.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/parallel.h"

namespace ruvector::embed {
namespace {

TEST(Crew, EveryIndexOfEveryStepIsDoneOnce) {
  for (const std::size_t members : {1u, 2u, 3u, 8u}) {
    std::vector<int> done(1000, 0);
    Crew::run(members, [&](Crew& crew) {
      EXPECT_EQ(crew.size(), members);
      for (int step = 0; step < 500; ++step) {
        crew.share(done.size(), 7, [&](std::size_t begin, std::size_t end, std::size_t member) {
          EXPECT_LT(member, members);
          for (std::size_t i = begin; i < end; ++i) {
            EXPECT_EQ(done[i], step);  // also that the step before is over
            ++done[i];
          }
        });
      }
    });
    EXPECT_EQ(std::ranges::count(done, 500), 1000);
  }
}

TEST(Crew, MembersThatWorkAtOnceDiffer) {
  constexpr std::size_t kMembers = 4;
  std::vector<std::atomic<int>> busy(kMembers);
  Crew::run(kMembers, [&](Crew& crew) {
    crew.share(400, 1, [&](std::size_t, std::size_t, std::size_t member) {
      EXPECT_EQ(busy[member].fetch_add(1), 0);
      std::this_thread::yield();
      busy[member].fetch_sub(1);
    });
  });
}

TEST(Crew, AStepMayHaveMorePiecesThanATicketCounts) {
  std::atomic<std::size_t> done{0};
  Crew::run(2, [&](Crew& crew) {
    crew.share(1'000'000, 1,
               [&](std::size_t begin, std::size_t end, std::size_t) { done += end - begin; });
  });
  EXPECT_EQ(done, 1'000'000u);
}

TEST(Crew, AnEmptyStepCallsNothing) {
  Crew::run(2, [](Crew& crew) {
    crew.share(0, 1, [](std::size_t, std::size_t, std::size_t) { ADD_FAILURE(); });
  });
}

TEST(Crew, HelpersThatSleptAreWokenForTheNextStep) {
  std::atomic<int> done{0};
  Crew::run(3, [&](Crew& crew) {
    for (int step = 0; step < 5; ++step) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      crew.share(8, 1, [&](std::size_t, std::size_t, std::size_t) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++done;
      });
    }
  });
  EXPECT_EQ(done, 40);
}

TEST(Crew, WhatTheLeaderThrowsIsRethrown) {
  EXPECT_THROW(Crew::run(3, [](Crew&) { throw std::runtime_error("no"); }), std::runtime_error);
}

TEST(Crew, WithinATaskTheLeaderWorksAlone) {
  std::atomic<std::size_t> done{0};
  base::parallel_for(4, 2, [&](std::size_t, std::size_t) {
    Crew::run(2, [&](Crew& crew) {
      crew.share(100, 1,
                 [&](std::size_t begin, std::size_t end, std::size_t) { done += end - begin; });
    });
  });
  EXPECT_EQ(done, 400u);
}

}  // namespace
}  // namespace ruvector::embed

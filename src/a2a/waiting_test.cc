#include "a2a/waiting.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace ruvector::a2a {
namespace {

std::atomic<int> hook_calls{0};

TEST(Waiting, GivesWhatComesLater) {
  std::thread io;
  const int value = await<int>([&](const A2aClient::Callback<int>& done) {
    io = std::thread([done] { done(7, nullptr); });
    return [] {};
  });
  io.join();
  EXPECT_EQ(value, 7);
}

TEST(Waiting, ThrowsTheErrorThatComes) {
  EXPECT_THROW(await<int>([](const A2aClient::Callback<int>& done) {
                 done(0, std::make_exception_ptr(std::out_of_range("x")));
                 return [] {};
               }),
               std::out_of_range);
}

TEST(Waiting, TheHookIsCalledMeanwhileAndMayEndTheWait) {
  hook_calls = 0;
  set_wait_hook([] {
    if (++hook_calls == 2) throw std::runtime_error("signal");
  });
  bool is_cancelled = false;
  EXPECT_THROW(
      await<int>([&](const A2aClient::Callback<int>&) { return [&] { is_cancelled = true; }; }),
      std::runtime_error);
  set_wait_hook(nullptr);
  EXPECT_EQ(hook_calls, 2);
  EXPECT_TRUE(is_cancelled);
}

}  // namespace
}  // namespace ruvector::a2a

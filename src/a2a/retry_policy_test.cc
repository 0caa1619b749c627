#include "a2a/retry_policy.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ruvector::a2a {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = RetryPolicy::Kind;
using Failing = net::Failure::Kind;

constexpr std::int64_t kNow = 784111777;  // "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 5.6.7

RetryPolicy policy(double uniform = 0.5) {
  return RetryPolicy({.uniform = [uniform] { return uniform; }, .unix_s = [] { return kNow; }});
}

net::Failure failure(Failing kind, bool was_sent = true) {
  return {.kind = kind, .message = "", .request_was_sent = was_sent};
}

TEST(RetryPolicy, ReadsAreSentAgainAndActionsOnlyWhenNothingWasSent) {
  for (const Failing kind : {Failing::resolve, Failing::connect, Failing::broken}) {
    EXPECT_TRUE(policy().after_failure(Kind::read, 1, failure(kind)));
    EXPECT_FALSE(policy().after_failure(Kind::action, 1, failure(kind)));
    EXPECT_TRUE(policy().after_failure(Kind::action, 1, failure(kind, false)));
  }
}

TEST(RetryPolicy, WhatWouldFailTheSameWayIsNotSentAgain) {
  for (const Failing kind : {Failing::refused_address, Failing::tls, Failing::too_large,
                             Failing::protocol, Failing::cancelled, Failing::shut_down}) {
    EXPECT_FALSE(policy().after_failure(Kind::read, 1, failure(kind, false)));
  }
}

TEST(RetryPolicy, ThereAreThreeAttempts) {
  EXPECT_TRUE(policy().after_failure(Kind::read, 2, failure(Failing::broken)));
  EXPECT_FALSE(policy().after_failure(Kind::read, 3, failure(Failing::broken)));
  EXPECT_TRUE(policy().after_status(Kind::read, 2, 503, ""));
  EXPECT_FALSE(policy().after_status(Kind::read, 3, 503, "0"));
}

TEST(RetryPolicy, ActionsAreSentAgainOnlyWhenAnOverloadedServerAsksForIt) {
  for (const int status : {429, 503}) {
    EXPECT_TRUE(policy().after_status(Kind::action, 1, status, "1")) << status;
    EXPECT_FALSE(policy().after_status(Kind::action, 1, status, "")) << status;
    EXPECT_FALSE(policy().after_status(Kind::action, 1, status, "soon")) << status;
  }
  for (const int status : {400, 404, 500, 502, 504}) {
    EXPECT_FALSE(policy().after_status(Kind::action, 1, status, "1")) << status;
  }
}

TEST(RetryPolicy, ReadsAreSentAgainAfterErrorsThatPass) {
  for (const int status : {429, 502, 503, 504}) {
    EXPECT_TRUE(policy().after_status(Kind::read, 1, status, "")) << status;
  }
  for (const int status : {400, 401, 403, 404, 405, 410, 500, 501}) {
    EXPECT_FALSE(policy().after_status(Kind::read, 1, status, "")) << status;
  }
}

TEST(RetryPolicy, TheJitterIsFullAndItsBoundDoublesUpToTheCap) {
  EXPECT_EQ(policy(0.0).jitter(1), milliseconds(0));
  EXPECT_EQ(policy(0.5).jitter(1), milliseconds(100));
  EXPECT_EQ(policy(0.5).jitter(2), milliseconds(200));
  EXPECT_EQ(policy(0.5).jitter(3), milliseconds(400));
  EXPECT_EQ(policy(0.5).jitter(1000), milliseconds(2500));
  const auto random = system_retry_sources().uniform;
  for (int i = 0; i < 1000; ++i) {
    const double value = random();
    EXPECT_GE(value, 0.0);
    EXPECT_LT(value, 1.0);
  }
}

TEST(RetryPolicy, TheServersDelayIsWaitedFor) {
  EXPECT_EQ(policy(0.0).after_status(Kind::action, 1, 429, "7"), milliseconds(7000));
  EXPECT_EQ(policy(0.0).after_status(Kind::action, 1, 429, "Sun, 06 Nov 1994 08:50:07 GMT"),
            milliseconds(30'000));
  EXPECT_EQ(policy(0.5).after_status(Kind::action, 1, 429, "7"), milliseconds(7100));
}

TEST(RetryPolicy, NobodyWaitsForLongerThanAMinuteWithoutHavingBeenAsked) {
  for (const auto kind : {Kind::action, Kind::read}) {
    EXPECT_EQ(policy(0.0).after_status(kind, 1, 503, "60"), milliseconds(60'000));
    EXPECT_FALSE(policy(0.0).after_status(kind, 1, 503, "61"));
    EXPECT_FALSE(policy(0.0).after_status(kind, 1, 429, "Mon, 07 Nov 1994 08:49:37 GMT"));
  }
}

TEST(RetryPolicy, RetryAfterIsSecondsOrADate) {
  EXPECT_EQ(retry_after_delay("0", kNow), seconds(0));
  EXPECT_EQ(retry_after_delay("120", kNow), seconds(120));
  EXPECT_EQ(retry_after_delay("Sun, 06 Nov 1994 08:49:37 GMT", kNow), seconds(0));
  EXPECT_EQ(retry_after_delay("Sun, 06 Nov 1994 07:49:37 GMT", kNow), seconds(0));
  EXPECT_EQ(retry_after_delay("Mon, 07 Nov 1994 08:49:37 GMT", kNow), seconds(86400));
  EXPECT_EQ(retry_after_delay("2147483647", kNow), seconds(86400));  // no more than a day
  for (const char* text : {"", "-1", "1.5", "soon", "99999999999", "Sun, 06 Xxx 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49:37 CET", "Sunday, 06-Nov-94 08:49:37 GMT"}) {
    EXPECT_FALSE(retry_after_delay(text, kNow)) << text;
  }
}

}  // namespace
}  // namespace ruvector::a2a

#include "net/connection_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <vector>

#include "net/test_receiver.h"
#include "net/test_server.h"

namespace ruvector::net {
namespace {

using namespace std::chrono_literals;
using Kind = Failure::Kind;

HttpOptions no_proxy() {
  HttpOptions options;
  options.use_environment_proxy = false;
  return options;
}

void answer_all(TestConnection& connection) {
  while (!connection.read_request().empty() && connection.answer("x")) {
  }
}

std::size_t count_in(const char* folder) {
  std::size_t count = 0;
  if (!std::filesystem::exists(folder)) return count;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

TEST(ConnectionPool, KeepsAConnectionForTheNextRequest) {
  TestServer server(answer_all);
  const auto transport = make_http_transport(no_proxy());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ask(*transport, {.url = server.url()})->body(), "x");
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(ConnectionPool, SharesNoConnectionBetweenTransports) {
  TestServer server(answer_all);
  const auto lenient = make_http_transport(no_proxy());
  EXPECT_EQ(ask(*lenient, {.url = server.url()})->failure(), std::nullopt);
  HttpOptions strict = no_proxy();
  strict.addresses.allow_loopback = false;
  const auto failure = ask(*make_http_transport(strict), {.url = server.url()})->failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Kind::refused_address);
  EXPECT_EQ(ask(*make_http_transport(no_proxy()), {.url = server.url()})->body(), "x");
  EXPECT_EQ(server.connections(), 2U);
}

TEST(ConnectionPool, ClosesItsConnectionsWhenTheTransportGoes) {
  std::atomic<bool> has_ended{false};
  TestServer server([&](TestConnection& connection) {
    connection.read_request();
    connection.answer("x");
    has_ended = connection.peer_ends_within(20s);
  });
  {
    const auto transport = make_http_transport(no_proxy());
    EXPECT_EQ(ask(*transport, {.url = server.url()})->body(), "x");
  }
  for (int i = 0; i < 20'000 && !has_ended; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(has_ended);
}

TEST(ConnectionPool, NoticesThatAKeptConnectionHasEnded) {
  TestServer server([](TestConnection& connection) {
    if (!connection.read_request().empty()) connection.answer("x");
  });
  const auto transport = make_http_transport(no_proxy());
  for (int i = 0; i < 5; ++i) {
    const auto receiver = ask(*transport, {.method = "POST", .url = server.url(), .body = "once"});
    EXPECT_EQ(receiver->failure(), std::nullopt);
    EXPECT_EQ(receiver->body(), "x");
    for (int ms = 0; ms < 20'000 && server.has_open(); ++ms) std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(server.connections(), 5U);
}

// The server of a kept connection reads the second request and ends without an answer.
class EndsTheSecond {
 public:
  void operator()(TestConnection& connection) {
    while (!connection.read_request().empty()) {
      if (++requests_ == 2) return;
      connection.answer("x");
    }
  }
  int requests() const { return requests_; }

 private:
  std::atomic<int> requests_{0};
};

TEST(ConnectionPool, SendsNoPostTwice) {
  EndsTheSecond script;
  TestServer server([&](TestConnection& connection) { script(connection); });
  const auto transport = make_http_transport(no_proxy());
  const Request request{.method = "POST", .url = server.url(), .body = "once"};
  EXPECT_EQ(ask(*transport, request)->failure(), std::nullopt);
  const auto failure = ask(*transport, request)->failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Kind::broken);
  EXPECT_TRUE(failure->request_was_sent);
  EXPECT_EQ(script.requests(), 2);
}

TEST(ConnectionPool, AsksAgainForAGetWhoseKeptConnectionEnds) {
  EndsTheSecond script;
  TestServer server([&](TestConnection& connection) { script(connection); });
  const auto transport = make_http_transport(no_proxy());
  EXPECT_EQ(ask(*transport, {.url = server.url()})->body(), "x");
  const auto receiver = ask(*transport, {.url = server.url()});
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->body(), "x");
  EXPECT_EQ(script.requests(), 3);
}

TEST(ConnectionPool, LeavesNothingBehindAfterAThousandCancelledRequests) {
  TestServer server([](TestConnection& connection) {
    if (connection.read_request().empty()) return;
    connection.write("HTTP/1.0 200 OK\r\n\r\nx");
    connection.peer_ends_within(20s);
  });
  const auto transport = make_http_transport(no_proxy());
  const auto run = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const auto receiver = std::make_shared<TestReceiver>();
      const auto transfer = transport->start({.url = server.url(), .is_stream = true}, receiver);
      if (i % 3 == 1) {
        EXPECT_TRUE(receiver->has_bytes(1));
      }
      transfer->cancel();
      ASSERT_TRUE(receiver->ends());
      EXPECT_EQ(receiver->failure()->kind, Kind::cancelled);
    }
    // The server's side follows.
    for (int i = 0; i < 20'000 && count_in("/proc/self/task") > 4; ++i) {
      std::this_thread::sleep_for(1ms);
    }
  };
  run(20);
  const std::size_t files = count_in("/proc/self/fd");
  const std::size_t threads = count_in("/proc/self/task");
  run(1000);
  if (files == 0) GTEST_SKIP() << "what is open cannot be counted here";
  EXPECT_LE(count_in("/proc/self/fd"), files + 2);
  EXPECT_LE(count_in("/proc/self/task"), threads + 2);
}

TEST(ConnectionPool, ServesManyStreamsOnOneThread) {
  constexpr int kStreams = 100;
  TestServer server([](TestConnection& connection) {
    connection.read_request();
    connection.write("HTTP/1.0 200 OK\r\n\r\n");
    for (int i = 0; i < 20; ++i) connection.write("data: " + std::to_string(i) + "\n\n");
  });
  const auto transport = make_http_transport(no_proxy());
  std::vector<std::shared_ptr<TestReceiver>> receivers;
  for (int i = 0; i < kStreams; ++i) {
    receivers.push_back(std::make_shared<TestReceiver>());
    transport->start({.url = server.url(), .is_stream = true}, receivers.back());
  }
  std::string expected;
  for (int i = 0; i < 20; ++i) expected += "data: " + std::to_string(i) + "\n\n";
  for (const auto& receiver : receivers) {
    ASSERT_TRUE(receiver->ends());
    EXPECT_EQ(receiver->failure(), std::nullopt);
    EXPECT_EQ(receiver->body(), expected);
  }
}

}  // namespace
}  // namespace ruvector::net

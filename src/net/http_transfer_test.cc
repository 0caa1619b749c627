#include "net/http_transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "net/test_receiver.h"
#include "net/test_server.h"

namespace ruvector::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Kind = Failure::Kind;

constexpr std::string_view kChunkedHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

HttpOptions no_proxy() {
  HttpOptions options;
  options.use_environment_proxy = false;
  return options;
}

// What a client sees of a server that reads a request and then writes `answer` and ends.
std::shared_ptr<TestReceiver> answer_of(std::string answer, Request request = {},
                                        const HttpOptions& options = no_proxy()) {
  TestServer server([&](TestConnection& connection) {
    if (!connection.read_request().empty()) connection.write(answer);
  });
  request.url = server.url();
  return ask(*make_http_transport(options), request);
}

TEST(HttpTransfer, ReadsChunkedAnswers) {
  const auto receiver =
      answer_of(std::string(kChunkedHead) + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->body(), "abcde");
  EXPECT_EQ(receiver->head().header("x-trailer"), "");
}

TEST(HttpTransfer, ReadsAnswersThatEndWithTheConnection) {
  const auto receiver = answer_of("HTTP/1.0 200 OK\r\n\r\nall of it");
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->body(), "all of it");
}

TEST(HttpTransfer, ReadsAnswersWithoutABody) {
  const auto receiver = answer_of("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n");
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->head().status, 204);
  EXPECT_EQ(receiver->head().header("x"), "y");
  const auto head = answer_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", {.method = "HEAD"});
  EXPECT_EQ(head->failure(), std::nullopt);
  EXPECT_EQ(head->head().header("content-length"), "10");
}

TEST(HttpTransfer, PassesOverInterimAnswers) {
  const auto receiver = answer_of(
      "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->head().status, 200);
  EXPECT_EQ(receiver->head().header("a"), "");
  EXPECT_EQ(receiver->body(), "ok");
}

TEST(HttpTransfer, SaysThatAnAnswerIsCutShort) {
  for (const std::string& answer :
       {std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        std::string(kChunkedHead) + "3\r\nabc\r\n", std::string(kChunkedHead) + "ff\r\nabc"}) {
    for (const bool is_stream : {false, true}) {
      const auto receiver = answer_of(answer, {.is_stream = is_stream});
      ASSERT_TRUE(receiver->failure()) << answer;
      EXPECT_EQ(receiver->failure()->kind, Kind::broken);
      EXPECT_TRUE(receiver->failure()->request_was_sent);
      EXPECT_EQ(receiver->body(), "abc");
    }
  }
}

TEST(HttpTransfer, SaysThatThereIsNoAnswer) {
  for (const std::string answer : {"", "HTTP/1.1 200 OK\r\nX: y\r\n"}) {
    const auto receiver = answer_of(answer, {.method = "POST", .body = "x"});
    ASSERT_TRUE(receiver->failure());
    EXPECT_EQ(receiver->failure()->kind, Kind::broken) << receiver->failure()->message;
    EXPECT_TRUE(receiver->failure()->request_was_sent);
    EXPECT_EQ(receiver->head().status, 0);
  }
}

TEST(HttpTransfer, SaysThatAnAnswerIsNoHttp) {
  for (const std::string answer :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x1\r\n\r\n"}) {
    const auto receiver = answer_of(answer);
    ASSERT_TRUE(receiver->failure()) << answer;
    EXPECT_EQ(receiver->failure()->kind, Kind::protocol) << answer << receiver->failure()->message;
  }
}

TEST(HttpTransfer, SaysThatTheConnectionWasReset) {
  const auto receiver = std::make_shared<TestReceiver>();
  TestServer server([&](TestConnection& connection) {
    connection.read_request();
    connection.write(kChunkedHead);
    connection.chunk("data: 1\n\n");
    EXPECT_TRUE(receiver->has_bytes(9));  // else the reset takes them away
    connection.reset();
  });
  const auto transport = make_http_transport(no_proxy());
  transport->start({.url = server.url(), .is_stream = true}, receiver);
  ASSERT_TRUE(receiver->ends());
  ASSERT_TRUE(receiver->failure());
  EXPECT_EQ(receiver->failure()->kind, Kind::broken);
  EXPECT_EQ(receiver->body(), "data: 1\n\n");
}

TEST(HttpTransfer, ReadsNoMoreOfABodyThanTheLimit) {
  const std::string body(1000, 'x');
  const std::string sized = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + body;
  const std::string chunked = std::string(kChunkedHead) + "3e8\r\n" + body + "\r\n0\r\n\r\n";
  const std::string to_close = "HTTP/1.0 200 OK\r\n\r\n" + body;
  for (const std::string& answer : {sized, chunked, to_close}) {
    EXPECT_EQ(answer_of(answer, {.max_body_bytes = 1000})->failure(), std::nullopt);
    const auto receiver = answer_of(answer, {.max_body_bytes = 999});
    ASSERT_TRUE(receiver->failure());
    EXPECT_EQ(receiver->failure()->kind, Kind::too_large);
    EXPECT_THAT(receiver->failure()->message, HasSubstr("limit of 999 bytes"));
    EXPECT_LE(receiver->body().size(), 999U);
    EXPECT_EQ(answer_of(answer, {.is_stream = true, .max_body_bytes = 999})->body(), body);
  }
}

TEST(HttpTransfer, ReadsNoMoreOfAHeadThanTheLimit) {
  HttpOptions options = no_proxy();
  options.limits.header_bytes = 1000;
  const std::string long_line = "X: " + std::string(990, 'x') + "\r\n";
  std::string many_lines;
  for (int i = 0; i < 300; ++i) many_lines += "X: y\r\n";
  for (const std::string& lines : {long_line, many_lines}) {
    const auto receiver =
        answer_of("HTTP/1.1 200 OK\r\n" + lines + "Content-Length: 0\r\n\r\n", {}, options);
    ASSERT_TRUE(receiver->failure());
    EXPECT_EQ(receiver->failure()->kind, Kind::too_large);
    EXPECT_THAT(receiver->failure()->message, HasSubstr("limit of 1000 bytes"));
    EXPECT_EQ(receiver->head().status, 0);
  }
}

TEST(HttpTransfer, DecompressesAnswersButNoStreams) {
  // As gzip of Python's standard library writes it.
  constexpr unsigned char kGzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                     0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0xb9,
                                     0x00, 0x00, 0x88, 0x59, 0x0b, 0x18, 0x00, 0x00, 0x00};
  const std::string bytes(reinterpret_cast<const char*>(kGzip), sizeof(kGzip));
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bytes;
  EXPECT_EQ(answer_of(answer)->body(), "hello hello hello hello\n");
  EXPECT_EQ(answer_of(answer, {.is_stream = true})->body(), bytes);
  EXPECT_EQ(answer_of(answer, {.max_body_bytes = 23})->failure()->kind, Kind::too_large);
  const auto plain = answer_of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nno gzip at all");
  ASSERT_TRUE(plain->failure());
  EXPECT_EQ(plain->failure()->kind, Kind::protocol);
}

// What the server of a stalling answer sends, and then waits for the end.
std::shared_ptr<TestReceiver> stall(std::string_view first, const HttpOptions& options,
                                    Request request) {
  TestServer server([&](TestConnection& connection) {
    connection.read_request();
    connection.write(first);
    EXPECT_TRUE(connection.peer_ends_within(20s));
  });
  request.url = server.url();
  return ask(*make_http_transport(options), request);
}

TEST(HttpTransfer, EndsAStreamThatIsIdle) {
  HttpOptions options = no_proxy();
  options.timeouts.header = 1h;
  options.timeouts.idle = 100ms;
  const auto receiver =
      stall(std::string(kChunkedHead) + "3\r\n:x\n\r\n", options, {.is_stream = true});
  ASSERT_TRUE(receiver->failure());
  EXPECT_EQ(receiver->failure()->kind, Kind::idle_timeout);
  EXPECT_THAT(receiver->failure()->message, HasSubstr("100 ms"));
  EXPECT_EQ(receiver->body(), ":x\n");
}

TEST(HttpTransfer, KeepsAStreamThatSendsAnythingAtAll) {
  TestServer server([](TestConnection& connection) {
    connection.read_request();
    connection.write(kChunkedHead);
    for (int i = 0; i < 10; ++i) {
      std::this_thread::sleep_for(240ms);
      connection.chunk(":\n");
    }
    connection.write("0\r\n\r\n");
  });
  HttpOptions options = no_proxy();
  options.timeouts.idle = 2s;
  options.timeouts.total = 100ms;  // not of a stream
  const auto receiver =
      ask(*make_http_transport(options), {.url = server.url(), .is_stream = true});
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->body().size(), 20U);
}

TEST(HttpTransfer, EndsAStreamWhoseHeadDoesNotCome) {
  HttpOptions options = no_proxy();
  options.timeouts.header = 1s;  // enough to send the request on a busy machine
  const auto receiver = stall("HTTP/1.1 200 OK\r\nX: y\r\n", options, {.is_stream = true});
  ASSERT_TRUE(receiver->failure());
  EXPECT_EQ(receiver->failure()->kind, Kind::timeout);
  EXPECT_THAT(receiver->failure()->message, HasSubstr("1000 ms"));
  EXPECT_TRUE(receiver->failure()->request_was_sent);
}

TEST(HttpTransfer, EndsARequestThatTakesTooLong) {
  HttpOptions options = no_proxy();
  options.timeouts.total = 100ms;
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
  const auto by_options = stall(head, options, {});
  ASSERT_TRUE(by_options->failure());
  EXPECT_EQ(by_options->failure()->kind, Kind::timeout);
  EXPECT_THAT(by_options->failure()->message, HasSubstr("in all 100 ms"));
  options.timeouts.total = 1h;
  const auto by_request = stall(head, options, {.total_timeout = 50ms});
  ASSERT_TRUE(by_request->failure());
  EXPECT_EQ(by_request->failure()->kind, Kind::timeout);
}

TEST(HttpTransfer, ClosesTheConnectionWhenItIsCancelled) {
  std::atomic<bool> has_ended{false};
  TestServer server([&](TestConnection& connection) {
    connection.read_request();
    connection.write(kChunkedHead);
    connection.chunk("x");
    has_ended = connection.peer_ends_within(20s);
  });
  const auto transport = make_http_transport(no_proxy());
  const auto receiver = std::make_shared<TestReceiver>();
  const auto transfer = transport->start({.url = server.url(), .is_stream = true}, receiver);
  ASSERT_TRUE(receiver->has_bytes(1));
  transfer->cancel();
  for (int i = 0; i < 20'000 && !has_ended; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(has_ended);
  ASSERT_TRUE(receiver->ends());
  EXPECT_EQ(receiver->failure()->kind, Kind::cancelled);
  transfer->cancel();
  transfer->resume();
  EXPECT_EQ(ask(*transport, {.url = "ftp://x"})->failure()->kind, Kind::protocol);
}

TEST(HttpTransfer, GivesNothingMoreWhenItIsCancelledByItsReceiver) {
  TestServer server([](TestConnection& connection) {
    connection.read_request();
    std::string answer(kChunkedHead);
    for (int i = 0; i < 100; ++i) answer += "1\r\nx\r\n";
    connection.write(answer);
    connection.peer_ends_within(20s);
  });
  const auto transport = make_http_transport(no_proxy());
  const auto receiver = std::make_shared<TestReceiver>();
  std::promise<std::shared_ptr<Transfer>> started;
  receiver->flow = [&, future = started.get_future().share()](std::string_view) {
    future.get()->cancel();
    return Flow::more;
  };
  started.set_value(transport->start({.url = server.url(), .is_stream = true}, receiver));
  ASSERT_TRUE(receiver->ends());
  EXPECT_EQ(receiver->failure()->kind, Kind::cancelled);
  EXPECT_EQ(receiver->body(), "x");
}

TEST(HttpTransfer, LetsTheWindowFillUpWhileItIsPaused) {
  constexpr std::size_t kSize = 64 << 20;
  const std::string bytes(kSize, 'x');
  std::promise<std::size_t> filled;
  TestServer server([&](TestConnection& connection) {
    connection.read_request();
    connection.write("HTTP/1.0 200 OK\r\n\r\n");
    const std::size_t taken = connection.write_until_full(bytes, 2500ms);
    filled.set_value(taken);
    connection.write(std::string_view(bytes).substr(taken));
  });
  HttpOptions options = no_proxy();
  options.timeouts.idle = 2s;  // does not run while it is paused
  const auto transport = make_http_transport(options);
  const auto receiver = std::make_shared<TestReceiver>();
  std::atomic<bool> is_paused{true};
  receiver->flow = [&](std::string_view) { return is_paused ? Flow::pause : Flow::more; };
  const auto transfer = transport->start({.url = server.url(), .is_stream = true}, receiver);
  const std::size_t taken = filled.get_future().get();
  EXPECT_LT(taken, kSize);
  ASSERT_TRUE(receiver->has_bytes(1));
  const std::size_t before = receiver->body().size();
  EXPECT_LE(before, 16384U);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(receiver->body().size(), before);
  EXPECT_FALSE(receiver->has_ended());
  is_paused = false;
  transfer->resume();
  ASSERT_TRUE(receiver->ends());
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->body().size(), kSize);
}

TEST(HttpTransfer, GivesEveryByteInOrderThroughManyPauses) {
  std::string expected;
  TestServer server([&](TestConnection& connection) {
    connection.read_request();
    connection.write(kChunkedHead);
    for (int i = 0; i < 2000; ++i) connection.chunk("data: " + std::to_string(i) + "\n\n");
    connection.write("0\r\n\r\n");
  });
  for (int i = 0; i < 2000; ++i) expected += "data: " + std::to_string(i) + "\n\n";
  const auto transport = make_http_transport(no_proxy());
  const auto receiver = std::make_shared<TestReceiver>();
  std::atomic<int> pauses{0};
  std::atomic<int> calls_while_paused{0};
  std::atomic<bool> is_paused{false};
  receiver->flow = [&](std::string_view) {
    if (is_paused.exchange(true)) ++calls_while_paused;
    ++pauses;
    return Flow::pause;
  };
  const auto transfer = transport->start({.url = server.url(), .is_stream = true}, receiver);
  while (!receiver->has_ended()) {
    if (is_paused.exchange(false)) transfer->resume();
    std::this_thread::yield();
  }
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->body(), expected);
  EXPECT_GT(pauses, 1);
  EXPECT_EQ(calls_while_paused, 0);
}

TEST(HttpTransfer, EndsWhenItIsCancelledWhilePaused) {
  TestServer server([](TestConnection& connection) {
    connection.read_request();
    connection.write(kChunkedHead);
    connection.chunk("x");
    EXPECT_TRUE(connection.peer_ends_within(20s));
  });
  const auto transport = make_http_transport(no_proxy());
  const auto receiver = std::make_shared<TestReceiver>();
  receiver->flow = [](std::string_view) { return Flow::pause; };
  const auto transfer = transport->start({.url = server.url(), .is_stream = true}, receiver);
  ASSERT_TRUE(receiver->has_bytes(1));
  transfer->cancel();
  ASSERT_TRUE(receiver->ends());
  EXPECT_EQ(receiver->failure()->kind, Kind::cancelled);
}

TEST(HttpTransfer, EndsWhenItsReceiverThrows) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
  TestServer server([&](TestConnection& connection) {
    connection.read_request();
    connection.write(answer);
  });
  const auto transport = make_http_transport(no_proxy());
  const auto receiver = std::make_shared<TestReceiver>();
  receiver->flow = [](std::string_view) -> Flow { throw std::runtime_error("no room"); };
  transport->start({.url = server.url()}, receiver);
  ASSERT_TRUE(receiver->ends());
  EXPECT_EQ(receiver->failure()->kind, Kind::broken);
  EXPECT_THAT(receiver->failure()->message, HasSubstr("no room"));
}

}  // namespace
}  // namespace ruvector::net

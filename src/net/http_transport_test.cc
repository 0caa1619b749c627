#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <vector>

#include "net/test_receiver.h"
#include "net/test_server.h"
#include "net/transport.h"

namespace ruvector::net {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Kind = Failure::Kind;

// Answers each request with the request itself.
void echo(TestConnection& connection) {
  for (;;) {
    const std::string request = connection.read_request();
    if (request.empty() || !connection.answer(request)) return;
  }
}

HttpOptions no_proxy() {
  HttpOptions options;
  options.use_environment_proxy = false;
  return options;
}

TEST(HttpTransport, GetsWithTheHeadersThatAreGiven) {
  TestServer server(echo);
  HttpOptions options = no_proxy();
  options.headers = {{"X-All", "1"}, {"accept", "of/options"}};
  const auto transport = make_http_transport(options);
  const auto receiver = ask(*transport, {.url = server.url("/a?b=c"),
                                         .headers = {{"Accept", "text/x"}, {"X-Empty", ""}}});
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->head().status, 200);
  const std::string seen = receiver->body();
  EXPECT_EQ(receiver->head().header("content-length"), std::to_string(seen.size()));
  EXPECT_THAT(seen, StartsWith("GET /a?b=c HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-All: 1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nAccept: text/x\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nUser-Agent: ruvector/"));
  EXPECT_THAT(seen, Not(HasSubstr("of/options")));
}

TEST(HttpTransport, PostsBodiesOfAnySizeAndByte) {
  TestServer server(echo);
  const auto transport = make_http_transport(no_proxy());
  for (const std::size_t size : {0U, 1U, 1000U, 3'000'000U}) {
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 7);
    const auto receiver = ask(*transport, {.method = "POST",
                                           .url = server.url(),
                                           .headers = {{"Content-Type", "application/json"}},
                                           .body = body});
    EXPECT_EQ(receiver->failure(), std::nullopt);
    const std::string seen = receiver->body();
    EXPECT_THAT(seen, StartsWith("POST / HTTP/1.1\r\n"));
    EXPECT_THAT(seen.substr(0, 500), HasSubstr("Content-Length: " + std::to_string(size)));
    EXPECT_THAT(seen.substr(0, 500), Not(HasSubstr("Expect")));
    EXPECT_TRUE(seen.ends_with("\r\n\r\n" + body));
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpTransport, SendsOtherMethodsAndNoneOfTheRequestBefore) {
  TestServer server(echo);
  const auto transport = make_http_transport(no_proxy());
  const auto first_line = [&](const std::string& method, const std::string& body) {
    const auto receiver = ask(
        *transport,
        {.method = method, .url = server.url(), .headers = {{"X-" + method, "1"}}, .body = body});
    const std::string seen = receiver->body();
    EXPECT_THAT(seen, HasSubstr("X-" + method + ": 1"));
    EXPECT_EQ(seen.find("X-"), seen.rfind("X-"));
    EXPECT_TRUE(seen.ends_with("\r\n\r\n" + body)) << seen;
    return seen.substr(0, seen.find("\r\n"));
  };
  EXPECT_EQ(first_line("POST", "body"), "POST / HTTP/1.1");
  EXPECT_EQ(first_line("DELETE", ""), "DELETE / HTTP/1.1");
  EXPECT_EQ(first_line("PUT", "other"), "PUT / HTTP/1.1");
  EXPECT_EQ(first_line("GET", ""), "GET / HTTP/1.1");
}

TEST(HttpTransport, RefusesRequestsThatHttpCannotCarry) {
  TestServer server(echo);
  const auto transport = make_http_transport(no_proxy());
  const std::vector<Request> requests = {
      {.url = "ftp://127.0.0.1/"},
      {.url = ""},
      {.url = server.url(), .headers = {{"X", "a\r\nY: b"}}},
      {.url = server.url(), .headers = {{"X\r\nY", "a"}}},
      {.url = server.url(), .headers = {{"", "a"}}},
      {.method = "GET / HTTP/1.1\r\nX: y", .url = server.url()},
  };
  for (const Request& request : requests) {
    const auto failure = ask(*transport, request)->failure();
    ASSERT_TRUE(failure) << request.url;
    EXPECT_EQ(failure->kind, Kind::protocol);
    EXPECT_FALSE(failure->request_was_sent);
  }
  EXPECT_EQ(ask(*transport, {.url = server.url()})->failure(), std::nullopt);
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpTransport, RefusesAddressesByPolicyBeforeConnecting) {
  TestServer server(echo);
  HttpOptions options = no_proxy();
  options.addresses.allow_loopback = false;
  const auto transport = make_http_transport(options);
  const std::string port = std::to_string(server.port());
  for (const std::string host :
       {"127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]", "169.254.169.254", "[fe80::1]"}) {
    std::string url = "http://";
    url.append(host).append(":").append(port);
    const auto failure = ask(*transport, {.url = url})->failure();
    ASSERT_TRUE(failure) << host;
    EXPECT_EQ(failure->kind, Kind::refused_address) << host << " " << failure->message;
    EXPECT_FALSE(failure->request_was_sent);
  }
  EXPECT_EQ(server.connections(), 0U);
}

// The resolver gives the machine's own name a loopback address, or one of its network.
TEST(HttpTransport, JudgesWhatANameResolvesTo) {
  char name[256] = {};
  ASSERT_EQ(::gethostname(name, sizeof(name) - 1), 0);
  HttpOptions options = no_proxy();
  options.addresses = {.allow_loopback = false, .allow_private = false};
  const auto transport = make_http_transport(options);
  const auto failure = ask(*transport, {.url = "http://" + std::string(name) + ":9/"})->failure();
  ASSERT_TRUE(failure);
  EXPECT_THAT(failure->kind, testing::AnyOf(Kind::refused_address, Kind::resolve));
  EXPECT_FALSE(failure->request_was_sent);
}

TEST(HttpTransport, SaysThatNobodyListens) {
  int port = 0;
  {
    TestServer server(echo);
    port = server.port();
  }
  const auto transport = make_http_transport(no_proxy());
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  const auto failure = ask(*transport, {.url = url})->failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Kind::connect);
  EXPECT_FALSE(failure->request_was_sent);
  EXPECT_THAT(failure->message, StartsWith(url + ": "));
}

TEST(HttpTransport, DoesNotFollowRedirects) {
  TestServer server([](TestConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.write("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n");
    }
  });
  const auto transport = make_http_transport(no_proxy());
  const auto receiver = ask(*transport, {.url = server.url()});
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->head().status, 302);
  EXPECT_EQ(receiver->head().header("location"), "/other");
}

TEST(HttpTransport, RunsTasksOnTheIoThreadWhenTheirTimeHasCome) {
  const auto transport = make_http_transport(no_proxy());
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  const auto task = [&](int number) {
    return [&, number] {
      const std::lock_guard lock(mutex);
      order.push_back(number);
      threads.push_back(std::this_thread::get_id());
      changed.notify_all();
    };
  };
  const auto start = transport->now();
  transport->call_after(1s, task(3));
  transport->call_after(500ms, task(2));
  transport->call_after(0ms, task(1));
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, 20s, [&] { return order.size() == 3; }));
  EXPECT_GE(transport->now() - start, 1s);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_NE(threads[0], std::this_thread::get_id());
  EXPECT_EQ(threads[0], threads[1]);
  EXPECT_EQ(threads[0], threads[2]);
}

TEST(HttpTransport, DropsWaitingTasksAndEndsRequestsWhenItGoes) {
  TestServer server([](TestConnection& connection) {
    connection.read_request();
    EXPECT_TRUE(connection.peer_ends_within(20s));
  });
  auto transport = make_http_transport(no_proxy());
  auto token = std::make_shared<int>(0);
  std::atomic<bool> has_run{false};
  transport->call_after(1h, [token, &has_run] { has_run = true; });
  const auto receiver = std::make_shared<TestReceiver>();
  transport->start({.url = server.url(), .is_stream = true}, receiver);
  transport.reset();
  ASSERT_TRUE(receiver->ends());
  EXPECT_EQ(receiver->failure()->kind, Kind::shut_down);
  for (int i = 0; i < 20'000 && token.use_count() > 1; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_FALSE(has_run);
}

TEST(HttpTransport, StartsRequestsFromTheEndOfOthers) {
  TestServer server(echo);
  const auto transport = make_http_transport(no_proxy());
  class Chain final : public Receiver {
   public:
    Chain(Transport& transport, std::string url, int left, std::promise<void>& done)
        : transport_(transport), url_(std::move(url)), left_(left), done_(done) {}
    void on_head(const ResponseHead&) override {}
    Flow on_data(std::string_view) override { return Flow::more; }
    void on_end(const Failure* failure) override {
      EXPECT_EQ(failure, nullptr);
      if (left_ == 0) {
        done_.set_value();
      } else {
        transport_.start({.url = url_},
                         std::make_shared<Chain>(transport_, url_, left_ - 1, done_));
      }
    }

   private:
    Transport& transport_;
    std::string url_;
    int left_;
    std::promise<void>& done_;
  };
  std::promise<void> done;
  transport->start({.url = server.url()},
                   std::make_shared<Chain>(*transport, server.url(), 50, done));
  EXPECT_EQ(done.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpTransport, ServesManyThreadsAtOnce) {
  TestServer server(echo);
  const auto transport = make_http_transport(no_proxy());
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(t) + "/" + std::to_string(i);
        const auto receiver =
            ask(*transport, {.method = "POST", .url = server.url(), .body = body});
        EXPECT_TRUE(receiver->body().ends_with("\r\n\r\n" + body));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(server.connections(), 8U);
}

}  // namespace
}  // namespace ruvector::net

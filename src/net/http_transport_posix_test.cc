#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <string>

#include "base/test_sanitizers.h"
#include "net/test_receiver.h"
#include "net/test_server.h"
#include "net/transport.h"

namespace ruvector::net {
namespace {

using Kind = Failure::Kind;

// Sanitizers do not get along with threads that a forked child starts.
#if !RUVECTOR_THREAD_SANITIZER && !RUVECTOR_ADDRESS_SANITIZER
HttpOptions no_proxy() {
  HttpOptions options;
  options.use_environment_proxy = false;
  return options;
}

// Runs `test` in a forked child; whether it says true there.
template <class Test>
bool holds_in_child(Test test) {
  const pid_t child = ::fork();
  if (child == 0) ::alarm(30);
  if (child == 0) ::_exit(test() ? 0 : 1);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(HttpTransport, WorksInAForkedChildAndLeavesTheParentsConnectionsAlone) {
  std::promise<void> forked;
  const std::shared_future<void> child_is_done = forked.get_future().share();
  TestServer server([child_is_done](TestConnection& connection) {
    std::string request = connection.read_request();
    if (request.starts_with("GET /stream")) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhalf");
      child_is_done.wait();
      connection.write("rest");
      return;
    }
    while (!request.empty() && connection.answer("answer")) request = connection.read_request();
  });
  const auto transport = make_http_transport(no_proxy());
  const auto stream = std::make_shared<TestReceiver>();
  auto transfer = transport->start({.url = server.url("/stream"), .is_stream = true}, stream);
  ASSERT_TRUE(stream->has_bytes(4));
  EXPECT_EQ(ask(*transport, {.url = server.url()})->body(), "answer");
  EXPECT_TRUE(holds_in_child([&] {
    const bool asked = ask(*transport, {.url = server.url()})->body() == "answer";
    transfer->resume();
    transfer->cancel();
    return asked && stream->ends() && stream->failure()->kind == Kind::shut_down;
  }));
  forked.set_value();
  ASSERT_TRUE(stream->ends());
  EXPECT_EQ(stream->body(), "halfrest");
  EXPECT_EQ(stream->failure(), std::nullopt);
  EXPECT_EQ(ask(*transport, {.url = server.url()})->body(), "answer");
}
#endif

}  // namespace
}  // namespace ruvector::net

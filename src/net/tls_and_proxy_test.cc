#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>

#include "net/test_receiver.h"
#include "net/test_server.h"
#include "net/test_tls.h"
#include "net/transport.h"

namespace ruvector::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Kind = Failure::Kind;

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
constexpr const char* kNames = "IP:127.0.0.1,DNS:peer.example";

class TlsAndProxy : public testing::Test {
 protected:
  // OpenSSL writes to sockets that are closed.
  static void SetUpTestSuite() {
#ifdef SIGPIPE
    std::signal(SIGPIPE, SIG_IGN);
#endif
  }

  static HttpOptions trusting(const TestIdentity& identity) {
    HttpOptions options;
    options.use_environment_proxy = false;
    options.tls.ca_file = identity.certificate_file();
    return options;
  }

  static std::string https(const TestServer& server) {
    return "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  }
};

TEST_F(TlsAndProxy, TrustsTheAuthorityThatIsNamedAndNoOther) {
  const TestIdentity identity(kNames);
  const TestIdentity other(kNames);
  std::atomic<int> requests{0};
  TestServer server([&](TestConnection& connection) {
    TestTls tls(connection, identity);
    if (!tls.accept() || tls.read_head().empty()) return;
    ++requests;
    tls.write(kAnswer);
    tls.close();
  });
  const auto receiver = ask(*make_http_transport(trusting(identity)), {.url = https(server)});
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->body(), "secret");
  HttpOptions of_system;
  of_system.use_environment_proxy = false;
  for (const HttpOptions& options : {trusting(other), of_system}) {
    const auto failure = ask(*make_http_transport(options), {.url = https(server)})->failure();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->kind, Kind::tls) << failure->message;
    EXPECT_FALSE(failure->request_was_sent);
    EXPECT_THAT(failure->message, StartsWith("https://127.0.0.1:"));
  }
  EXPECT_EQ(requests, 1);
}

TEST_F(TlsAndProxy, RefusesACertificateOfAnotherName) {
  const TestIdentity identity("DNS:peer.example");
  TestServer server([&](TestConnection& connection) { TestTls(connection, identity).accept(); });
  const auto failure =
      ask(*make_http_transport(trusting(identity)), {.url = https(server)})->failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Kind::tls) << failure->message;
}

TEST_F(TlsAndProxy, SaysThatTheFileOfAuthoritiesIsMissing) {
  const TestIdentity identity(kNames);
  TestServer server([&](TestConnection& connection) { TestTls(connection, identity).accept(); });
  HttpOptions options = trusting(identity);
  options.tls.ca_file += ".missing";
  const auto failure = ask(*make_http_transport(options), {.url = https(server)})->failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Kind::tls);
  EXPECT_THAT(failure->message, HasSubstr(options.tls.ca_file));
}

TEST_F(TlsAndProxy, ShowsItsCertificateToAServerThatAsks) {
  const TestIdentity identity(kNames);
  const TestIdentity client("DNS:client.example");
  TestServer server([&](TestConnection& connection) {
    TestTls tls(connection, identity, &client);
    if (!tls.accept() || tls.read_head().empty()) return;
    tls.write(kAnswer);
    tls.close();
  });
  HttpOptions options = trusting(identity);
  EXPECT_TRUE(ask(*make_http_transport(options), {.url = https(server)})->failure());
  options.tls.client_certificate = client.certificate_file();
  options.tls.client_key = client.key_file();
  EXPECT_EQ(ask(*make_http_transport(options), {.url = https(server)})->body(), "secret");
}

TEST_F(TlsAndProxy, SaysThatAServerSpeaksNoTls) {
  const TestIdentity identity(kNames);
  TestServer server(
      [](TestConnection& connection) { connection.write("HTTP/1.1 400 Bad\r\n\r\n"); });
  const auto failure =
      ask(*make_http_transport(trusting(identity)), {.url = https(server)})->failure();
  ASSERT_TRUE(failure);
  EXPECT_THAT(failure->kind, testing::AnyOf(Kind::tls, Kind::connect)) << failure->message;
  EXPECT_FALSE(failure->request_was_sent);
}

TEST_F(TlsAndProxy, SaysThatAnAnswerIsCutShort) {
  const TestIdentity identity(kNames);
  TestServer server([&](TestConnection& connection) {
    TestTls tls(connection, identity);
    if (!tls.accept() || tls.read_head().empty()) return;
    tls.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  });
  const auto receiver =
      ask(*make_http_transport(trusting(identity)), {.url = https(server), .is_stream = true});
  ASSERT_TRUE(receiver->failure());
  EXPECT_EQ(receiver->failure()->kind, Kind::broken);
  EXPECT_EQ(receiver->body(), "half");
}

TEST_F(TlsAndProxy, AsksAProxyForPlainHttp) {
  TestServer proxy([](TestConnection& connection) {
    const std::string request = connection.read_request();
    if (!request.empty()) connection.answer(request.substr(0, request.find("\r\n")));
  });
  HttpOptions options;
  options.proxy = proxy.url();
  options.addresses.allow_plain_http = true;
  const auto receiver = ask(*make_http_transport(options), {.url = "http://peer.example/a?b"});
  EXPECT_EQ(receiver->body(), "GET http://peer.example/a?b HTTP/1.1");
}

TEST_F(TlsAndProxy, JudgesWhatItWritesToAProxy) {
  TestServer proxy([](TestConnection& connection) { connection.read_request(); });
  HttpOptions options;
  options.proxy = proxy.url();
  const auto transport = make_http_transport(options);
  for (const char* url : {"http://peer.example/", "https://169.254.169.254/", "http://10.0.0.1/"}) {
    const auto failure = ask(*transport, {.url = url})->failure();
    ASSERT_TRUE(failure) << url;
    EXPECT_EQ(failure->kind, Kind::refused_address);
    EXPECT_FALSE(failure->request_was_sent);
  }
  EXPECT_EQ(proxy.connections(), 0U);
}

TEST_F(TlsAndProxy, TunnelsTlsThroughAProxy) {
  const TestIdentity identity(kNames);
  std::string connect;
  TestServer proxy([&](TestConnection& connection) {
    connect = connection.read_request();
    connection.write("HTTP/1.1 200 Established\r\nX-Proxy: 1\r\n\r\n");
    TestTls tls(connection, identity);
    if (!tls.accept() || tls.read_head().empty()) return;
    tls.write(kAnswer);
    tls.close();
  });
  HttpOptions options = trusting(identity);
  options.proxy = proxy.url();
  const auto receiver = ask(*make_http_transport(options), {.url = "https://peer.example/"});
  EXPECT_EQ(receiver->failure(), std::nullopt);
  EXPECT_EQ(receiver->body(), "secret");
  EXPECT_EQ(receiver->head().header("x-proxy"), "");
  EXPECT_THAT(connect, StartsWith("CONNECT peer.example:443 HTTP/1.1\r\n"));
}

TEST_F(TlsAndProxy, SaysThatAProxyWillNotConnect) {
  TestServer proxy([](TestConnection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  HttpOptions options;
  options.proxy = proxy.url();
  const auto receiver = ask(*make_http_transport(options), {.url = "https://peer.example/"});
  ASSERT_TRUE(receiver->failure());
  EXPECT_EQ(receiver->failure()->kind, Kind::connect) << receiver->failure()->message;
  EXPECT_FALSE(receiver->failure()->request_was_sent);
  EXPECT_THAT(receiver->failure()->message, HasSubstr("403"));
  EXPECT_EQ(receiver->head().status, 0);
}

}  // namespace
}  // namespace ruvector::net

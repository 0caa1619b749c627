#include "a2a/credentials.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "a2a/test_codec.h"

namespace ruvector::a2a {
namespace {

std::shared_ptr<Credentials> made(const std::shared_ptr<FakeTransport>& transport,
                                  Credentials::Authorization authorization = nullptr,
                                  std::string api_key = "", net::Headers headers = {}) {
  auto credentials = std::make_shared<Credentials>(transport, std::move(authorization),
                                                   std::move(api_key), std::move(headers));
  credentials->bind("https://peer.test/agent");
  return credentials;
}

net::Request applied(const Credentials& credentials, std::string url) {
  net::Request request;
  request.url = std::move(url);
  credentials.apply({.authorization = "Bearer x", .generation = 1}, request);
  return request;
}

TEST(Credentials, GoToTheirOriginOnly) {
  const auto transport = std::make_shared<FakeTransport>();
  const auto credentials = made(transport, nullptr, "", {{"X-Team", "blue"}});
  const net::Headers wanted = {{"Authorization", "Bearer x"}, {"X-Team", "blue"}};
  EXPECT_EQ(applied(*credentials, "https://peer.test/rpc").headers, wanted);
  EXPECT_EQ(applied(*credentials, "https://peer.test:443/").headers, wanted);
  for (const char* url : {"http://peer.test/rpc", "https://peer.test:444/rpc",
                          "https://other.test/rpc", "https://sub.peer.test/"}) {
    EXPECT_TRUE(applied(*credentials, url).headers.empty()) << url;
  }
}

TEST(Credentials, TheCallersHeadersDoNotRepeatTheRequests) {
  const auto transport = std::make_shared<FakeTransport>();
  const auto credentials = made(transport, nullptr, "", {{"accept", "x"}, {"authorization", "y"}});
  net::Request request;
  request.url = "https://peer.test/";
  request.headers = {{"Accept", "application/json"}};
  credentials->apply({.authorization = "Bearer x", .generation = 1}, request);
  EXPECT_EQ(request.headers,
            (net::Headers{{"Accept", "application/json"}, {"Authorization", "Bearer x"}}));
}

TEST(Credentials, NobodySeesThemBeforeTheirOriginIsKnown) {
  const auto transport = std::make_shared<FakeTransport>();
  const Credentials unbound(transport, nullptr, "", {{"X-Team", "blue"}});
  EXPECT_TRUE(applied(unbound, "https://peer.test/").headers.empty());
}

TEST(Credentials, TheApiKeyGoesWhereTheCardSays) {
  const auto transport = std::make_shared<FakeTransport>();
  const auto with = [&](const char* place, const char* parameter) {
    const auto credentials = made(transport, nullptr, "k/1");
    credentials->use_schemes(
        {AuthScheme{.name = "b", .type = "http", .scheme = "bearer", .parameter = ""},
         AuthScheme{.name = "a", .type = "apiKey", .scheme = place, .parameter = parameter}});
    net::Request request;
    request.url = "https://peer.test/rpc?a=b";
    credentials->apply({}, request);
    return request;
  };
  EXPECT_EQ(with("header", "X-Key").headers, (net::Headers{{"X-Key", "k/1"}}));
  EXPECT_EQ(with("cookie", "sid").headers, (net::Headers{{"Cookie", "sid=k/1"}}));
  EXPECT_EQ(with("query", "key").url, "https://peer.test/rpc?a=b&key=k%2F1");
  EXPECT_EQ(with("", "").headers, (net::Headers{{"X-API-Key", "k/1"}}));
}

TEST(Credentials, AnApiKeyThatTheCardHasNoPlaceForIsAnError) {
  const auto transport = std::make_shared<FakeTransport>();
  EXPECT_THROW(made(transport, nullptr, "key")->use_schemes({}), std::invalid_argument);
  made(transport)->use_schemes({});  // without a key there is nothing to place
}

TEST(Credentials, TextThatWouldBeginAnotherHeaderIsRefused) {
  const auto transport = std::make_shared<FakeTransport>();
  EXPECT_THROW(made(transport, nullptr, "a\r\nb: c"), std::invalid_argument);
  EXPECT_THROW(made(transport, nullptr, "", {{"a", "b\nc"}}), std::invalid_argument);
  const auto credentials = made(transport, [](bool) { return "Bearer a\r\nX: y"; });
  Got<std::string> got;
  credentials->obtain({}, [&](const Credentials::Grant&, const std::exception_ptr& error) {
    got.is_done = true;
    got.error = error;
  });
  ASSERT_TRUE(transport->until([&] { return got.is_done; }));
  EXPECT_TRUE(got.failed_with<std::invalid_argument>());
}

TEST(Credentials, WhoAsksTogetherSharesOneCallOfTheCallback) {
  const auto transport = std::make_shared<FakeTransport>();
  std::atomic<int> calls{0};
  const auto credentials =
      made(transport, [&](bool) { return "Bearer " + std::to_string(++calls); });
  std::vector<Credentials::Grant> grants;
  const auto keep = [&](const Credentials::Grant& grant, const std::exception_ptr&) {
    grants.push_back(grant);
  };
  credentials->obtain({}, keep);
  credentials->obtain({}, keep);
  ASSERT_TRUE(transport->until([&] { return grants.size() == 2; }));
  credentials->obtain({}, keep);  // it is known now
  ASSERT_EQ(grants.size(), 3u);
  for (const auto& grant : grants) EXPECT_EQ(grant.authorization, "Bearer 1");
  // Two whose first value was rejected want a newer one, and share it, too.
  credentials->obtain(grants[0].generation, keep);
  credentials->obtain(grants[0].generation, keep);
  ASSERT_TRUE(transport->until([&] { return grants.size() == 5; }));
  credentials->obtain(grants[0].generation, keep);
  EXPECT_EQ(grants.at(5).authorization, "Bearer 2");
  EXPECT_EQ(calls, 2);
}

TEST(Credentials, TheCallbacksOwnErrorIsGiven) {
  const auto transport = std::make_shared<FakeTransport>();
  const auto credentials =
      made(transport, [](bool) -> std::string { throw std::out_of_range("no token"); });
  Got<int> got;
  credentials->obtain({}, [&](const Credentials::Grant&, const std::exception_ptr& error) {
    got.is_done = true;
    got.error = error;
  });
  ASSERT_TRUE(transport->until([&] { return got.is_done; }));
  EXPECT_TRUE(got.failed_with<std::out_of_range>());
}

}  // namespace
}  // namespace ruvector::a2a

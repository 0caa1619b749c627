#include "net/proxy.h"

#include <gtest/gtest.h>

#include <string>

#include "base/test_variable.h"

namespace ruvector::net {
namespace {

class ProxiesTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
                             "ALL_PROXY", "no_proxy", "NO_PROXY", "REQUEST_METHOD"}) {
      base::remove_variable(name);
    }
  }
  void TearDown() override { SetUp(); }

  static std::string chosen(const char* url, const HttpOptions& options = {}) {
    return Proxies(options).for_url(Url::parse(url));
  }
};

TEST_F(ProxiesTest, AreNoneByDefault) { EXPECT_EQ(chosen("http://host/"), ""); }

TEST_F(ProxiesTest, OfTheOptionsServeEverything) {
  base::set_variable("http_proxy", "http://environment:1");
  base::set_variable("no_proxy", "host");
  HttpOptions options;
  options.proxy = "http://given:2";
  EXPECT_EQ(chosen("http://host/", options), "http://given:2");
  EXPECT_EQ(chosen("https://other/", options), "http://given:2");
}

TEST_F(ProxiesTest, OfTheEnvironmentGoByScheme) {
  base::set_variable("http_proxy", "http://a:1");
  base::set_variable("HTTPS_PROXY", "http://b:2");
  EXPECT_EQ(chosen("http://host/"), "http://a:1");
  EXPECT_EQ(chosen("https://host/"), "http://b:2");
  HttpOptions options;
  options.use_environment_proxy = false;
  EXPECT_EQ(chosen("http://host/", options), "");
}

// As both are where names of variables have no case.
TEST_F(ProxiesTest, DoNotReadHttpProxyInAScriptOfAServerWhenItMayBeAHeader) {
  base::set_variable("HTTP_PROXY", "http://a:1");
  base::set_variable("http_proxy", "http://a:1");
  EXPECT_EQ(chosen("http://host/"), "http://a:1");
  base::set_variable("REQUEST_METHOD", "GET");
  EXPECT_EQ(chosen("http://host/"), "");
  base::set_variable("all_proxy", "http://c:3");
  EXPECT_EQ(chosen("http://host/"), "http://c:3");
}

#ifndef _WIN32  // names of variables have no case there
TEST_F(ProxiesTest, DoNotReadHttpProxyInUpperCase) {
  base::set_variable("HTTP_PROXY", "http://a:1");
  EXPECT_EQ(chosen("http://host/"), "");
  base::set_variable("ALL_PROXY", "http://c:3");
  EXPECT_EQ(chosen("http://host/"), "http://c:3");
}
#endif

TEST_F(ProxiesTest, LeaveOutWhatNoProxyNames) {
  base::set_variable("all_proxy", "http://p:1");
  const struct {
    const char* list;
    const char* url;
    bool is_left_out;
  } cases[] = {
      {"*", "http://any/", true},
      {"host", "http://host/", true},
      {"HOST", "http://host/", true},
      {"host", "http://a.host/", true},
      {".host", "http://a.host/", true},
      {"*.host", "http://a.host/", true},
      {"host", "http://ahost/", false},
      {"a.host", "http://host/", false},
      {"x, host,y", "http://host/", true},
      {"host:80", "http://host/", true},
      {"host:81", "http://host/", false},
      {"", "http://host/", false},
      {",", "http://host/", false},
      {"127.0.0.1", "http://127.0.0.1:9/", true},
      {"10.0.0.0/8", "http://10.200.1.1/", true},
      {"10.0.0.0/8", "http://11.0.0.1/", false},
      {"10.0.0.0/33", "http://10.0.0.1/", false},
      {"172.16.0.0/12", "http://172.31.0.1/", true},
      {"172.16.0.0/12", "http://172.32.0.1/", false},
      {"::1", "http://[::1]/", true},
      {"[::1]", "http://[::1]/", true},
      {"[::1]:80", "http://[::1]/", true},
      {"fd00::/8", "http://[fd12::1]/", true},
      {"fd00::/8", "http://[fe12::1]/", false},
  };
  for (const auto& [list, url, is_left_out] : cases) {
    base::set_variable("no_proxy", list);
    EXPECT_EQ(chosen(url), is_left_out ? "" : "http://p:1") << list << " " << url;
  }
}

}  // namespace
}  // namespace ruvector::net

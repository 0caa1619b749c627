#include "net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace ruvector::net {
namespace {

TEST(Url, KnowsItsParts) {
  const Url url = Url::parse("HTTPS://Peer.Example.COM/a2a/v1?x=1&y=%20#end");
  EXPECT_EQ(url.scheme(), "https");
  EXPECT_TRUE(url.is_https());
  EXPECT_EQ(url.host(), "peer.example.com");
  EXPECT_EQ(url.port(), 443);
  EXPECT_EQ(url.path(), "/a2a/v1");
  EXPECT_EQ(url.query(), "x=1&y=%20");
  EXPECT_EQ(url.origin(), "https://peer.example.com");
  EXPECT_EQ(url.str(), "https://peer.example.com/a2a/v1?x=1&y=%20");
  EXPECT_EQ(Url::parse(url.str()), url);
}

TEST(Url, HasARootPathAndADefaultPort) {
  EXPECT_EQ(Url::parse("http://host").str(), "http://host/");
  EXPECT_EQ(Url::parse("http://host:80").port(), 80);
  EXPECT_EQ(Url::parse("http://host:8080/").origin(), "http://host:8080");
  EXPECT_EQ(Url::parse("https://host:80/").origin(), "https://host:80");
  EXPECT_EQ(Url::parse("http://[::1]:9/").origin(), "http://[::1]:9");
  EXPECT_EQ(Url::parse("http://[FE80::A]/").host(), "[fe80::a]");
}

TEST(Url, WritesNumbersThatMeanAnAddressAsTheAddress) {
  EXPECT_EQ(Url::parse("http://0x7f.1/").host(), "127.0.0.1");
  EXPECT_EQ(Url::parse("http://2130706433/").host(), "127.0.0.1");
  EXPECT_EQ(Url::parse("http://0177.0.0.1/").host(), "127.0.0.1");
}

TEST(Url, ResolvesDots) { EXPECT_EQ(Url::parse("http://host/a/../../b/./c").path(), "/b/c"); }

TEST(Url, ComparesOriginsBySchemeHostAndPort) {
  const Url url = Url::parse("https://host/a");
  EXPECT_TRUE(url.same_origin(Url::parse("HTTPS://HOST:443/b?c")));
  EXPECT_FALSE(url.same_origin(Url::parse("http://host:443/a")));
  EXPECT_FALSE(url.same_origin(Url::parse("https://host:444/a")));
  EXPECT_FALSE(url.same_origin(Url::parse("https://host.evil/a")));
}

TEST(Url, GoesBelowItsPathAndToTheRoot) {
  for (const char* base : {"http://host/a", "http://host/a/", "http://host/a//?q=1"}) {
    EXPECT_EQ(Url::parse(base).below("/.well-known/agent.json").str(),
              "http://host/a/.well-known/agent.json");
    EXPECT_EQ(Url::parse(base).below("tasks?id=1").query(), "id=1");
    EXPECT_EQ(Url::parse(base).at_root("/b").str(), "http://host/b");
  }
  EXPECT_EQ(Url::parse("http://host").below("b").str(), "http://host/b");
  EXPECT_THROW(Url::parse("http://host").at_root("b"), std::invalid_argument);
}

TEST(Url, RefusesWhatIsNoPlainHttpUrl) {
  for (const std::string text : {"",
                                 "host",
                                 "host:80/",
                                 "//host/",
                                 "/a",
                                 "ftp://host/",
                                 "file:///etc/passwd",
                                 "http:host",
                                 "http:/host",
                                 "http://",
                                 "http:///host",
                                 "https://:80/",
                                 "http://host:0/",
                                 "http://host:65536/",
                                 "http://host:x/",
                                 "http://ho st/",
                                 "http://host/a b",
                                 "http://host/\r\nX: y",
                                 "http://host/\t",
                                 "http://host\\@other/",
                                 "http://h\xC3\xB6st/",
                                 "http://[::1/",
                                 "http://[fe80::1%25eth0]/",
                                 "javascript://x/",
                                 "http://host/\x7F"}) {
    EXPECT_THROW(Url::parse(text), std::invalid_argument) << text;
  }
  EXPECT_THROW(Url::parse(std::string("http://host/\0x", 14)), std::invalid_argument);
}

TEST(Url, RefusesUserInfoAndDoesNotRepeatIt) {
  for (const char* text : {"http://user:secret@host/", "http://secret@host/", "http://@host/"}) {
    try {
      Url::parse(text);
      ADD_FAILURE() << text;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("secret")));
      EXPECT_THAT(error.what(), testing::HasSubstr("user name"));
    }
  }
}

TEST(Url, RefusesMoreBytesThanTheLimit) {
  const std::string start = "http://host/";
  EXPECT_NO_THROW(Url::parse(start + std::string(Url::kMaxBytes - start.size(), 'a')));
  EXPECT_THROW(Url::parse(start + std::string(Url::kMaxBytes - start.size() + 1, 'a')),
               std::invalid_argument);
}

// RFC 3986, section 2.3.
TEST(PercentEncode, KeepsUnreservedCharactersOnly) {
  const std::string unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  EXPECT_EQ(percent_encode(unreserved), unreserved);
  EXPECT_EQ(percent_encode("2026-01-01T00:00:00.5+01:00"), "2026-01-01T00%3A00%3A00.5%2B01%3A00");
  EXPECT_EQ(percent_encode("a/b?c&d=e f%"), "a%2Fb%3Fc%26d%3De%20f%25");
  EXPECT_EQ(percent_encode(std::string("\0\xC3\xA4", 3)), "%00%C3%A4");
}

}  // namespace
}  // namespace ruvector::net

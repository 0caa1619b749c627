#include "a2a/dialects/request_url.h"

#include <gtest/gtest.h>

namespace ruvector::a2a {
namespace {

TEST(RequestUrl, HasOneSlashBetweenBaseAndPath) {
  EXPECT_EQ(join_url("http://h:1", "/a"), "http://h:1/a");
  EXPECT_EQ(join_url("http://h:1/", "/a"), "http://h:1/a");
  EXPECT_EQ(join_url("http://h:1/b/", "/"), "http://h:1/b/");
}

TEST(RequestUrl, KeepsUnreservedCharactersOnly) {
  // RFC 3986, section 2.3.
  EXPECT_EQ(percent_encoded("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(percent_encoded("a/b?c#d e%+&=:@"), "a%2Fb%3Fc%23d%20e%25%2B%26%3D%3A%40");
  EXPECT_EQ(percent_encoded("\xC3\xBC\n"), "%C3%BC%0A");
  EXPECT_EQ(percent_encoded(""), "");
}

TEST(RequestUrl, DoesNotClimb) {
  EXPECT_EQ(percent_encoded(".."), "%2E%2E");
  EXPECT_EQ(percent_encoded("."), "%2E");
  EXPECT_EQ(percent_encoded("../.."), "..%2F..");
  EXPECT_EQ(percent_encoded("a.."), "a..");
}

}  // namespace
}  // namespace ruvector::a2a

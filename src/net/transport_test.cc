#include "net/transport.h"

#include <gtest/gtest.h>

namespace ruvector::net {
namespace {

TEST(ResponseHead, FindsTheFirstHeaderOfAName) {
  const ResponseHead head{.status = 200, .headers = {{"etag", "one"}, {"etag", "two"}}};
  EXPECT_EQ(head.header("etag"), "one");
  EXPECT_EQ(head.header("content-type"), "");
}

}  // namespace
}  // namespace ruvector::net

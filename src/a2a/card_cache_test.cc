#include "a2a/card_cache.h"

#include <gtest/gtest.h>

namespace ruvector::a2a {
namespace {

TEST(CardCache, TheLastCardOfAnAgentIsKept) {
  CardCache cache;
  EXPECT_FALSE(cache.find("http://a"));
  cache.keep({"http://a", "http://a/x", "\"1\"", "old"});
  cache.keep({"http://a", "http://a/y", "\"2\"", "new"});
  const auto found = cache.find("http://a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->card_url, "http://a/y");
  EXPECT_EQ(found->etag, "\"2\"");
  EXPECT_EQ(found->bytes, "new");
}

TEST(CardCache, TheCardUsedLongestAgoIsForgotten) {
  CardCache cache;
  cache.keep({"first", "", "", ""});
  cache.keep({"second", "", "", ""});
  cache.find("first");
  for (std::size_t i = 0; i + 1 < CardCache::kMaxCards; ++i) {
    cache.keep({std::to_string(i), "", "", ""});
  }
  EXPECT_TRUE(cache.find("first"));
  EXPECT_FALSE(cache.find("second"));
}

}  // namespace
}  // namespace ruvector::a2a

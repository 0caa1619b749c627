#include "embed/utf8.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace ruvector::embed {
namespace {

std::string encoded(char32_t c) {
  std::array<char, 4> bytes;
  return {bytes.data(), encode_utf8(c, bytes.data())};
}

TEST(Utf8, EveryCodePointSurvivesTheWayToBytesAndBack) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::string bytes = encoded(c);
    const Decoded decoded = decode_utf8(bytes + "x");
    ASSERT_EQ(decoded.c, c);
    ASSERT_EQ(decoded.length, bytes.size());
  }
}

TEST(Utf8, HasTheBytesOfTheStandard) {
  EXPECT_EQ(encoded(U'$'), "$");
  EXPECT_EQ(encoded(U'\u00A3'), "\xC2\xA3");
  EXPECT_EQ(encoded(U'\u20AC'), "\xE2\x82\xAC");
  EXPECT_EQ(encoded(U'\U00010348'), "\xF0\x90\x8D\x88");
}

TEST(Utf8, WhatIsNoneHasNoLength) {
  for (const char* wrong :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE0\x9F\xBF",
        "\xE2\x82", "\xE2\x28\xA1", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF", "\xF0\x90\x8D", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(decode_utf8(wrong).length, 0u) << testing::PrintToString(wrong);
  }
}

TEST(Utf8, QuotesAreShortAndUtf8WhateverIsQuoted) {
  EXPECT_EQ(in_quotes("[CLS]"), "\"[CLS]\"");
  EXPECT_EQ(in_quotes("a\xFFz"), "\"a...\"");
  std::string long_text = "x";
  for (int i = 0; i < 50; ++i) long_text += "\u20AC";
  const std::string quote = in_quotes(long_text);
  EXPECT_LE(quote.size(), 45u);
  EXPECT_TRUE(quote.ends_with("\u20AC...\"")) << quote;
}

}  // namespace
}  // namespace ruvector::embed

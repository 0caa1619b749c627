#include "embed/unicode_classes.h"

#include <gtest/gtest.h>

namespace ruvector::embed {
namespace {

// normalizer_test.cc compares every code point with Hugging Face's tokenizers; these say which way
// the ones that differ from today's Unicode go.

CharClass class_of(char32_t c) { return unicode_classes()[c]; }

TEST(UnicodeClasses, AMarkThatUnicodeGotAfterVersion8IsNone) {
  EXPECT_NE(class_of(U'\u0301') & kMark, 0);
  EXPECT_EQ(class_of(U'\u08D4') & kMark, 0);  // Unicode 9
  EXPECT_EQ(class_of(U'\u1DF6') & kMark, 0);  // Unicode 10
  EXPECT_NE(class_of(U'\u1734') & kMark, 0);  // Mc since Unicode 14
}

TEST(UnicodeClasses, AllOfAsciiThatIsNoLetterOrDigitIsPunctuation) {
  for (char32_t c = U'!'; c <= U'~'; ++c) {
    const bool letter = (c >= U'0' && c <= U'9') || ((c | 0x20) >= U'a' && (c | 0x20) <= U'z');
    EXPECT_EQ((class_of(c) & kPunctuation) != 0, !letter) << static_cast<unsigned>(c);
  }
  EXPECT_EQ(class_of(U'\u20AC') & kPunctuation, 0);  // a currency is a symbol
}

TEST(UnicodeClasses, TabAndTheEndsOfLinesAreWhiteSpaceAndNotDropped) {
  for (const char32_t c : {U'\t', U'\n', U'\r'}) EXPECT_EQ(class_of(c), kWhiteSpace);
  for (const char32_t c : {U'\v', U'\f', U'\u0085'}) EXPECT_EQ(class_of(c), kWhiteSpace | kDropped);
  EXPECT_EQ(class_of(U'\uFFFD') & kDropped, kDropped);
}

TEST(UnicodeClasses, IdeographsHaveTheGapThatBertLeft) {
  EXPECT_NE(class_of(U'\u4E00') & kIdeograph, 0);
  EXPECT_NE(class_of(U'\U0002B81F') & kIdeograph, 0);
  EXPECT_EQ(class_of(U'\U0002B820') & kIdeograph, 0);
  EXPECT_NE(class_of(U'\U0002B920') & kIdeograph, 0);
}

TEST(UnicodeClasses, WhatIsCombiningHasAClass) {
  for (char32_t c = 0; c < kCodePoints; ++c) {
    ASSERT_EQ((class_of(c) & kCombining) != 0, combining_class(c) != 0);
    ASSERT_NE(class_of(c) & (kCombining | kMark), kCombining | kMark);
  }
  EXPECT_EQ(combining_class(U'\u302E'), 224);
  EXPECT_EQ(combining_class(U'\U0001D165'), 216);
}

}  // namespace
}  // namespace ruvector::embed

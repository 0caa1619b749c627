#include "embed/unicode_mapping.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "embed/unicode_classes.h"

namespace ruvector::embed {
namespace {

std::u32string decomposed(char32_t c) {
  std::array<char32_t, kMaxDecomposition> parts;
  return {parts.data(), decompose(c, parts)};
}

// Expected values are those of the Unicode Character Database.

TEST(UnicodeMapping, DecomposesToTheEnd) {
  EXPECT_EQ(decomposed(U'e'), U"e");
  EXPECT_EQ(decomposed(U'\u00E9'), U"e\u0301");
  EXPECT_EQ(decomposed(U'\u1E69'), U"s\u0323\u0307");
  EXPECT_EQ(decomposed(U'\u1F82'), U"\u03B1\u0313\u0300\u0345");
  EXPECT_EQ(decomposed(U'\u212B'), U"A\u030A");
  EXPECT_EQ(decomposed(U'\uD55C'), U"\u1112\u1161\u11AB");
  EXPECT_EQ(decomposed(U'\uFB01'), U"\uFB01");  // a compatibility mapping, not a canonical one
}

TEST(UnicodeMapping, KeepsWholeWhatDecomposesInLaterVersionsOfUnicode) {
  for (const char32_t c : {U'\U000105C9', U'\U00011938', U'\U00016D68'}) {
    EXPECT_EQ(decomposed(c), std::u32string(1, c));
  }
}

TEST(UnicodeMapping, LowersCapitalsOfEveryVersion) {
  EXPECT_EQ(lower_case(U'A'), U'a');
  EXPECT_EQ(lower_case(U'a'), U'a');
  EXPECT_EQ(lower_case(U'\u03A3'), U'\u03C3');  // sigma, at the end of a word too
  EXPECT_EQ(lower_case(U'\u1E9E'), U'\u00DF');
  EXPECT_EQ(lower_case(U'\uA7CB'), U'\u0264');  // Unicode 16
  EXPECT_EQ(lower_case(U'\U00010D65'), U'\U00010D85');
  EXPECT_EQ(lower_case(U'\U00016EB8'), U'\U00016ED3');  // Unicode 17
}

TEST(UnicodeMapping, StartersAreNotMovedAcross) {
  EXPECT_FALSE(is_starter(U'\u0301'));
  EXPECT_TRUE(is_starter(U'\uFE0F'));
  EXPECT_TRUE(is_starter(U'\u0903'));
}

// So that the normaliser may skip this for what is not kFolds.
TEST(UnicodeMapping, ChangesNothingButWhatFolds) {
  const auto classes = unicode_classes();
  for (char32_t c = 0; c < kCodePoints; ++c) {
    if ((classes[c] & kFolds) != 0) continue;
    ASSERT_EQ(decomposed(c), std::u32string(1, c)) << static_cast<unsigned>(c);
    ASSERT_EQ(lower_case(c), c) << static_cast<unsigned>(c);
  }
}

}  // namespace
}  // namespace ruvector::embed

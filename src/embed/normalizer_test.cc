#include "embed/normalizer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "embed/utf8.h"

namespace ruvector::embed {
namespace {

// The words of what is put, with a space between each two: those that BERT's pre-tokeniser makes.
struct Words {
  std::string text;
  bool open = false;

  void put(char32_t c, CharClass kind) {
    if ((kind & (kWhiteSpace | kPunctuation)) != 0) open = false;
    if ((kind & kWhiteSpace) != 0) return;
    if (!open && !text.empty()) text += ' ';
    std::array<char, 4> bytes;
    text.append(bytes.data(), encode_utf8(c, bytes.data()));
    open = (kind & kPunctuation) == 0;
  }
};

std::string words_of(std::u32string_view text, const NormalizerOptions& options) {
  Words words;
  Normalizer<Words> normalizer(options, words);
  for (const char32_t c : text) normalizer.push(c);
  normalizer.flush();
  return words.text;
}

std::string digest_of_block(char32_t first, const NormalizerOptions& options) {
  base::Hasher hasher(base::Hasher::Algorithm::sha256);
  for (char32_t c = first; c < first + 4096; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    hasher.update(words_of(std::u32string{U'a', c, U'b', U'\u302F', c}, options) + "\n");
  }
  std::string hex;
  for (const std::byte byte : hasher.finish()) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned>(byte) >> 4];
    hex += kDigits[static_cast<unsigned>(byte) & 15];
  }
  return hex;
}

// Of make_golden.py.
constexpr std::array kOptions = {
    NormalizerOptions{true, true, true, true},
    NormalizerOptions{false, false, false, true},
    NormalizerOptions{false, true, true, false},
    NormalizerOptions{true, false, false, false},
};

TEST(Normalizer, EveryCodePointBecomesWhatHuggingFaceMakesOfIt) {
  std::ifstream file(RUVECTOR_GOLDEN_DIR "/tokenizer/code_points.txt");
  std::string block;
  std::size_t blocks = 0;
  while (file >> block) {
    ++blocks;
    const auto first = static_cast<char32_t>(std::stoul(block, nullptr, 16));
    for (const NormalizerOptions& options : kOptions) {
      std::string expected;
      ASSERT_TRUE(file >> expected);
      EXPECT_EQ(digest_of_block(first, options), expected)
          << block << " option " << &options - kOptions.data();
    }
  }
  EXPECT_EQ(blocks, kCodePoints / 4096);
}

TEST(Normalizer, SurvivingMarksAreSortedByTheirClass) {
  const NormalizerOptions options;
  // 224 before 216 and 9, of which equals keep their order.
  EXPECT_EQ(words_of(U"a\u302E\U0001D165\u1B44\u1BAA", options), "a\u1B44\u1BAA\U0001D165\u302E");
  // A dropped mark of class 0 keeps what is around it apart; one of class 230 does not.
  EXPECT_EQ(words_of(U"a\u302E\uFE0F\u1B44", options), "a\u302E\u1B44");
  EXPECT_EQ(words_of(U"a\u302E\u0301\u1B44", options), "a\u1B44\u302E");
}

TEST(Normalizer, HoldsNoMoreMarksThanAWordMayHave) {
  const std::size_t count = 100'000;
  const std::string words = words_of(std::u32string(count, U'\u302E'), NormalizerOptions{});
  EXPECT_EQ(words.size(), 3 * Normalizer<Words>::kMaxWaiting);
}

}  // namespace
}  // namespace ruvector::embed

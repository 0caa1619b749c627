#include "embed/token_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using testing::ElementsAre;

// A token for each character.
void characters(std::string_view text, std::vector<std::uint32_t>& ids) {
  if (text == "bad") throw EmbedError("no text");
  ids.assign(text.begin(), text.end());
}

TokenWindow window_of(const std::vector<std::string_view>& texts, SeenTexts& seen,
                      std::size_t begin = 0) {
  return {texts, begin, texts.size() - begin, seen, characters, 2, {}, [] {}};
}

std::vector<std::size_t> numbers(const TokenWindow& window) {
  std::vector<std::size_t> numbers;
  for (const TokenWindow::Text& text : window.texts()) numbers.push_back(text.number);
  return numbers;
}

TEST(TokenWindow, TextsComeLongestFirst) {
  SeenTexts seen;
  const TokenWindow window = window_of({"bb", "a", "dddd", "ccc", "ee"}, seen);
  EXPECT_THAT(numbers(window), ElementsAre(2, 3, 0, 4, 1));
  EXPECT_EQ(window.texts()[1].length, 3u);
  EXPECT_EQ(window.texts()[1].ids[2], std::uint32_t{'c'});
}

TEST(TokenWindow, IdenticalTextsAreThereOnce) {
  SeenTexts seen;
  const TokenWindow window = window_of({"b", "aa", "b", "b", "aa"}, seen);
  EXPECT_THAT(numbers(window), ElementsAre(1, 0));
  EXPECT_EQ(window.texts()[0].copies, 2u);
  EXPECT_EQ(window.texts()[1].copies, 3u);
  std::vector<std::pair<std::size_t, std::size_t>> copies;
  for (const auto& copy : window.copies()) copies.emplace_back(copy.number, copy.first);
  EXPECT_THAT(copies, ElementsAre(std::pair(2, 0), std::pair(3, 0), std::pair(4, 1)));
  EXPECT_EQ(window.copies_of_earlier(), 0u);
}

TEST(TokenWindow, TextsOfEarlierWindowsAreRemembered) {
  const std::vector<std::string_view> texts = {"a", "b", "b", "a", "c"};
  SeenTexts seen;
  const TokenWindow first({texts.data(), 2}, 0, 2, seen, characters, 1, {}, [] {});
  const TokenWindow second = window_of(texts, seen, 2);
  EXPECT_THAT(numbers(second), ElementsAre(4));
  EXPECT_EQ(second.copies().size(), 2u);
  EXPECT_EQ(second.copies()[1].first, 0u);
  EXPECT_EQ(second.copies_of_earlier(), 2u);
}

TEST(TokenWindow, GroupsHoldSomeTokens) {
  const std::vector<std::string> long_texts = {std::string(300, 'a'), std::string(200, 'b'),
                                               std::string(56, 'c'), std::string(50, 'd')};
  SeenTexts seen;
  const TokenWindow window = window_of({long_texts.begin(), long_texts.end()}, seen);
  EXPECT_THAT(window.groups(1), ElementsAre(1, 3, 4));
}

TEST(TokenWindow, GroupsAreSmallerWhenThreadsWouldBeIdle) {
  std::vector<std::string> short_texts;
  for (char c = 'a'; c < 'q'; ++c) short_texts.emplace_back(20, c);
  SeenTexts seen;
  const TokenWindow window = window_of({short_texts.begin(), short_texts.end()}, seen);
  EXPECT_THAT(window.groups(1), ElementsAre(12, 16));
  EXPECT_THAT(window.groups(2), ElementsAre(8, 16)) << "320 tokens, 160 for each";
  EXPECT_THAT(window.groups(8), ElementsAre(6, 12, 16)) << "128 at least";
}

TEST(TokenWindow, ABadTextIsNamed) {
  SeenTexts seen;
  try {
    window_of({"good", "fine", "bad"}, seen);
    FAIL();
  } catch (const EmbedError& error) {
    EXPECT_STREQ(error.what(), "text 2: no text");
  }
}

TEST(TokenWindow, ItIsCancelledBetweenParts) {
  SeenTexts seen;
  const std::vector<std::string_view> texts = {"a"};
  EXPECT_THROW(
      TokenWindow(texts, 0, 1, seen, characters, 1, {}, [] { throw std::runtime_error("no"); }),
      std::runtime_error);
}

}  // namespace
}  // namespace ruvector::embed

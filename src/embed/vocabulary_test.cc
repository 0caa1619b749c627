#include "embed/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Ids = std::vector<std::uint32_t>;

Vocabulary vocabulary_of(const std::vector<std::string>& pieces, const std::string& prefix = "##") {
  Vocabulary vocabulary(prefix, 0);
  for (std::size_t i = 0; i < pieces.size(); ++i) vocabulary.add(pieces[i], i);
  return vocabulary;
}

Ids split(const Vocabulary& vocabulary, std::string_view word) {
  Ids ids{77};
  const bool found = vocabulary.split(word, ids);
  EXPECT_EQ(found, ids.size() > 1);
  return {ids.begin() + 1, ids.end()};
}

TEST(Vocabulary, TheLongestPieceIsTakenFirst) {
  const Vocabulary vocabulary = vocabulary_of({"un", "unaff", "##aff", "##able", "##ab", "##le"});
  EXPECT_EQ(split(vocabulary, "unaffable"), (Ids{1, 3}));
  EXPECT_EQ(split(vocabulary, "unable"), (Ids{0, 3}));
  EXPECT_EQ(split(vocabulary, "unab"), (Ids{0, 4}));
}

TEST(Vocabulary, AWordWithARestHasNoPieces) {
  const Vocabulary vocabulary = vocabulary_of({"un", "##aff"});
  EXPECT_EQ(split(vocabulary, "unaffx"), Ids{});
  EXPECT_EQ(split(vocabulary, "aff"), Ids{});
  EXPECT_EQ(split(vocabulary, "unun"), Ids{});
}

TEST(Vocabulary, AnEmptyPrefixLetsEachPieceContinueAWord) {
  EXPECT_EQ(split(vocabulary_of({"a", "b"}, ""), "abba"), (Ids{0, 1, 1, 0}));
}

TEST(Vocabulary, PiecesOf64BytesAndMoreAreFound) {
  for (const std::size_t length : {63u, 64u, 65u, 200u}) {
    const std::string piece(length, 'x');
    const Vocabulary vocabulary = vocabulary_of({"x", "##x", piece, "##" + piece});
    Ids expected{2, 3};
    EXPECT_EQ(split(vocabulary, piece + piece), expected);
    expected.push_back(1);
    EXPECT_EQ(split(vocabulary, piece + piece + "x"), expected);
  }
}

// The plain way: try every end, from the last.
Ids split_plainly(const std::map<std::string, std::uint32_t>& pieces, const std::string& word) {
  Ids ids;
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t end = word.size();
    while (end > begin &&
           !pieces.contains((begin > 0 ? "##" : "") + word.substr(begin, end - begin))) {
      --end;
    }
    if (end == begin) return {};
    ids.push_back(pieces.at((begin > 0 ? "##" : "") + word.substr(begin, end - begin)));
    begin = end;
  }
  return ids;
}

TEST(Vocabulary, SplitsAsThePlainWayDoes) {
  std::mt19937 random(1);
  const auto draw = [&](std::size_t most) {
    std::string text;
    for (std::size_t length = 1 + random() % most; text.size() < length;) {
      text += static_cast<char>('a' + random() % 3);
    }
    return text;
  };
  std::map<std::string, std::uint32_t> pieces;
  Vocabulary vocabulary("##", 10);
  for (std::uint32_t id = 0; id < 3'000; ++id) {
    const std::string piece = (random() % 2 == 0 ? "##" : "") + draw(9);
    if (pieces.emplace(piece, id).second) vocabulary.add(piece, id);
  }
  std::size_t unknown = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string word = draw(30);
    const Ids ids = split(vocabulary, word);
    ASSERT_EQ(ids, split_plainly(pieces, word)) << word;
    unknown += ids.empty() ? 1 : 0;
  }
  EXPECT_LT(unknown, 20'000u);
}

TEST(Vocabulary, RefusesWhatIsThereTwice) {
  Vocabulary vocabulary = vocabulary_of({"a", "b"});
  const auto complaint = [&](std::string_view piece, std::uint64_t id) -> std::string {
    try {
      vocabulary.add(piece, id);
    } catch (const EmbedError& error) {
      return error.what();
    }
    return "added";
  };
  EXPECT_EQ(complaint("a", 5), "tokenizer.json: piece \"a\" is there twice");
  EXPECT_EQ(complaint("c", 1), "tokenizer.json: id 1 of \"c\" is there twice");
  EXPECT_EQ(complaint("c", kMaxPieces),
            "tokenizer.json: the id of \"c\" is 1048576, the limit is 1048575");
  EXPECT_EQ(complaint(std::string(65'536, 'x'), 6),
            "tokenizer.json: piece \"" + std::string(40, 'x') +
                "...\" has 65536 bytes, the limit is 65535");
  EXPECT_EQ(complaint("c", 5), "added");
  EXPECT_EQ(vocabulary.id_bound(), 6u);
  EXPECT_EQ(vocabulary.find("c"), 5u);
  EXPECT_EQ(vocabulary.find("d"), std::nullopt);
}

// Strings of Thue and Morse and their complements collide under every polynomial modulo 2^64: the
// table must refuse them rather than take quadratic time, or do well.
TEST(Vocabulary, PiecesMadeToCollideAreNoTrap) {
  std::string a = "a";
  std::string b = "b";
  for (int i = 0; i < 11; ++i) {
    const std::string longer = a + b;
    b += a;
    a = longer;
  }
  Vocabulary vocabulary("##", 0);
  std::uint64_t id = 0;
  const auto add_many = [&] {
    for (unsigned bits = 0; bits < 1'024; ++bits) {
      std::string piece;
      for (unsigned i = 0; i < 10; ++i) piece += (bits >> i & 1) != 0 ? a : b;
      vocabulary.add(piece, id++);
    }
  };
  EXPECT_THAT(add_many, testing::ThrowsMessage<EmbedError>(testing::HasSubstr("collide")));
}

}  // namespace
}  // namespace ruvector::embed

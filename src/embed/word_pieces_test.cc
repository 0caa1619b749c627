#include "embed/word_pieces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "embed/test_tokenizer.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Ids = std::vector<std::uint32_t>;
using Json = nlohmann::json;

constexpr std::size_t kNoLimit = std::size_t{1} << 40;

std::string golden(const std::string& name) {
  std::ifstream file(RUVECTOR_GOLDEN_DIR "/tokenizer/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Ids encode(const WordPieces& pieces, std::string_view text, std::size_t max_tokens = kNoLimit) {
  Ids ids{1, 2, 3};  // that were there before are gone
  pieces.encode(text, max_tokens, ids);
  return ids;
}

// [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, un 5, ##aff 6, ##able 7, hello 8, world 9
WordPieces some_pieces() { return WordPieces::from_json(some_tokenizer_json().dump()); }

TEST(WordPieces, HaveTheIdsOfHuggingFace) {
  const WordPieces pieces = WordPieces::from_json(golden("tokenizer.json"));
  const Json rows = Json::parse(golden("texts.json"));
  EXPECT_GT(rows.size(), 400u);
  for (const Json& row : rows) {
    const auto text = row["text"].get<std::string>();
    const auto ids = row["ids"].get<Ids>();
    EXPECT_EQ(encode(pieces, text), ids) << row["text"];
    EXPECT_EQ(encode(pieces, text, 8), row["first_8"].get<Ids>()) << row["text"];
    EXPECT_LT(*std::ranges::max_element(ids), pieces.size());
  }
}

TEST(WordPieces, TheLimitCutsTheTextAndKeepsTheEnd) {
  const WordPieces pieces = some_pieces();
  EXPECT_EQ(encode(pieces, "hello, unaffable world!"), (Ids{2, 8, 10, 5, 6, 7, 9, 11, 3}));
  EXPECT_EQ(encode(pieces, "hello, unaffable world!", 6), (Ids{2, 8, 10, 5, 6, 3}));
  EXPECT_EQ(encode(pieces, "hello, unaffable world!", 3), (Ids{2, 8, 3}));
  EXPECT_EQ(encode(pieces, "hello, unaffable world!", 2), (Ids{2, 3}));
  EXPECT_EQ(encode(pieces, "", 2), (Ids{2, 3}));
  EXPECT_EQ(encode(pieces, ""), (Ids{2, 3}));
}

// A word that goes on behind the limit decides on its pieces before it.
TEST(WordPieces, AWordIsReadToItsEndBeforeItIsCut) {
  const WordPieces pieces = some_pieces();
  EXPECT_EQ(encode(pieces, "unaffable", 3), (Ids{2, 5, 3}));
  EXPECT_EQ(encode(pieces, "unaffablex", 3), (Ids{2, 1, 3}));
  EXPECT_EQ(encode(pieces, "unaff\u0301able", 3), (Ids{2, 5, 3}));
}

TEST(WordPieces, TokensInTheTextAreRecognisedAnywhere) {
  const WordPieces pieces = some_pieces();
  EXPECT_EQ(encode(pieces, "un[MASK]un"), (Ids{2, 5, 4, 5, 3}));
  EXPECT_EQ(encode(pieces, "[SEP][CLS] [PAD]"), (Ids{2, 3, 2, 0, 3}));
  EXPECT_EQ(encode(pieces, "[cls]"), (Ids{2, 12, 14, 15, 13, 3}));
  EXPECT_EQ(encode(pieces, "[[CLS]"), (Ids{2, 12, 2, 3}));
}

TEST(WordPieces, OfTokensThatBeginAlikeTheLongestIsRecognised) {
  Json json = some_tokenizer_json();
  for (const char* content : {"<a", "<ab>", "x"}) {
    Json added = json["added_tokens"][0];
    added["content"] = content;
    added["id"] = 14 + json["added_tokens"].size();
    json["added_tokens"].push_back(added);
  }
  const WordPieces pieces = WordPieces::from_json(json.dump());
  EXPECT_EQ(encode(pieces, "<ab><ax helloXhellox"), (Ids{2, 20, 19, 21, 1, 21, 3}));
}

TEST(WordPieces, BytesThatAreNoUtf8AreRefusedWithTheirPlace) {
  const WordPieces pieces = some_pieces();
  const auto complaint = [&](std::string_view text) -> std::string {
    try {
      encode(pieces, text);
    } catch (const EmbedError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(complaint("hello \xFFworld"), "the text is no UTF-8 at byte 6");
  EXPECT_EQ(complaint("\xE2\x82"), "the text is no UTF-8 at byte 0");
  EXPECT_EQ(complaint("\u20AC\xED\xA0\x80"), "the text is no UTF-8 at byte 3");
}

TEST(WordPieces, TextBehindTheLimitIsNotRead) {
  const WordPieces pieces = some_pieces();
  EXPECT_EQ(encode(pieces, "hello world \xFF", 4), (Ids{2, 8, 9, 3}));
  // Nor is the end of a word that is known to be unknown.
  EXPECT_EQ(encode(pieces, std::string(1'000, 'x') + '\xFF', 3), (Ids{2, 1, 3}));
}

TEST(WordPieces, WordsOfMoreThan100CharactersAreUnknown) {
  const WordPieces pieces = some_pieces();
  for (const std::string letter : {"a", "\u00E1", "A"}) {
    std::string word;
    for (int i = 0; i < 100; ++i) word += letter;
    EXPECT_EQ(encode(pieces, word).size(), 102u) << letter;
    EXPECT_EQ(encode(pieces, word + letter), (Ids{2, 1, 3})) << letter;
    EXPECT_EQ(encode(pieces, word + letter + "!" + letter), (Ids{2, 1, 11, 16, 3})) << letter;
  }
}

TEST(WordPieces, TextsWithoutWordsOrEndTakeNoMemory) {
  const WordPieces pieces = some_pieces();
  const std::size_t size = std::size_t{1} << 20;
  Ids ids;
  for (const std::string_view bytes : {"a", " ", "\u302E", "\u0301", "\u200B", "\U000E0001"}) {
    std::string text;
    while (text.size() < size) text += bytes;
    pieces.encode(text, kNoLimit, ids);
    EXPECT_LE(ids.size(), 3u);
    EXPECT_LE(ids.capacity(), 64u);
  }
}

TEST(WordPieces, CopiesShareTheTables) {
  const WordPieces pieces = some_pieces();
  const WordPieces copy = pieces;
  EXPECT_EQ(encode(copy, "hello"), encode(pieces, "hello"));
  EXPECT_EQ(copy.size(), 19u);
}

}  // namespace
}  // namespace ruvector::embed

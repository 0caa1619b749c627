#include "embed/tokenizer_json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Json = nlohmann::json;
using Pieces = std::vector<std::pair<std::string, std::uint64_t>>;

struct Read {
  Json json;
  Pieces pieces;
};

Read read(std::string_view text) {
  Read result;
  result.json = read_without_vocabulary(text, [&](std::string_view piece, std::uint64_t id) {
    result.pieces.emplace_back(piece, id);
  });
  return result;
}

TEST(TokenizerJsonReader, TakesTheVocabularyOutAndKeepsTheRest) {
  const Read result = read(
      R"({"a":[1,-2,2.5,null,true,{"b":"c"},[[]]],"model":{"x":1,"vocab":{"p":7,"q":0},"y":2}})");
  EXPECT_EQ(result.json, Json::parse(R"({"a":[1,-2,2.5,null,true,{"b":"c"},[[]]],
                                        "model":{"x":1,"vocab":{},"y":2}})"));
  EXPECT_EQ(result.pieces, (Pieces{{"p", 7}, {"q", 0}}));
}

TEST(TokenizerJsonReader, OnlyModelVocabIsTheVocabulary) {
  for (const char* text :
       {R"({"vocab":{"p":"x"}})", R"({"a":{"vocab":{"p":"x"}}})",
        R"({"model":[{"vocab":{"p":"x"}}]})", R"([{"model":{"vocab":{"p":"x"}}}])",
        R"({"model":{"a":{"vocab":{"p":"x"}}}})", R"({"model":{"vocab":[{"p":"x"}]}})"}) {
    const Read result = read(text);
    EXPECT_EQ(result.json, Json::parse(text));
    EXPECT_TRUE(result.pieces.empty()) << text;
  }
}

TEST(TokenizerJsonReader, AgreesWithTheParserOnWhatIsNoJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "nul",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "[1,]",
                           "\"\xFF\"",
                           "{\"model\":{\"vocab\":{}",
                           "{\"model\":{\"vocab\":{\"a\":1,}}}",
                           "{\"model\":{\"vocab\":{\"a\":1 \"b\":2}}}",
                           "{\"model\":{\"vocab\":{,}}}",
                           "{\"model\":{\"vocab\":{\"a\":01}}}",
                           "{\"model\":{\"vocab\":{\"a\\\":1}}}",
                           "{\"model\":{\"vocab\":{\"a\tb\":1}}}",
                           "{\"model\":{\"vocab\":{\"\\ud800\":1}}}",
                           "{} {}"}) {
    ASSERT_FALSE(Json::accept(text)) << text;
    EXPECT_THROW(read(text), EmbedError) << text;
  }
}

TEST(TokenizerJsonReader, EmptyVocabulariesAndEscapesAreRead) {
  EXPECT_TRUE(read("{\"model\":{\"vocab\":{ \n}}}").pieces.empty());
  EXPECT_EQ(read(R"({"model":{"vocab":{"\u00e9\n\"\\":1,"":2,"\ud83d\ude00":3}}})").pieces,
            (Pieces{{"\u00E9\n\"\\", 1}, {"", 2}, {"\U0001F600", 3}}));
}

}  // namespace
}  // namespace ruvector::embed

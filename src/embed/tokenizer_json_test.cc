#include "embed/tokenizer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/test_tokenizer.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

std::string complaint(const std::string& text) {
  try {
    static_cast<void>(read_tokenizer_json(text));
  } catch (const EmbedError& error) {
    return error.what();
  }
  return "accepted";
}

// About the file in which the value at a path, such as "/model/vocab", is another.
std::string complaint_with(const std::string& path, const Json& value) {
  Json json = some_tokenizer_json();
  json[Json::json_pointer(path)] = value;
  return complaint(json.dump());
}

std::string complaint_without(const std::string& path, const std::string& key) {
  Json json = some_tokenizer_json();
  json[Json::json_pointer(path)].erase(key);
  return complaint(json.dump());
}

TEST(TokenizerJson, AllOfItIsRead) {
  const TokenizerFile file = read_tokenizer_json(some_tokenizer_json().dump(1));
  EXPECT_EQ(file.vocabulary.id_bound(), 19u);
  EXPECT_EQ(file.vocabulary.find("##able"), 7u);
  EXPECT_EQ(file.added_tokens.size(), 5u);
  EXPECT_EQ(file.max_chars_per_word, 100u);
  EXPECT_EQ(file.first, 2u);
  EXPECT_EQ(file.last, 3u);
  EXPECT_EQ(file.unknown, 1u);
  EXPECT_TRUE(file.normalizer.strip_accents);
}

TEST(TokenizerJson, AbsentStripAccentsFollowsLowercase) {
  Json json = some_tokenizer_json();
  json["normalizer"].erase("strip_accents");
  EXPECT_TRUE(read_tokenizer_json(json.dump()).normalizer.strip_accents);
  json["normalizer"]["lowercase"] = false;
  EXPECT_FALSE(read_tokenizer_json(json.dump()).normalizer.strip_accents);
  json["normalizer"]["strip_accents"] = true;
  EXPECT_TRUE(read_tokenizer_json(json.dump()).normalizer.strip_accents);
}

TEST(TokenizerJson, BertProcessingGivesTheEndsToo) {
  Json json = some_tokenizer_json();
  json["post_processor"] = {
      {"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}};
  const TokenizerFile file = read_tokenizer_json(json.dump());
  EXPECT_EQ(file.first, 2u);
  EXPECT_EQ(file.last, 3u);
  EXPECT_EQ(
      complaint_with("/post_processor",
                     {{"type", "BertProcessing"}, {"sep", {"[SEP]", 4}}, {"cls", {"[CLS]", 2}}}),
      "tokenizer.json: post_processor.sep[1] is 4, in the vocabulary \"[SEP]\" is 3");
}

TEST(TokenizerJson, PiecesMayBeEscapedAndLieBetweenAnyWhiteSpace) {
  std::string text = some_tokenizer_json().dump();
  const std::string piece = "\"hello\":8";
  const std::size_t at = text.find(piece);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, piece.size(), " \r\n\"h\\u0065llo\\\"\\ud834\\udd1e\"\t: 8 ");
  EXPECT_EQ(read_tokenizer_json(text).vocabulary.find("hello\"\U0001D11E"), 8u);
}

TEST(TokenizerJson, TokensBehindTheVocabularyTakeTheNextIds) {
  Json json = some_tokenizer_json();
  Json added = json["added_tokens"][4];
  added["content"] = "[ENT]";
  added["id"] = 19;
  json["added_tokens"].push_back(added);
  EXPECT_EQ(read_tokenizer_json(json.dump()).vocabulary.id_bound(), 20u);
  added["id"] = 21;
  json["added_tokens"][5] = added;
  EXPECT_EQ(complaint(json.dump()),
            "tokenizer.json: added_tokens[5].id is 21, the next behind the vocabulary is 19");
}

TEST(TokenizerJson, EveryTruncationIsRefused) {
  const std::string text = some_tokenizer_json().dump();
  for (std::size_t size = 0; size < text.size(); ++size) {
    ASSERT_THAT(complaint(text.substr(0, size)), HasSubstr("is no JSON at byte")) << size;
  }
  EXPECT_THAT(complaint(text + "x"), HasSubstr("is no JSON at byte"));
  EXPECT_EQ(complaint(text), "accepted");
}

TEST(TokenizerJson, OtherKindsOfTokenizerAreRefused) {
  EXPECT_EQ(complaint_with("/model/type", "BPE"),
            "tokenizer.json: model is of type \"BPE\", only WordPiece can be used");
  EXPECT_EQ(complaint_with("/normalizer", {{"type", "Lowercase"}}),
            "tokenizer.json: normalizer is of type \"Lowercase\", only BertNormalizer can be used");
  EXPECT_EQ(complaint_with("/normalizer", nullptr),
            "tokenizer.json: normalizer is null, only BertNormalizer can be used");
  EXPECT_THAT(complaint_with("/pre_tokenizer", {{"type", "Whitespace"}}),
              HasSubstr("only BertPreTokenizer"));
  EXPECT_THAT(complaint_with("/post_processor", nullptr), HasSubstr("only TemplateProcessing"));
  EXPECT_THAT(complaint_with("/post_processor/type", "RobertaProcessing"),
              HasSubstr("only TemplateProcessing"));
  EXPECT_EQ(complaint_with("/added_tokens/4/normalized", true),
            "tokenizer.json: added_tokens[4].normalized is true, which cannot be used");
  EXPECT_THAT(complaint_with("/added_tokens/4/single_word", true),
              HasSubstr("single_word is true"));
}

TEST(TokenizerJson, AMissingFieldIsNamed) {
  for (const char* key : {"model", "normalizer", "pre_tokenizer", "post_processor"}) {
    EXPECT_EQ(complaint_without("", key), "tokenizer.json: " + std::string(key) + " is missing");
  }
  for (const char* key :
       {"type", "unk_token", "continuing_subword_prefix", "vocab", "max_input_chars_per_word"}) {
    EXPECT_EQ(complaint_without("/model", key),
              "tokenizer.json: model." + std::string(key) + " is missing");
  }
  for (const char* key : {"clean_text", "handle_chinese_chars", "lowercase"}) {
    EXPECT_EQ(complaint_without("/normalizer", key),
              "tokenizer.json: normalizer." + std::string(key) + " is missing");
  }
  for (const char* key : {"id", "content", "single_word", "lstrip", "rstrip", "normalized"}) {
    EXPECT_EQ(complaint_without("/added_tokens/2", key),
              "tokenizer.json: added_tokens[2]." + std::string(key) + " is missing");
  }
  for (const char* key : {"single", "special_tokens"}) {
    EXPECT_EQ(complaint_without("/post_processor", key),
              "tokenizer.json: post_processor." + std::string(key) + " is missing");
  }
  for (const char* piece : {"[CLS]", "[SEP]", "[UNK]"}) {
    EXPECT_THAT(complaint_without("/model/vocab", piece), testing::Not("accepted")) << piece;
  }
}

// Every value of the file in turn becomes one of another kind. What has no effect may be anything.
TEST(TokenizerJson, AValueOfAnotherKindIsRefusedOrHasNoEffect) {
  const Json values = some_tokenizer_json().flatten();
  const std::array<Json, 6> others = {nullptr, true, -1, 2.5, "text", Json::array({1})};
  std::size_t refused = 0;
  for (const auto& [path, value] : values.items()) {
    for (const Json& other : others) {
      if (other == value) continue;
      const std::string reason = complaint_with(path, other);
      refused += reason == "accepted" ? 0 : 1;
      const bool has_no_effect =
          path.starts_with("/truncation") || path.starts_with("/padding") ||
          path.starts_with("/decoder") || path.ends_with("/special") || path == "/version" ||
          path.find("/tokens/") != std::string::npos || path.ends_with("strip") ||
          path.ends_with("_chars") || path.ends_with("_text") || path.ends_with("case") ||
          path.ends_with("/id") || path.ends_with("_accents") || path.ends_with("_prefix");
      EXPECT_TRUE(reason != "accepted" || has_no_effect) << path << " " << other;
    }
  }
  EXPECT_GT(refused, 200u);
}

TEST(TokenizerJson, BadVocabulariesAreRefused) {
  EXPECT_EQ(complaint_with("/model/vocab/hello", 9),
            "tokenizer.json: id 9 of \"world\" is there twice");
  EXPECT_THAT(complaint_with("/model/vocab/hello", -1), HasSubstr("that is no unsigned integer"));
  EXPECT_THAT(complaint_with("/model/vocab/hello", 1.5), HasSubstr("is no JSON at byte"));
  EXPECT_THAT(complaint_with("/model/vocab/hello", 1'048'576), HasSubstr("the limit is 1048575"));
  EXPECT_EQ(complaint_with("/model/vocab", Json::array()),
            "tokenizer.json: model.vocab is no object");
  EXPECT_THAT(complaint_with("/model/vocab", Json::object()), HasSubstr("not in the vocabulary"));

  const auto complaint_about_piece = [](const std::string& written) {
    std::string text = some_tokenizer_json().dump();
    text.replace(text.find("\"hello\":8"), 9, written);
    return complaint(text);
  };
  EXPECT_EQ(complaint_about_piece("\"world\":8"), "tokenizer.json: piece \"world\" is there twice");
  for (const char* wrong :
       {"\"\xFF\":8", "\"\xED\xA0\x80\":8", "\"\\ud800\":8", "\"\\x\":8", "\"a\nb\":8", "hello:8",
        "\"hello\" 8", "\"hello\":8,", "\"hello\":08", "\"hello\":+8", "\"hello\":8 8",
        "\"hello\":1e3", "\"hello\":99999999999999999999", "\"hello\":{}"}) {
    EXPECT_THAT(complaint_about_piece(wrong), testing::Not("accepted")) << wrong;
  }
}

TEST(TokenizerJson, LimitsHold) {
  EXPECT_EQ(complaint_with("/model/max_input_chars_per_word", 257),
            "tokenizer.json: model.max_input_chars_per_word is 257, it must be 1 to 256");
  EXPECT_THAT(complaint_with("/model/max_input_chars_per_word", 0), HasSubstr("it must be 1 to"));
  EXPECT_EQ(complaint_with("/model/max_input_chars_per_word", 256), "accepted");
  EXPECT_EQ(complaint(std::string(kMaxTokenizerJsonBytes + 1, ' ')),
            "tokenizer.json: has 67108865 bytes, the limit is 67108864");
  EXPECT_EQ(complaint(std::string(1'000'000, '[')), "tokenizer.json: nests deeper than 32");
  EXPECT_EQ(complaint("{\"model\":1,\"model\":2}"), "tokenizer.json: has \"model\" twice");

  Json json = some_tokenizer_json();
  for (std::size_t i = 0; i <= kMaxAddedTokens; ++i) {
    Json added = json["added_tokens"][0];
    added["content"] = "<" + std::to_string(i) + ">";
    added["id"] = 19 + i;
    json["added_tokens"].push_back(added);
  }
  EXPECT_EQ(complaint(json.dump()), "tokenizer.json: added_tokens has more than 1024");
}

}  // namespace
}  // namespace ruvector::embed

#include "embed/model_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "embed/test_model.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using testing::HasSubstr;

class ModelSourceTest : public testing::Test {
 protected:
  void SetUp() override { write_test_model(directory_); }

  TextRecipe recipe() const {
    return std::get<TextRecipe>(find_model_source(directory_.string()).model.recipe);
  }
  void pool(const std::string& flags) const {
    write_file(directory_ / "1_Pooling" / "config.json", "{" + flags + "}");
  }

  ScopedCaches caches_;
  const std::filesystem::path directory_ = caches_.path() / "model";
};

TEST_F(ModelSourceTest, ADirectorySaysWhereItsFilesAre) {
  const ModelSource source = find_model_source(directory_.string());
  EXPECT_FALSE(source.is_known);
  EXPECT_EQ(source.weights, directory_ / "model.safetensors");
  EXPECT_EQ(source.tokenizer, directory_ / "tokenizer.json");
  EXPECT_EQ(source.config, directory_ / "config.json");
  EXPECT_EQ(bert_config(source, Safetensors::open(source.weights)), kSmallBert);
}

TEST_F(ModelSourceTest, WithoutOtherFilesTheRecipeIsThePlainOne) {
  EXPECT_EQ(recipe(), (TextRecipe{.max_tokens = 512, .pooling = Pooling::mean}));
}

TEST_F(ModelSourceTest, TheLimitOfTokensIsThatOfSentenceTransformersThenTheTokenizers) {
  write_file(directory_ / "tokenizer_config.json", R"({"model_max_length": 1e30})");
  EXPECT_EQ(recipe().max_tokens, 512u);
  write_file(directory_ / "tokenizer_config.json", R"({"model_max_length": 300})");
  EXPECT_EQ(recipe().max_tokens, 300u);
  write_file(directory_ / "sentence_bert_config.json", R"({"max_seq_length": 128})");
  EXPECT_EQ(recipe().max_tokens, 128u);
}

TEST_F(ModelSourceTest, PoolingIsClsOrMean) {
  pool(R"("pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false)");
  EXPECT_EQ(recipe().pooling, Pooling::cls);
  pool(R"("pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true)");
  EXPECT_EQ(recipe().pooling, Pooling::mean);
}

TEST_F(ModelSourceTest, OtherPoolingIsRefused) {
  for (const char* flags :
       {"", R"("pooling_mode_max_tokens": true)",
        R"("pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true)",
        R"("pooling_mode_mean_tokens": true, "pooling_mode_lasttoken": true)"}) {
    pool(flags);
    EXPECT_THROW(recipe(), EmbedError) << flags;
  }
}

TEST_F(ModelSourceTest, MissingFilesAreNamed) {
  std::filesystem::remove(directory_ / "model.safetensors");
  std::filesystem::remove(directory_ / "tokenizer.json");
  try {
    recipe();
    FAIL();
  } catch (const ModelNotFound& error) {
    EXPECT_THAT(error.what(), HasSubstr("missing model.safetensors, tokenizer.json"));
  }
}

TEST_F(ModelSourceTest, AnUnknownNameListsTheKnownOnes) {
  try {
    find_model_source("all-minilm");
    FAIL();
  } catch (const ModelNotFound& error) {
    EXPECT_THAT(error.what(), HasSubstr("bge-small-en-v1.5"));
  }
}

TEST_F(ModelSourceTest, AConfigThatSaysWhatTheTensorsSayIsNotInTheDigest) {
  const BertConfig config{.hidden = 384,
                          .layers = 1,
                          .heads = 12,
                          .inner = 64,
                          .vocabulary = 60,
                          .positions = 40,
                          .types = 2,
                          .epsilon = 1e-12};
  write_test_model(directory_, RandomBert(config));
  const ModelSource with_config = find_model_source(directory_.string());
  EXPECT_EQ(with_digests(with_config).files.size(), 2u);
  BertConfig other = config;
  other.heads = 24;
  write_file(directory_ / "config.json", test_config_json(other));
  EXPECT_EQ(with_digests(with_config).files.size(), 3u);
}

}  // namespace
}  // namespace ruvector::embed

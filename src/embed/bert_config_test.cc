#include "embed/bert_config.h"

#include <gtest/gtest.h>

#include <string>

#include "embed/test_bert.h"
#include "embed/test_safetensors.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

// The config.json of all-MiniLM-L6-v2 with one line more, which comes first.
ConfigFile config_with(const std::string& line) {
  return ConfigFile::parse("{" + line + R"("architectures": ["BertModel"], "num_hidden_layers": 6,
    "num_attention_heads": 12, "intermediate_size": 1536, "vocab_size": 30522,
    "max_position_embeddings": 512, "layer_norm_eps": 1e-12})",
                           "config.json");
}

TEST(BertConfig, IsReadFromConfigJson) {
  const BertConfig config = bert_config(config_with(
      R"("hidden_size": 384, "hidden_act": "gelu", "model_type": "bert", "type_vocab_size": 2,
         "position_embedding_type": "absolute",)"));
  const BertConfig expected{.hidden = 384,
                            .layers = 6,
                            .heads = 12,
                            .inner = 1536,
                            .vocabulary = 30522,
                            .positions = 512,
                            .types = 2,
                            .epsilon = 1e-12};
  EXPECT_EQ(config, expected);
  EXPECT_EQ(config.head_dim(), 32u);
}

TEST(BertConfig, OtherNetworksAreRefused) {
  const std::string size = R"("hidden_size": 384, )";
  EXPECT_NO_THROW(bert_config(config_with(size)));
  EXPECT_THROW(bert_config(config_with("")), EmbedError) << "no hidden_size";
  EXPECT_THROW(bert_config(config_with(size + R"("hidden_act": "relu", )")), EmbedError);
  EXPECT_THROW(bert_config(config_with(size + R"("hidden_act": "gelu_new", )")), EmbedError);
  EXPECT_THROW(bert_config(config_with(size + R"("model_type": "roberta", )")), EmbedError);
  EXPECT_THROW(bert_config(config_with(size + R"("is_decoder": true, )")), EmbedError);
  EXPECT_THROW(bert_config(config_with(size + R"("position_embedding_type": "relative_key", )")),
               EmbedError);
}

TEST(BertConfig, SizesThatTheKernelsDoNotTakeAreRefused) {
  EXPECT_THROW(bert_config(config_with(R"("hidden_size": 0, )")), EmbedError);
  EXPECT_THROW(bert_config(config_with(R"("hidden_size": 385, )")), EmbedError);
  EXPECT_THROW(bert_config(config_with(R"("hidden_size": 96, )")), EmbedError) << "heads of 8";
  EXPECT_THROW(bert_config(config_with(R"("hidden_size": 960, )")), EmbedError) << "heads of 80";
  EXPECT_THROW(bert_config(config_with(R"("hidden_size": 18446744073709551615, )")), EmbedError);
  EXPECT_NO_THROW(bert_config(config_with(R"("hidden_size": 768, )"))) << "heads of 64";
}

TEST(BertConfig, IsInferredFromTheTensors) {
  BertConfig config{.hidden = 384,
                    .layers = 3,
                    .heads = 12,
                    .inner = 64,
                    .vocabulary = 9,
                    .positions = 5,
                    .types = 2,
                    .epsilon = 1e-12};
  const RandomBert bert(config);
  EXPECT_EQ(bert_config(file_of(bert.tensors())), config);
  EXPECT_EQ(bert_config(file_of(bert.tensors("bert."))), config);
}

TEST(BertConfig, OtherSizesAreNotGuessedAt) {
  EXPECT_THROW(bert_config(file_of(RandomBert().tensors())), EmbedError);
  EXPECT_THROW(bert_config(file_of(std::vector<Tensor>{})), EmbedError);
}

}  // namespace
}  // namespace ruvector::embed

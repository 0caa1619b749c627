#include "embed/bert_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "embed/test_bert.h"
#include "embed/test_safetensors.h"
#include "kernels/level_test.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Texts = std::vector<std::vector<std::uint32_t>>;

class BertEncoderTest : public kernels::LevelTest {
 protected:
  static const BertEncoder& encoder() {
    static const BertEncoder encoder =
        BertEncoder::pack(file_of(bert().tensors()), kSmallBert, LinearForm::float32);
    return encoder;
  }
  static const RandomBert& bert() {
    static const RandomBert bert;
    return bert;
  }

  Texts random_texts(const std::vector<std::size_t>& lengths) {
    Texts texts;
    for (const std::size_t length : lengths) {
      texts.emplace_back(length);
      for (std::uint32_t& id : texts.back()) id = random_up_to(99);
    }
    return texts;
  }

  // The states of all tokens of `texts`, as one group.
  std::vector<float> states(const Texts& texts, std::size_t members = 1) const {
    std::vector<std::uint32_t> ids;
    std::vector<std::uint32_t> lengths;
    for (const std::vector<std::uint32_t>& text : texts) {
      ids.insert(ids.end(), text.begin(), text.end());
      lengths.push_back(static_cast<std::uint32_t>(text.size()));
    }
    BertScratch scratch;
    std::vector<float> out;
    Crew::run(members, [&](Crew& crew) {
      const auto rows = encoder().encode(table(), {ids, lengths}, crew, scratch);
      out.assign(rows.begin(), rows.end());
    });
    return out;
  }
};

RUVECTOR_TEST_LEVELS(BertEncoderTest);

TEST_P(BertEncoderTest, StatesAreThoseOfAPlainForwardPass) {
  const PlainBert plain(bert());
  for (const std::size_t length : {1u, 2u, 9u, 40u}) {
    const Texts texts = random_texts({length});
    const std::vector<float> rows = states(texts);
    const PlainBert::Rows expected = plain(texts[0]);
    ASSERT_EQ(rows.size(), length * kSmallBert.hidden);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_NEAR(double{rows[i]}, expected[i / kSmallBert.hidden][i % kSmallBert.hidden], 2e-5)
          << length << " tokens, value " << i;
    }
  }
}

TEST_P(BertEncoderTest, StatesDoNotDependOnTheTextsBeside) {
  const Texts texts = random_texts({7, 40, 1, 23, 2, 16});
  const std::vector<float> together = states(texts);
  std::size_t row = 0;
  for (const std::vector<std::uint32_t>& text : texts) {
    const std::vector<float> alone = states({text});
    EXPECT_EQ(std::memcmp(alone.data(), together.data() + row * kSmallBert.hidden,
                          alone.size() * sizeof(float)),
              0);
    row += text.size();
  }
}

TEST_P(BertEncoderTest, StatesDoNotDependOnTheCrew) {
  const Texts texts = random_texts({33, 5, 40});
  const std::vector<std::uint32_t> alone = kernels::bits_of(states(texts, 1));
  EXPECT_EQ(kernels::bits_of(states(texts, 2)), alone);
  EXPECT_EQ(kernels::bits_of(states(texts, 5)), alone);
}

TEST_P(BertEncoderTest, EveryLevelGivesTheSameBits) {
  const Texts texts = random_texts({12, 31});
  const std::vector<float> here = states(texts);
  BertScratch scratch;
  Crew crew;
  std::vector<std::uint32_t> ids = texts[0];
  ids.insert(ids.end(), texts[1].begin(), texts[1].end());
  const std::vector<std::uint32_t> lengths = {12, 31};
  const auto scalar =
      encoder().encode(*kernels::supported().front(), {ids, lengths}, crew, scratch);
  EXPECT_EQ(kernels::bits_of(here), kernels::bits_of({scalar.begin(), scalar.end()}));
}

TEST_P(BertEncoderTest, AnIdAboveTheVocabularyIsRefused) {
  EXPECT_THROW(states({{1, 100}}), EmbedError);
  EXPECT_THROW(states({{1, 0xffffffffu}}), EmbedError);
  EXPECT_NO_THROW(states({{1, 99}}));
}

TEST_P(BertEncoderTest, WhatIsPutDownIsTakenUp) {
  Parts parts;
  encoder().put(parts);
  PartReader reader(nullptr, {parts.all().begin(), parts.all().end()});
  const Safetensors file = file_of(bert().tensors());
  const BertEncoder loaded = BertEncoder::load(reader, file, kSmallBert, LinearForm::float32);
  EXPECT_TRUE(reader.empty());
  const std::vector<std::uint32_t> ids = {1, 2, 3, 50};
  const std::vector<std::uint32_t> lengths = {4};
  BertScratch scratch;
  Crew crew;
  const auto rows = loaded.encode(table(), {ids, lengths}, crew, scratch);
  EXPECT_EQ(std::vector<float>(rows.begin(), rows.end()), states({ids}));
}

// Packs and answers what is said of it.
std::string refusal(const RandomBert& bert, const BertConfig& config) {
  try {
    BertEncoder::pack(file_of(bert.tensors()), config, LinearForm::float32);
  } catch (const EmbedError& error) {
    return error.what();
  }
  return "it was packed";
}

TEST(BertEncoder, NamesMayBeginWithBert) {
  const RandomBert bert;
  EXPECT_NO_THROW(
      BertEncoder::pack(file_of(bert.tensors("bert.")), kSmallBert, LinearForm::float32));
}

TEST(BertEncoder, AMissingTensorIsNamed) {
  for (const char* name :
       {"embeddings.LayerNorm.bias", "encoder.layer.1.attention.self.key.weight",
        "encoder.layer.0.output.dense.bias", "embeddings.word_embeddings.weight"}) {
    RandomBert bert;
    bert.weights().erase(name);
    EXPECT_EQ(refusal(bert, kSmallBert),
              "model.safetensors: tensor " + std::string(name) + " is missing");
  }
}

TEST(BertEncoder, ATensorOfAnotherShapeIsNamed) {
  RandomBert bert;
  bert.weights()["encoder.layer.1.output.dense.weight"].shape = {128, 64};
  EXPECT_EQ(refusal(bert, kSmallBert),
            "model.safetensors: tensor encoder.layer.1.output.dense.weight is F32 [128, 64], must "
            "be F32, F16 or BF16 [64, 128]");
  BertConfig config = kSmallBert;
  config.vocabulary = 101;
  EXPECT_NE(refusal(RandomBert(), config).find("[100, 64]"), std::string::npos);
}

}  // namespace
}  // namespace ruvector::embed

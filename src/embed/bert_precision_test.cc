// BERT encoders of 12 and of 8 bits against a plain forward pass in double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "embed/bert_encoder.h"
#include "embed/test_bert.h"
#include "embed/test_safetensors.h"
#include "kernels/level_test.h"

namespace ruvector::embed {
namespace {

using Text = std::vector<std::uint32_t>;

// Large enough for inputs that are exact.
constexpr BertConfig kConfig{.hidden = 192,
                             .layers = 2,
                             .heads = 6,
                             .inner = 384,
                             .vocabulary = 100,
                             .positions = 40,
                             .types = 2,
                             .epsilon = 1e-12};

// Trained encoders have a few channels that are far larger than the others, and small weights where
// these come in: here channel 17, which bytes of one scale would drown the others in.
RandomBert bert_with_a_large_channel() {
  constexpr std::size_t kChannel = 17;
  constexpr float kTimes = 30.0f;
  RandomBert bert(kConfig);
  for (auto& [name, weights] : bert.weights()) {
    if (name.ends_with("LayerNorm.weight")) weights.values[kChannel] *= kTimes;
    if (weights.shape.size() != 2 || weights.shape[1] != kConfig.hidden) continue;
    if (!name.starts_with("encoder") || name.find("attention.output") != std::string::npos)
      continue;
    for (std::size_t row = 0; row < weights.shape[0]; ++row) {
      weights.values[row * kConfig.hidden + kChannel] /= kTimes;
    }
  }
  return bert;
}

class BertPrecisionTest : public kernels::LevelTest {
 protected:
  // int16 has no exact inputs, so its rows are even here.
  static const RandomBert& bert(LinearForm form) {
    static const RandomBert even(kConfig);
    static const RandomBert uneven = bert_with_a_large_channel();
    return form == LinearForm::int16 ? even : uneven;
  }
  static const BertEncoder& encoder(LinearForm form) {
    static const BertEncoder words = pack(LinearForm::int16);
    static const BertEncoder bytes = pack(LinearForm::int8);
    return form == LinearForm::int16 ? words : bytes;
  }

  static BertEncoder pack(LinearForm form) {
    return BertEncoder::pack(file_of(bert(form).tensors()), kConfig, form);
  }

  Text random_text(std::size_t length) {
    Text text(length);
    for (std::uint32_t& id : text) id = random_up_to(99);
    return text;
  }

  static std::vector<float> states(const kernels::KernelTable& level, const BertEncoder& encoder,
                                   const std::vector<Text>& texts) {
    Text ids;
    std::vector<std::uint32_t> lengths;
    for (const Text& text : texts) {
      ids.insert(ids.end(), text.begin(), text.end());
      lengths.push_back(static_cast<std::uint32_t>(text.size()));
    }
    BertScratch scratch;
    Crew crew;
    const auto rows = encoder.encode(level, {ids, lengths}, crew, scratch);
    return {rows.begin(), rows.end()};
  }

  // The least cosine between a token's states and those of a plain forward pass. The large channel
  // is left out: it would make all states alike.
  double least_cosine(LinearForm form, const Text& text) const {
    const std::vector<float> found = states(table(), encoder(form), {text});
    const PlainBert::Rows expected = PlainBert(bert(form))(text);
    double least = 1;
    for (std::size_t token = 0; token < text.size(); ++token) {
      double dot = 0;
      double found_squares = 0;
      double expected_squares = 0;
      for (std::size_t i = 0; i < kConfig.hidden; ++i) {
        if (i == 17) continue;
        const double x = found[token * kConfig.hidden + i];
        const double y = expected[token][i];
        dot += x * y;
        found_squares += x * x;
        expected_squares += y * y;
      }
      least = std::min(least, dot / std::sqrt(found_squares * expected_squares));
    }
    return least;
  }
};

RUVECTOR_TEST_LEVELS(BertPrecisionTest);

TEST_P(BertPrecisionTest, TwelveBitsKeepFourNinesOfTheCosine) {
  for (const std::size_t length : {1u, 9u, 40u}) {
    EXPECT_GE(least_cosine(LinearForm::int16, random_text(length)), 0.9999);
  }
}

TEST_P(BertPrecisionTest, EightBitsKeepTheCosineDespiteALargeChannel) {
  for (const std::size_t length : {1u, 9u, 40u}) {
    EXPECT_GE(least_cosine(LinearForm::int8, random_text(length)), 0.995);
  }
}

TEST_P(BertPrecisionTest, StatesDependOnTheirTextAlone) {
  for (const LinearForm form : {LinearForm::int16, LinearForm::int8}) {
    const std::vector<Text> texts = {random_text(7), random_text(40), random_text(1)};
    const std::vector<float> together = states(table(), encoder(form), texts);
    EXPECT_EQ(kernels::bits_of(states(kernels::kScalarTable, encoder(form), texts)),
              kernels::bits_of(together));
    std::vector<float> alone;
    for (const Text& text : texts) {
      const std::vector<float> rows = states(table(), encoder(form), {text});
      alone.insert(alone.end(), rows.begin(), rows.end());
    }
    EXPECT_EQ(kernels::bits_of(alone), kernels::bits_of(together));
  }
}

TEST_P(BertPrecisionTest, WhatIsPutDownIsTakenUp) {
  for (const LinearForm form : {LinearForm::int16, LinearForm::int8}) {
    const Safetensors file = file_of(bert(form).tensors());
    Parts parts;
    encoder(form).put(parts);
    PartReader reader(nullptr, {parts.all().begin(), parts.all().end()});
    const BertEncoder loaded = BertEncoder::load(reader, file, kConfig, form);
    EXPECT_TRUE(reader.empty());
    const std::vector<Text> texts = {random_text(11)};
    EXPECT_EQ(states(table(), loaded, texts), states(table(), encoder(form), texts));
  }
}

}  // namespace
}  // namespace ruvector::embed

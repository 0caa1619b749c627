// A directory with a small text model: random weights, and a tokenizer of letters and digits.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "embed/safetensors.h"
#include "embed/test_bert.h"
#include "embed/test_environment.h"

namespace ruvector::embed {

// [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, then a..z and ##a..##z.
inline constexpr std::uint32_t kTestUnknown = 1;
inline constexpr std::uint32_t kTestFirst = 2;
inline constexpr std::uint32_t kTestLast = 3;
inline constexpr std::uint32_t kTestLetterA = 4;
inline constexpr std::uint32_t kTestInnerA = kTestLetterA + 26;

inline std::string test_tokenizer_json() {
  std::string vocabulary = R"("[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3)";
  for (std::uint32_t i = 0; i < 26; ++i) {
    const std::string letter(1, static_cast<char>('a' + i));
    vocabulary += ",\"" + letter + "\":" + std::to_string(kTestLetterA + i);
    vocabulary += ",\"##" + letter + "\":" + std::to_string(kTestInnerA + i);
  }
  return R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
    "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
                  "strip_accents":null,"lowercase":true},
    "pre_tokenizer":{"type":"BertPreTokenizer"},
    "post_processor":{"type":"TemplateProcessing",
      "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
                {"SpecialToken":{"id":"[SEP]","type_id":0}}],
      "pair":[],
      "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},
                        "[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}},
    "decoder":null,
    "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
             "max_input_chars_per_word":100,"vocab":{)" +
         vocabulary + "}}}";
}

inline std::string test_config_json(const BertConfig& config = kSmallBert) {
  return R"({"model_type":"bert","hidden_act":"gelu","hidden_size":)" +
         std::to_string(config.hidden) + R"(,"num_hidden_layers":)" +
         std::to_string(config.layers) + R"(,"num_attention_heads":)" +
         std::to_string(config.heads) + R"(,"intermediate_size":)" + std::to_string(config.inner) +
         R"(,"vocab_size":)" + std::to_string(config.vocabulary) +
         R"(,"max_position_embeddings":)" + std::to_string(config.positions) +
         R"(,"type_vocab_size":)" + std::to_string(config.types) + R"(,"layer_norm_eps":1e-12})";
}

inline void write_test_model(const std::filesystem::path& directory,
                             const RandomBert& bert = RandomBert()) {
  std::filesystem::create_directories(directory);
  write_safetensors(directory / "model.safetensors", bert.tensors());
  write_file(directory / "tokenizer.json", test_tokenizer_json());
  write_file(directory / "config.json", test_config_json(bert.config()));
}

}  // namespace ruvector::embed

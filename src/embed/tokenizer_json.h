// Reads the tokenizer.json of an uncased BERT, the file of Hugging Face's tokenizers.
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "embed/normalizer.h"
#include "embed/vocabulary.h"

namespace ruvector::embed {

inline constexpr std::size_t kMaxTokenizerJsonBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxAddedTokens = 1'024;

// A token that is recognised in the text before anything else is done to it.
struct AddedToken {
  std::string content;
  std::uint32_t id;
};

struct TokenizerFile {
  Vocabulary vocabulary;
  NormalizerOptions normalizer;
  std::vector<AddedToken> added_tokens;
  std::size_t max_chars_per_word;
  std::uint32_t first;    // the id before the text's, [CLS]
  std::uint32_t last;     // the id behind them, [SEP]
  std::uint32_t unknown;  // the id of a word that no pieces make up, [UNK]
};

// Throws EmbedError, which names the field, for text that is no such file, and for what would give
// other ids here than there: another type of normaliser, pre-tokeniser, post-processor or model,
// added tokens that are `normalized` or `single_word`. `padding`, `truncation` and `decoder` have
// no effect; nor have `lstrip` and `rstrip` of added tokens, as white space has no ids.
TokenizerFile read_tokenizer_json(std::string_view text);

}  // namespace ruvector::embed

// Texts to vectors, by a BERT encoder.
//
// Thread-safe: only scratch space changes after it is made, under a lock. A vector depends on its
// text, the weights and the recipe alone, bit for bit.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "embed/bert_encoder.h"
#include "embed/scratch_pool.h"
#include "embed/token_window.h"
#include "embed/word_pieces.h"
#include "ruvector/base/progress.h"
#include "ruvector/embed/recipe.h"

namespace ruvector::embed {

struct TextCall {
  bool is_query = false;                         // puts the recipe's prefix before each text
  std::size_t threads = 1;                       // at most
  Progress progress = {};                        // in texts
  const std::atomic<bool>* cancelled = nullptr;  // looked at between groups of texts
};

class TextEncoder {
 public:
  // Throws EmbedError when the word pieces have ids that the encoder has no word for, or the recipe
  // asks for fewer than 2 tokens.
  TextEncoder(WordPieces pieces, BertEncoder encoder, TextRecipe recipe);

  std::size_t dim() const noexcept { return encoder_.config().hidden; }

  // `out` has texts.size() * dim() floats. Throws EmbedError, naming the text, for bytes that are
  // no UTF-8 and for a vector that is not finite; Cancelled.
  void embed(std::span<const std::string_view> texts, const TextCall& call,
             std::span<float> out) const;

  std::vector<std::uint32_t> tokenize(std::string_view text, bool is_query) const;

 private:
  class Batch;

  Tokenizer tokenizer(bool is_query) const;

  WordPieces pieces_;
  BertEncoder encoder_;
  TextRecipe recipe_;
  std::size_t max_tokens_;
  mutable ScratchPool<BertScratch> scratch_;
};

}  // namespace ruvector::embed

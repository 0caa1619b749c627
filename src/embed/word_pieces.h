// The tokenizer of uncased BERT: text to the ids of word pieces.
//
// Equal, id for id, to Hugging Face's `tokenizers` with the same tokenizer.json: control characters
// dropped, white space unified, spaces around CJK characters, NFD without marks, lower case, split
// at white space and punctuation, then the longest pieces first; words above 100 characters and
// words that no pieces make up are [UNK]. Special tokens written in the text are recognised.
//
// Thread-safe: nothing changes after it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace ruvector::embed {

class WordPieces {
 public:
  // From the text of a tokenizer.json. Its padding and truncation are of no effect. Throws
  // EmbedError for text that is no such file or asks for another kind of tokenizer.
  static WordPieces from_json(std::string_view text);

  // The ids of [CLS] text [SEP] in `ids`, at most `max_tokens` (2 or more): [SEP] is always there,
  // and text behind the limit is not read. Throws EmbedError for bytes that are no UTF-8.
  void encode(std::string_view text, std::size_t max_tokens, std::vector<std::uint32_t>& ids) const;

  // Ids are below this.
  std::size_t size() const;

 private:
  struct Tables;
  explicit WordPieces(std::shared_ptr<const Tables> tables) : tables_(std::move(tables)) {}
  std::shared_ptr<const Tables> tables_;
};

}  // namespace ruvector::embed

// Reads arbitrary bytes as a tokenizer.json and as a text, up to the first byte of value 0 the
// former. What is read must cut texts into few ids that are its own, and the same ids with a limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "embed/word_pieces.h"
#include "ruvector/base/errors.h"

namespace {

using ruvector::EmbedError;
using ruvector::embed::WordPieces;

constexpr std::size_t kNoLimit = std::size_t{1} << 40;

// With tokens in the text, pieces of many lengths, and words that no pieces make up.
constexpr std::string_view kSmall = R"({
  "added_tokens": [
    {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": true},
    {"id": 2, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "##a": 4, "ab": 5, "##ba": 6,
                      "\u00df": 7, "##\u0438": 8, "[": 9, "\u4e2d": 10, "\u1112": 11,
                      "##\u1161": 12, "##aaaaaaaaaaaaaaaaaaaa": 13, "i": 14, "##\u0307": 15}}
})";

void require(bool condition) {
  if (!condition) std::abort();
}

void use(const WordPieces& pieces, std::string_view text) {
  std::vector<std::uint32_t> ids;
  pieces.encode(text, kNoLimit, ids);
  // Not more than bytes: even a syllable of Hangul, of three letters, has three.
  require(ids.size() >= 2 && ids.size() <= text.size() + 2);
  for (const std::uint32_t id : ids) require(id < pieces.size());

  std::vector<std::uint32_t> first;
  for (const std::size_t limit : {2u, 3u, 8u}) {
    pieces.encode(text, limit, first);
    std::vector<std::uint32_t> expected = ids;
    if (expected.size() > limit) {
      expected.resize(limit);
      expected.back() = ids.back();
    }
    require(first == expected);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static const WordPieces small = WordPieces::from_json(kSmall);
  try {
    use(small, input);
  } catch (const EmbedError&) {
  }
  try {
    const std::size_t end = input.find('\0');
    const WordPieces pieces = WordPieces::from_json(input.substr(0, end));
    use(pieces, end == std::string_view::npos ? "hello [CLS] unaffable" : input.substr(end + 1));
  } catch (const EmbedError&) {
  }
  return 0;
}

#include "embed/word_pieces.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "embed/normalizer.h"
#include "embed/tokenizer_json.h"
#include "embed/utf8.h"
#include "embed/vocabulary.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

// What a byte of the text means when a code point begins with it. `token`: an added token may begin
// here; `wide`: no ASCII.
enum class ByteKind : std::uint8_t { letter, space, punctuation, nothing, wide, token };

// Gathers the normalised code points to words, and cuts each into pieces when it ends.
class Words {
 public:
  Words(const TokenizerFile& file, std::size_t limit, std::vector<std::uint32_t>& ids)
      : file_(file), limit_(limit), ids_(ids) {}

  bool full() const { return ids_.size() >= limit_; }

  // Of the normaliser.
  void put(char32_t c, CharClass kind) {
    if ((kind & (kWhiteSpace | kPunctuation)) != 0) end();
    if ((kind & kWhiteSpace) != 0) return;
    if (make_room(1)) size_ += encode_utf8(c, bytes_.data() + size_);
    if ((kind & kPunctuation) != 0) end();
  }

  // Letters of ASCII, or one character of punctuation.
  void put_ascii(std::string_view chars, const std::array<char, 128>& lowered) {
    if (!make_room(chars.size())) return;
    for (const char c : chars) bytes_[size_++] = lowered[static_cast<unsigned char>(c)];
  }

  void put_id(std::uint32_t id) {
    end();
    ids_.push_back(id);
  }

  void end() {
    if (chars_ == 0) return;
    const std::string_view word(bytes_.data(), size_);
    if (!too_long_ && !file_.vocabulary.split(word, ids_)) ids_.push_back(file_.unknown);
    size_ = 0;
    chars_ = 0;
    too_long_ = false;
  }

 private:
  // Counts characters of the word. One that grows too long is unknown at once: nothing of it is
  // kept, and if it is the last that counts, its end is not looked for.
  bool make_room(std::size_t chars) {
    chars_ += chars;
    if (chars_ <= file_.max_chars_per_word) return true;
    if (!too_long_) ids_.push_back(file_.unknown);
    too_long_ = true;
    return false;
  }

  const TokenizerFile& file_;
  std::size_t limit_;
  std::vector<std::uint32_t>& ids_;
  std::size_t chars_ = 0;
  std::size_t size_ = 0;  // bytes
  bool too_long_ = false;
  std::array<char, kMaxWordBytes> bytes_;
};

}  // namespace

struct WordPieces::Tables {
  explicit Tables(TokenizerFile file_read);

  // Takes what begins with a byte that is `wide` or `token`, and returns how many bytes that is.
  std::size_t take_wide_or_token(std::string_view text, std::size_t at,
                                 Normalizer<Words>& normalizer, Words& words) const;

  // How many letters of ASCII `text` begins with; of more than a word can have some.
  std::size_t letters_at(std::string_view text) const;

  TokenizerFile file;
  std::array<ByteKind, 256> kinds;
  std::array<char, 128> lowered;  // ASCII as it comes out of the normaliser
};

WordPieces::Tables::Tables(TokenizerFile file_read) : file(std::move(file_read)) {
  kinds.fill(ByteKind::wide);
  const auto classes = unicode_classes();
  for (std::size_t byte = 0; byte < 128; ++byte) {
    const CharClass kind = classes[byte];
    const bool dropped = file.normalizer.clean_text && (kind & kDropped) != 0;
    kinds[byte] = dropped                      ? ByteKind::nothing
                  : (kind & kWhiteSpace) != 0  ? ByteKind::space
                  : (kind & kPunctuation) != 0 ? ByteKind::punctuation
                                               : ByteKind::letter;
    const bool upper = byte >= 'A' && byte <= 'Z';
    lowered[byte] = static_cast<char>(byte + (upper && file.normalizer.lowercase ? 32 : 0));
  }
  for (const AddedToken& token : file.added_tokens) {
    kinds[static_cast<unsigned char>(token.content[0])] = ByteKind::token;
  }
  std::ranges::sort(file.added_tokens, std::ranges::greater{},
                    [](const AddedToken& token) { return token.content.size(); });
}

std::size_t WordPieces::Tables::take_wide_or_token(std::string_view text, std::size_t at,
                                                   Normalizer<Words>& normalizer,
                                                   Words& words) const {
  const std::string_view rest = text.substr(at);
  if (kinds[static_cast<unsigned char>(rest[0])] == ByteKind::token) {
    for (const AddedToken& token : file.added_tokens) {  // longer ones first
      if (!rest.starts_with(token.content)) continue;
      normalizer.flush();
      words.put_id(token.id);
      return token.content.size();
    }
  }
  const Decoded decoded = decode_utf8(rest);
  if (decoded.length == 0) {
    throw EmbedError("the text is no UTF-8 at byte " + std::to_string(at));
  }
  normalizer.push(decoded.c);
  return decoded.length;
}

std::size_t WordPieces::Tables::letters_at(std::string_view text) const {
  const std::size_t most = std::min(text.size(), kMaxWordChars + 1);
  std::size_t count = 0;
  while (count < most && kinds[static_cast<unsigned char>(text[count])] == ByteKind::letter) {
    ++count;
  }
  return count;
}

WordPieces WordPieces::from_json(std::string_view text) {
  return WordPieces(std::make_shared<const Tables>(read_tokenizer_json(text)));
}

std::size_t WordPieces::size() const { return tables_->file.vocabulary.id_bound(); }

void WordPieces::encode(std::string_view text, std::size_t max_tokens,
                        std::vector<std::uint32_t>& ids) const {
  const Tables& tables = *tables_;
  ids.assign(1, tables.file.first);
  Words words(tables.file, max_tokens - 1, ids);
  Normalizer<Words> normalizer(tables.file.normalizer, words);
  for (std::size_t at = 0; at < text.size() && !words.full();) {
    const ByteKind kind = tables.kinds[static_cast<unsigned char>(text[at])];
    if (kind == ByteKind::wide || kind == ByteKind::token) {
      at += tables.take_wide_or_token(text, at, normalizer, words);
      continue;
    }
    if (kind != ByteKind::nothing) normalizer.flush();
    if (kind == ByteKind::letter) {
      const std::size_t length = tables.letters_at(text.substr(at));
      words.put_ascii(text.substr(at, length), tables.lowered);
      at += length;
      continue;
    }
    if (kind != ByteKind::nothing) words.end();
    if (kind == ByteKind::punctuation) {
      words.put_ascii(text.substr(at, 1), tables.lowered);
      words.end();
    }
    ++at;
  }
  normalizer.flush();
  words.end();
  ids.resize(std::min(ids.size(), max_tokens - 1));
  ids.push_back(tables.file.last);
}

}  // namespace ruvector::embed

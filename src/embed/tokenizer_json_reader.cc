#include "embed/tokenizer_json_reader.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "embed/utf8.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 32;

[[noreturn]] void refuse(const std::string& why) { throw EmbedError("tokenizer.json: " + why); }

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// The text behind what was read. Two take from it in turns: the parser, one character at a time and
// none before it needs it, and whoever reads the vocabulary.
struct Cursor {
  const char* begin;
  const char* at;
  const char* end;
};

// The input iterator of the parser.
struct Characters {
  using difference_type = std::ptrdiff_t;
  using value_type = char;
  using pointer = const char*;
  using reference = const char&;
  using iterator_category = std::input_iterator_tag;

  const char& operator*() const { return *cursor->at; }
  Characters& operator++() {
    ++cursor->at;
    return *this;
  }
  Characters operator++(int) { return ++*this; }
  // Only ever compared with the end.
  friend bool operator==(const Characters& a, const Characters& b) {
    return (a.cursor == nullptr || a.cursor->at == a.cursor->end) &&
           (b.cursor == nullptr || b.cursor->at == b.cursor->end);
  }

  Cursor* cursor = nullptr;
};

// Reads the members of `model.vocab`, in a third of the parser's time.
class VocabularyReader {
 public:
  VocabularyReader(Cursor& cursor, const OnPiece& on_piece)
      : cursor_(cursor), on_piece_(on_piece) {}

  // From behind the object's "{" to its "}".
  void read() {
    if (next() == '}') return;
    while (true) {
      const std::string_view piece = string();
      take(':');
      on_piece_(piece, number());
      if (next() == '}') return;
      take(',');
    }
  }

 private:
  // The next character that is no white space, which stays there.
  char next() {
    while (cursor_.at != cursor_.end && is_white(*cursor_.at)) {
      ++cursor_.at;
    }
    if (cursor_.at == cursor_.end) refuse_here();
    return *cursor_.at;
  }

  void take(char expected) {
    if (next() != expected) refuse_here();
    ++cursor_.at;
  }

  std::string_view string() {
    if (next() != '"') refuse_here();
    const char* const quote = cursor_.at++;
    bool plain = true;
    for (;; ++cursor_.at) {
      if (cursor_.at == cursor_.end) refuse_here();
      const char c = *cursor_.at;
      if (c == '"') break;
      plain = plain && c != '\\' && c >= ' ' && c <= '~';
      if (c == '\\' && ++cursor_.at == cursor_.end) refuse_here();
    }
    ++cursor_.at;
    if (plain) return {quote + 1, cursor_.at - 1};
    const Json decoded = Json::parse(quote, cursor_.at, nullptr, /*allow_exceptions=*/false);
    if (!decoded.is_string()) refuse_here();
    decoded_ = decoded.get_ref<const std::string&>();
    return decoded_;
  }

  std::uint64_t number() {
    next();
    std::uint64_t value = 0;
    const char* const begin = cursor_.at;
    const auto [end, error] = std::from_chars(begin, cursor_.end, value);
    const bool leading_zero = end - begin > 1 && *begin == '0';
    if (error != std::errc() || leading_zero) {
      refuse("model.vocab has an id at byte " + position() + " that is no unsigned integer");
    }
    cursor_.at = end;
    return value;
  }

  std::string position() const { return std::to_string(cursor_.at - cursor_.begin); }
  [[noreturn]] void refuse_here() const { refuse("is no JSON at byte " + position()); }

  Cursor& cursor_;
  const OnPiece& on_piece_;
  std::string decoded_;
};

// Called by the parser, which recurses nowhere, for each token.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  Reader(Cursor& cursor, const OnPiece& on_piece) : cursor_(cursor), on_piece_(on_piece) {}

  Json take() { return std::move(root_); }

  bool null() override { return value(nullptr); }
  bool boolean(bool flag) override { return value(flag); }
  bool number_unsigned(std::uint64_t number) override { return value(number); }
  bool number_integer(std::int64_t number) override { return value(number); }
  bool number_float(double number, const std::string& /*text*/) override { return value(number); }
  bool string(std::string& text) override { return value(std::move(text)); }
  bool binary(Json::binary_t& /*bytes*/) override { refuse("has binary values"); }

  bool start_object(std::size_t /*size*/) override {
    open(Json::object());
    if (open_.size() == 3 && outer_key_ == "model" && key_ == "vocab") {
      VocabularyReader(cursor_, on_piece_).read();
    }
    return true;
  }
  bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (open_.back()->contains(name)) refuse("has " + in_quotes(name) + " twice");
    if (open_.size() == 1) outer_key_ = name;
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    refuse("is no JSON at byte " + std::to_string(cursor_.at - cursor_.begin));
  }

 private:
  bool open(Json empty) {
    if (open_.size() == kMaxDepth) refuse("nests deeper than " + std::to_string(kMaxDepth));
    open_.push_back(&placed(std::move(empty)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  bool value(Json json) {
    placed(std::move(json));
    return true;
  }

  // Puts a value where it belongs in the tree. Those that are open are never moved: only the last
  // element of an array is open, and the array grows no further until that is closed.
  Json& placed(Json json) {
    if (open_.empty()) return root_ = std::move(json);
    Json& parent = *open_.back();
    if (parent.is_object()) return parent[key_] = std::move(json);
    parent.push_back(std::move(json));
    return parent.back();
  }

  Cursor& cursor_;
  const OnPiece& on_piece_;
  Json root_;
  std::vector<Json*> open_;
  std::string outer_key_;  // of the outermost object
  std::string key_;
};

}  // namespace

nlohmann::json read_without_vocabulary(std::string_view text, const OnPiece& on_piece) {
  Cursor cursor{text.data(), text.data(), text.data() + text.size()};
  Reader reader(cursor, on_piece);
  Json::sax_parse(Characters{&cursor}, Characters{}, &reader);
  return reader.take();
}

}  // namespace ruvector::embed

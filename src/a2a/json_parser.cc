// parse_json(): recursive descent over the bytes of a text.
#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "a2a/json.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

// The value of a hexadecimal digit; 16 for any other character.
unsigned hex_value(char digit) {
  if (is_digit(digit)) return static_cast<unsigned>(digit - '0');
  const char lower = static_cast<char>(digit | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a') + 10;
  return 16;
}

// How many of the first bytes of `text` are ASCII that a JSON string holds as it is. May stop early
// near the end.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = 0x8080808080808080;
  if constexpr (std::endian::native != std::endian::little) return 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t quotes = word ^ (kOnes * '"');
    const std::uint64_t backslashes = word ^ (kOnes * '\\');
    // The top bit of each byte to stop at. Only such a byte borrows from those above it, so the
    // lowest bit is always right.
    const std::uint64_t stops =
        (word | (word - kOnes * 0x20) | (quotes - kOnes) | (backslashes - kOnes)) & kTops;
    if (stops != 0) return at + static_cast<std::size_t>(std::countr_zero(stops)) / 8;
  }
  return at;
}

// The length of the UTF-8 sequence that begins `text` (Unicode 15, table 3-7); 0 for none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool too_small = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return !too_small && !surrogate && follows(1) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool too_small = lead == 0xF0 && byte(1) < 0x90;
    const bool too_large = lead == 0xF4 && byte(1) > 0x8F;
    return !too_small && !too_large && follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void append_utf8(std::string& out, unsigned code_point) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | (code_point >> shift & 0x3F));
  };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | code_point >> 6);
    tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | code_point >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | code_point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view what, const JsonLimits& limits)
      : text_(text), what_(what), limits_(limits) {}

  Json parse() {
    Json value;
    parse_value(value, 0);
    skip_space();
    if (at_ != text_.size()) fail("more than one value");
    return value;
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const {
    throw ProtocolError(std::string(what_) + ": " + std::string(reason) + " at byte " +
                        std::to_string(at_));
  }
  [[noreturn]] void fail_above(std::string_view thing, std::size_t limit) const {
    fail("more " + std::string(thing) + " than the limit of " + std::to_string(limit));
  }

  // The next byte; NUL, which is nowhere permitted, at the end.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
  }

  bool take(char character) {
    if (peek() != character) return false;
    ++at_;
    return true;
  }

  void expect(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) fail("no JSON value");
    at_ += word.size();
  }

  void parse_value(Json& value, std::size_t depth) {
    if (++values_ > limits_.values) fail_above("values", limits_.values);
    skip_space();
    switch (peek()) {
      case '{':
        value.kind = Json::Kind::object;
        parse_members(value.members, depth + 1);
        return;
      case '[':
        value.kind = Json::Kind::array;
        parse_items(value.items, depth + 1);
        return;
      case '"':
        value.kind = Json::Kind::string;
        parse_string(value.text);
        return;
      case 't':
        expect("true");
        value.kind = Json::Kind::boolean;
        value.boolean = true;
        return;
      case 'f':
        expect("false");
        value.kind = Json::Kind::boolean;
        return;
      case 'n':
        expect("null");
        return;
      default:
        value.kind = Json::Kind::number;
        parse_number(value.text);
    }
  }

  void enter(std::size_t depth) {
    if (depth > limits_.depth) fail_above("levels", limits_.depth);
    ++at_;
    skip_space();
  }

  void parse_items(std::vector<Json>& items, std::size_t depth) {
    enter(depth);
    if (take(']')) return;
    do {
      parse_value(items.emplace_back(), depth);
      skip_space();
    } while (take(','));
    if (!take(']')) fail("neither ',' nor ']' after an element");
  }

  void parse_members(std::vector<Json::Member>& members, std::size_t depth) {
    enter(depth);
    if (take('}')) return;
    members.reserve(4);
    do {
      skip_space();
      if (peek() != '"') fail("no member name");
      // Clang 19 does not find the pair's own default, because Json is incomplete in Json::Member.
      Json::Member& member = members.emplace_back(std::string(), Json());
      parse_string(member.first);
      refuse_repetition_of_last(members);
      skip_space();
      if (!take(':')) fail("no ':' after a member name");
      parse_value(member.second, depth);
      skip_space();
    } while (take(','));
    if (!take('}')) fail("neither ',' nor '}' after a member");
    refuse_repetition(members);
  }

  // Names are compared with each other while they are few; a large object's are sorted once.
  static constexpr std::size_t kFewMembers = 32;

  void refuse_repetition_of_last(const std::vector<Json::Member>& members) const {
    if (members.size() > kFewMembers) return;
    const std::string& last = members.back().first;
    for (std::size_t i = 0; i + 1 < members.size(); ++i) {
      if (members[i].first == last) fail_twice(last);
    }
  }

  void refuse_repetition(const std::vector<Json::Member>& members) const {
    if (members.size() <= kFewMembers) return;
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const Json::Member& member : members) names.push_back(member.first);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) fail_twice(*twice);
  }

  [[noreturn]] void fail_twice(std::string_view name) const {
    constexpr std::size_t kShown = 64;
    std::string quoted;
    append_quoted(quoted, name.size() <= kShown ? name : std::string_view("(a long name)"));
    fail("member " + quoted + " is there twice, found");
  }

  void parse_string(std::string& out) {
    ++at_;
    std::size_t begin = at_;  // of the bytes that are not in `out` yet
    for (;;) {
      at_ += plain_prefix(text_.substr(at_));
      const auto character = static_cast<unsigned char>(peek());
      if (character == '"') {
        out.append(text_, begin, at_ - begin);
        ++at_;
        return;
      }
      if (character == '\\') {
        out.append(text_, begin, at_ - begin);
        parse_escape(out);
        begin = at_;
        continue;
      }
      if (at_ == text_.size()) fail("the text ends inside of a string");
      if (character < 0x20) fail("a control character in a string");
      const std::size_t length = sequence_length(text_.substr(at_));
      if (length == 0) fail("no UTF-8");
      at_ += length;
    }
  }

  void parse_escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrtu";
    constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    const std::size_t which = at_ + 1 < text_.size() ? kNames.find(text_[at_ + 1]) : kNames.npos;
    if (which == kNames.npos) fail("an unknown escape in a string");
    if (which < kValues.size()) {
      out += kValues[which];
      at_ += 2;
      return;
    }
    const unsigned first = parse_code_unit();
    if (first < 0xD800 || first > 0xDFFF) {
      append_utf8(out, first);
      return;
    }
    const bool is_pair = first <= 0xDBFF && text_.substr(at_, 2) == "\\u";
    const unsigned second = is_pair ? parse_code_unit() : 0;
    if (second < 0xDC00 || second > 0xDFFF) fail("half of a surrogate pair");
    append_utf8(out, 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
  }

  // Of "\u0041", the cursor at the backslash.
  unsigned parse_code_unit() {
    unsigned unit = 0;
    for (std::size_t i = at_ + 2; i < at_ + 6; ++i) {
      const unsigned digit = i < text_.size() ? hex_value(text_[i]) : 16;
      if (digit > 15) fail("less than four hexadecimal digits after \\u");
      unit = unit << 4 | digit;
    }
    at_ += 6;
    return unit;
  }

  void skip_digits() {
    if (!is_digit(peek())) fail("no JSON value");
    while (is_digit(peek())) ++at_;
  }

  void parse_number(std::string& lexeme) {
    const std::size_t begin = at_;
    take('-');
    if (!take('0')) skip_digits();
    if (take('.')) skip_digits();
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      skip_digits();
    }
    lexeme.assign(text_, begin, at_ - begin);
  }

  std::string_view text_;
  std::string_view what_;
  const JsonLimits& limits_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view what, const JsonLimits& limits) {
  if (limits.depth > kMaxJsonDepth) {
    throw std::invalid_argument("json: a depth of " + std::to_string(limits.depth) +
                                " is above the limit of " + std::to_string(kMaxJsonDepth));
  }
  if (text.size() > limits.bytes) {
    throw ProtocolError(std::string(what) + ": " + std::to_string(text.size()) +
                        " bytes are above the limit of " + std::to_string(limits.bytes));
  }
  return Parser(text, what, limits).parse();
}

}  // namespace ruvector::a2a

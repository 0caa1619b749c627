#include "lake/bundle_json.h"

#include <array>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

namespace ruvector::lake {
namespace {

[[noreturn]] void refuse(const std::string& reason) { throw BundleError("bundle: " + reason); }

// Where a key's value goes. One of the pointers is set.
struct Field {
  const char* key;
  bool required = true;
  std::size_t limit = 0;  // bytes of a text
  std::uint64_t RuLakeBundle::* number = nullptr;
  std::string RuLakeBundle::* text = nullptr;
  std::optional<std::string> RuLakeBundle::* optional_text = nullptr;
  bool null_when_unset = false;
};

// format_version comes before these and generation after rerank_factor.
constexpr std::string_view kFormatVersion = "format_version";
constexpr std::string_view kGeneration = "generation";
constexpr std::size_t kGenerationAfter = 4;

constexpr std::array<Field, 13> kFields = {{
    {.key = "data_ref", .limit = kMaxBundleText, .text = &RuLakeBundle::data_ref},
    {.key = "dim", .number = &RuLakeBundle::dim},
    {.key = "rotation_seed", .number = &RuLakeBundle::rotation_seed},
    {.key = "rerank_factor", .number = &RuLakeBundle::rerank_factor},
    {.key = "rvf_witness", .limit = kMaxWitnessBytes, .text = &RuLakeBundle::rvf_witness},
    {.key = "pii_policy",
     .required = false,
     .limit = kMaxBundleText,
     .optional_text = &RuLakeBundle::pii_policy,
     .null_when_unset = true},
    {.key = "lineage_id",
     .required = false,
     .limit = kMaxBundleText,
     .optional_text = &RuLakeBundle::lineage_id,
     .null_when_unset = true},
    {.key = "memory_class",
     .required = false,
     .limit = kMaxBundleText,
     .optional_text = &RuLakeBundle::memory_class},
    {.key = "encoder",
     .required = false,
     .limit = kMaxEncoderBytes,
     .optional_text = &RuLakeBundle::encoder},
    {.key = "index_file",
     .required = false,
     .limit = kMaxIndexFileBytes,
     .optional_text = &RuLakeBundle::index_file},
    {.key = "index_digest",
     .required = false,
     .limit = kMaxDigestBytes,
     .optional_text = &RuLakeBundle::index_digest},
    {.key = "public_key",
     .required = false,
     .limit = kMaxSignatureBytes,
     .optional_text = &RuLakeBundle::public_key},
    {.key = "signature",
     .required = false,
     .limit = kMaxSignatureBytes,
     .optional_text = &RuLakeBundle::signature},
}};

const Field* field_of(std::string_view key) {
  for (const Field& field : kFields) {
    if (key == field.key) return &field;
  }
  return nullptr;
}

void require_size(std::string_view key, std::size_t size, std::size_t limit) {
  if (size <= limit) return;
  refuse(std::string(key) + " has " + std::to_string(size) + " bytes, the limit is " +
         std::to_string(limit));
}

void require_version(std::uint64_t version) {
  if (version <= RuLakeBundle::kFormatVersion) return;
  refuse("format_version " + std::to_string(version) + " is newer than " +
         std::to_string(RuLakeBundle::kFormatVersion) + ", the newest that this program reads");
}

// --- reading

// Called by the parser, which recurses nowhere, for each token. Of the outer object it takes the
// keys that it knows; what else is there is skipped.
class BundleReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  RuLakeBundle take() {
    require_seen(kFormatVersion);
    for (const Field& field : kFields) {
      if (field.required) require_seen(field.key);
    }
    require_seen(kGeneration);
    return std::move(bundle_);
  }

  bool null() override {
    if (const Field* field = begin_value("null"); field != nullptr) {
      if (field->optional_text == nullptr) refuse_type("null");
      bundle_.*field->optional_text = std::nullopt;
    } else if (is_own()) {
      refuse_type("null");
    }
    return true;
  }
  bool boolean(bool /*value*/) override { return other("a boolean"); }
  bool number_integer(std::int64_t /*value*/) override { return other("a negative number"); }
  bool number_float(double /*value*/, const std::string& /*text*/) override {
    return other("a number that is no unsigned 64-bit integer");
  }
  bool number_unsigned(std::uint64_t value) override {
    if (const Field* field = begin_value("a number"); field != nullptr) {
      if (field->number == nullptr) refuse_type("a number");
      bundle_.*field->number = value;
    } else if (is(kFormatVersion)) {
      require_version(value);
      bundle_.format_version = static_cast<std::uint32_t>(value);
    } else if (is(kGeneration)) {
      bundle_.generation = value;
    }
    return true;
  }
  bool string(std::string& value) override {
    if (const Field* field = begin_value("a text"); field != nullptr) {
      if (field->number != nullptr) refuse_type("a text");
      require_size(field->key, value.size(), field->limit);
      if (field->text != nullptr) {
        bundle_.*field->text = std::move(value);
      } else {
        bundle_.*field->optional_text = std::move(value);
      }
    } else if (is(kGeneration)) {
      require_size(kGeneration, value.size(), kMaxBundleText);
      bundle_.generation = std::move(value);
    } else if (is(kFormatVersion)) {
      refuse_type("a text");
    }
    return true;
  }
  bool binary(nlohmann::json::binary_t& /*value*/) override { return other("binary"); }

  bool start_object(std::size_t /*size*/) override {
    if (depth_ == 1) other("an object");
    ++depth_;
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t /*size*/) override {
    other("an array");
    ++depth_;
    return true;
  }
  bool end_array() override { return leave(); }
  bool key(std::string& name) override {
    if (depth_ != 1) return true;
    if (!seen_.insert(name).second) {
      const bool known = field_of(name) != nullptr || name == kFormatVersion || name == kGeneration;
      refuse((known ? name : "a key") + " is there twice");
    }
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    // The parser's own message quotes the text, which may be anything.
    refuse("not JSON at byte " + std::to_string(position));
  }

 private:
  bool is(std::string_view key) const { return depth_ == 1 && key_ == key; }
  bool is_own() const { return is(kFormatVersion) || is(kGeneration); }

  // The field of the value that begins, when it is one of the table's.
  const Field* begin_value(const char* type) const {
    if (depth_ == 0) refuse(std::string("is ") + type + ", not an object");
    return depth_ == 1 ? field_of(key_) : nullptr;
  }
  // A value of a type that no field has.
  bool other(const char* type) const {
    if (begin_value(type) != nullptr || is_own()) refuse_type(type);
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }
  [[noreturn]] void refuse_type(const char* type) const { refuse(key_ + " is " + type); }
  void require_seen(std::string_view key) const {
    if (!seen_.contains(key)) refuse(std::string(key) + " is missing");
  }

  RuLakeBundle bundle_;
  std::size_t depth_ = 0;
  std::string key_;
  std::set<std::string, std::less<>> seen_;
};

// --- writing

// The bytes of the UTF-8 sequence that `text` begins with; 0 when it is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies above U+10FFFF.
  const unsigned char second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\r':
      out += "\\r";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) >= 0x20) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kDigits[static_cast<unsigned char>(c) >> 4];
  out += kDigits[static_cast<unsigned char>(c) & 15];
}

class BundleWriter {
 public:
  void number(std::string_view key, std::uint64_t value) {
    begin(key);
    text_ += std::to_string(value);
  }
  void text(std::string_view key, std::string_view value, std::size_t limit) {
    require_size(key, value.size(), limit);
    begin(key);
    text_ += '"';
    while (!value.empty()) {
      const std::size_t length = sequence_length(value);
      if (length == 0) refuse(std::string(key) + " is not UTF-8");
      if (length == 1) {
        append_escaped(text_, value[0]);
      } else {
        text_ += value.substr(0, length);
      }
      value.remove_prefix(length);
    }
    text_ += '"';
  }
  void null(std::string_view key) {
    begin(key);
    text_ += "null";
  }
  std::string take() {
    text_ += "\n}";
    require_size("its text", text_.size(), kMaxBundleBytes);
    return std::move(text_);
  }

 private:
  void begin(std::string_view key) {
    text_ += text_.empty() ? "{\n  \"" : ",\n  \"";
    text_ += key;
    text_ += "\": ";
  }
  std::string text_;
};

void print_field(BundleWriter& writer, const Field& field, const RuLakeBundle& bundle) {
  if (field.number != nullptr) {
    writer.number(field.key, bundle.*field.number);
  } else if (field.text != nullptr) {
    writer.text(field.key, bundle.*field.text, field.limit);
  } else if (const auto& value = bundle.*field.optional_text; value.has_value()) {
    writer.text(field.key, *value, field.limit);
  } else if (field.null_when_unset) {
    writer.null(field.key);
  }
}

}  // namespace

std::string print_bundle(const RuLakeBundle& bundle) {
  require_version(bundle.format_version);
  BundleWriter writer;
  writer.number(kFormatVersion, bundle.format_version);
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (i == kGenerationAfter) {
      if (bundle.generation.is_number()) {
        writer.number(kGeneration, bundle.generation.number());
      } else {
        writer.text(kGeneration, bundle.generation.text(), kMaxBundleText);
      }
    }
    print_field(writer, kFields[i], bundle);
  }
  return writer.take();
}

RuLakeBundle parse_bundle(std::string_view text) {
  require_size("its text", text.size(), kMaxBundleBytes);
  // The parser would take the first for the end and skip the second.
  if (text.find('\0') != std::string_view::npos) refuse("not JSON: it has a zero byte");
  if (text.starts_with("\xef\xbb\xbf")) refuse("not JSON: it begins with a byte order mark");
  BundleReader reader;
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  return reader.take();
}

}  // namespace ruvector::lake

#include "embed/tokenizer_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "embed/tokenizer_json_reader.h"
#include "embed/utf8.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& why) { throw EmbedError("tokenizer.json: " + why); }

// The member of an object, with the path to it for messages.
struct Field {
  std::string path;
  const Json* value;  // null when it is not there

  Field operator[](const char* key) const {
    const std::string inner = path.empty() ? key : path + "." + key;
    if (!value->is_object()) refuse((path.empty() ? "the file" : path) + " is no object");
    const auto found = value->find(key);
    return {inner, found == value->end() ? nullptr : &*found};
  }
  bool is_null() const { return value == nullptr || value->is_null(); }

  const Json& there() const {
    if (value == nullptr) refuse(path + " is missing");
    return *value;
  }
  bool boolean() const {
    if (!there().is_boolean()) refuse(path + " is neither true nor false");
    return value->get<bool>();
  }
  const std::string& text() const {
    if (!there().is_string()) refuse(path + " is no text");
    return value->get_ref<const std::string&>();
  }
  std::uint64_t number() const {
    if (!there().is_number_unsigned()) refuse(path + " is no unsigned integer");
    return value->get<std::uint64_t>();
  }
  std::vector<Field> elements() const {
    if (!there().is_array()) refuse(path + " is no list");
    std::vector<Field> fields;
    for (const Json& element : *value) {
      fields.push_back({path + "[" + std::to_string(fields.size()) + "]", &element});
    }
    return fields;
  }
  // An object whose type is that one.
  const Field& of_type(std::string_view type) const {
    there();
    if (is_null()) refuse(path + " is null, only " + std::string(type) + " can be used");
    const std::string& actual = (*this)["type"].text();
    if (actual != type) {
      refuse(path + " is of type " + in_quotes(actual) + ", only " + std::string(type) +
             " can be used");
    }
    return *this;
  }
};

NormalizerOptions normalizer_of(const Field& field) {
  field.of_type("BertNormalizer");
  NormalizerOptions options;
  options.clean_text = field["clean_text"].boolean();
  options.handle_chinese_chars = field["handle_chinese_chars"].boolean();
  options.lowercase = field["lowercase"].boolean();
  const Field strip_accents = field["strip_accents"];
  options.strip_accents = strip_accents.is_null() ? options.lowercase : strip_accents.boolean();
  return options;
}

// The piece of that name in the vocabulary.
std::uint32_t id_of(const Field& name, const Vocabulary& vocabulary) {
  const std::optional<std::uint32_t> id = vocabulary.find(name.text());
  if (!id) refuse(name.path + " " + in_quotes(name.text()) + " is not in the vocabulary");
  return *id;
}

// A pair of a token's text and id, which must be the vocabulary's.
std::uint32_t checked_id(const Field& name, const Field& id, const Vocabulary& vocabulary) {
  const std::uint32_t expected = id_of(name, vocabulary);
  if (id.number() != expected) {
    refuse(id.path + " is " + std::to_string(id.number()) + ", in the vocabulary " +
           in_quotes(name.text()) + " is " + std::to_string(expected));
  }
  return expected;
}

// A token of a template, such as {"SpecialToken": {"id": "[CLS]", "type_id": 0}}.
std::uint32_t template_token(const Field& element, const Field& tokens,
                             const Vocabulary& vocabulary) {
  const Field token = element["SpecialToken"];
  token.there();
  if (token["type_id"].number() != 0) refuse(token.path + ".type_id is not 0");
  const Field meaning = tokens[token["id"].text().c_str()];
  meaning.there();
  const std::vector<Field> ids = meaning["ids"].elements();
  if (ids.size() != 1) refuse(meaning.path + ".ids has " + std::to_string(ids.size()) + " ids");
  return checked_id(token["id"], ids[0], vocabulary);
}

// The ids before and behind the text's.
std::pair<std::uint32_t, std::uint32_t> ends_of(const Field& field, const Vocabulary& vocabulary) {
  field.there();
  if (!field.is_null() && field["type"].text() == "BertProcessing") {
    const auto pair = [&](const Field& end) {
      const std::vector<Field> parts = end.elements();
      if (parts.size() != 2) refuse(end.path + " is no pair of a token and its id");
      return checked_id(parts[0], parts[1], vocabulary);
    };
    return {pair(field["cls"]), pair(field["sep"])};
  }
  field.of_type("TemplateProcessing");
  const std::vector<Field> single = field["single"].elements();
  if (single.size() != 3) refuse(field.path + ".single is no [CLS] text [SEP]");
  const Field text = single[1]["Sequence"];
  text.there();
  if (text["id"].text() != "A" || text["type_id"].number() != 0) {
    refuse(text.path + " is not the text A with type_id 0");
  }
  const Field tokens = field["special_tokens"];
  tokens.there();
  return {template_token(single[0], tokens, vocabulary),
          template_token(single[2], tokens, vocabulary)};
}

// Adds tokens that the vocabulary does not hold, behind its pieces, as they are written.
std::vector<AddedToken> added_tokens_of(const Field& field, Vocabulary& vocabulary) {
  std::vector<AddedToken> tokens;
  if (field.is_null()) return tokens;
  for (const Field& element : field.elements()) {
    if (tokens.size() == kMaxAddedTokens) {
      refuse("added_tokens has more than " + std::to_string(kMaxAddedTokens));
    }
    for (const char* flag : {"single_word", "normalized"}) {
      if (element[flag].boolean()) refuse(element[flag].path + " is true, which cannot be used");
    }
    static_cast<void>(element["lstrip"].boolean());
    static_cast<void>(element["rstrip"].boolean());
    const std::string& content = element["content"].text();
    if (content.empty()) refuse(element.path + ".content is empty");
    if (std::ranges::find(tokens, content, &AddedToken::content) != tokens.end()) {
      refuse("added_tokens has " + in_quotes(content) + " twice");
    }
    if (!vocabulary.find(content)) {
      if (element["id"].number() != vocabulary.id_bound()) {
        refuse(element.path + ".id is " + std::to_string(element["id"].number()) +
               ", the next behind the vocabulary is " + std::to_string(vocabulary.id_bound()));
      }
      vocabulary.add(content, element["id"].number());
    }
    tokens.push_back({content, checked_id(element["content"], element["id"], vocabulary)});
  }
  return tokens;
}

struct RawPieces {
  std::string texts;
  std::vector<std::pair<std::size_t, std::uint64_t>> ends_and_ids;

  void add(std::string_view piece, std::uint64_t id) {
    if (ends_and_ids.size() == kMaxPieces) {
      refuse("model.vocab has more than " + std::to_string(kMaxPieces) + " pieces");
    }
    texts += piece;
    ends_and_ids.emplace_back(texts.size(), id);
  }
};

Vocabulary vocabulary_of(const Field& model, const RawPieces& pieces) {
  Vocabulary vocabulary(model["continuing_subword_prefix"].text(), pieces.ends_and_ids.size());
  if (!model["vocab"].there().is_object()) refuse("model.vocab is no object");
  std::size_t begin = 0;
  for (const auto& [end, id] : pieces.ends_and_ids) {
    vocabulary.add(std::string_view(pieces.texts).substr(begin, end - begin), id);
    begin = end;
  }
  return vocabulary;
}

}  // namespace

TokenizerFile read_tokenizer_json(std::string_view text) {
  if (text.size() > kMaxTokenizerJsonBytes) {
    refuse("has " + std::to_string(text.size()) + " bytes, the limit is " +
           std::to_string(kMaxTokenizerJsonBytes));
  }
  RawPieces pieces;
  const Json json = read_without_vocabulary(
      text, [&](std::string_view piece, std::uint64_t id) { pieces.add(piece, id); });
  const Field file{"", &json};

  const Field model = file["model"];
  model.of_type("WordPiece");
  TokenizerFile result{.vocabulary = vocabulary_of(model, pieces),
                       .normalizer = normalizer_of(file["normalizer"]),
                       .added_tokens = {},
                       .max_chars_per_word = model["max_input_chars_per_word"].number(),
                       .first = 0,
                       .last = 0,
                       .unknown = 0};
  if (result.max_chars_per_word < 1 || result.max_chars_per_word > kMaxWordChars) {
    refuse("model.max_input_chars_per_word is " + std::to_string(result.max_chars_per_word) +
           ", it must be 1 to " + std::to_string(kMaxWordChars));
  }
  result.unknown = id_of(model["unk_token"], result.vocabulary);
  file["pre_tokenizer"].of_type("BertPreTokenizer");
  result.added_tokens = added_tokens_of(file["added_tokens"], result.vocabulary);
  std::tie(result.first, result.last) = ends_of(file["post_processor"], result.vocabulary);
  return result;
}

}  // namespace ruvector::embed

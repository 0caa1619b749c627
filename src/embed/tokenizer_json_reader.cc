#include "embed/tokenizer_json_reader.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "embed/utf8.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 32;

// Called by the parser, which recurses nowhere, for each token.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  explicit Reader(const OnPiece& on_piece) : on_piece_(on_piece) {}

  Json take() { return std::move(root_); }

  bool null() override { return value(nullptr); }
  bool boolean(bool flag) override { return value(flag); }
  bool number_integer(std::int64_t number) override { return value(number); }
  bool number_float(double number, const std::string& /*text*/) override { return value(number); }
  bool string(std::string& text) override { return value(std::move(text)); }
  bool binary(Json::binary_t& /*bytes*/) override { return refuse("has binary values"); }

  bool number_unsigned(std::uint64_t number) override {
    if (!in_vocabulary_) return value(number);
    on_piece_(key_, number);
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    const bool is_vocabulary = open_.size() == 2 && outer_key_ == "model" && key_ == "vocab";
    open(Json::object());
    in_vocabulary_ = is_vocabulary;
    return true;
  }
  bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (!in_vocabulary_ && open_.back()->contains(name))
      refuse("has " + in_quotes(name) + " twice");
    if (open_.size() == 1) outer_key_ = name;
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
    return refuse("is no JSON at byte " + std::to_string(position));
  }

 private:
  bool open(Json empty) {
    if (open_.size() == kMaxDepth) refuse("nests deeper than " + std::to_string(kMaxDepth));
    open_.push_back(&placed(std::move(empty)));
    return true;
  }

  bool close() {
    open_.pop_back();
    in_vocabulary_ = false;
    return true;
  }

  bool value(Json json) {
    placed(std::move(json));
    return true;
  }

  // Puts a value where it belongs in the tree. Those that are open are never moved: only the last
  // element of an array is open, and it grows no further until that is closed.
  Json& placed(Json json) {
    if (in_vocabulary_) refuse("model.vocab has an id that is no unsigned integer");
    if (open_.empty()) return root_ = std::move(json);
    Json& parent = *open_.back();
    if (parent.is_object()) return parent[key_] = std::move(json);
    parent.push_back(std::move(json));
    return parent.back();
  }

  [[noreturn]] static bool refuse(const std::string& why) {
    throw EmbedError("tokenizer.json: " + why);
  }

  const OnPiece& on_piece_;
  Json root_;
  std::vector<Json*> open_;
  std::string outer_key_;  // of the outermost object
  std::string key_;
  bool in_vocabulary_ = false;
};

}  // namespace

nlohmann::json read_without_vocabulary(std::string_view text, const OnPiece& piece) {
  Reader reader(piece);
  Json::sax_parse(text.begin(), text.end(), &reader);
  return reader.take();
}

}  // namespace ruvector::embed

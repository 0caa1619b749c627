#include "embed/safetensors_header.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "embed/safetensors.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::array kTypes = {ElementType::float32, ElementType::float16, ElementType::bfloat16,
                               ElementType::int64};

std::optional<ElementType> type_called(std::string_view name) {
  for (const ElementType type : kTypes) {
    if (name == name_of(type)) return type;
  }
  return std::nullopt;
}

// A tensor's entry while it is read.
struct PartialEntry {
  TensorEntry entry;
  bool has_type = false;
  bool has_shape = false;
  std::vector<std::uint64_t> offsets;
  bool has_offsets = false;
};

// Called by the parser, which recurses nowhere, for each token. Depth 1 is the outer object, whose
// keys are the tensors' names; 2 a tensor's object; 3 its lists of numbers.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  std::vector<TensorEntry> take() { return std::move(entries_); }

  bool null() override { return unexpected("null"); }
  bool boolean(bool /*value*/) override { return unexpected("a boolean"); }
  bool number_integer(std::int64_t value) override {
    return unexpected("the negative number " + std::to_string(value));
  }
  bool number_float(double /*value*/, const std::string& /*text*/) override {
    return unexpected("a number that is no unsigned 64-bit integer");
  }
  bool binary(nlohmann::json::binary_t& /*value*/) override { return unexpected("binary"); }

  bool number_unsigned(std::uint64_t value) override {
    if (in_metadata_ || depth_ != 3) return unexpected("a number");
    if (key_ == "shape") {
      require_room(tensor_.entry.shape.size(), kMaxTensorRank, "extents");
      tensor_.entry.shape.push_back(value);
    } else {
      require_room(tensor_.offsets.size(), 2, "offsets");
      tensor_.offsets.push_back(value);
    }
    return true;
  }

  bool string(std::string& value) override {
    if (in_metadata_ && depth_ == 2) return true;
    if (in_metadata_ || depth_ != 2 || key_ != "dtype") return unexpected("a text");
    const std::optional<ElementType> type = type_called(value);
    if (!type) {
      refuse("dtype " + value.substr(0, 16) + " is none of F32, F16, BF16, I64");
    }
    tensor_.entry.type = *type;
    tensor_.has_type = true;
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    if (depth_ > 1) return unexpected("an object");
    ++depth_;
    return true;
  }

  bool end_object() override {
    if (depth_ == 2 && !in_metadata_) finish_tensor();
    --depth_;
    return true;
  }

  bool start_array(std::size_t /*size*/) override {
    if (in_metadata_ || depth_ != 2 || (key_ != "shape" && key_ != "data_offsets")) {
      return unexpected("a list");
    }
    bool& seen = key_ == "shape" ? tensor_.has_shape : tensor_.has_offsets;
    seen = true;
    ++depth_;
    return true;
  }

  bool end_array() override {
    --depth_;
    return true;
  }

  bool key(std::string& name) override {
    if (depth_ == 1) {
      begin_entry(name);
    } else if (!in_metadata_) {
      begin_field(name);
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    // The parser's own message quotes the text, which may be anything.
    throw EmbedError(file_ + ": the header is not JSON at byte " + std::to_string(position));
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) const {
    const std::string what = in_metadata_ ? std::string(kMetadata) : "tensor " + tensor_.entry.name;
    throw EmbedError(file_ + ": " + (depth_ > 0 ? what : "header") + ": " + reason);
  }

  bool unexpected(const std::string& value) const {
    refuse((depth_ > 1 && !key_.empty() ? key_ + ": " : "") + value + " is not expected here");
  }

  void require_room(std::size_t size, std::size_t limit, const char* things) const {
    if (size < limit) return;
    refuse("more than " + std::to_string(limit) + " " + things);
  }

  void begin_entry(std::string& name) {
    if (name.size() > kMaxTensorNameBytes) {
      refuse("the next name has " + std::to_string(name.size()) + " bytes, the limit is " +
             std::to_string(kMaxTensorNameBytes));
    }
    require_room(entries_.size(), kMaxTensors, "tensors");
    in_metadata_ = name == kMetadata;
    key_.clear();
    tensor_ = {};
    tensor_.entry.name = std::move(name);
  }

  void begin_field(const std::string& name) {
    const bool is_twice = (name == "dtype" && tensor_.has_type) ||
                          (name == "shape" && tensor_.has_shape) ||
                          (name == "data_offsets" && tensor_.has_offsets);
    if (is_twice) refuse(name + " is there twice");
    if (name != "dtype" && name != "shape" && name != "data_offsets") {
      refuse("key " + name.substr(0, 32) + " is none of dtype, shape, data_offsets");
    }
    key_ = name;
  }

  void finish_tensor() {
    if (!tensor_.has_type || !tensor_.has_shape || tensor_.offsets.size() != 2) {
      refuse("no dtype, shape and two data_offsets");
    }
    TensorEntry& entry = tensor_.entry;
    entry.begin = tensor_.offsets[0];
    entry.end = tensor_.offsets[1];
    const std::uint64_t size = bytes_needed();
    if (entry.end < entry.begin || entry.end - entry.begin != size) {
      refuse("bytes " + std::to_string(entry.begin) + ".." + std::to_string(entry.end) +
             " are not " + std::to_string(size) + ", which " + name_of(entry.type) + " " +
             describe(entry.shape) + " takes");
    }
    entries_.push_back(std::move(entry));
    key_.clear();
  }

  // An extent of zero does not excuse others that overflow.
  std::uint64_t bytes_needed() const {
    std::uint64_t product = size_of(tensor_.entry.type);
    bool is_empty = false;
    for (const std::uint64_t extent : tensor_.entry.shape) {
      is_empty = is_empty || extent == 0;
      if (extent > std::numeric_limits<std::int64_t>::max() / product) {
        refuse("shape " + describe(tensor_.entry.shape) + " is more than 2^63 bytes");
      }
      if (extent != 0) product *= extent;
    }
    return is_empty ? 0 : product;
  }

  const std::string& file_;
  std::size_t depth_ = 0;
  bool in_metadata_ = false;
  std::string key_;  // of the tensor's field
  PartialEntry tensor_;
  std::vector<TensorEntry> entries_;
};

}  // namespace

std::vector<TensorEntry> parse_safetensors_header(std::string_view header,
                                                  const std::string& file) {
  HeaderReader reader(file);
  nlohmann::json::sax_parse(header.begin(), header.end(), &reader);
  return reader.take();
}

}  // namespace ruvector::embed

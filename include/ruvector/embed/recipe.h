// Everything beside the weights that decides what vector a text or an image gets.
// Thread-safe as a value is.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <variant>

namespace ruvector {

enum class Pooling {
  mean,  // the mean of all tokens' hidden states
  cls,   // the hidden state of the first token, [CLS]
};

// A BERT encoder over uncased word pieces, the vector scaled to length 1.
struct TextRecipe {
  std::size_t max_tokens = 256;  // with [CLS] and [SEP]; of longer texts the beginning counts
  Pooling pooling = Pooling::mean;
  std::string query_prefix = {};  // put before a text that is embedded with Prompt::query
  friend bool operator==(const TextRecipe&, const TextRecipe&) = default;
};

// MobileNetV3-Small without its classifier: the mean of the last 576 feature maps, scaled to
// length 1. The shorter side of an image is resized to `resize` (bilinear with antialiasing, as
// Pillow does it), the middle `crop` x `crop` is cut out, and each channel becomes
// (value / 255 - mean) / deviation.
struct ImageRecipe {
  std::size_t resize = 256;
  std::size_t crop = 224;
  std::array<float, 3> mean = {0.485f, 0.456f, 0.406f};
  std::array<float, 3> deviation = {0.229f, 0.224f, 0.225f};
  friend bool operator==(const ImageRecipe&, const ImageRecipe&) = default;
};

using Recipe = std::variant<TextRecipe, ImageRecipe>;

}  // namespace ruvector

// What goes from layer to layer of a network for images, and memory for it.
// Not thread-safe: one thread at a time per object.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/array.h"
#include "embed/linear.h"

namespace ruvector::embed {

// Floats (height, width, channels) that a FeatureBuffer owns.
struct FeatureMap {
  float* data;
  std::size_t height;
  std::size_t width;
  std::size_t channels;

  std::size_t pixels() const noexcept { return height * width; }
  std::size_t size() const noexcept { return pixels() * channels; }
  FloatRows rows(std::size_t first, std::size_t count) const noexcept {
    return {data + first * channels, channels, count};
  }
};

class FeatureBuffer {
 public:
  // Room for the map, aligned to 64 bytes; what was there is lost.
  FeatureMap map(std::size_t height, std::size_t width, std::size_t channels) {
    const std::size_t size = height * width * channels;
    if (values_.size() < size) values_ = base::Array<float>(size);
    return {values_.mutable_data(), height, width, channels};
  }

 private:
  base::Array<float> values_;
};

}  // namespace ruvector::embed

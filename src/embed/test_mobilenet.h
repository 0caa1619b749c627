// The weights and pictures of tests/golden/mobilenet_v3/seeded_weights.py.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "embed/tensor.h"
#include "ruvector/embed/image.h"

namespace ruvector::embed {

// x = x * 1664525 + 1013904223 mod 2^32.
class SeededValues {
 public:
  explicit SeededValues(std::uint32_t start) : state_(start) {}
  explicit SeededValues(std::string_view name) : state_(2166136261u) {  // FNV-1a
    for (const char letter : name) {
      state_ = (state_ ^ static_cast<unsigned char>(letter)) * 16777619u;
    }
  }

  std::uint32_t next() { return state_ = state_ * 1664525u + 1013904223u; }
  double uniform() { return (next() >> 8) * 0x1p-24; }

 private:
  std::uint32_t state_;
};

struct SeededPicture {
  SeededPicture(std::size_t rows, std::size_t columns)
      : height(rows), width(columns), bytes(rows * columns * 3) {
    SeededValues values(static_cast<std::uint32_t>(rows * 65536 + columns));
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(values.next() >> 24);
  }
  ImageView view() const { return {bytes.data(), height, width}; }

  std::size_t height;
  std::size_t width;
  std::vector<std::uint8_t> bytes;
};

// MobileNetV3-Small without training. The tensors point into this object.
class SeededMobileNet {
 public:
  SeededMobileNet() {
    normalised("features.0", 16, 3, 3);
    block(1, 3, 16, 16, 16, 8);
    block(2, 3, 16, 72, 24, 0);
    block(3, 3, 24, 88, 24, 0);
    block(4, 5, 24, 96, 40, 24);
    block(5, 5, 40, 240, 40, 64);
    block(6, 5, 40, 240, 40, 64);
    block(7, 5, 40, 120, 48, 32);
    block(8, 5, 48, 144, 48, 40);
    block(9, 5, 48, 288, 96, 72);
    block(10, 5, 96, 576, 96, 144);
    block(11, 5, 96, 576, 96, 144);
    normalised("features.12", 576, 96, 1);
  }
  SeededMobileNet(const SeededMobileNet&) = delete;
  SeededMobileNet& operator=(const SeededMobileNet&) = delete;

  std::vector<Tensor> tensors;

 private:
  void add(const std::string& name, std::vector<std::size_t> shape) {
    std::vector<float>& values = values_.emplace_back(count_of(shape));
    SeededValues random(name);
    for (float& value : values) {
      const double uniform = random.uniform();
      if (shape.size() == 4) {
        const auto fan_in = static_cast<double>(shape[1] * shape[2] * shape[3]);
        value = static_cast<float>((2 * uniform - 1) * std::sqrt(6 / fan_in));
      } else if (name.ends_with(".1.weight") || name.ends_with("running_var")) {
        value = static_cast<float>(0.5 + uniform);
      } else {
        value = static_cast<float>(uniform - 0.5);
      }
    }
    tensors.push_back(
        {name, ElementType::float32, std::move(shape), std::as_bytes(std::span(values))});
  }

  void normalised(const std::string& prefix, std::size_t outputs, std::size_t inputs,
                  std::size_t kernel) {
    add(prefix + ".0.weight", {outputs, inputs, kernel, kernel});
    for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
      add(prefix + ".1." + name, {outputs});
    }
  }

  void block(std::size_t number, std::size_t kernel, std::size_t inputs, std::size_t expanded,
             std::size_t outputs, std::size_t squeezed) {
    std::size_t layer = 0;
    const std::string prefix = "features." + std::to_string(number) + ".block.";
    const auto next = [&] { return prefix + std::to_string(layer++); };
    if (expanded != inputs) normalised(next(), expanded, inputs, 1);
    normalised(next(), expanded, 1, kernel);
    if (squeezed != 0) {
      const std::string name = next();
      add(name + ".fc1.weight", {squeezed, expanded, 1, 1});
      add(name + ".fc1.bias", {squeezed});
      add(name + ".fc2.weight", {expanded, squeezed, 1, 1});
      add(name + ".fc2.bias", {expanded});
    }
    normalised(next(), outputs, expanded, 1);
  }

  std::deque<std::vector<float>> values_;
};

}  // namespace ruvector::embed

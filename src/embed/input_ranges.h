// How large the inputs of an encoder's linear layers are, seen on sample texts: what exact_inputs.h
// chooses by.
// Not thread-safe: for one thread at a time.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "embed/linear.h"

namespace ruvector::embed {

class InputRanges {
 public:
  // Takes the rows that the next layer is about to multiply.
  void see(const FloatRows& x, std::size_t inputs);

  // The largest magnitude of each input of the layer that was seen so many layers after the first.
  std::span<const float> of(std::size_t layer) const { return ranges_.at(layer); }

 private:
  std::vector<std::vector<float>> ranges_;
};

}  // namespace ruvector::embed

// The memory that a BERT encoder works in. What it holds between two calls is of no meaning.
// Not thread-safe: for one call at a time, whose crew shares it out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/array.h"
#include "embed/bert_config.h"
#include "embed/input_ranges.h"

namespace ruvector::embed {

class BertScratch {
 public:
  // Makes room for texts of these lengths and a crew of so many members.
  void prepare(const BertConfig& config, std::span<const std::uint32_t> lengths,
               std::size_t members);
  // Shows the inputs of each linear layer to `ranges` from now on, when it is not null.
  void watch(InputRanges* ranges) noexcept { ranges_ = ranges; }
  InputRanges* watching() const noexcept { return ranges_; }

  // Makes room for what linear layers prepare.
  void reserve_linear(std::size_t bytes);

  std::size_t tokens() const noexcept { return begins_.back(); }
  std::size_t texts() const noexcept { return begins_.size() - 1; }
  // The row of a text's first token; of texts() the number of rows.
  std::size_t begin(std::size_t text) const noexcept { return begins_[text]; }

  // Rows for each token, of so many floats:
  float* states() noexcept { return states_; }  // hidden
  float* mixed() noexcept { return mixed_; }    // hidden, what attention gives
  float* sums() noexcept { return sums_; }      // hidden, to be normalised
  float* wide() noexcept { return wide_; }      // max(3 * hidden, inner)

  float* attention(std::size_t member) noexcept;
  std::byte* linear() noexcept { return linear_.mutable_data(); }

 private:
  std::vector<std::size_t> begins_ = {0};
  base::Array<float> floats_;
  base::Array<std::byte> linear_;
  InputRanges* ranges_ = nullptr;
  float* states_ = nullptr;
  float* mixed_ = nullptr;
  float* sums_ = nullptr;
  float* wide_ = nullptr;
  float* attention_ = nullptr;
};

}  // namespace ruvector::embed

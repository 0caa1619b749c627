#include "embed/bert_scratch.h"

#include <algorithm>

#include "kernels/encoder_kernels.h"

namespace ruvector::embed {
namespace {

// Arrays begin on a line of the cache.
constexpr std::size_t aligned(std::size_t floats) { return (floats + 15) / 16 * 16; }

}  // namespace

void BertScratch::prepare(const BertConfig& config, std::span<const std::uint32_t> lengths,
                          std::size_t members) {
  begins_.assign(1, 0);
  for (const std::uint32_t length : lengths) begins_.push_back(begins_.back() + length);
  const std::size_t narrow = aligned(tokens() * config.hidden);
  const std::size_t wide = aligned(tokens() * std::max(3 * config.hidden, config.inner));
  const std::size_t needed = 3 * narrow + wide + members * kernels::kAttentionScratch;
  if (floats_.size() < needed) floats_ = base::Array<float>(needed);
  states_ = floats_.mutable_data();
  mixed_ = states_ + narrow;
  sums_ = mixed_ + narrow;
  wide_ = sums_ + narrow;
  attention_ = wide_ + wide;
}

void BertScratch::reserve_linear(std::size_t bytes) {
  if (linear_.size() < bytes) linear_ = base::Array<std::byte>(bytes);
}

float* BertScratch::attention(std::size_t member) noexcept {
  return attention_ + member * kernels::kAttentionScratch;
}

}  // namespace ruvector::embed

#include "index/query.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "index/confidence.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr float kRounding = 0x1p-18F;    // well above what the kernels' sums lose in float32
constexpr float kQueryLevels = 8191.0F;  // 14 bits with sign: 128 * high + low, both int8

// Values of the 16 nibbles of one group: four signs of +-0.5, or two 2-bit grid points.
std::array<float, 16> nibble_values(const float* s, std::uint32_t scan_bits) {
  std::array<float, 16> values;
  if (scan_bits == 1) {
    for (unsigned v = 0; v < 16; ++v) {
      const float a = (v & 1U) != 0 ? 0.5F * s[0] : -0.5F * s[0];
      const float b = (v & 2U) != 0 ? 0.5F * s[1] : -0.5F * s[1];
      const float c = (v & 4U) != 0 ? 0.5F * s[2] : -0.5F * s[2];
      const float d = (v & 8U) != 0 ? 0.5F * s[3] : -0.5F * s[3];
      values[v] = (a + b) + (c + d);
    }
  } else {
    for (unsigned v = 0; v < 16; ++v) {
      const float a = (static_cast<float>(v & 3U) - 1.5F) * s[0];
      const float b = (static_cast<float>(v >> 2U) - 1.5F) * s[1];
      values[v] = a + b;
    }
  }
  return values;
}

// Where the table of nibble g begins (kernels.h, ScanQuery).
std::size_t table_position(std::size_t g) { return g / 8 * 128 + (g % 2) * 64 + (g % 8) / 2 * 16; }

}  // namespace

BoundWidths bound_widths(double confidence) {
  const double miss = 1.0 - confidence;
  return {normal_quantile(1.0 - 0.9 * miss), normal_quantile(1.0 - 0.1 * miss)};
}

PreparedQuery::PreparedQuery(const Encoder& encoder, const float* query, const BoundWidths& widths,
                             bool precise)
    : rotated_(encoder.dims()), widths_(widths), precise_(precise) {
  const kernels::KernelTable& kernel = kernels::active();
  encoder.rotate_query(query, rotated_.data());
  std::array<float, 2> sums;
  kernel.sums(rotated_.data(), rotated_.size(), sums.data());
  norm_ = std::sqrt(sums[1]);
  const float unit_squared = encoder.unit() * encoder.unit();
  scale_ = encoder.metric() == Metric::cosine ? 0.5F * unit_squared : unit_squared;
  shift_ = sums[1];
  if (encoder.metric() == Metric::ip) {
    float with_centre = 0;
    kernel.dot_rows(query, encoder.centre().data(), encoder.dim(), nullptr, 1, &with_centre);
    shift_ = -with_centre / unit_squared;
  }
  slack_ = kRounding * scale_ * (sums[1] + std::fabs(shift_));
  scan_bits_ = encoder.shape().scan_bits;
  tabulate(scan_bits_);
  if (encoder.shape().refine_bits != 0) quantize(encoder.shape().refine_bits);
}

void PreparedQuery::tabulate(std::uint32_t scan_bits) {
  const std::size_t per_nibble = 4 / scan_bits;
  const std::size_t nibbles = rotated_.size() / per_nibble;
  std::vector<std::array<float, 16>> values(nibbles);
  float widest = 0;
  float offset = 0;
  std::vector<float> least(nibbles);
  for (std::size_t g = 0; g < nibbles; ++g) {
    values[g] = nibble_values(&rotated_[g * per_nibble], scan_bits);
    const auto [low, high] = std::minmax_element(values[g].begin(), values[g].end());
    least[g] = *low;
    widest = std::max(widest, *high - *low);
    offset += *low;
  }
  step_ = widest / 255.0F;
  offset_ = offset;
  const float inverse = step_ > 0 ? 1.0F / step_ : 0.0F;
  table_.resize(nibbles * 16);
  for (std::size_t g = 0; g < nibbles; ++g) {
    std::uint8_t* entries = &table_[table_position(g)];
    for (unsigned v = 0; v < 16; ++v) {
      const int level = static_cast<int>((values[g][v] - least[g]) * inverse + 0.5F);
      entries[v] = static_cast<std::uint8_t>(std::min(level, 255));
    }
  }
  if (!precise_) return;
  exact_table_.resize(nibbles * 16);
  for (std::size_t g = 0; g < nibbles; ++g) {
    std::copy(values[g].begin(), values[g].end(), &exact_table_[g * 16]);
  }
}

void PreparedQuery::quantize(std::uint32_t refine_bits) {
  float largest = 0;
  for (const float value : rotated_) largest = std::max(largest, std::fabs(value));
  const float inverse = largest > 0 ? kQueryLevels / largest : 0.0F;
  high_.resize(rotated_.size());
  low_.resize(rotated_.size());
  std::int64_t sum = 0;
  for (std::size_t d = 0; d < rotated_.size(); ++d) {
    const float scaled = rotated_[d] * inverse;
    const int level = static_cast<int>(scaled + (scaled < 0 ? -0.5F : 0.5F));
    const int high = (level + 64) >> 7;  // low is then in [-64, 63]
    high_[d] = static_cast<std::int8_t>(high);
    low_[d] = static_cast<std::int8_t>(level - 128 * high);
    sum += level;
  }
  center_ = ((std::int64_t{1} << refine_bits) - 1) * sum;
  refine_step_ = 0.5F * (largest / kQueryLevels);
}

kernels::ScanQuery PreparedQuery::scan_query() const {
  kernels::ScanQuery scan{};
  scan.table = table_.data();
  scan.step = step_;
  // The tables' rounding can hide at most half a step per nibble.
  const float hidden = precise_ ? step_ * (0.5F * static_cast<float>(table_.size() / 16)) : 0.0F;
  scan.offset = offset_ + hidden;
  scan.error_scale = precise_ ? 0.0F : widths_.scan * norm_;
  return scan;
}

kernels::RefineQuery PreparedQuery::refine_query() const {
  return {high_.data(), low_.data(), center_, refine_step_, widths_.refine * norm_};
}

float PreparedQuery::precise_estimate(const kernels::ScanCodes& codes, std::size_t slot) const {
  std::array<float, 8> sums{};  // one per nibble of a dword, so that the additions overlap
  const float* table = exact_table_.data();
  for (std::size_t w = 0; w < codes.words; ++w, table += 128) {
    std::uint32_t word = scan_word(codes, slot, w);
    for (std::size_t g = 0; g < 8; ++g, word >>= 4U) sums[g] += table[g * 16 + (word & 15U)];
  }
  const float s =
      ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  const Factors factors = scan_factors(codes, slot);
  return factors.add - factors.rescale * s;
}

float PreparedQuery::lower_bound(float bound) const {
  const float value = (bound + shift_) * scale_ - slack_;
  return value - kRounding * std::fabs(value);
}

float PreparedQuery::kernel_threshold(float score) const {
  constexpr float kMax = std::numeric_limits<float>::max();
  const float value = score + 4.0F * kRounding * std::fabs(score) + 2.0F * slack_;
  const float threshold = value / scale_ - shift_;
  const float rounding = 4.0F * kRounding * (std::fabs(value / scale_) + std::fabs(shift_));
  const float result = threshold + rounding;
  return result < kMax ? result : kMax;  // also when it is NaN or infinite
}

}  // namespace ruvector::index

#include "index/query.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "index/confidence.h"
#include "index/magnitude.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr float kRounding = QueryFrame::kRounding;
constexpr float kTiniest = 0x1p-110F;  // queries below it are zero, beside any vector
constexpr float kTableLevels = kernels::kMaxTableEntry;
constexpr float kQueryLevels = 8191.0F;  // 14 bits with sign: 128 * high + low, both int8

// What the parts of nibble v stand for: four signs of +-0.5, or two 2-bit grid points.
struct NibbleParts {
  std::size_t count;  // dimensions in a nibble
  std::array<std::array<float, 16>, 4> values;
  float largest;
};

constexpr NibbleParts nibble_parts(std::uint32_t scan_bits) {
  NibbleParts parts{4 / scan_bits, {}, scan_bits == 1 ? 0.5F : 1.5F};
  for (std::size_t part = 0; part < parts.count; ++part) {
    for (std::uint32_t v = 0; v < 16; ++v) {
      const std::uint32_t code = v >> (part * scan_bits) & ((1U << scan_bits) - 1U);
      parts.values[part][v] = static_cast<float>(code) - parts.largest;
    }
  }
  return parts;
}

constexpr NibbleParts kOneBit = nibble_parts(1);
constexpr NibbleParts kTwoBits = nibble_parts(2);

// The inner products of one group's dimensions with all 16 nibbles, more `plus`.
void add_nibble_values(const NibbleParts& parts, const float* s, float plus, float* values) {
  const auto& p = parts.values;
  if (parts.count == 4) {
    for (std::size_t v = 0; v < 16; ++v) {
      values[v] = ((s[0] * p[0][v] + s[1] * p[1][v]) + (s[2] * p[2][v] + s[3] * p[3][v])) + plus;
    }
  } else {
    for (std::size_t v = 0; v < 16; ++v) values[v] = (s[0] * p[0][v] + s[1] * p[1][v]) + plus;
  }
}

// The greatest of those products: the least is minus that, to the last bit.
float greatest_value(const NibbleParts& parts, const float* s) {
  const auto part = [&](std::size_t i) { return std::fabs(s[i]) * parts.largest; };
  return parts.count == 4 ? (part(0) + part(1)) + (part(2) + part(3)) : part(0) + part(1);
}

// |q - c|^2 from s = P (q - c) / unit. Not |s|^2 times unit^2: far from data of a tiny unit |s|^2
// leaves float32.
float squared_distance(std::vector<float> s, float unit) {
  for (float& value : s) value *= unit;
  std::array<float, 2> sums;
  kernels::active().sums(s.data(), s.size(), sums.data());
  return sums[1];
}

// The error by the query's rounding beside the least that a code of so many bits has by itself, for
// a query and a code that are seen from the same centre (Encoder, which rounds alike).
float scan_rounding_share(std::size_t dims, std::uint32_t scan_bits) {
  const float by_rounding = static_cast<float>(scan_rounding_error(dims));
  const float least = scan_bits == 1 ? 0.7F : 0.33F;  // times 1 / sqrt(D)
  return by_rounding * std::sqrt(static_cast<float>(dims)) / least;
}
float refine_rounding_share(std::uint32_t refine_bits) {
  constexpr std::array<float, 9> kLeast = {1,     0.7F,   0.33F,  0.17F, 0.09F,
                                           0.05F, 0.025F, 0.012F, 0.006F};
  return kRefineRounding / kLeast[refine_bits];
}

// Where the table of a dword's nibble g begins (kernels.h, ScanQuery).
std::size_t table_position(std::size_t g) { return g % 2 * 64 + g / 2 * 16; }

}  // namespace

BoundWidths bound_widths(double confidence) {
  // Searches rarely change their confidence, and a quantile takes microseconds.
  thread_local double last = 0.999;
  thread_local BoundWidths widths = {normal_quantile(1.0 - 0.9 * 0.001),
                                     normal_quantile(1.0 - 0.1 * 0.001)};
  if (confidence != last) {
    const double miss = 1.0 - confidence;
    widths = {normal_quantile(1.0 - 0.9 * miss), normal_quantile(1.0 - 0.1 * miss)};
    last = confidence;
  }
  return widths;
}

float QueryFrame::kernel_threshold(float score) const {
  constexpr float kMax = std::numeric_limits<float>::max();
  const float value = score + 4.0F * kRounding * std::fabs(score) + 2.0F * slack;
  const float rounding = 4.0F * kRounding * (std::fabs(value) + std::fabs(shift));
  const float result = (value - shift + rounding) / scale;
  return result < kMax ? std::max(result, -kMax) : kMax;  // NaN becomes kMax, too
}

PreparedQuery::PreparedQuery(const Encoder& encoder, const float* query, const BoundWidths& widths,
                             bool precise)
    : rotated_(encoder.dims()),
      metric_(encoder.metric()),
      unit_(encoder.unit()),
      widths_(widths),
      precise_(precise) {
  const kernels::KernelTable& kernel = kernels::active();
  encoder.rotate(query, rotated_.data());
  const bool cosine = metric_ == Metric::cosine;
  frame_.scale = cosine ? 0.5F * unit_ * unit_ : unit_ * unit_;
  squares_ = squared_distance(rotated_, unit_);
  const float norm = std::sqrt(squares_) / unit_;
  frame_.scan_error = widths.scan * norm;
  frame_.refine_error = widths.refine * norm;
  frame_.shift = cosine ? 0.5F * squares_ : squares_;
  frame_.slack = kRounding * 2.0F * frame_.shift;
  // An exact score under cosine is one minus a number near one, however small the score.
  if (cosine) frame_.slack += kRounding;
  if (metric_ == Metric::ip) {
    float with_centre = 0;
    kernel.dot_rows(query, encoder.centre().data(), encoder.dim(), nullptr, 1, &with_centre);
    frame_.shift = -with_centre;
    frame_.slack = kRounding * (squares_ + std::fabs(with_centre));
  }
  scan_bits_ = encoder.shape().scan_bits;
  refine_bits_ = encoder.shape().refine_bits;
  tabulate(scan_bits_);
  if (refine_bits_ != 0) quantize(refine_bits_);
}

// Around a list's centre the code's own error goes with |q - c_l|, while that of the query's
// rounding still goes with |q - c|: it is a share of the former where both are equal.
QueryFrame PreparedQuery::list_frame(float squares, float along, float list_squares) const {
  QueryFrame frame = frame_;
  const float far = std::sqrt(squares_) / unit_;
  const float near = std::sqrt(squares) / unit_;
  frame.scan_error = widths_.scan * (near + scan_rounding_share(rotated_.size(), scan_bits_) * far);
  frame.refine_error = widths_.refine * (near + refine_rounding_share(refine_bits_) * far);
  const float half = metric_ == Metric::cosine ? 0.5F : 1.0F;
  if (metric_ == Metric::ip) {
    frame.shift = frame_.shift - along;
  } else {
    frame.shift = half * squares;
  }
  frame.slack += kRounding * 2.0F * half * (squares_ + list_squares);
  return frame;
}

// In loops of a form that compilers vectorise: this is a large part of a small search.
void PreparedQuery::tabulate(std::uint32_t scan_bits) {
  const NibbleParts& parts = scan_bits == 1 ? kOneBit : kTwoBits;
  const std::size_t nibbles = rotated_.size() / parts.count;
  std::vector<float> values(nibbles * 16);
  float widest = 0;
  for (std::size_t g = 0; g < nibbles; ++g) {
    const float* s = &rotated_[g * parts.count];
    const float greatest = greatest_value(parts, s);
    widest = std::max(widest, greatest);
    offset_ -= greatest;
    add_nibble_values(parts, s, greatest, &values[g * 16]);
  }
  step_ = 2.0F * widest / kTableLevels;
  const float inverse = step_ > kTiniest ? 1.0F / step_ : 0.0F;
  std::vector<std::uint8_t> levels(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    levels[i] = static_cast<std::uint8_t>(
        static_cast<int>(std::min(values[i] * inverse + 0.5F, kTableLevels)));
  }
  table_.resize(nibbles / 8);
  for (std::size_t g = 0; g < nibbles; ++g) {
    std::copy_n(&levels[g * 16], 16, &table_[g / 8].entries[table_position(g % 8)]);
  }
  if (!precise_) return;
  exact_table_.resize(values.size());
  for (std::size_t g = 0; g < nibbles; ++g) {
    add_nibble_values(parts, &rotated_[g * parts.count], 0.0F, &exact_table_[g * 16]);
  }
}

void PreparedQuery::quantize(std::uint32_t refine_bits) {
  const float largest = largest_magnitude(rotated_.data(), rotated_.size());
  const float inverse = largest > kTiniest ? kQueryLevels / largest : 0.0F;
  const std::size_t dims = rotated_.size();
  high_.resize(dims);
  low_.resize(dims);
  // Bytes may alias anything: what is written through a member is read again at each step.
  const float* s = rotated_.data();
  std::int8_t* highs = high_.data();
  std::int8_t* lows = low_.data();
  std::int32_t sum = 0;  // of at most 2^13 levels of 2^13
  for (std::size_t d = 0; d < dims; ++d) {
    const float scaled = s[d] * inverse;
    const int level = static_cast<int>(scaled + (scaled < 0 ? -0.5F : 0.5F));
    const int high = (level + 64) >> 7;  // low is then in [-64, 63]
    highs[d] = static_cast<std::int8_t>(high);
    lows[d] = static_cast<std::int8_t>(level - 128 * high);
    sum += level;
  }
  center_ = ((std::int64_t{1} << refine_bits) - 1) * sum;
  refine_step_ = 0.5F * (largest / kQueryLevels);
}

kernels::ScanQuery PreparedQuery::scan_query(const QueryFrame& frame) const {
  kernels::ScanQuery scan{};
  scan.table = table_.front().entries;
  scan.step = step_;
  // The tables' rounding can hide at most half a step per nibble.
  const float hidden = precise_ ? step_ * (0.5F * static_cast<float>(8 * table_.size())) : 0.0F;
  scan.offset = offset_ + hidden;
  scan.error_scale = precise_ ? 0.0F : frame.scan_error;
  return scan;
}

kernels::RefineQuery PreparedQuery::refine_query(const QueryFrame& frame) const {
  return {high_.data(), low_.data(), center_, refine_step_, frame.refine_error};
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

}  // namespace ruvector::index

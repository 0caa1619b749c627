#include "index/code_store.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/float16.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kFactorBytes = 3 * sizeof(float);
constexpr std::size_t kRecordAlignment = 16;

// The largest float16 that is not above `value`.
std::uint16_t float16_below(float value) {
  const std::uint16_t half = base::float_to_half(value);
  if (base::half_to_float(half) <= value) return half;
  if (half == 0) return 0x8001;  // just below zero
  return (half & 0x8000U) != 0 ? static_cast<std::uint16_t>(half + 1)
                               : static_cast<std::uint16_t>(half - 1);
}

// The smallest float16 that is not below `value` >= 0.
std::uint16_t float16_above(float value) {
  const std::uint16_t half = base::float_to_half(value);
  return base::half_to_float(half) >= value ? half : static_cast<std::uint16_t>(half + 1);
}

std::size_t offset_of_factor(const CodeShape& shape, std::size_t slot, std::size_t which) {
  return slot / 64 * shape.block_bytes() + shape.words() * 256 + which * 128 + slot % 64 * 2;
}

std::uint16_t* factor_at(std::uint8_t* blocks, const CodeShape& shape, std::size_t slot,
                         std::size_t which) {
  return reinterpret_cast<std::uint16_t*>(blocks + offset_of_factor(shape, slot, which));
}

std::size_t offset_of_word(const CodeShape& shape, std::size_t slot, std::size_t word) {
  return slot / 64 * shape.block_bytes() + word * 256 + slot % 64 * 4;
}

std::uint8_t* word_at(std::uint8_t* blocks, const CodeShape& shape, std::size_t slot,
                      std::size_t word) {
  return blocks + offset_of_word(shape, slot, word);
}

// One plane of `width` bits from `codes`, taken from bit `shift` up (kernels.h, RefineCodes).
std::uint8_t* pack_plane(const std::uint8_t* codes, std::size_t dims, unsigned width,
                         unsigned shift, std::uint8_t* out) {
  const unsigned mask = (1U << width) - 1U;
  const std::size_t bytes = 8 * width;  // of a chunk
  for (std::size_t chunk = 0; chunk < dims; chunk += 64, codes += 64, out += bytes) {
    if (width == 1) {
      for (std::size_t j = 0; j < 8; ++j) {
        unsigned byte = 0;
        for (unsigned t = 0; t < 8; ++t) byte |= ((codes[8 * j + t] >> shift) & 1U) << t;
        out[j] = static_cast<std::uint8_t>(byte);
      }
      continue;
    }
    for (std::size_t j = 0; j < bytes; ++j) {
      unsigned byte = 0;
      for (unsigned t = 0; t < 8 / width; ++t) {
        byte |= ((codes[j + bytes * t] >> shift) & mask) << (width * t);
      }
      out[j] = static_cast<std::uint8_t>(byte);
    }
  }
  return out;
}

}  // namespace

std::size_t CodeShape::record_stride() const noexcept {
  if (refine_bits == 0) return 0;
  const std::size_t bytes = dims / 8 * refine_bits + kFactorBytes;
  return (bytes + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

CodeStore::CodeStore(const CodeShape& shape, std::size_t count, base::Array<std::uint8_t> blocks,
                     base::Array<std::uint8_t> records, base::Array<float> norms)
    : shape_(shape),
      count_(count),
      blocks_(std::move(blocks)),
      records_(std::move(records)),
      norms_(std::move(norms)) {}

kernels::ScanCodes CodeStore::scan_codes() const noexcept {
  return {blocks_.data(), shape_.words(), shape_.block_bytes()};
}

kernels::RefineCodes CodeStore::refine_codes() const noexcept {
  return {records_.data(), shape_.record_stride(), shape_.dims, shape_.refine_bits};
}

void CodeStore::resize(std::size_t count) {
  const std::size_t before = count_;
  norms_.resize(count);
  records_.resize(count * shape_.record_stride());
  blocks_.resize((count + 63) / 64 * shape_.block_bytes());
  count_ = count;
  if (count < before) clear_lanes(count, std::min((count + 63) / 64 * 64, before));
  if (count > before) clear_lanes(before, (count + 63) / 64 * 64);
}

void CodeStore::clear_lanes(std::size_t first, std::size_t last) {
  if (first >= last) return;
  std::uint8_t* blocks = blocks_.mutable_data();
  for (std::size_t slot = first; slot < last; ++slot) {
    for (std::size_t w = 0; w < shape_.words(); ++w) {
      std::memset(word_at(blocks, shape_, slot, w), 0, 4);
    }
    *factor_at(blocks, shape_, slot, 0) =
        base::float_to_half(std::numeric_limits<float>::infinity());
    *factor_at(blocks, shape_, slot, 1) = 0;
    *factor_at(blocks, shape_, slot, 2) = 0;
  }
}

void CodeStore::shrink_to_fit() {
  blocks_.shrink_to_fit();
  records_.shrink_to_fit();
  norms_.shrink_to_fit();
}

void CodeStore::move(std::size_t from, std::size_t to) {
  const Writer own = writer();  // first: whoever shares the arrays keeps them
  own.copy(*this, from, to);
}

void CodeStore::scale_factors(std::size_t first, std::size_t last, float square, float linear) {
  std::uint8_t* blocks = blocks_.mutable_data();
  const std::array<float, 3> by = {square, linear, linear};
  for (std::size_t slot = first; slot < last; ++slot) {
    for (std::size_t f = 0; f < 3; ++f) {
      std::uint16_t* half = factor_at(blocks, shape_, slot, f);
      const float value = base::half_to_float(*half) * by[f];
      *half = f == 0 ? float16_below(value) : float16_above(value);
    }
  }
  if (const std::size_t stride = shape_.record_stride(); stride != 0) {
    std::uint8_t* factors =
        records_.mutable_data() + first * stride + shape_.dims / 8 * shape_.refine_bits;
    for (std::size_t slot = first; slot < last; ++slot, factors += stride) {
      std::array<float, 3> value;
      std::memcpy(value.data(), factors, kFactorBytes);
      for (std::size_t f = 0; f < 3; ++f) value[f] *= by[f];
      std::memcpy(factors, value.data(), kFactorBytes);
    }
  }
}

CodeStore::Writer CodeStore::writer() {
  return {shape_, blocks_.mutable_data(), records_.mutable_data(), norms_.mutable_data()};
}

void CodeStore::Writer::copy(const CodeStore& source, std::size_t from, std::size_t to) const {
  const std::uint8_t* source_blocks = source.blocks_.data();
  for (std::size_t w = 0; w < shape.words(); ++w) {
    std::memcpy(word_at(blocks, shape, to, w), source_blocks + offset_of_word(shape, from, w), 4);
  }
  for (std::size_t f = 0; f < 3; ++f) {
    std::memcpy(factor_at(blocks, shape, to, f), source_blocks + offset_of_factor(shape, from, f),
                2);
  }
  if (const std::size_t stride = shape.record_stride(); stride != 0) {
    std::memcpy(records + to * stride, source.records_.data() + from * stride, stride);
  }
  norms[to] = source.norms_[from];
}

void CodeStore::Writer::write_scan(std::size_t slot, const std::uint8_t* codes,
                                   const Factors& factors) const {
  const std::size_t per_word = 32 / shape.scan_bits;
  for (std::size_t w = 0; w < shape.words(); ++w, codes += per_word) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < per_word; ++i) {
      word |= static_cast<std::uint32_t>(codes[i]) << (i * shape.scan_bits);
    }
    std::memcpy(word_at(blocks, shape, slot, w), &word, 4);
  }
  *factor_at(blocks, shape, slot, 0) = float16_below(factors.add);
  *factor_at(blocks, shape, slot, 1) = base::float_to_half(factors.rescale);
  *factor_at(blocks, shape, slot, 2) = float16_above(factors.error);
}

void CodeStore::Writer::write_refine(std::size_t slot, const std::uint8_t* codes,
                                     const Factors& factors) const {
  std::uint8_t* out = records + slot * shape.record_stride();
  unsigned left = shape.refine_bits;
  for (const unsigned width : {4U, 4U, 2U, 1U}) {
    if (left < width) continue;
    left -= width;
    out = pack_plane(codes, shape.dims, width, left, out);
  }
  const std::array<float, 3> values = {factors.add, factors.rescale, factors.error};
  std::memcpy(out, values.data(), kFactorBytes);
}

Factors scan_factors(const kernels::ScanCodes& codes, std::size_t slot) {
  const std::uint8_t* block = codes.blocks + slot / 64 * codes.block_bytes;
  std::array<std::uint16_t, 3> half;
  for (std::size_t f = 0; f < 3; ++f) {
    std::memcpy(&half[f], block + codes.words * 256 + (f * 64 + slot % 64) * 2, 2);
  }
  return {base::half_to_float(half[0]), base::half_to_float(half[1]), base::half_to_float(half[2])};
}

}  // namespace ruvector::index

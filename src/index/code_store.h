// Memory of the codes: first-stage superblocks, second-stage records, norms.
// Not thread-safe by itself; writers of different slots may run at once (see mutable_* below).
// The layout is that of kernels.h, and the one on disk.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/array.h"
#include "kernels/kernels.h"

namespace ruvector::index {

// What a code is made of. Two stores of the same shape can exchange codes.
struct CodeShape {
  std::size_t dims = 0;           // padded, a multiple of 64
  std::uint32_t scan_bits = 1;    // 1 or 2
  std::uint32_t refine_bits = 0;  // 0 (no second stage) or 2..8

  std::size_t words() const noexcept { return dims * scan_bits / 32; }
  std::size_t block_bytes() const noexcept { return words() * 256 + 384; }
  std::size_t record_stride() const noexcept;
  friend bool operator==(const CodeShape&, const CodeShape&) = default;
};

// The numbers that turn a code's dot product into a distance and its error (kernels.h).
struct Factors {
  float add;
  float rescale;
  float error;
};

class CodeStore {
 public:
  CodeStore() = default;
  explicit CodeStore(const CodeShape& shape) : shape_(shape) {}
  // Takes over arrays as they were saved; sizes must fit `count`.
  CodeStore(const CodeShape& shape, std::size_t count, base::Array<std::uint8_t> blocks,
            base::Array<std::uint8_t> records, base::Array<float> norms);

  const CodeShape& shape() const noexcept { return shape_; }
  std::size_t size() const noexcept { return count_; }
  std::size_t block_count() const noexcept { return (count_ + 63) / 64; }
  kernels::ScanCodes scan_codes() const noexcept;
  kernels::RefineCodes refine_codes() const noexcept;

  // New lanes are empty (add = +infinity) until written.
  void resize(std::size_t count);
  void shrink_to_fit();
  // Leaves a slot without a vector (add = +infinity).
  void clear(std::size_t slot) { clear_lanes(slot, slot + 1); }
  // Copies the code of slot `from` over that of slot `to`.
  void move(std::size_t from, std::size_t to);
  // Of slots [first, last): multiplies add by `square`, rescale and error by `linear`, in both
  // stages; both are powers of two.
  void scale_factors(std::size_t first, std::size_t last, float square, float linear);

  // Write access for encoders: call once before threads write, each to its own slots.
  struct Writer {
    CodeShape shape;
    std::uint8_t* blocks;
    std::uint8_t* records;
    float* norms;
    // `codes` holds one byte per dimension. The first stage's add is rounded down and its error up
    // to float16, so that the bound stays a bound.
    void write_scan(std::size_t slot, const std::uint8_t* codes, const Factors& factors) const;
    void write_refine(std::size_t slot, const std::uint8_t* codes, const Factors& factors) const;
    // The code of slot `from` of a store of the same shape.
    void copy(const CodeStore& source, std::size_t from, std::size_t to) const;
  };
  Writer writer();

  const base::Array<std::uint8_t>& blocks() const noexcept { return blocks_; }
  const base::Array<std::uint8_t>& records() const noexcept { return records_; }
  const base::Array<float>& norms() const noexcept { return norms_; }

 private:
  void clear_lanes(std::size_t first, std::size_t last);

  CodeShape shape_;
  std::size_t count_ = 0;
  base::Array<std::uint8_t> blocks_;
  base::Array<std::uint8_t> records_;
  base::Array<float> norms_;
};

// One dword of a slot's first-stage code.
inline std::uint32_t scan_word(const kernels::ScanCodes& codes, std::size_t slot,
                               std::size_t word) {
  const std::uint8_t* at =
      codes.blocks + slot / 64 * codes.block_bytes + word * 256 + slot % 64 * 4;
  return static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8U |
         static_cast<std::uint32_t>(at[2]) << 16U | static_cast<std::uint32_t>(at[3]) << 24U;
}
// A slot's first-stage factors, widened.
Factors scan_factors(const kernels::ScanCodes& codes, std::size_t slot);

}  // namespace ruvector::index

// A seeded random rotation: the same bits on every machine.
// Thread-safe: immutable after construction; copies share the matrix.
//
// Dense (padded dimension up to 256): an orthonormal matrix, Gram-Schmidt over nearly Gaussian
// rows. Above: FHT-Kac, four rounds of random signs, a Walsh-Hadamard transform over the first or
// the last 2^k coordinates, and a butterfly of the two halves; orthogonal for every even dimension
// in O(D log D) time and 4 D bits of state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ruvector::index {

inline constexpr std::size_t kDenseRotationMaxDim = 256;
inline constexpr std::size_t kRotationRounds = 4;  // of FHT-Kac

class Rotation {
 public:
  // `dims` is a multiple of 64.
  Rotation(std::size_t dims, std::uint64_t seed);
  // As saved: the matrix, row-major (dims, dims), when dims calls for a dense rotation, else the
  // signs, 4 * dims bits.
  Rotation(std::size_t dims, std::span<const float> matrix);
  Rotation(std::size_t dims, std::span<const std::uint64_t> signs);

  // out (count, dims) = rotated in (count, dims); the two do not overlap.
  void apply(const float* in, std::size_t count, float* out) const;

  std::size_t dims() const noexcept { return dims_; }
  bool dense() const noexcept { return dims_ <= kDenseRotationMaxDim; }
  std::size_t bytes() const noexcept;
  // What the last two constructors take; empty on a rotation of the other kind.
  std::vector<float> matrix() const;
  std::vector<std::uint64_t> signs() const;

 private:
  void apply_fht_kac(float* x) const;

  std::size_t dims_;
  std::shared_ptr<const std::vector<float>> panels_;         // dense: packed for gemm
  std::shared_ptr<const std::vector<std::uint32_t>> signs_;  // FHT-Kac: 4 * dims sign bits
};

}  // namespace ruvector::index

// Turns vectors into RaBitQ codes (arXiv 2405.12497 for one bit, 2409.09913 for more).
// Thread-safe: const after train().
//
// A vector x becomes r = P (x - c) / unit, with P the random rotation, c the centre and unit a
// power of two near the typical length of x - c, so that factors fit float16 at any scale of the
// data. A code z (centred grid points) approximates the direction of r. With w = <r, z> / (|r|
// |z|):
//   <r, s>  is estimated without bias by  |r|^2 / <r, z> * <z, s>,
//   and its error has standard deviation  |r| |s| sqrt((1 - w^2) / w^2 / (D - 1)).
// The stored error also holds what rounding adds: float16 factors and the 8-bit tables of the scan,
// or the 14-bit query of the second stage.
// Under l2:      |r - s|^2 = |r|^2 + |s|^2 - 2 <r, s>.
// Under ip:      -<x, q> = -<x - c, c> - <c, q> - <x - c, q - c>.
// Under cosine:  vectors are normalised first, then as l2; the score is half of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "index/code_store.h"
#include "index/rotation.h"
#include "ruvector/base/matrix_view.h"
#include "ruvector/index/types.h"

namespace ruvector::index {

// Vectors to be encoded: row-major (count, dim); under cosine `inverse_norms` has 1 / |x| each.
struct RowSource {
  const float* rows;
  const float* inverse_norms;
  std::size_t count;
};

class Encoder {
 public:
  Encoder(std::size_t dim, std::uint64_t seed, Metric metric, CodeShape shape);
  // As saved, or of another shape with the same padded dimension. `centre` has dim values.
  Encoder(std::size_t dim, std::uint64_t seed, Metric metric, CodeShape shape, Rotation rotation,
          std::vector<float> centre, float unit);

  // Learns the centre (mean) and the unit from `source`: the same for any number of threads.
  // `progress` may throw to cancel; its numbers are meaningless here. Throws IndexError when rows
  // are not finite.
  void train(const RowSource& source, std::size_t threads, const Progress& progress = {});
  // The unit that `source` needs to stay within the range of float16; at least unit().
  float unit_for(const RowSource& source, std::size_t threads, const Progress& progress = {}) const;
  void set_unit(float unit);
  // Codes around the centres of lists have larger factors: the unit leaves room for them.
  void expect_lists() { headroom_ = kListHeadroom; }

  // Encodes rows [first, first + count) of `source` into slots [slot, slot + count).
  void encode(const RowSource& source, std::size_t first, std::size_t count, std::size_t slot,
              const CodeStore::Writer& out) const;

  // The same around the centre of a list, c_l, instead of the index's: row rows[i] of `source` goes
  // to lane lanes[i]. `list_centre` is P (c_l - c) / unit, dims() values. Distances are then
  //   |r - s|^2 = |r'|^2 + |s - m|^2 - 2 <r', s - m>,  m = list_centre, r' = r - m,
  // and <r', s - m> is |r'|^2 / <r', z> * (<z, s> - <z, m>), whose last term goes into the
  // code's own, so that one table of s serves all lists.
  void encode_list(const RowSource& source, std::span<const std::uint32_t> rows,
                   std::span<const std::uint32_t> lanes, const float* list_centre,
                   const CodeStore::Writer& out) const;

  // P (x - c) / unit of a query or a list's centre, dims() values; x is normalised already under
  // cosine.
  void rotate(const float* x, float* out) const;

  std::size_t dim() const noexcept { return dim_; }
  std::size_t dims() const noexcept { return shape_.dims; }
  Metric metric() const noexcept { return metric_; }
  std::uint64_t seed() const noexcept { return seed_; }
  const CodeShape& shape() const noexcept { return shape_; }
  const std::vector<float>& centre() const noexcept { return centre_; }
  float unit() const noexcept { return unit_; }
  const Rotation& rotation() const noexcept { return rotation_; }

 private:
  void rotate_centre();
  void residual(const RowSource& source, std::size_t row, float* out) const;
  double refine_rounding() const;
  Factors factors(const kernels::QuantizedSums& z, float r_squares, float constant,
                  double least_error) const;
  struct CodeRoom {
    explicit CodeRoom(std::size_t dims) : codes(dims), grid(dims) {}
    std::vector<std::uint8_t> codes;
    std::vector<float> grid;  // the points that codes stand for
  };
  template <class RowAt, class Put>
  void rotate_rows(const RowSource& source, std::size_t count, RowAt&& row_at, Put&& put) const;
  void encode_one(float* r, const float* list_centre, std::size_t slot, CodeRoom& room,
                  const CodeStore::Writer& out) const;

  std::size_t dim_;
  std::uint64_t seed_;
  Metric metric_;
  CodeShape shape_;
  Rotation rotation_;
  std::vector<float> centre_;
  std::vector<float> rotated_centre_;  // P c / unit, for ip
  float unit_ = 1.0F;
  // |r'|^2 + 2 |r'|^2 / <r', z> <z, m> where both |r'| and |m| are at most twice the longest |r|.
  static constexpr double kListHeadroom = 16.0;
  double headroom_ = 1.0;
};

// Standard deviations of what rounding adds to an estimate, in |r| |s|: half a float16 step of the
// factor, and for tables of D/4 (D/2) entries, each rounded to 1/127 of the widest, about 0.2 / D;
// both generously. And that of the second stage times sqrt(D): of a query of 14 bits.
inline double scan_rounding_error(std::size_t dims) {
  return 0x1p-11 + 0.5 / static_cast<double>(dims);
}
inline constexpr float kRefineRounding = 0x1p-14F;

// The padded dimension of a code.
inline std::size_t padded_dim(std::size_t dim) { return (dim + 63) / 64 * 64; }

}  // namespace ruvector::index

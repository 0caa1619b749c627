#include "index/encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "base/parallel.h"
#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kRowsPerTask = 4096;
constexpr std::size_t kRowsAtOnce = 32;  // rotated together, so that they stay in L1

// Step of the best uniform quantiser of a standard normal value with 2^bits levels (J. Max,
// "Quantizing for minimum distortion", IRE Trans. IT-6, 1960, table II; 6 to 8 bits by the same
// method). A rotated unit vector times sqrt(D) has nearly normal coordinates.
constexpr std::array<float, 9> kNormalStep = {0,       1.5960F, 0.9957F, 0.5860F, 0.3352F,
                                              0.1881F, 0.1041F, 0.0569F, 0.0308F};

constexpr std::uint32_t kFewestBitsOfWideGrid = 5;

// Factors may reach this times unit^2; float16 ends at 65,504.
constexpr double kFactorLimit = 32768.0;

// From values to grid points, one over the step of the codes. The best step for normal values
// leaves room for values that few vectors have where the grid is wide; then it is their own largest
// value that fills the grid.
float grid_scale(const float* r, std::size_t dims, float norm, std::uint32_t bits) {
  const float typical = norm / std::sqrt(static_cast<float>(dims));
  if (!(typical > 0)) return 0.0F;
  const float scale = 1.0F / (typical * kNormalStep[bits]);
  if (bits < kFewestBitsOfWideGrid) return scale;
  std::uint32_t largest = 0;  // magnitudes compare like their bits
  for (std::size_t i = 0; i < dims; ++i) {
    largest = std::max(largest, std::bit_cast<std::uint32_t>(r[i]) & 0x7fffffffU);
  }
  const float levels = static_cast<float>(1U << (bits - 1));
  return std::max(scale, levels / std::bit_cast<float>(largest));
}

// Adds `scale` * row to each of the sums.
void accumulate(const float* row, float scale, std::size_t dim, double* sums) {
  for (std::size_t d = 0; d < dim; ++d) sums[d] += static_cast<double>(row[d] * scale);
}

}  // namespace

Encoder::Encoder(std::size_t dim, std::uint64_t seed, Metric metric, CodeShape shape)
    : Encoder(dim, seed, metric, shape, Rotation(shape.dims, seed), std::vector<float>(dim), 1.0F) {
}

Encoder::Encoder(std::size_t dim, std::uint64_t seed, Metric metric, CodeShape shape,
                 Rotation rotation, std::vector<float> centre, float unit)
    : dim_(dim),
      seed_(seed),
      metric_(metric),
      shape_(shape),
      rotation_(std::move(rotation)),
      centre_(std::move(centre)),
      unit_(unit) {
  rotate_centre();
}

void Encoder::set_unit(float unit) {
  unit_ = unit;
  rotate_centre();
}

void Encoder::rotate_centre() {
  std::vector<float> padded(shape_.dims);
  for (std::size_t d = 0; d < dim_; ++d) padded[d] = centre_[d] / unit_;
  rotated_centre_.resize(shape_.dims);
  rotation_.apply(padded.data(), 1, rotated_centre_.data());
}

void Encoder::train(const RowSource& source, std::size_t threads, const Progress& progress) {
  const std::size_t tasks = (source.count + kRowsPerTask - 1) / kRowsPerTask;
  std::vector<double> partial(tasks * dim_);
  base::parallel_for(
      tasks, threads,
      [&](std::size_t task, std::size_t) {
        const std::size_t end = std::min(source.count, (task + 1) * kRowsPerTask);
        for (std::size_t i = task * kRowsPerTask; i < end; ++i) {
          const float scale = source.inverse_norms == nullptr ? 1.0F : source.inverse_norms[i];
          accumulate(source.rows + i * dim_, scale, dim_, &partial[task * dim_]);
        }
      },
      progress);
  for (std::size_t d = 0; d < dim_; ++d) {
    double sum = 0;
    for (std::size_t task = 0; task < tasks; ++task) sum += partial[task * dim_ + d];
    centre_[d] = static_cast<float>(sum / static_cast<double>(source.count));
  }
  unit_ = 0.0F;
  set_unit(unit_for(source, threads, progress));
}

float Encoder::unit_for(const RowSource& source, std::size_t threads,
                        const Progress& progress) const {
  const std::size_t tasks = (source.count + kRowsPerTask - 1) / kRowsPerTask;
  std::vector<double> sums(tasks);
  std::vector<double> largest(tasks);
  base::parallel_for(
      tasks, threads,
      [&](std::size_t task, std::size_t) {
        const std::size_t first = task * kRowsPerTask;
        const std::size_t count = std::min(source.count - first, kRowsPerTask);
        std::vector<float> squares(count);
        std::vector<float> row(dim_);
        for (std::size_t i = 0; i < count && source.inverse_norms != nullptr; ++i) {
          const float* from = source.rows + (first + i) * dim_;
          for (std::size_t d = 0; d < dim_; ++d) row[d] = from[d] * source.inverse_norms[first + i];
          kernels::active().l2_rows(centre_.data(), row.data(), dim_, nullptr, 1, &squares[i]);
        }
        if (source.inverse_norms == nullptr) {
          kernels::active().l2_rows(centre_.data(), source.rows + first * dim_, dim_, nullptr,
                                    count, squares.data());
        }
        for (const float value : squares) {
          sums[task] += static_cast<double>(value);
          largest[task] = std::max(largest[task], static_cast<double>(value));
        }
      },
      progress);
  double sum = 0;
  double top = 0;
  for (std::size_t task = 0; task < tasks; ++task) {
    sum += sums[task];
    top = std::max(top, largest[task]);
  }
  double centre_squares = 0;
  for (const float value : centre_) {
    centre_squares += static_cast<double>(value) * static_cast<double>(value);
  }
  // Under ip a factor is <x - c, c>, too.
  if (metric_ == Metric::ip) top = std::max(top, std::sqrt(top) * std::sqrt(centre_squares));
  double unit = unit_;
  if (unit == 0.0) {
    const double typical = std::sqrt(sum / static_cast<double>(source.count));
    int exponent = 0;
    if (typical > 0) std::frexp(typical, &exponent);
    unit = std::clamp(std::ldexp(1.0, exponent), 0x1p-60, 0x1p+60);
  }
  while (top > kFactorLimit * unit * unit) unit *= 2.0;
  return static_cast<float>(unit);
}

void Encoder::residuals(const RowSource& source, std::size_t first, std::size_t count,
                        float* out) const {
  const float inverse_unit = 1.0F / unit_;
  for (std::size_t i = 0; i < count; ++i, out += shape_.dims) {
    const float* row = source.rows + (first + i) * dim_;
    const float scale = source.inverse_norms == nullptr ? 1.0F : source.inverse_norms[first + i];
    for (std::size_t d = 0; d < dim_; ++d) out[d] = (row[d] * scale - centre_[d]) * inverse_unit;
    std::fill(out + dim_, out + shape_.dims, 0.0F);
  }
}

void Encoder::encode(const RowSource& source, std::size_t first, std::size_t count,
                     std::size_t slot, const CodeStore::Writer& out) const {
  std::vector<float> residual(kRowsAtOnce * shape_.dims);
  std::vector<float> rotated(kRowsAtOnce * shape_.dims);
  std::vector<std::uint8_t> codes(shape_.dims);
  for (std::size_t begin = 0; begin < count; begin += kRowsAtOnce) {
    const std::size_t rows = std::min(kRowsAtOnce, count - begin);
    residuals(source, first + begin, rows, residual.data());
    rotation_.apply(residual.data(), rows, rotated.data());
    for (std::size_t i = 0; i < rows; ++i) {
      encode_one(&rotated[i * shape_.dims], slot + begin + i, codes.data(), out);
    }
  }
}

void Encoder::encode_one(const float* r, std::size_t slot, std::uint8_t* codes,
                         const CodeStore::Writer& out) const {
  const kernels::KernelTable& kernel = kernels::active();
  std::array<float, 2> sums;
  kernel.sums(r, shape_.dims, sums.data());
  const float norm = std::sqrt(sums[1]);
  float with_centre = 0;
  if (metric_ == Metric::ip) {
    kernel.dot_rows(rotated_centre_.data(), r, shape_.dims, nullptr, 1, &with_centre);
  }
  const auto encode_bits = [&](std::uint32_t bits, double least_error) {
    const kernels::QuantizedSums z =
        kernel.quantize(r, shape_.dims, grid_scale(r, shape_.dims, norm, bits), bits, codes);
    return factors(z, sums[1], with_centre, least_error);
  };
  // Rounding, as a standard deviation in |r| |s|: half a float16 step of the factor, and for tables
  // of D/4 (D/2) entries, each rounded to 1/127 of the widest, about 0.2 / D; both generously.
  const double dims = static_cast<double>(shape_.dims);
  out.write_scan(slot, codes, encode_bits(out.shape.scan_bits, 0x1p-11 + 0.5 / dims));
  if (out.shape.refine_bits != 0) {
    out.write_refine(slot, codes, encode_bits(out.shape.refine_bits, 0x1p-14 / std::sqrt(dims)));
  }
  out.norms[slot] = norm * unit_;
}

Factors Encoder::factors(const kernels::QuantizedSums& z, float r_squares, float r_centre,
                         double least_error) const {
  const double pairs = metric_ == Metric::ip ? 1.0 : 2.0;  // how often <r, s> is in the score
  const float add = metric_ == Metric::ip ? -r_centre : r_squares;
  if (!(z.dot > 0)) return {add, 0.0F, 0.0F};  // x is the centre: nothing is left to estimate
  const double length = r_squares;
  const double dot = z.dot;
  const double code_squares = 0.25 * static_cast<double>(z.squares);
  const double inverse_cosine_squared = length * code_squares / (dot * dot);
  const double spread = std::max(0.0, inverse_cosine_squared - 1.0);
  const double variance = spread / static_cast<double>(shape_.dims - 1) + least_error * least_error;
  return {add, static_cast<float>(pairs * length / dot),
          static_cast<float>(pairs * std::sqrt(length * variance))};
}

void Encoder::rotate_query(const float* query, float* out) const {
  std::vector<float> residual(shape_.dims);
  residuals({query, nullptr, 1}, 0, 1, residual.data());
  rotation_.apply(residual.data(), 1, out);
}

}  // namespace ruvector::index

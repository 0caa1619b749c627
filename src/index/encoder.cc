#include "index/encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "base/parallel.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"

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
  // Rows are checked on their way in, but not those of a file that was loaded without verify.
  bool finite = std::isfinite(unit_);
  for (const float value : centre_) finite = finite && std::isfinite(value);
  if (!finite) {
    throw IndexError("rows of the index are not finite: the file it was loaded from is damaged");
  }
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
  top *= headroom_;
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

void Encoder::residual(const RowSource& source, std::size_t row, float* out) const {
  const float inverse_unit = 1.0F / unit_;
  const float* x = source.rows + row * dim_;
  const float scale = source.inverse_norms == nullptr ? 1.0F : source.inverse_norms[row];
  for (std::size_t d = 0; d < dim_; ++d) out[d] = (x[d] * scale - centre_[d]) * inverse_unit;
  std::fill(out + dim_, out + shape_.dims, 0.0F);
}

// Calls put(i, r) for each of `count` rows, with r = P (x - c) / unit of row row_at(i) of `source`.
template <class RowAt, class Put>
void Encoder::rotate_rows(const RowSource& source, std::size_t count, RowAt&& row_at,
                          Put&& put) const {
  std::vector<float> residuals(kRowsAtOnce * shape_.dims);
  std::vector<float> rotated(kRowsAtOnce * shape_.dims);
  for (std::size_t begin = 0; begin < count; begin += kRowsAtOnce) {
    const std::size_t rows = std::min(kRowsAtOnce, count - begin);
    for (std::size_t i = 0; i < rows; ++i) {
      residual(source, row_at(begin + i), &residuals[i * shape_.dims]);
    }
    rotation_.apply(residuals.data(), rows, rotated.data());
    for (std::size_t i = 0; i < rows; ++i) put(begin + i, &rotated[i * shape_.dims]);
  }
}

void Encoder::encode(const RowSource& source, std::size_t first, std::size_t count,
                     std::size_t slot, const CodeStore::Writer& out) const {
  CodeRoom room(shape_.dims);
  rotate_rows(
      source, count, [&](std::size_t i) { return first + i; },
      [&](std::size_t i, float* r) { encode_one(r, nullptr, slot + i, room, out); });
}

void Encoder::encode_list(const RowSource& source, std::span<const std::uint32_t> rows,
                          std::span<const std::uint32_t> lanes, const float* list_centre,
                          const CodeStore::Writer& out) const {
  CodeRoom room(shape_.dims);
  rotate_rows(
      source, rows.size(), [&](std::size_t i) { return rows[i]; },
      [&](std::size_t i, float* r) { encode_one(r, list_centre, lanes[i], room, out); });
}

// `r` becomes r - list_centre, where there is one.
void Encoder::encode_one(float* r, const float* list_centre, std::size_t slot, CodeRoom& room,
                         const CodeStore::Writer& out) const {
  const kernels::KernelTable& kernel = kernels::active();
  const std::size_t dims = shape_.dims;
  const auto dot = [&](const float* a, const float* b) {
    float product = 0;
    kernel.dot_rows(a, b, dims, nullptr, 1, &product);
    return product;
  };
  const bool ip = metric_ == Metric::ip;
  float constant = ip ? -dot(rotated_centre_.data(), r) : 0.0F;
  if (list_centre != nullptr) {
    for (std::size_t d = 0; d < dims; ++d) r[d] -= list_centre[d];
    if (ip) constant -= dot(list_centre, r);
  }
  std::array<float, 2> sums;
  kernel.sums(r, dims, sums.data());
  const float norm = std::sqrt(sums[1]);
  if (!ip) constant = sums[1];
  std::uint8_t* codes = room.codes.data();
  const auto encode_bits = [&](std::uint32_t bits, double least_error) {
    const kernels::QuantizedSums z =
        kernel.quantize(r, dims, grid_scale(r, dims, norm, bits), bits, codes);
    Factors result = factors(z, sums[1], constant, least_error);
    if (list_centre == nullptr) return result;
    const float middle = 0.5F * static_cast<float>((1U << bits) - 1U);
    for (std::size_t d = 0; d < dims; ++d) room.grid[d] = static_cast<float>(codes[d]) - middle;
    result.add += result.rescale * dot(list_centre, room.grid.data());
    return result;
  };
  out.write_scan(slot, codes, encode_bits(out.shape.scan_bits, scan_rounding_error(dims)));
  if (out.shape.refine_bits != 0) {
    out.write_refine(slot, codes, encode_bits(out.shape.refine_bits, refine_rounding()));
  }
  out.norms[slot] = norm * unit_;
}

double Encoder::refine_rounding() const {
  return static_cast<double>(kRefineRounding) / std::sqrt(static_cast<double>(shape_.dims));
}

// `constant` is what the score has of the vector alone.
Factors Encoder::factors(const kernels::QuantizedSums& z, float r_squares, float constant,
                         double least_error) const {
  const double pairs = metric_ == Metric::ip ? 1.0 : 2.0;  // how often <r, s> is in the score
  if (!(z.dot > 0)) return {constant, 0.0F, 0.0F};  // x is the centre: nothing is left to estimate
  const double length = r_squares;
  const double dot = z.dot;
  const double code_squares = 0.25 * static_cast<double>(z.squares);
  const double inverse_cosine_squared = length * code_squares / (dot * dot);
  const double spread = std::max(0.0, inverse_cosine_squared - 1.0);
  const double variance = spread / static_cast<double>(shape_.dims - 1) + least_error * least_error;
  return {constant, static_cast<float>(pairs * length / dot),
          static_cast<float>(pairs * std::sqrt(length * variance))};
}

void Encoder::rotate(const float* x, float* out) const {
  std::vector<float> padded(shape_.dims);
  residual({x, nullptr, 1}, 0, padded.data());
  rotation_.apply(padded.data(), 1, out);
}

}  // namespace ruvector::index

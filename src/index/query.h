// A query made ready for the codes: rotated, tabulated for the scan, quantised for the refinement.
// Thread-safe: const after construction.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "index/encoder.h"
#include "kernels/kernels.h"

namespace ruvector::index {

// How sure each stage has to be, as multiples of the estimate's standard deviation.
struct BoundWidths {
  float scan;
  float refine;
};
// Splits the allowed chance of losing a true neighbour: nine tenths of it to the scan, whose bound
// is dear, the rest to the refinement, whose bound is tight anyway.
BoundWidths bound_widths(double confidence);

class PreparedQuery {
 public:
  // `query` has encoder.dim() values, normalised already under cosine. `precise` makes the scan's
  // bounds hold for the estimate by the unrounded query (RabitqAsymIndex) instead of the distance.
  PreparedQuery(const Encoder& encoder, const float* query, const BoundWidths& widths,
                bool precise);

  // Table and numbers of a scan; threshold and outputs are left to the caller.
  kernels::ScanQuery scan_query() const;
  kernels::RefineQuery refine_query() const;

  // Estimate of one first-stage code by the unrounded query, in the units of the kernels.
  float precise_estimate(const kernels::ScanCodes& codes, std::size_t slot) const;

  // A kernel's estimate as a score.
  float score(float estimate) const { return estimate * scale_ + shift_; }
  // A kernel's bound as a score that no rounding error lifts above the true one.
  float lower_bound(float bound) const {
    const float value = bound * scale_ + shift_ - slack_;
    return value - kRounding * std::fabs(value);
  }
  // Some value such that lower_bound(b) <= score implies b <= kernel_threshold(score); finite.
  float kernel_threshold(float score) const;

 private:
  static constexpr float kRounding = 0x1p-18F;  // well above what float32 sums of the kernels lose

  void tabulate(std::uint32_t scan_bits);
  void quantize(std::uint32_t refine_bits);

  std::vector<float> rotated_;  // s
  float norm_ = 0;              // |s|
  float shift_ = 0;             // what the score has beside the vector's own terms
  float scale_ = 1;             // from units of the codes to the score; a power of two
  float slack_ = 0;             // rounding allowance, absolute, in score units
  BoundWidths widths_;
  bool precise_;

  std::uint32_t scan_bits_ = 1;
  struct alignas(64) Tables {  // of the nibbles of one dword
    std::uint8_t entries[128];
  };
  std::vector<Tables> table_;
  std::vector<float> exact_table_;  // (nibbles, 16), only when precise
  float step_ = 0;
  float offset_ = 0;

  std::vector<std::int8_t> high_;
  std::vector<std::int8_t> low_;
  std::int64_t center_ = 0;
  float refine_step_ = 0;
};

}  // namespace ruvector::index

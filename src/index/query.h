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

// From the kernels' units to scores, seen from one centre: the index's, or that of a list.
class QueryFrame {
 public:
  // A kernel's estimate as a score.
  float score(float estimate) const { return estimate * scale + shift; }
  // A kernel's bound as a score that no rounding error lifts above the true one.
  float lower_bound(float bound) const {
    const float value = bound * scale + shift - slack;
    return value - kRounding * std::fabs(value);
  }
  // Some value such that lower_bound(b) <= score implies b <= kernel_threshold(score); finite.
  float kernel_threshold(float score) const;

  static constexpr float kRounding = 0x1p-18F;  // well above what float32 sums of the kernels lose

  float scale = 1;         // from units of the codes to the score; a power of two
  float shift = 0;         // what the score has beside the vector's own terms
  float slack = 0;         // rounding allowance, absolute, in score units
  float scan_error = 0;    // what the stored errors of the first stage are multiplied by
  float refine_error = 0;  // and those of the second
};

class PreparedQuery {
 public:
  // `query` has encoder.dim() values, normalised already under cosine. `precise` makes the scan's
  // bounds hold for the estimate by the unrounded query (RabitqAsymIndex) instead of the distance.
  PreparedQuery(const Encoder& encoder, const float* query, const BoundWidths& widths,
                bool precise);

  // Of codes around the index's centre.
  const QueryFrame& frame() const { return frame_; }
  // Of codes around the centre of a list, c_l: `squares` = |q - c_l|^2, `along` = <c_l - c, q - c>,
  // `list_squares` = |c_l - c|^2.
  QueryFrame list_frame(float squares, float along, float list_squares) const;

  // Table and numbers of a scan; threshold and outputs are left to the caller.
  kernels::ScanQuery scan_query(const QueryFrame& frame) const;
  kernels::RefineQuery refine_query(const QueryFrame& frame) const;

  // Estimate of one first-stage code by the unrounded query, in the units of the kernels.
  float precise_estimate(const kernels::ScanCodes& codes, std::size_t slot) const;

 private:
  void tabulate(std::uint32_t scan_bits);
  void quantize(std::uint32_t refine_bits);

  std::vector<float> rotated_;  // s
  Metric metric_;
  float unit_ = 1;
  float squares_ = 0;  // |q - c|^2
  QueryFrame frame_;
  BoundWidths widths_;
  bool precise_;

  std::uint32_t scan_bits_ = 1;
  std::uint32_t refine_bits_ = 0;
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

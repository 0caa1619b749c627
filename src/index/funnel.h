// One query's way through the stages after the scan: takes survivors in, keeps the k best.
// Not thread-safe: one per query and part of the index; several may share a threshold.
#pragma once

#include <array>
#include <atomic>
#include <span>
#include <utility>
#include <vector>

#include "index/cascade.h"
#include "index/top_k.h"

namespace ruvector::index {

// The lowest threshold that any part of a split search has reached.
using SharedThreshold = std::atomic<float>;

class Funnel {
 public:
  // With a budget in `params` the funnel ends before the exact stage and keeps `budget` estimates.
  Funnel(const CascadeSource& source, const PreparedQuery& prepared, const float* query,
         const CascadeParams& params, SharedThreshold* shared);

  // Highest kernel bound that can still matter.
  float kernel_threshold() const { return prepared_.kernel_threshold(threshold()); }
  float threshold() const;

  // Survivors of the scan of the next `scanned` codes, with their kernel bounds; both arrays are
  // overwritten. Whenever the scan has come four times as far the most promising are finished at
  // once, which lowers the threshold; the others wait.
  void take(std::uint32_t* slots, float* bounds, std::size_t count, std::size_t scanned);
  // After the last take(): finishes those that wait and can still win.
  void take_waiting();
  // Slots that a filter names, without a scan.
  void take_unscanned(std::span<const std::uint32_t> slots);
  // Reads these rows exactly, whatever their bounds: the end of a search with a budget.
  void take_exact(std::span<const std::uint32_t> slots);

  const TopK& top() const { return top_; }
  TopK& top() { return top_; }
  SearchStats stats;

 private:
  std::size_t drop_hopeless(std::uint32_t* slots, float* bounds, std::size_t count) const;
  void keep_waiting(const std::uint32_t* slots, const float* bounds, std::size_t count);
  void take_most_promising();
  float promising_below() const;
  void sharpen(const std::uint32_t* slots, const float* bounds, std::size_t count);
  void refine(const std::uint32_t* slots, std::size_t count, float* estimates, float* bounds);
  void line_up(const std::uint32_t* slots, const float* bounds, std::size_t count);
  void read_rows();
  void push(const std::uint32_t* slots, const float* bounds, const float* scores,
            std::size_t count);

  const CascadeSource& source_;
  const PreparedQuery& prepared_;
  FinalStage stage_;
  bool refines_;
  std::size_t helping_;              // about how many are finished to lower the threshold
  std::size_t next_helping_at_ = 0;  // in codes scanned
  ExactScorer scorer_;
  TopK top_;
  SharedThreshold* shared_;
  std::vector<std::uint32_t> waiting_slots_;
  std::vector<float> waiting_bounds_;
  std::vector<std::uint32_t> chosen_slots_;  // scratch of take_most_promising
  std::vector<float> chosen_bounds_;
  std::vector<std::pair<float, std::uint32_t>> lined_up_;  // bounds and slots of rows to be read
};

}  // namespace ruvector::index

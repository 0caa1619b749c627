// One query's way through the stages after the scan: takes survivors in, keeps the k best.
// Not thread-safe: one per query and part of the index; several may share a threshold.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "index/cascade.h"
#include "index/top_k.h"

namespace ruvector::index {

// The lowest threshold that any part of a split search has reached.
using SharedThreshold = std::atomic<float>;

// Slots with lower bounds of their scores, in arrays that grow but are not cleared.
struct BoundedSlots {
  std::vector<std::uint32_t> slots;
  std::vector<float> bounds;
  std::size_t count = 0;

  void make_room(std::size_t more) {
    if (count + more <= slots.size()) return;
    slots.resize(2 * (count + more));
    bounds.resize(slots.size());
  }
};

// What waits in a funnel. Threads keep these for their next search: fresh pages each time would
// cost more than the work on them.
struct Waiting {
  BoundedSlots scanned;                                   // for the stage after the scan
  BoundedSlots chosen;                                    // the most promising of them
  std::vector<std::pair<float, std::uint32_t>> lined_up;  // for their rows to be read
};
struct ReturnWaiting {
  void operator()(Waiting* waiting) const noexcept;
};

class Funnel {
 public:
  // With a budget in `params` the funnel ends before the exact stage and keeps `budget` estimates.
  Funnel(const CascadeSource& source, const PreparedQuery& prepared, const float* query,
         const CascadeParams& params, SharedThreshold* shared);

  // What is taken from now on are codes of a list, around its centre; `frame` is copied. What was
  // taken before must not wait any more.
  void enter_list(const QueryFrame& frame);

  // Highest kernel bound that can still matter.
  float kernel_threshold() const { return frame_.kernel_threshold(threshold()); }
  float threshold() const;

  // Lanes that survived the scan of the next `scanned` codes, with their kernel bounds; both arrays
  // are overwritten. Whenever the scan has come four times as far the most promising are finished
  // at once, which lowers the threshold; the others wait.
  void take(std::uint32_t* lanes, float* bounds, std::size_t count, std::size_t scanned);
  // After the last take(): finishes those that wait and can still win.
  void take_waiting();
  // Lanes that a filter names, without a scan.
  void take_unscanned(std::span<const std::uint32_t> lanes);
  // Reads these rows exactly, whatever their bounds: the end of a search with a budget.
  void take_exact(std::span<const std::uint32_t> slots);

  const TopK& top() const { return top_; }
  TopK& top() { return top_; }
  SearchStats stats;

 private:
  void drop_hopeless(BoundedSlots& from) const;
  // Lanes whose slots are allowed move to the front; gives their number.
  std::size_t keep_allowed(std::uint32_t* lanes, float* bounds, std::size_t count) const;
  void keep_waiting(const std::uint32_t* lanes, const float* bounds, std::size_t count);
  void take_most_promising();
  float promising_below() const;
  void sharpen(const std::uint32_t* lanes, const float* bounds, std::size_t count);
  void refine(const std::uint32_t* lanes, std::size_t count, float* estimates, float* bounds);
  void line_up(const std::uint32_t* lanes, const float* bounds, std::size_t count);
  void read_rows();
  void push_lanes(const std::uint32_t* lanes, const float* bounds, const float* scores,
                  std::size_t count);
  void push(const std::uint32_t* slots, const float* bounds, const float* scores,
            std::size_t count);

  const CascadeSource& source_;
  const PreparedQuery& prepared_;
  const SlotFilter* list_filter_;  // of slots, where the scan knows but lanes
  QueryFrame frame_;
  FinalStage stage_;
  bool refines_;
  std::size_t helping_;          // about how many are finished to lower the threshold
  std::size_t worth_helping_;    // among fewer the best are too few to lower it much
  std::size_t next_helping_at_;  // in codes scanned
  ExactScorer scorer_;
  TopK top_;
  SharedThreshold* shared_;
  std::unique_ptr<Waiting, ReturnWaiting> waiting_;
};

}  // namespace ruvector::index

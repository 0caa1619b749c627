// The k best of a stream of candidates, by (key, id).
// Not thread-safe: one per search.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ruvector/index/types.h"

namespace ruvector::index {

struct Candidate {
  float key;    // what it is ranked by
  float score;  // what the user sees
  Id id;
  std::uint32_t slot;
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.key != b.key ? a.key < b.key : a.id < b.id;
  }
};

class TopK {
 public:
  // Nothing above `limit` is admitted.
  TopK(std::size_t k, float limit) : k_(k), limit_(limit) {
    heap_.reserve(std::min<std::size_t>(k, 4096));
  }

  // Candidates with a key above this can no longer be among the best; an equal key still can.
  float threshold() const { return threshold_for_full(heap_.size() == k_); }

  // How many more it takes before there is a threshold of its own.
  std::size_t missing() const { return k_ - heap_.size(); }

  void push(const Candidate& candidate) {
    if (!(candidate.key <= limit_)) return;
    if (heap_.size() < k_) {
      heap_.push_back(candidate);
      std::push_heap(heap_.begin(), heap_.end());
    } else if (k_ > 0 && candidate < heap_.front()) {
      replace_worst(candidate);
    }
  }

  const std::vector<Candidate>& candidates() const { return heap_; }

  // Best first, by what the user sees.
  std::vector<Hit> take_sorted() {
    std::vector<Hit> hits;
    hits.reserve(heap_.size());
    for (const Candidate& c : heap_) hits.push_back({c.id, c.score});
    std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
      return a.score != b.score ? a.score < b.score : a.id < b.id;
    });
    heap_.clear();
    return hits;
  }

 private:
  // One way down the heap, where pop and push would go down and up.
  void replace_worst(const Candidate& candidate) {
    const std::size_t size = heap_.size();
    std::size_t hole = 0;
    for (std::size_t child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && heap_[child] < heap_[child + 1]) ++child;
      if (!(candidate < heap_[child])) break;
      heap_[hole] = heap_[child];
      hole = child;
    }
    heap_[hole] = candidate;
  }
  float threshold_for_full(bool full) const {
    return full && k_ > 0 ? std::min(limit_, heap_.front().key) : limit_;
  }

  std::size_t k_;
  float limit_;
  std::vector<Candidate> heap_;
};

}  // namespace ruvector::index

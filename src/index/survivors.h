// Where a scan puts what survives it.
// Not thread-safe: each thread has its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "kernels/kernels.h"

namespace ruvector::index {

// Kept by the thread: fresh pages for each search would cost as much as a tenth of it.
class Survivors {
 public:
  static Survivors& of_this_thread(std::size_t blocks, std::size_t queries) {
    thread_local Survivors survivors;
    survivors.room_ = blocks * kernels::kBlockVectors + 16;
    const std::size_t wanted = survivors.room_ * std::min(queries, kernels::kMaxScanQueries);
    if (survivors.size_ < wanted) {
      survivors.slots_ = std::make_unique_for_overwrite<std::uint32_t[]>(wanted);
      survivors.bounds_ = std::make_unique_for_overwrite<float[]>(wanted);
      survivors.size_ = wanted;
    }
    return survivors;
  }
  std::uint32_t* slots(std::size_t query) { return &slots_[query * room_]; }
  float* bounds(std::size_t query) { return &bounds_[query * room_]; }

 private:
  std::size_t room_ = 0;
  std::size_t size_ = 0;
  std::unique_ptr<std::uint32_t[]> slots_;
  std::unique_ptr<float[]> bounds_;
};

}  // namespace ruvector::index

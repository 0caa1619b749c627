// Read-only arrays that share an index's memory, and the view of its codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ruvector {

// `rows` x `cols` values; `owner` keeps them alive and unchanged, also when the index changes.
template <class T>
struct SharedArray {
  std::shared_ptr<const void> owner;
  const T* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 1;
  std::size_t row_stride = 0;  // in values
};

// What an index keeps of each vector beside the row: by slot, or by lane where the index is divided
// into lists; a lane without a vector has the id kNoId, and norms are then distances to the
// centroid of the vector's list. Thread-safe: values that never change.
struct BinaryCodes {
  std::uint32_t bits = 0;          // per dimension
  std::size_t padded_dim = 0;      // dimensions of a code, a multiple of 64
  SharedArray<std::uint64_t> ids;  // (n)
  SharedArray<float> norms;        // (n) distance of each vector to the index's centre
  SharedArray<std::uint8_t>
      packed;  // (blocks, bytes): superblocks of 64 vectors, docs/formats/rbpx.md
};

// The random rotation, an opaque handle.
struct RotationInfo {
  std::string kind;  // "dense" or "fht_kac"
  std::size_t dim = 0;
  std::size_t nbytes = 0;
};

}  // namespace ruvector

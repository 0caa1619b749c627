// 64-bit XXH3 checksums (seed 0): they find accidental damage, not malice.
// Thread-safe as a value is: one thread at a time per object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ruvector::base {

// The checksum of `size` bytes. `data` may be null when `size` is 0.
std::uint64_t checksum64(const void* data, std::size_t size) noexcept;

// The same checksum of bytes that come in pieces.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;

  void update(const void* data, std::size_t size) noexcept;

  // Of everything so far; more may follow.
  std::uint64_t digest() const noexcept;

  // Starts again.
  void reset() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ruvector::base

// XXH3 checksums of 64 and 128 bits (seed 0): they find accidental damage, not malice.
// Thread-safe as a value is: one thread at a time per object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ruvector::base {

// The checksum of `size` bytes. `data` may be null when `size` is 0.
std::uint64_t checksum64(const void* data, std::size_t size) noexcept;

// 128 bits: enough to tell all data that there will ever be apart.
struct Checksum128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Checksum128&, const Checksum128&) = default;
};
Checksum128 checksum128(const void* data, std::size_t size) noexcept;

// The 64-bit checksum of bytes that come in pieces.
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

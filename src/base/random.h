// Seeded random numbers that are the same on every platform, for rotations and samples.
// xoshiro256** seeded by SplitMix64, both by D. Blackman and S. Vigna, "Scrambled Linear
// Pseudorandom Number Generators", ACM TOMS 47 (2021), and https://prng.di.unimi.it.
// The sequences are part of the file formats: never change them. Not for secrets.
// Not thread-safe: one generator per thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace ruvector::base {

class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next_u64() noexcept {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept {
    SplitMix64 mix(seed);
    for (std::uint64_t& word : state_) word = mix.next_u64();
  }

  // A given state of xoshiro256**; not all zero.
  explicit Random(const std::array<std::uint64_t, 4>& state) noexcept : state_(state) {}

  std::uint64_t next_u64() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, 1): a multiple of 2^-24.
  float uniform_float() noexcept { return static_cast<float>(next_u64() >> 40) * 0x1p-24f; }

  // Uniform in 0..bound-1; bound is at least 1. Unbiased: values from the ragged end are drawn
  // again.
  std::uint64_t uniform_below(std::uint64_t bound) noexcept {
    const std::uint64_t ragged = (0 - bound) % bound;
    std::uint64_t value = next_u64();
    while (value < ragged) value = next_u64();
    return value % bound;
  }

  // Mean 0, variance 1, in [-6, 6), nearly normal: the sum of 12 uniforms minus 6 (Irwin-Hall).
  // The uniforms are multiples of 2^-32, so every step is exact in double: no logarithm or cosine
  // whose last bit depends on the platform.
  double gaussian_like() noexcept {
    std::uint64_t sum = 0;
    for (int i = 0; i < 6; ++i) {
      const std::uint64_t pair = next_u64();
      sum += (pair >> 32) + (pair & 0xffffffffu);
    }
    return static_cast<double>(sum) * 0x1p-32 - 6.0;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace ruvector::base

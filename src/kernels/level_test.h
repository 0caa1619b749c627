// What the tests of all kernels share: a fixture that runs each test on every level that this
// processor has, and buffers that notice writes outside of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"

namespace ruvector::kernels {

inline std::vector<std::string> level_names() {
  std::vector<std::string> names;
  for (const KernelTable* table : supported()) names.emplace_back(table->name);
  return names;
}

// table() is the level under test. Use with RUVECTOR_TEST_LEVELS(Suite).
class LevelTest : public testing::TestWithParam<std::string> {
 protected:
  const KernelTable& table() const { return choose(GetParam(), supported()); }

  std::mt19937& random() { return random_; }

  float random_float() { return normal_(random_); }

  std::vector<float> random_floats(std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = random_float();
    return values;
  }

  // A whole number from 0 to most.
  std::uint32_t random_up_to(std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(0, most)(random_);
  }

 private:
  std::mt19937 random_{20240521};
  std::normal_distribution<float> normal_;
};

#define RUVECTOR_TEST_LEVELS(Suite)                                                              \
  INSTANTIATE_TEST_SUITE_P(Levels, Suite, testing::ValuesIn(::ruvector::kernels::level_names()), \
                           [](const auto& level) { return level.param; })

// `count` values between guards, `shift` elements away from a 64-byte boundary.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::size_t count, std::size_t shift = 1)
      : count_(count), bytes_((count + shift) * sizeof(T) + 2 * kGuard + 64, kPattern) {
    const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(bytes_.data()) % 64;
    start_ = kGuard + (64 - misaligned) + shift * sizeof(T);
  }

  T* data() { return reinterpret_cast<T*>(bytes_.data() + start_); }
  const T* data() const { return reinterpret_cast<const T*>(bytes_.data() + start_); }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t i) { return data()[i]; }

  void fill(const std::vector<T>& values) { std::copy(values.begin(), values.end(), data()); }
  std::vector<T> values() const { return std::vector<T>(data(), data() + count_); }

  // True if no byte outside of the values has changed.
  bool intact() const {
    const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(start_);
    const auto end = begin + static_cast<std::ptrdiff_t>(count_ * sizeof(T));
    const auto kept = [](std::uint8_t byte) { return byte == kPattern; };
    return std::all_of(bytes_.begin(), begin, kept) && std::all_of(end, bytes_.end(), kept);
  }

 private:
  static constexpr std::size_t kGuard = 256;
  static constexpr std::uint8_t kPattern = 0xa5;

  std::size_t count_;
  std::vector<std::uint8_t> bytes_;
  std::size_t start_;
};

// The bits of a float; every NaN counts as the same.
inline std::uint32_t bits_of(float value) {
  if (value != value) return 0x7fc00000u;
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

inline std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) bits.push_back(bits_of(value));
  return bits;
}

}  // namespace ruvector::kernels

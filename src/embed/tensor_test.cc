#include "embed/tensor.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

template <class T, std::size_t kCount>
Tensor tensor_of(ElementType type, const std::array<T, kCount>& values) {
  return {"values", type, {kCount}, std::as_bytes(std::span(values))};
}

TEST(Tensor, Float32IsCopiedFromAnyPlace) {
  std::array<std::byte, 13> bytes{};
  const std::array<float, 3> values = {1.5F, -2.0F, 3e-40F};
  std::memcpy(bytes.data() + 1, values.data(), sizeof(values));
  const Tensor tensor{"x", ElementType::float32, {3}, std::span(bytes).subspan(1)};
  std::array<float, 2> out{};
  copy_floats(tensor, 1, out);
  EXPECT_EQ(out, (std::array{-2.0F, 3e-40F}));
}

TEST(Tensor, HalvesBecomeFloatsExactly) {
  const std::array<std::uint16_t, 4> values = {0x3c00, 0xc000, 0x0001, 0x7bff};
  std::array<float, 4> out{};
  copy_floats(tensor_of(ElementType::float16, values), 0, out);
  EXPECT_EQ(out, (std::array{1.0F, -2.0F, 0x1p-24F, 65504.0F}));
}

TEST(Tensor, Bfloat16IsTheUpperHalfOfAFloat) {
  const std::array<std::uint16_t, 3> values = {0x3f80, 0xc040, 0x0000};
  std::array<float, 3> out{};
  copy_floats(tensor_of(ElementType::bfloat16, values), 0, out);
  EXPECT_EQ(out, (std::array{1.0F, -3.0F, 0.0F}));
}

TEST(Tensor, WholeNumbersAreNoFloats) {
  const std::array<std::int64_t, 1> values = {7};
  std::array<float, 1> out{};
  EXPECT_THROW(copy_floats(tensor_of(ElementType::int64, values), 0, out), EmbedError);
}

TEST(Tensor, ShapesAreDescribedAndCounted) {
  const std::array<std::size_t, 2> matrix = {384, 1536};
  EXPECT_EQ(describe(matrix), "[384, 1536]");
  EXPECT_EQ(describe({}), "[]");
  EXPECT_EQ(count_of(matrix), 589'824u);
  EXPECT_EQ(count_of({}), 1u);
}

}  // namespace
}  // namespace ruvector::embed

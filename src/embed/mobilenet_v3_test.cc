// The network at every level of the kernels, and weights that it must refuse. What it computes is
// compared with torchvision in image_encoder_test.cc.
#include "embed/mobilenet_v3.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "embed/test_mobilenet.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

std::vector<float> random_picture(std::size_t side) {
  std::vector<float> picture(side * side * 3);
  SeededValues values(static_cast<std::uint32_t>(side));
  for (float& value : picture) value = static_cast<float>(4 * values.uniform() - 2);
  return picture;
}

std::vector<float> features(const MobileNetV3& network, const kernels::KernelTable& kernels,
                            std::size_t side, std::size_t threads) {
  const std::vector<float> picture = random_picture(side);
  MobileNetV3::Scratch scratch;
  std::vector<float> out(MobileNetV3::kDim);
  Crew::run(threads,
            [&](Crew& crew) { network.forward(kernels, picture, side, crew, scratch, out); });
  return out;
}

TEST(MobileNetV3, EveryLevelGivesTheSameBits) {
  const SeededMobileNet weights;
  const MobileNetV3 network(weights.tensors);
  for (const std::size_t side : {1u, 2u, 31u, 32u, 64u, 75u}) {
    const std::vector<float> scalar = features(network, kernels::kScalarTable, side, 1);
    ASSERT_TRUE(std::ranges::any_of(scalar, [](float value) { return value != 0.0f; }));
    for (const kernels::KernelTable* level : kernels::supported()) {
      EXPECT_EQ(features(network, *level, side, 1), scalar) << level->name << ", side " << side;
      EXPECT_EQ(features(network, *level, side, 3), scalar) << level->name << ", side " << side;
    }
  }
}

TEST(MobileNetV3, ScratchSpaceMayComeFromAnotherPicture) {
  const SeededMobileNet weights;
  const MobileNetV3 network(weights.tensors);
  MobileNetV3::Scratch scratch;
  Crew alone;
  std::vector<float> out(MobileNetV3::kDim);
  for (const std::size_t side : {64u, 16u, 96u}) {
    network.forward(kernels::active(), random_picture(side), side, alone, scratch, out);
    EXPECT_EQ(out, features(network, kernels::active(), side, 1));
  }
}

TEST(MobileNetV3, MemoryIsThatOfTheWeightsAndTheirPadding) {
  const SeededMobileNet weights;
  std::size_t bytes = 0;
  for (const Tensor& tensor : weights.tensors) bytes += tensor.bytes.size();
  const std::size_t memory = MobileNetV3(weights.tensors).memory_bytes();
  EXPECT_GT(memory, bytes * 9 / 10);  // the statistics of the normalisations are gone
  EXPECT_LT(memory, bytes * 3 / 2);
}

class MobileNetV3Weights : public ::testing::Test {
 protected:
  Tensor& tensor(const std::string& name) {
    return *std::ranges::find(weights_.tensors, name, &Tensor::name);
  }

  void expect_refused(const std::string& reason) {
    try {
      const MobileNetV3 network(weights_.tensors);
      FAIL() << "weights were taken";
    } catch (const EmbedError& error) {
      EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
    }
  }

  SeededMobileNet weights_;
};

TEST_F(MobileNetV3Weights, EveryTensorIsNeeded) {
  const std::vector<Tensor> all = weights_.tensors;
  for (std::size_t i = 0; i < all.size(); ++i) {
    weights_.tensors = all;
    weights_.tensors.erase(weights_.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    expect_refused("there is no tensor " + all[i].name);
  }
}

TEST_F(MobileNetV3Weights, AnotherShapeIsRefused) {
  tensor("features.4.block.1.0.weight").shape = {96, 25, 1, 1};
  expect_refused("features.4.block.1.0.weight has shape [96, 25, 1, 1], must have [96, 1, 5, 5]");
}

TEST_F(MobileNetV3Weights, WholeNumbersAreRefused) {
  tensor("features.0.1.bias").type = ElementType::int64;
  expect_refused("features.0.1.bias is I64");
}

TEST_F(MobileNetV3Weights, ValuesThatAreNotFiniteAreRefused) {
  std::vector<float> values(16, 1.0f);
  values[7] = std::numeric_limits<float>::infinity();
  tensor("features.0.1.bias").bytes = std::as_bytes(std::span(values));
  expect_refused("features.0.1.bias has values that are not finite");
}

TEST_F(MobileNetV3Weights, ANegativeVarianceIsRefused) {
  std::vector<float> values(16, 1.0f);
  values[3] = -0.5f;
  tensor("features.0.1.running_var").bytes = std::as_bytes(std::span(values));
  expect_refused("running_var has a variance of -0.5");
}

TEST_F(MobileNetV3Weights, WeightsThatOverflowWhenNormalisedAreRefused) {
  const std::vector<float> values(16, 3e38f);
  tensor("features.0.1.weight").bytes = std::as_bytes(std::span(values));
  const std::vector<float> variances(16, 0.0f);
  tensor("features.0.1.running_var").bytes = std::as_bytes(std::span(variances));
  expect_refused("features.0, normalised, has values that are not finite");
}

}  // namespace
}  // namespace ruvector::embed

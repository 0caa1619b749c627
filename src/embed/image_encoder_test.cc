// Pictures against what torchvision makes of them, and what vectors must not depend on.
#include "embed/image_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "embed/test_mobilenet.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

constexpr std::size_t kDim = ImageEncoder::kDim;

const ImageEncoder& encoder() {
  static const SeededMobileNet weights;
  static const ImageEncoder shared(weights.tensors, ImageRecipe());
  return shared;
}

std::vector<SeededPicture> golden_pictures() {
  std::ifstream file(RUVECTOR_GOLDEN_DIR "/mobilenet_v3/pictures.txt");
  std::vector<SeededPicture> pictures;
  for (std::size_t height = 0, width = 0; file >> height >> width;) {
    pictures.emplace_back(height, width);
  }
  return pictures;
}

std::vector<float> golden_features(std::size_t count) {
  std::ifstream file(RUVECTOR_GOLDEN_DIR "/mobilenet_v3/features.f32", std::ios::binary);
  std::vector<float> features(count * kDim);
  file.read(reinterpret_cast<char*>(features.data()),
            static_cast<std::streamsize>(features.size() * sizeof(float)));
  EXPECT_TRUE(file.good());
  EXPECT_EQ(file.peek(), std::ifstream::traits_type::eof());
  return features;
}

std::vector<ImageView> views_of(const std::vector<SeededPicture>& pictures) {
  std::vector<ImageView> views;
  for (const SeededPicture& picture : pictures) views.push_back(picture.view());
  return views;
}

std::vector<float> embed(std::span<const ImageView> images, std::size_t threads) {
  std::vector<float> rows(images.size() * kDim, -1.0f);
  encoder().embed(images, threads, {}, rows);
  return rows;
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

TEST(ImageEncoder, VectorsAreThoseOfTorchvision) {
  const std::vector<SeededPicture> pictures = golden_pictures();
  ASSERT_EQ(pictures.size(), 11u);
  const std::vector<float> features = golden_features(pictures.size());
  const std::vector<float> rows = embed(views_of(pictures), 1);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const std::span row = std::span(rows).subspan(i * kDim, kDim);
    const std::span golden = std::span(features).subspan(i * kDim, kDim);
    EXPECT_NEAR(dot(row, row), 1.0, 1e-6);
    const double length = std::sqrt(dot(golden, golden));
    EXPECT_GE(dot(row, golden) / length, 0.9999999) << "picture " << i;
    for (std::size_t c = 0; c < kDim; ++c) ASSERT_NEAR(row[c], golden[c] / length, 2e-6);
  }
}

TEST(ImageEncoder, AVectorDoesNotDependOnBatchPlaceOrThreads) {
  const std::vector<SeededPicture> pictures = golden_pictures();
  std::vector<ImageView> views = views_of(pictures);
  const std::vector<float> rows = embed(views, 1);
  EXPECT_EQ(embed(views, 3), rows);
  EXPECT_EQ(embed(views, 0), rows);
  for (std::size_t threads : {1u, 2u, 3u, 7u}) {
    for (std::size_t i : {3u, 8u}) {
      const std::vector<float> alone = embed(std::span(views).subspan(i, 1), threads);
      EXPECT_EQ(alone,
                std::vector<float>(rows.begin() + static_cast<std::ptrdiff_t>(i * kDim),
                                   rows.begin() + static_cast<std::ptrdiff_t>((i + 1) * kDim)))
          << threads << " threads, picture " << i;
    }
  }
  std::ranges::reverse(views);
  const std::vector<float> reversed = embed(views, 2);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const std::span row = std::span(rows).subspan(i * kDim, kDim);
    const std::span other = std::span(reversed).subspan((views.size() - 1 - i) * kDim, kDim);
    EXPECT_TRUE(std::ranges::equal(row, other));
  }
}

TEST(ImageEncoder, NoPicturesAreNoWork) { EXPECT_TRUE(embed({}, 2).empty()); }

TEST(ImageEncoder, AnImageAmongManyIsNamedWhenItIsRefused) {
  const SeededPicture picture(4, 4);
  const std::vector<ImageView> views = {picture.view(), {picture.bytes.data(), 0, 4}};
  std::vector<float> rows(2 * kDim, -1.0f);
  try {
    encoder().embed(views, 1, {}, rows);
    FAIL() << "an image without pixels was taken";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "images: item 1: 0 x 4 pixels, must be at least 1 x 1");
  }
  EXPECT_EQ(rows, std::vector<float>(2 * kDim, -1.0f)) << "work was done before the check";
}

TEST(ImageEncoder, ProgressCountsPicturesAndCancels) {
  const std::vector<SeededPicture> pictures = golden_pictures();
  const std::vector<ImageView> views = views_of(pictures);
  std::vector<float> rows(views.size() * kDim);
  for (const std::size_t threads : {2u, 20u}) {
    std::size_t last = 0;
    encoder().embed(
        views, threads,
        [&](std::size_t done, std::size_t total) {
          EXPECT_EQ(total, views.size());
          EXPECT_GE(done, last);
          last = done;
        },
        rows);
    EXPECT_EQ(last, views.size());
    const auto cancel = [](std::size_t, std::size_t) { throw Cancelled("stop"); };
    EXPECT_THROW(encoder().embed(views, threads, cancel, rows), Cancelled);
  }
}

TEST(ImageEncoder, ARecipeWhoseCropIsTooLargeIsRefused) {
  const SeededMobileNet weights;
  ImageRecipe recipe;
  recipe.crop = recipe.resize + 1;
  EXPECT_THROW(ImageEncoder(weights.tensors, recipe), EmbedError);
  recipe.crop = 0;
  EXPECT_THROW(ImageEncoder(weights.tensors, recipe), EmbedError);
}

}  // namespace
}  // namespace ruvector::embed

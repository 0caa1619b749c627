// Resizing against digests of what Pillow and torchvision make of the same noise.
#include "embed/image_resize.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/digest.h"

namespace ruvector::embed {
namespace {

// The pictures of tests/golden/image_resize/make_golden.py.
std::vector<std::uint8_t> noise(std::size_t height, std::size_t width) {
  std::vector<std::uint8_t> bytes(height * width * 3);
  auto x = static_cast<std::uint32_t>(height * 65536 + width);
  for (std::uint8_t& byte : bytes) {
    x = x * 1664525u + 1013904223u;
    const std::uint32_t value = x >> 24;
    byte = static_cast<std::uint8_t>(value < 32 ? 0 : value > 223 ? 255 : value);
  }
  return bytes;
}

std::string digest(const std::vector<std::uint8_t>& bytes) {
  return base::to_hex(base::sha256(std::as_bytes(std::span(bytes))));
}

std::vector<std::uint8_t> resized(const ImageView& image, const ResizedWindow& window) {
  ResizeScratch scratch;
  std::vector<std::uint8_t> out(window.rows * window.columns * 3);
  resize_image(image, window, scratch, out);
  return out;
}

ResizedWindow whole(std::size_t height, std::size_t width) {
  return {height, width, 0, 0, height, width};
}

struct Case {
  std::string operation;
  std::size_t height;
  std::size_t width;
  std::size_t first;
  std::size_t second;
  std::string sha256;
};

std::vector<Case> golden_cases() {
  std::ifstream file(RUVECTOR_GOLDEN_DIR "/image_resize/sizes.txt");
  std::vector<Case> cases;
  for (Case next; file >> next.operation >> next.height >> next.width >> next.first >>
                  next.second >> next.sha256;) {
    cases.push_back(next);
  }
  return cases;
}

TEST(ImageResize, EveryByteIsThatOfPillowAndTorchvision) {
  const std::vector<Case> cases = golden_cases();
  ASSERT_GE(cases.size(), 75u);
  for (const Case& c : cases) {
    const std::vector<std::uint8_t> bytes = noise(c.height, c.width);
    const ImageView image{bytes.data(), c.height, c.width};
    const ResizedWindow window = c.operation == "resize" ? whole(c.first, c.second)
                                                         : middle_window(image, c.first, c.second);
    EXPECT_EQ(digest(resized(image, window)), c.sha256)
        << c.operation << " " << c.height << " x " << c.width << " to " << c.first << ", "
        << c.second;
  }
}

TEST(ImageResize, AWindowIsAPieceOfTheWhole) {
  const std::vector<std::uint8_t> bytes = noise(61, 83);
  const ImageView image{bytes.data(), 61, 83};
  const std::vector<std::uint8_t> all = resized(image, whole(40, 50));
  const ResizedWindow window{40, 50, 7, 11, 30, 20};
  const std::vector<std::uint8_t> piece = resized(image, window);
  for (std::size_t y = 0; y < window.rows; ++y) {
    for (std::size_t x = 0; x < window.columns * 3; ++x) {
      ASSERT_EQ(piece[y * window.columns * 3 + x],
                all[(window.top + y) * 50 * 3 + window.left * 3 + x]);
    }
  }
}

TEST(ImageResize, ScratchSpaceMayComeFromAnotherImage) {
  ResizeScratch scratch;
  for (const std::size_t side : {90u, 20u, 150u}) {
    const std::vector<std::uint8_t> bytes = noise(side, side);
    const ImageView image{bytes.data(), side, side};
    std::vector<std::uint8_t> out(33 * 33 * 3);
    resize_image(image, whole(33, 33), scratch, out);
    EXPECT_EQ(out, resized(image, whole(33, 33)));
  }
}

TEST(ImageResize, TheLongestSideCostsNoMoreThanItsWindow) {
  // Resized as a whole this would be 16,776,960 pixels wide.
  const std::vector<std::uint8_t> bytes(kMaxImageSide * 3, 200);
  const ImageView image{bytes.data(), 1, kMaxImageSide};
  check_image(image, "image");
  const ResizedWindow window = middle_window(image, 256, 224);
  EXPECT_EQ(window.width, 256 * kMaxImageSide);
  EXPECT_EQ(resized(image, window), std::vector<std::uint8_t>(224 * 224 * 3, 200));
}

TEST(ImageResize, ImagesWithoutPixelsOrAboveTheLimitsAreRefused) {
  const std::uint8_t byte = 0;
  EXPECT_THROW(check_image({nullptr, 1, 1}, "image"), std::invalid_argument);
  EXPECT_THROW(check_image({&byte, 0, 1}, "image"), std::invalid_argument);
  EXPECT_THROW(check_image({&byte, 1, 0}, "image"), std::invalid_argument);
  EXPECT_THROW(check_image({&byte, kMaxImageSide + 1, 1}, "image"), std::invalid_argument);
  EXPECT_THROW(check_image({&byte, 1, kMaxImageSide + 1}, "image"), std::invalid_argument);
  EXPECT_THROW(check_image({&byte, 1, ~std::size_t{0}}, "image"), std::invalid_argument);
  EXPECT_NO_THROW(check_image({&byte, 13'377, 13'377}, "image"));
  try {
    check_image({&byte, 13'377, 13'378}, "image");
    FAIL() << "13,377 x 13,378 is above the limit";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "image: 13377 x 13378 pixels, together above the limit of 178956970");
  }
}

}  // namespace
}  // namespace ruvector::embed

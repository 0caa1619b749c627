// Takes the first bytes as sizes and the rest as pixels: resizes the picture, whole and in part,
// and sends a small one through the network. The part must be a piece of the whole.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "embed/image_encoder.h"
#include "embed/image_resize.h"
#include "embed/test_mobilenet.h"

namespace {

using ruvector::ImageView;
using ruvector::embed::ImageEncoder;
using ruvector::embed::ResizedWindow;

constexpr std::size_t kSizes = 10;

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<std::uint8_t> resized(const ImageView& image, const ResizedWindow& window) {
  ruvector::embed::ResizeScratch scratch;
  std::vector<std::uint8_t> out(window.rows * window.columns * 3);
  ruvector::embed::resize_image(image, window, scratch, out);
  return out;
}

void resize(const ImageView& image, const std::uint8_t* sizes) {
  const std::size_t height = 1 + sizes[0];
  const std::size_t width = 1 + sizes[1];
  const std::size_t top = sizes[2] % height;
  const std::size_t left = sizes[3] % width;
  const ResizedWindow window{
      height, width, top, left, 1 + sizes[4] % (height - top), 1 + sizes[5] % (width - left)};
  const std::vector<std::uint8_t> all = resized(image, {height, width, 0, 0, height, width});
  const std::vector<std::uint8_t> part = resized(image, window);
  for (std::size_t y = 0; y < window.rows; ++y) {
    const auto* row = all.data() + ((top + y) * width + left) * 3;
    require(std::equal(row, row + window.columns * 3, part.data() + y * window.columns * 3));
  }
}

void embed(const ImageView& image) {
  static const ruvector::embed::SeededMobileNet weights;
  static const ImageEncoder encoder(weights.tensors, {.resize = 24, .crop = 21});
  std::vector<float> row(ImageEncoder::kDim);
  encoder.embed(std::span(&image, 1), 1, {}, row);
  double length = 0;
  for (const float value : row) length += double{value} * double{value};
  require(std::fabs(length - 1) < 1e-4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kSizes + 3) return 0;
  std::uint16_t wanted = 0;
  std::memcpy(&wanted, data + 6, sizeof(wanted));
  const std::size_t pixels = (size - kSizes) / 3;
  const std::size_t width = 1 + wanted % std::min<std::size_t>(pixels, ruvector::kMaxImageSide);
  const std::size_t height = std::min(pixels / width, ruvector::kMaxImageSide);
  const ImageView image{data + kSizes, height, width};
  ruvector::embed::check_image(image, "image");
  resize(image, data);
  if (data[8] % 8 == 0) embed(image);
  return 0;
}

#include "embed/image_resize.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace ruvector::embed {
namespace {

constexpr std::size_t kChannels = 3;
constexpr int kWeightBits = 22;
constexpr std::int32_t kHalf = std::int32_t{1} << (kWeightBits - 1);

// The pixels along one axis that make up an output pixel.
struct Taps {
  std::size_t first;
  std::size_t count;
  const std::int32_t* weights;  // fixed point, none is negative
};

// The filter of a window along one axis.
class Axis {
 public:
  // Output pixels [begin, begin + count) of an axis that goes from `length` to `resized` pixels.
  // The weights are appended to `weights`, whose memory may move while axes are made.
  Axis(std::size_t length, std::size_t resized, std::size_t begin, std::size_t count,
       std::vector<std::int32_t>& weights)
      : weights_(weights) {
    const double scale = static_cast<double>(length) / static_cast<double>(resized);
    const double support = std::max(scale, 1.0);  // of a triangle that is 2 wide when enlarging
    places_.reserve(count);
    for (std::size_t i = begin; i < begin + count; ++i) {
      add((static_cast<double>(i) + 0.5) * scale, support, length);
    }
  }

  std::size_t size() const noexcept { return places_.size(); }

  Taps operator[](std::size_t i) const noexcept {
    return {places_[i].first, places_[i].count, weights_.data() + places_[i].weights};
  }

  // The input pixels that have a part in any output pixel: [first_input(), end_input()).
  std::size_t first_input() const noexcept { return places_.front().first; }
  std::size_t end_input() const noexcept { return places_.back().first + places_.back().count; }

 private:
  struct Place {
    std::size_t first;
    std::size_t count;
    std::size_t weights;
  };

  void add(double center, double support, std::size_t length) {
    const double low = std::max(center - support + 0.5, 0.0);
    const double high = std::min(center + support + 0.5, static_cast<double>(length));
    const std::size_t first = static_cast<std::size_t>(low);
    const std::size_t count = static_cast<std::size_t>(high) - first;

    triangle_.resize(count);
    double sum = 0;
    for (std::size_t j = 0; j < count; ++j) {
      // The order of these operations decides the last bit of a weight.
      const double distance =
          std::fabs((static_cast<double>(first + j) - center + 0.5) * (1.0 / support));
      triangle_[j] = distance < 1.0 ? 1.0 - distance : 0.0;
      sum += triangle_[j];
    }
    places_.push_back({first, count, weights_.size()});
    for (const double weight : triangle_) {
      const double share = sum != 0.0 ? weight / sum : weight;
      weights_.push_back(static_cast<std::int32_t>(0.5 + share * (1 << kWeightBits)));
    }
  }

  std::vector<std::int32_t>& weights_;
  std::vector<Place> places_;
  std::vector<double> triangle_;
};

std::uint8_t to_byte(std::int32_t sum) noexcept {
  return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
}

// Rows of bytes, `stride` bytes apart.
struct Rows {
  const std::uint8_t* data;
  std::size_t stride;
};

// Filters `count` rows, of which the first pixel is number `first` of the axis.
void filter_rows(const Rows& in, std::size_t count, std::size_t first, const Axis& columns,
                 std::uint8_t* out) noexcept {
  for (std::size_t y = 0; y < count; ++y) {
    const std::uint8_t* row = in.data + y * in.stride;
    for (std::size_t x = 0; x < columns.size(); ++x, out += kChannels) {
      const Taps taps = columns[x];
      const std::uint8_t* pixel = row + (taps.first - first) * kChannels;
      // Two sums in one number: neither has more than 31 bits, and none is negative.
      std::uint64_t red_green = std::uint64_t{kHalf} << 32 | kHalf;
      std::uint32_t blue = kHalf;
      for (std::size_t j = 0; j < taps.count; ++j, pixel += kChannels) {
        const auto weight = static_cast<std::uint32_t>(taps.weights[j]);
        red_green += (pixel[0] | std::uint64_t{pixel[1]} << 32) * weight;
        blue += pixel[2] * weight;
      }
      out[0] = to_byte(static_cast<std::int32_t>(red_green & 0xffff'ffffu));
      out[1] = to_byte(static_cast<std::int32_t>(red_green >> 32));
      out[2] = to_byte(static_cast<std::int32_t>(blue));
    }
  }
}

// Filters columns that are `width` bytes side by side and begin with pixel `first` of the axis.
void filter_columns(const Rows& in, std::size_t width, std::size_t first, const Axis& rows,
                    std::vector<std::int32_t>& sums, std::uint8_t* out) {
  sums.resize(width);
  for (std::size_t y = 0; y < rows.size(); ++y, out += width) {
    const Taps taps = rows[y];
    const std::uint8_t* row = in.data + (taps.first - first) * in.stride;
    std::fill(sums.begin(), sums.end(), kHalf);
    for (std::size_t j = 0; j < taps.count; ++j, row += in.stride) {
      const std::int32_t weight = taps.weights[j];
      for (std::size_t x = 0; x < width; ++x) sums[x] += row[x] * weight;
    }
    for (std::size_t x = 0; x < width; ++x) out[x] = to_byte(sums[x]);
  }
}

// Pillow's rule from version 13 on; earlier ones always began with the rows.
bool begins_with_columns(const ImageView& image, const ResizedWindow& window) noexcept {
  if (window.height >= image.height) return false;
  const std::size_t fewer_rows = image.height - window.height;
  return window.width >= image.width || fewer_rows > 2 * (image.width - window.width);
}

// floor((longer - crop) / 2 + 1/2), the half of an odd margin to the even number.
std::size_t margin(std::size_t side, std::size_t crop) noexcept {
  const std::size_t spare = side - crop;
  const std::size_t half = spare / 2;
  return half + (spare % 2) * (half % 2);
}

}  // namespace

void check_image(const ImageView& image, const std::string& name) {
  const auto refuse = [&](const std::string& reason) {
    throw std::invalid_argument(name + ": " + std::to_string(image.height) + " x " +
                                std::to_string(image.width) + " pixels, " + reason);
  };
  if (image.data == nullptr || image.height == 0 || image.width == 0) {
    refuse("must be at least 1 x 1");
  }
  if (image.height > kMaxImageSide || image.width > kMaxImageSide) {
    refuse("a side is above the limit of " + std::to_string(kMaxImageSide));
  }
  if (image.height * image.width > kMaxImagePixels) {
    refuse("together above the limit of " + std::to_string(kMaxImagePixels));
  }
}

ResizedWindow middle_window(const ImageView& image, std::size_t side, std::size_t crop) {
  const std::size_t shorter = std::min(image.height, image.width);
  const std::size_t height = side * image.height / shorter;
  const std::size_t width = side * image.width / shorter;
  return {height, width, margin(height, crop), margin(width, crop), crop, crop};
}

void resize_image(const ImageView& image, const ResizedWindow& window, ResizeScratch& scratch,
                  std::span<std::uint8_t> out) {
  scratch.weights.clear();
  const Axis columns(image.width, window.width, window.left, window.columns, scratch.weights);
  const Axis rows(image.height, window.height, window.top, window.rows, scratch.weights);

  // Only what the second pass reads comes out of the first one.
  const std::size_t top = rows.first_input();
  const std::size_t left = columns.first_input();
  const std::size_t stride = image.width * kChannels;
  const Rows in{image.data + top * stride + left * kChannels, stride};
  const std::size_t out_width = window.columns * kChannels;
  // A pass along an axis that keeps its length changes nothing.
  if (image.width == window.width && image.height == window.height) {
    for (std::size_t y = 0; y < window.rows; ++y) {
      std::copy_n(in.data + y * stride, out_width, out.data() + y * out_width);
    }
  } else if (image.width == window.width) {
    filter_columns(in, out_width, top, rows, scratch.sums, out.data());
  } else if (image.height == window.height) {
    filter_rows(in, window.rows, left, columns, out.data());
  } else if (begins_with_columns(image, window)) {
    const std::size_t width = (columns.end_input() - left) * kChannels;
    scratch.bytes.resize(window.rows * width);
    filter_columns(in, width, top, rows, scratch.sums, scratch.bytes.data());
    filter_rows({scratch.bytes.data(), width}, window.rows, left, columns, out.data());
  } else {
    const std::size_t count = rows.end_input() - top;
    scratch.bytes.resize(count * out_width);
    filter_rows(in, count, left, columns, scratch.bytes.data());
    filter_columns({scratch.bytes.data(), out_width}, out_width, top, rows, scratch.sums,
                   out.data());
  }
}

}  // namespace ruvector::embed

// Depthwise convolution, see encoder_kernels.h. `Lanes`, here of 16 channels, is of lanes.h.
//
// A group of neighbouring output pixels is in registers; each input pixel that they see is loaded
// once and goes to all of them, in rising columns, so that each sum keeps its order.
#pragma once

#include <cstddef>

#include "kernels/encoder_kernels.h"
#include "kernels/lanes.h"
#include "kernels/lanes_curves.h"

namespace ruvector::kernels {

// The output pixels x, x + 1, ... of row y, and the channels from `channel`.
struct PixelGroup {
  std::size_t y;
  std::size_t x;
  std::size_t channel;
  float* out;  // of pixel x and channel 0
};

// The sums of kPixels pixels over the taps that lie inside of the image.
template <class Lanes, std::size_t kKernel, std::size_t kStep, std::size_t kPixels, class Part>
inline void convolve_group(const Depthwise& image, const PixelGroup& group, Part part) {
  constexpr std::size_t kHalf = kKernel / 2;
  const std::size_t pixel = image.channels;
  const std::size_t first = group.x * kStep - kHalf;  // wraps around left of the image
  Lanes sums[kPixels];
  unroll<kPixels>([&](auto i) { sums[i.value] = Lanes::zero(); });
#pragma GCC unroll 1
  for (std::size_t dy = 0; dy < kKernel; ++dy) {
    const std::size_t row = group.y * kStep + dy - kHalf;  // wraps around above the image
    if (row >= image.height) continue;
    const float* input = image.input + row * image.width * pixel + group.channel;
    const float* weights = image.weights + dy * kKernel * pixel + group.channel;
    Lanes taps[kKernel];
    unroll<kKernel>(
        [&](auto dx) { taps[dx.value] = Lanes::load(weights + dx.value * pixel, part); });
    unroll<(kPixels - 1) * kStep + kKernel>([&](auto column) {
      if (first + column.value >= image.width) return;
      const Lanes value = Lanes::load(input + (first + column.value) * pixel, part);
      unroll<kPixels>([&](auto i) {
        constexpr std::size_t kTap = column.value - i.value * kStep;  // wraps around: none
        if constexpr (kTap < kKernel) sums[i.value] = fma(value, taps[kTap], sums[i.value]);
      });
    });
  }
  const Lanes bias = Lanes::load(image.bias + group.channel, part);
  unroll<kPixels>([&](auto i) {
    (sums[i.value] + bias).store(group.out + i.value * pixel + group.channel, part);
  });
}

// A group of `pixels` <= kPixels.
template <class Lanes, std::size_t kKernel, std::size_t kStep, std::size_t kPixels, class Part>
inline void convolve_pixels(const Depthwise& image, const PixelGroup& group, std::size_t pixels,
                            Part part) {
  if (pixels == kPixels) {
    convolve_group<Lanes, kKernel, kStep, kPixels>(image, group, part);
  } else if constexpr (kPixels > 1) {
    convolve_pixels<Lanes, kKernel, kStep, kPixels - 1>(image, group, pixels, part);
  }
}

template <class Lanes, std::size_t kKernel, std::size_t kStep>
inline void convolve_image(const Depthwise& image) {
  constexpr std::size_t kPixels = Lanes::kTilePixels;
  const std::size_t rows = (image.height - 1) / kStep + 1;
  const std::size_t columns = (image.width - 1) / kStep + 1;
  const std::size_t whole = image.channels / kLanes * kLanes;
  float* out = image.output;
  for (std::size_t y = 0; y < rows; ++y, out += columns * image.channels) {
    for (std::size_t x = 0; x < columns; x += kPixels) {
      const std::size_t pixels = columns - x < kPixels ? columns - x : kPixels;
      PixelGroup group{y, x, 0, out + x * image.channels};
      for (; group.channel < whole; group.channel += kLanes) {
        convolve_pixels<Lanes, kKernel, kStep, kPixels>(image, group, pixels, Whole());
      }
      if (whole < image.channels) {
        convolve_pixels<Lanes, kKernel, kStep, kPixels>(image, group, pixels,
                                                        Lanes::first(image.channels - whole));
      }
    }
    activate_all<Lanes>(out, 0, 1, columns * image.channels, nullptr, image.activation);
  }
}

template <class Lanes>
inline void convolve_depthwise(const Depthwise& image) {
  if (image.kernel == 3) {
    if (image.step == 1) return convolve_image<Lanes, 3, 1>(image);
    return convolve_image<Lanes, 3, 2>(image);
  }
  if (image.step == 1) return convolve_image<Lanes, 5, 1>(image);
  return convolve_image<Lanes, 5, 2>(image);
}

}  // namespace ruvector::kernels

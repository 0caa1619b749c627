// Depthwise convolution, see encoder_kernels.h. `Lanes`, here of 16 channels, is of lanes.h.
#pragma once

#include <cstddef>

#include "kernels/encoder_kernels.h"
#include "kernels/lanes.h"
#include "kernels/lanes_curves.h"

namespace ruvector::kernels {

// The taps first..end - 1 of one dimension lie inside of the image for an output place.
template <class Lanes>
struct Taps {
  Taps(std::size_t place, const Depthwise& image, std::size_t extent) {
    const std::size_t half = image.kernel / 2;
    const std::size_t centre = place * image.step;
    first = centre < half ? half - centre : 0;
    end = extent + half - centre < image.kernel ? extent + half - centre : image.kernel;
    start = centre + first - half;
  }

  bool all(const Depthwise& image) const { return first == 0 && end == image.kernel; }

  std::size_t first;
  std::size_t end;
  std::size_t start;  // where tap `first` lies in the image
};

// kPixels output pixels of a row that use the same taps, for the channels in `part` from `channel`.
template <class Lanes, class Curve, std::size_t kPixels, class Part>
inline void convolve(const Depthwise& image, const Taps<Lanes>& down, const Taps<Lanes>& across,
                     std::size_t channel, Part part, float* out) {
  const std::size_t pixel = image.channels;
  const std::size_t apart = image.step * pixel;
  Lanes sums[kPixels];
  for (Lanes& sum : sums) sum = Lanes::zero();
  for (std::size_t dy = down.first; dy < down.end; ++dy) {
    const std::size_t row = (down.start + dy - down.first) * image.width + across.start;
    const float* input = image.input + row * pixel + channel;
    const float* weights = image.weights + (dy * image.kernel + across.first) * pixel + channel;
    for (std::size_t dx = across.first; dx < across.end; ++dx, input += pixel, weights += pixel) {
      const Lanes weight = Lanes::load(weights, part);
      for (std::size_t i = 0; i < kPixels; ++i) {
        sums[i] = fma(Lanes::load(input + i * apart, part), weight, sums[i]);
      }
    }
  }
  const Lanes bias = Lanes::load(image.bias + channel, part);
  for (std::size_t i = 0; i < kPixels; ++i) {
    Curve::of(sums[i] + bias).store(out + i * pixel + channel, part);
  }
}

// One row of output, for the channels in `part` from `channel`.
template <class Lanes, class Curve, class Part>
inline void convolve_row(const Depthwise& image, const Taps<Lanes>& down, std::size_t columns,
                         std::size_t channel, Part part, float* out) {
  std::size_t x = 0;
  while (x < columns) {
    const Taps<Lanes> across(x, image, image.width);
    const std::size_t last = x + Lanes::kTilePixels - 1;
    if (across.all(image) && last < columns && Taps<Lanes>(last, image, image.width).all(image)) {
      convolve<Lanes, Curve, Lanes::kTilePixels>(image, down, across, channel, part,
                                                 out + x * image.channels);
      x += Lanes::kTilePixels;
    } else {
      convolve<Lanes, Curve, 1>(image, down, across, channel, part, out + x * image.channels);
      ++x;
    }
  }
}

template <class Lanes, class Curve>
inline void convolve_image(const Depthwise& image) {
  const std::size_t rows = (image.height - 1) / image.step + 1;
  const std::size_t columns = (image.width - 1) / image.step + 1;
  for (std::size_t y = 0; y < rows; ++y) {
    const Taps<Lanes> down(y, image, image.height);
    float* out = image.output + y * columns * image.channels;
    std::size_t channel = 0;
    for (; channel + kLanes <= image.channels; channel += kLanes) {
      convolve_row<Lanes, Curve>(image, down, columns, channel, Whole(), out);
    }
    if (channel < image.channels) {
      convolve_row<Lanes, Curve>(image, down, columns, channel,
                                 Lanes::first(image.channels - channel), out);
    }
  }
}

template <class Lanes>
inline void convolve_depthwise(const Depthwise& image) {
  switch (image.activation) {
    case Activation::none:
      return convolve_image<Lanes, Identity<Lanes>>(image);
    case Activation::relu:
      return convolve_image<Lanes, Relu<Lanes>>(image);
    case Activation::hard_swish:
      return convolve_image<Lanes, HardSwish<Lanes>>(image);
    case Activation::hard_sigmoid:
      return convolve_image<Lanes, HardSigmoid<Lanes>>(image);
    case Activation::gelu:
      return convolve_image<Lanes, Gelu<Lanes>>(image);
  }
}

}  // namespace ruvector::kernels

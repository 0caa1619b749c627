// Makes pictures smaller or larger as Image.resize(size, BILINEAR) of Pillow 13 does, byte for
// byte: a triangle filter as wide as the reduction, its weights rounded to 22 bits, in two passes
// that are rounded to bytes. The first pass goes along the rows unless the height falls by more
// than twice what the width does; before version 13 Pillow always began with the rows, which can
// differ by 1 in pictures more than twice as high as wide.
//
// Thread-safe: functions of their arguments; scratch space belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ruvector/embed/image.h"

namespace ruvector::embed {

// Throws std::invalid_argument, which begins with `name`, for an image without pixels or memory or
// above kMaxImageSide or kMaxImagePixels.
void check_image(const ImageView& image, const std::string& name);

// Rows [top, top + rows) and columns [left, left + columns) of a picture that is resized to
// (height, width).
struct ResizedWindow {
  std::size_t height;
  std::size_t width;
  std::size_t top;
  std::size_t left;
  std::size_t rows;
  std::size_t columns;
};

// The middle `crop` x `crop` pixels after the shorter side has become `side` long, as torchvision's
// Resize(side) and CenterCrop(crop) have it: the longer side is cut to whole pixels, and half a
// pixel of margin goes to the even number. `crop` is at most `side`.
ResizedWindow middle_window(const ImageView& image, std::size_t side, std::size_t crop);

// Memory of resize_image(), kept from image to image.
struct ResizeScratch {
  std::vector<std::uint8_t> bytes;
  std::vector<std::int32_t> weights;
  std::vector<std::int32_t> sums;
};

// Writes the window, rows * columns * 3 bytes, and computes nothing that lies outside of it.
// `image` has passed check_image().
void resize_image(const ImageView& image, const ResizedWindow& window, ResizeScratch& scratch,
                  std::span<std::uint8_t> out);

}  // namespace ruvector::embed

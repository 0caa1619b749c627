// A picture that someone else owns.
// Thread-safe: a view is a value; the memory it points to must not change while it is in use.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ruvector {

inline constexpr std::size_t kMaxImageSide = 65'535;         // pixels
inline constexpr std::size_t kMaxImagePixels = 178'956'970;  // as Pillow's limit against bombs

struct ImageView {
  const std::uint8_t* data = nullptr;  // height * width * 3 bytes, row after row, red green blue
  std::size_t height = 0;
  std::size_t width = 0;
};

}  // namespace ruvector

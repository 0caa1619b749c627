// Puts the head of an answer together, line by line. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/transport.h"

namespace ruvector::net {

class HeaderReader {
 public:
  enum class Step : std::uint8_t { more, complete, too_large, malformed };

  // All lines together, of interim answers and trailers too, may have `max_bytes`.
  explicit HeaderReader(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // `line` with or without its end; an empty one ends a head. Those of interim answers (1xx) are
  // dropped; what follows the final one are trailers, and dropped too.
  Step add(std::string_view line);
  bool is_complete() const noexcept { return is_complete_; }
  const ResponseHead& head() const noexcept { return head_; }

 private:
  Step begin(std::string_view status_line);
  Step end();
  Step field(std::string_view line);

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  bool has_status_ = false;
  bool is_complete_ = false;
  ResponseHead head_;
};

}  // namespace ruvector::net

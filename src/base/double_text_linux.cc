#include "base/double_text.h"

namespace ruvector::base {

std::from_chars_result read_double(std::string_view text, double& value) {
  const char* const begin = text.data();
  // The standard's would read the words, too.
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  if (first == text.size() || text[first] == 'i' || text[first] == 'I' || text[first] == 'n' ||
      text[first] == 'N') {
    return {begin, std::errc::invalid_argument};
  }
  return std::from_chars(begin, begin + text.size(), value);
}

}  // namespace ruvector::base

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
  double read = 0;  // which some libraries set to what is nearest when no double holds it
  const auto result = std::from_chars(begin, begin + text.size(), read);
  if (result.ec == std::errc()) value = read;
  return result;
}

}  // namespace ruvector::base

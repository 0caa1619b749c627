#include "net/header_reader.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

namespace ruvector::net {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

HeaderReader::Step HeaderReader::add(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > max_bytes_) return Step::too_large;
  if (is_complete_) return Step::more;
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return end();
  return has_status_ ? field(line) : begin(line);
}

// As in "HTTP/1.1 200 OK".
HeaderReader::Step HeaderReader::begin(std::string_view status_line) {
  const std::size_t space = status_line.find(' ');
  if (!status_line.starts_with("HTTP/") || space == std::string_view::npos) return Step::malformed;
  const std::string_view code = status_line.substr(space + 1, 3);
  const auto [stop, error] = std::from_chars(code.data(), code.data() + code.size(), head_.status);
  if (error != std::errc() || stop != code.data() + 3 || head_.status < 100) return Step::malformed;
  has_status_ = true;
  return Step::more;
}

HeaderReader::Step HeaderReader::end() {
  if (!has_status_) return Step::malformed;
  if (head_.status >= 200) {
    is_complete_ = true;
    return Step::complete;
  }
  // Nobody has asked for another protocol.
  if (head_.status == 101) return Step::malformed;
  head_ = {};
  has_status_ = false;
  return Step::more;
}

HeaderReader::Step HeaderReader::field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {  // more of the field before
    if (head_.headers.empty()) return Step::malformed;
    std::string& value = head_.headers.back().second;
    value += ' ';
    value += trimmed(line);
    return Step::more;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return Step::more;  // as libcurl forgives it
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), lower);
  head_.headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  return Step::more;
}

}  // namespace ruvector::net

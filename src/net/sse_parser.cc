#include "net/sse_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The first `wanted` at or after `from`, or the size of `bytes`.
std::size_t find(std::string_view bytes, char wanted, std::size_t from) {
  if (from >= bytes.size() || bytes[from] == wanted) return from;
  const void* found = std::memchr(bytes.data() + from, wanted, bytes.size() - from);
  if (found == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

std::optional<std::uint64_t> digits_only(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void SseParser::push(std::string_view bytes) {
  forget_given();
  keep_data();
  // Moving what is left only when it is the smaller half keeps the work linear.
  if (line_begin_ >= bytes_.size() - line_begin_) {
    const std::size_t read = line_begin_;
    bytes_.erase(0, read);
    line_begin_ = 0;
    line_feed_ -= std::min(line_feed_, read);
    carriage_return_ -= std::min(carriage_return_, read);
  }
  bytes_.append(bytes);
}

std::optional<SseEvent> SseParser::next() {
  forget_given();
  if (at_start_ && !skip_byte_order_mark()) return std::nullopt;
  while (const std::optional<Piece> line = next_line()) {
    if (line->size != 0) {
      field(*line);
    } else if (std::optional<SseEvent> event = dispatch()) {
      return event;
    }
  }
  return std::nullopt;
}

void SseParser::forget_given() {
  if (!given_) return;
  given_ = false;
  event_.clear();
  data_.clear();
  data_lines_ = 0;
  data_in_place_ = false;
}

// False while the bytes may still become a mark.
bool SseParser::skip_byte_order_mark() {
  const std::string_view start = std::string_view(bytes_).substr(0, kByteOrderMark.size());
  if (start.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(start)) return false;
  at_start_ = false;
  if (start == kByteOrderMark) line_begin_ = kByteOrderMark.size();
  return true;
}

std::optional<SseParser::Piece> SseParser::next_line() {
  if (skip_line_feed_ && line_begin_ < bytes_.size()) {
    skip_line_feed_ = false;
    if (bytes_[line_begin_] == '\n') ++line_begin_;
  }
  line_feed_ = find(bytes_, '\n', std::max(line_feed_, line_begin_));
  carriage_return_ = find(bytes_, '\r', std::max(carriage_return_, line_begin_));
  const std::size_t end = std::min(line_feed_, carriage_return_);
  const Piece line{line_begin_, end - line_begin_};
  if (line.size > max_event_bytes_) {
    throw ProtocolError("sse: a line of at least " + std::to_string(line.size) +
                        " bytes is above the limit of " + std::to_string(max_event_bytes_));
  }
  if (end == bytes_.size()) return std::nullopt;
  line_begin_ = end + 1;
  if (bytes_[end] == '\r') {
    skip_line_feed_ = line_begin_ == bytes_.size();
    if (!skip_line_feed_ && bytes_[line_begin_] == '\n') ++line_begin_;
  }
  return line;
}

void SseParser::field(Piece line) {
  const std::string_view all = text(line);
  const std::size_t colon = find(all, ':', 0);
  const std::string_view name = all.substr(0, colon);
  const std::size_t after = std::min(colon + 1, all.size());
  const std::size_t skipped = after + (after < all.size() && all[after] == ' ' ? 1 : 0);
  const std::string_view value = all.substr(skipped);
  if (name == "data") {
    add_data({line.begin + skipped, value.size()});
  } else if (name == "event") {
    event_ = value;
  } else if (name == "id") {
    if (value.find('\0') != std::string_view::npos) return;
    id_ = value;
    id_given_ = true;
  } else if (name == "retry") {
    if (const auto milliseconds = digits_only(value)) retry_ms_ = milliseconds;
  }
}

void SseParser::add_data(Piece value) {
  keep_data();
  if (data_lines_ == 0) {
    data_in_place_ = true;
    first_data_ = value;
  } else {
    if (data_.size() + 1 + value.size > max_event_bytes_) {
      throw ProtocolError("sse: an event of at least " +
                          std::to_string(data_.size() + 1 + value.size) +
                          " bytes is above the limit of " + std::to_string(max_event_bytes_));
    }
    data_ += '\n';
    data_ += text(value);
  }
  ++data_lines_;
}

// Copies data that would move, or that more lines follow.
void SseParser::keep_data() {
  if (!data_in_place_) return;
  data_in_place_ = false;
  data_ = text(first_data_);
}

std::optional<SseEvent> SseParser::dispatch() {
  if (id_given_) {
    id_given_ = false;
    last_event_id_ = id_;
  }
  if (data_lines_ == 0) {
    event_.clear();
    return std::nullopt;
  }
  given_ = true;
  return SseEvent{.event = event_.empty() ? std::string_view("message") : event_,
                  .data = data_in_place_ ? text(first_data_) : data_,
                  .last_event_id = last_event_id_};
}

}  // namespace ruvector::net

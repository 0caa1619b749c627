// Server-sent events, as the WHATWG HTML standard reads them, from bytes in pieces of any size.
// Not thread-safe. What an unterminated last block holds is discarded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ruvector::net {

struct SseEvent {
  std::string_view event;  // "message" when the block names none
  std::string_view data;
  std::string_view last_event_id;
};

class SseParser {
 public:
  // Larger lines and events, counted in bytes, throw ProtocolError.
  explicit SseParser(std::size_t max_event_bytes) : max_event_bytes_(max_event_bytes) {}

  // Takes more of the stream; `pending()` is then to be asked until it has none.
  void push(std::string_view bytes);
  // The next whole event; its texts live until the next call of anything here.
  std::optional<SseEvent> next();
  // The last reconnection time that the stream named, in milliseconds.
  std::optional<std::uint64_t> retry_ms() const noexcept { return retry_ms_; }

 private:
  std::size_t max_event_bytes_;
  std::optional<std::uint64_t> retry_ms_;
};

}  // namespace ruvector::net

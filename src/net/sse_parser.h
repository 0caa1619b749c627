// Server-sent events, as the WHATWG HTML standard reads them, from bytes in pieces of any size.
// Not thread-safe. Owns a copy of what it was given. What an unterminated last block holds is
// discarded. Texts are handed on as they came: bytes that are no UTF-8 are not replaced.
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
  // A line or an event's data of more bytes is a ProtocolError.
  explicit SseParser(std::size_t max_event_bytes) : max_event_bytes_(max_event_bytes) {}

  // Takes more of the stream, whether or not next() has given all of what came before. What next()
  // has not given yet stays in memory: the caller bounds it by reading no further.
  void push(std::string_view bytes);
  // The next whole event, or nothing until more is pushed; its texts live until the next call of
  // anything here. Throws ProtocolError, and then again at each call.
  std::optional<SseEvent> next();

  // The id of the last whole block that had one, also of a block without data.
  std::string_view last_event_id() const noexcept { return last_event_id_; }
  // The last reconnection time that the stream named, in milliseconds.
  std::optional<std::uint64_t> retry_ms() const noexcept { return retry_ms_; }

 private:
  // A place in `bytes_`.
  struct Piece {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  void forget_given();
  bool skip_byte_order_mark();
  std::optional<Piece> next_line();
  void field(Piece line);
  void add_data(Piece value);
  void keep_data();
  std::optional<SseEvent> dispatch();
  std::string_view text(Piece piece) const noexcept {
    return std::string_view(bytes_).substr(piece.begin, piece.size);
  }

  const std::size_t max_event_bytes_;
  std::string bytes_;
  std::size_t line_begin_ = 0;  // what lies before has been read
  // Of each kind of line end there is none in [line_begin_, here).
  std::size_t line_feed_ = 0;
  std::size_t carriage_return_ = 0;
  bool at_start_ = true;
  bool skip_line_feed_ = false;  // the last line ended with CR at the end of what had come

  // The block so far. Data of one line stay where they are, those of more are joined in `data_`.
  std::size_t data_lines_ = 0;
  bool data_in_place_ = false;
  Piece first_data_;
  std::string data_;
  std::string event_;
  std::string id_;
  bool id_given_ = false;

  bool given_ = false;  // the block that next() gave is to be forgotten
  std::string last_event_id_;
  std::optional<std::uint64_t> retry_ms_;
};

}  // namespace ruvector::net

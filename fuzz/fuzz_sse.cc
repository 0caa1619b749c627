// Event streams: arbitrary bytes must give the same events whole, byte by byte and in pieces, or be
// refused. The first byte says how large a piece is, and how large an event may be.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/sse_parser.h"
#include "ruvector/base/a2a_errors.h"

namespace {

struct Outcome {
  std::vector<std::string> events;
  bool is_refused = false;
  std::string last_event_id;
  std::uint64_t retry_ms = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome parse(std::string_view stream, std::size_t piece, std::size_t limit) {
  Outcome outcome;
  ruvector::net::SseParser parser(limit);
  try {
    for (std::size_t i = 0; i < stream.size(); i += piece) {
      parser.push(stream.substr(i, piece));
      while (const auto event = parser.next()) {
        if (event->data.size() > limit) std::abort();
        outcome.events.push_back(std::string(event->event) + '\0' + std::string(event->data) +
                                 '\0' + std::string(event->last_event_id));
      }
    }
  } catch (const ruvector::ProtocolError&) {
    outcome.is_refused = true;
  }
  outcome.last_event_id = parser.last_event_id();
  outcome.retry_ms = parser.retry_ms().value_or(0);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t limit = data[0] % 2 == 0 ? 64 : 1 << 20;
  const Outcome whole = parse(stream, stream.size() + 1, limit);
  if (parse(stream, 1, limit) != whole) std::abort();
  if (parse(stream, 2 + data[0] % 31, limit) != whole) std::abort();
  return 0;
}

#include "net/sse_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ruvector/base/a2a_errors.h"

namespace ruvector::net {
namespace {

struct Event {
  std::string event;
  std::string data;
  std::string id;
  bool operator==(const Event&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Event& event) {
  return out << event.event << "|" << event.data << "|" << event.id;
}

constexpr std::size_t kLimit = 1 << 20;

void take(SseParser& parser, std::vector<Event>& events) {
  while (const auto event = parser.next()) {
    events.push_back(
        {std::string(event->event), std::string(event->data), std::string(event->last_event_id)});
  }
}

std::vector<Event> parse(const std::vector<std::string_view>& pieces) {
  SseParser parser(kLimit);
  std::vector<Event> events;
  for (const std::string_view piece : pieces) {
    parser.push(piece);
    take(parser, events);
  }
  return events;
}

struct Sample {
  const char* name;
  std::string_view stream;
  std::vector<Event> events;
};

using namespace std::string_view_literals;

// The first six are the examples of the HTML standard, section 9.2.6, with what it says of them.
std::vector<Sample> samples() {
  return {
      {"stock", "data: YHOO\ndata: +2\ndata: 10\n\n"sv, {{"message", "YHOO\n+2\n10", ""}}},
      {"four_blocks",
       ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"sv,
       {{"message", "first event", "1"},
        {"message", "second event", ""},
        {"message", " third event", ""}}},
      {"empty_data", "data\n\ndata\ndata\n\ndata:"sv, {{"message", "", ""}, {"message", "\n", ""}}},
      {"one_space",
       "data:test\n\ndata: test\n\n"sv,
       {{"message", "test", ""}, {"message", "test", ""}}},
      {"names",
       "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n"sv,
       {{"add", "73857293", ""}, {"remove", "2153", ""}, {"add", "113411", ""}}},
      {"lines",
       "data: This is the first message.\n\ndata: This is the second message, it\n"
       "data: has two lines.\n\ndata: This is the third message.\n\n"sv,
       {{"message", "This is the first message.", ""},
        {"message", "This is the second message, it\nhas two lines.", ""},
        {"message", "This is the third message.", ""}}},
      {"crlf_with_pings",
       ": ping - 2026-11-02 10:00:00\r\n\r\ndata: {\"a\":1}\r\n\r\ndata: {\r\ndata: }\r\n\r\n"sv,
       {{"message", "{\"a\":1}", ""}, {"message", "{\n}", ""}}},
      {"carriage_returns",
       "data: a\r\rdata: b\rdata: c\r\r"sv,
       {{"message", "a", ""}, {"message", "b\nc", ""}}},
      {"mixed_ends",
       "data: a\r\n\rdata: b\n\r\ndata: c\r\n\ndata: d\n\r"sv,
       {{"message", "a", ""}, {"message", "b", ""}, {"message", "c", ""}, {"message", "d", ""}}},
      {"byte_order_mark_once",
       "\xEF\xBB\xBF"
       "data: a\n\n\xEF\xBB\xBF"
       "data: no field\ndata: b\n\n"sv,
       {{"message", "a", ""}, {"message", "b", ""}}},
      {"no_byte_order_mark", "\xEF\xBBx: y\ndata: a\n\n"sv, {{"message", "a", ""}}},
      {"separators_are_data",
       "data: a\xE2\x80\xA8"
       "b\xC2\x85"
       "c\x0b\x0c"
       "d\n\n"sv,
       {{"message",
         "a\xE2\x80\xA8"
         "b\xC2\x85"
         "c\x0b\x0c"
         "d",
         ""}}},
      {"id_with_nul",
       "id: 7\ndata: a\n\nid: 8\0x\ndata: b\n\n"sv,
       {{"message", "a", "7"}, {"message", "b", "7"}}},
      {"id_of_a_block_without_data", "id: 7\n\nevent: x\n\ndata: a\n\n"sv, {{"message", "a", "7"}}},
      {"unknown_fields", "Data: a\nfoo\ndata : b\n data: c\ndata: d\n\n"sv, {{"message", "d", ""}}},
      {"last_block_unterminated", "data: a\n\ndata: b\n"sv, {{"message", "a", ""}}},
      {"colons", "data: a:b: c\ndata:\ndata::\n\n"sv, {{"message", "a:b: c\n\n:", ""}}},
      {"comment_inside", "data: a\n: no\n:\ndata: b\n:c\n\n"sv, {{"message", "a\nb", ""}}},
  };
}

TEST(SseParser, ReadsEachSampleWhole) {
  for (const Sample& sample : samples()) {
    EXPECT_EQ(parse({sample.stream}), sample.events) << sample.name;
  }
}

TEST(SseParser, ReadsTheSameWhereverTheStreamIsSplit) {
  for (const Sample& sample : samples()) {
    for (std::size_t i = 0; i <= sample.stream.size(); ++i) {
      for (std::size_t k = i; k <= sample.stream.size(); ++k) {
        ASSERT_EQ(parse({sample.stream.substr(0, i), sample.stream.substr(i, k - i),
                         sample.stream.substr(k)}),
                  sample.events)
            << sample.name << " split at " << i << " and " << k;
      }
    }
  }
}

TEST(SseParser, ReadsTheSameByteByByte) {
  for (const Sample& sample : samples()) {
    std::vector<std::string_view> bytes;
    bytes.reserve(sample.stream.size());
    for (std::size_t i = 0; i < sample.stream.size(); ++i) {
      bytes.push_back(sample.stream.substr(i, 1));
    }
    EXPECT_EQ(parse(bytes), sample.events) << sample.name;
  }
}

TEST(SseParser, KeepsWhatIsPushedBeforeItWasAskedFor) {
  for (const Sample& sample : samples()) {
    SseParser parser(kLimit);
    std::vector<Event> events;
    for (std::size_t i = 0; i < sample.stream.size(); ++i) {
      parser.push(sample.stream.substr(i, 1));
      if (i % 7 != 6) continue;
      if (const auto event = parser.next()) {
        events.push_back({std::string(event->event), std::string(event->data),
                          std::string(event->last_event_id)});
      }
    }
    take(parser, events);
    EXPECT_EQ(events, sample.events) << sample.name;
  }
}

TEST(SseParser, TakesRetryOfDigitsOnly) {
  SseParser parser(kLimit);
  parser.push("retry: 10000\n");
  EXPECT_FALSE(parser.next());
  EXPECT_EQ(parser.retry_ms(), 10'000U);
  parser.push(
      "retry\nretry:\nretry: 1s\nretry: -1\nretry: 1.5\nretry: 99999999999999999999999\n\n");
  EXPECT_FALSE(parser.next());
  EXPECT_EQ(parser.retry_ms(), 10'000U);
}

TEST(SseParser, KnowsTheIdOfTheLastWholeBlock) {
  SseParser parser(kLimit);
  parser.push("id: 1\n\nid: 2\n");
  EXPECT_FALSE(parser.next());
  EXPECT_EQ(parser.last_event_id(), "1");
}

TEST(SseParser, TakesALineOfTheLimitAndRefusesALongerOne) {
  for (const std::string_view name : {"data: ", ": ", "x", ""}) {
    const std::string line = std::string(name) + std::string(100 - name.size(), 'a');
    SseParser fits(100);
    fits.push(line + "\n\n");
    EXPECT_EQ(fits.next().has_value(), name == "data: ");
    SseParser refuses(100);
    refuses.push(line + "a");  // without an end, so that it cannot grow for ever
    EXPECT_THROW(refuses.next(), ProtocolError);
    EXPECT_THROW(refuses.next(), ProtocolError);
  }
}

TEST(SseParser, RefusesAnEventOfTooManyLines) {
  SseParser fits(11);
  fits.push("data: 01234\ndata: 56789\n\n");
  EXPECT_EQ(fits.next()->data.size(), 11U);
  SseParser refuses(11);
  refuses.push("data: 01234\ndata: 56789\ndata\n\n");
  EXPECT_THROW(refuses.next(), ProtocolError);
}

TEST(SseParser, GivesWhatCameBeforeALineThatIsTooLong) {
  SseParser parser(10);
  parser.push("data: a\n\ndata: 0123456789\n\n");
  EXPECT_EQ(parser.next()->data, "a");
  EXPECT_THROW(parser.next(), ProtocolError);
}

}  // namespace
}  // namespace ruvector::net

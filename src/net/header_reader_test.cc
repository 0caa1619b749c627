#include "net/header_reader.h"

#include <gtest/gtest.h>

namespace ruvector::net {
namespace {

using Step = HeaderReader::Step;

TEST(HeaderReader, ReadsStatusAndFields) {
  HeaderReader reader(1000);
  EXPECT_EQ(reader.add("HTTP/1.1 404 Not Found\r\n"), Step::more);
  EXPECT_EQ(reader.add("Content-TYPE:  text/plain \r\n"), Step::more);
  EXPECT_EQ(reader.add("X:\r\n"), Step::more);
  EXPECT_EQ(reader.add("\r\n"), Step::complete);
  EXPECT_EQ(reader.head().status, 404);
  EXPECT_EQ(reader.head().headers, (Headers{{"content-type", "text/plain"}, {"x", ""}}));
}

TEST(HeaderReader, DropsInterimAnswersAndTrailers) {
  HeaderReader reader(1000);
  for (const char* line : {"HTTP/1.1 100 Continue\r\n", "A: b\r\n", "\r\n",
                           "HTTP/1.1 103 Hints\r\n", "\r\n", "HTTP/1.0 200\r\n", "C: d\r\n"}) {
    EXPECT_EQ(reader.add(line), Step::more);
  }
  EXPECT_FALSE(reader.is_complete());
  EXPECT_EQ(reader.add("\n"), Step::complete);
  EXPECT_EQ(reader.add("Trailer: x\r\n"), Step::more);
  EXPECT_EQ(reader.add("\r\n"), Step::more);
  EXPECT_EQ(reader.head().headers, (Headers{{"c", "d"}}));
  EXPECT_EQ(reader.head().status, 200);
}

TEST(HeaderReader, JoinsFoldedLines) {
  HeaderReader reader(1000);
  for (const char* line : {"HTTP/1.1 200 OK\r\n", "A: b\r\n", "  c\r\n"}) reader.add(line);
  EXPECT_EQ(reader.head().header("a"), "b c");
}

TEST(HeaderReader, CountsEveryLine) {
  HeaderReader reader(40);
  EXPECT_EQ(reader.add("HTTP/1.1 200 OK\r\n"), Step::more);  // 17 bytes
  EXPECT_EQ(reader.add("A: 0123456789012345678\r\n"), Step::too_large);
  HeaderReader fits(40);
  fits.add("HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(fits.add("A: 0123456789012345\r\n"), Step::more);  // 21 bytes
  EXPECT_EQ(fits.add("\r\n"), Step::complete);
  EXPECT_EQ(fits.add("\n"), Step::too_large);
}

TEST(HeaderReader, RefusesWhatIsNoStatusLine) {
  for (const char* line : {"HTTP/1.1\r\n", "HTTP/1.1 2\r\n", "HTTP/1.1 abc\r\n",
                           "HTTP/1.1 099 x\r\n", "ICY 200 OK\r\n", "\r\n", "HTTP/1.1 -10 x\r\n"}) {
    HeaderReader reader(1000);
    EXPECT_EQ(reader.add(line), Step::malformed) << line;
  }
  HeaderReader switching(1000);
  switching.add("HTTP/1.1 101 Switching Protocols\r\n");
  EXPECT_EQ(switching.add("\r\n"), Step::malformed);
  HeaderReader folded(1000);
  folded.add("HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(folded.add(" x\r\n"), Step::malformed);
}

}  // namespace
}  // namespace ruvector::net

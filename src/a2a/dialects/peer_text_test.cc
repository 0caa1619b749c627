#include "a2a/dialects/peer_text.h"

#include <gtest/gtest.h>

#include <string>

namespace ruvector::a2a {
namespace {

TEST(PeerText, ThatIsShortStaysAsItIs) {
  EXPECT_EQ(shortened("Task not found: ü"), "Task not found: ü");
  EXPECT_EQ(shortened(""), "");
  EXPECT_EQ(shortened(std::string(300, 'x')), std::string(300, 'x'));
}

TEST(PeerText, IsCutBetweenCodePoints) {
  std::string snowmen;
  for (int i = 0; i < 200; ++i) snowmen += "\xE2\x98\x83";
  // 100 snowmen are 300 bytes; with one byte before them the last does not fit any more.
  EXPECT_EQ(shortened(snowmen), snowmen.substr(0, 300) + "...");
  EXPECT_EQ(shortened("a" + snowmen), "a" + snowmen.substr(0, 297) + "...");
}

TEST(PeerText, HasNoControlCharacters) { EXPECT_EQ(shortened("a\nb\x1b[31m\x7f"), "a b [31m "); }

TEST(PeerText, ShowsTheFirstBytesAsAscii) {
  EXPECT_EQ(first_bytes("<html>\n\xFF"), "'<html>\\x0a\\xff'");
  EXPECT_EQ(first_bytes(""), "''");
  EXPECT_EQ(first_bytes(std::string(60, 'x')), "'" + std::string(60, 'x') + "'");
  EXPECT_EQ(first_bytes(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
}

}  // namespace
}  // namespace ruvector::a2a

#include "base/double_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include "base/random.h"

namespace ruvector::base {
namespace {

struct Read {
  std::string text;
  double value;
  std::size_t length;
};

TEST(DoubleText, ReadsTheNumberAtTheStart) {
  for (const Read& read :
       {Read{"0", 0.0, 1}, Read{"-0", -0.0, 2}, Read{"12", 12, 2}, Read{"12.5", 12.5, 4},
        Read{"-0.25", -0.25, 5}, Read{"1e3", 1000, 3}, Read{"1E+3", 1000, 4},
        Read{"25e-2x", 0.25, 5}, Read{"1,5", 1, 1}, Read{"7 ", 7, 1}, Read{"2e", 2, 1},
        Read{"2e+", 2, 1}, Read{"0x10", 0, 1}, Read{".5", 0.5, 2}, Read{"5.", 5, 2},
        Read{"4.9e-324", 4.9406564584124654e-324, 8},
        Read{"1.7976931348623157e308", 1.7976931348623157e308, 22},
        // Halfway between two doubles, and a little above.
        Read{"9007199254740993", 9007199254740992.0, 16},
        Read{"9007199254740993.0000000000000000001", 9007199254740994.0, 36}}) {
    double value = 99;
    const auto result = read_double(read.text, value);
    EXPECT_EQ(result.ec, std::errc()) << read.text;
    EXPECT_EQ(result.ptr, read.text.data() + read.length) << read.text;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(read.value))
        << read.text;
  }
}

TEST(DoubleText, RefusesWhatIsNoDecimalNumber) {
  for (const std::string text : {"", "-", ".", "-.", "+1", " 1", "e3", "x", "inf", "-inf", "nan",
                                 "-nan", "Infinity", "NAN", "--1"}) {
    double value = 99;
    const auto result = read_double(text, value);
    EXPECT_EQ(result.ec, std::errc::invalid_argument) << text;
    EXPECT_EQ(result.ptr, text.data()) << text;
    EXPECT_EQ(value, 99) << text;
  }
}

TEST(DoubleText, SaysWhatNoDoubleHolds) {
  for (const std::string text :
       {"1e309", "-1e309", "1e-400", "-1e-400", "1e99999999999999999999"}) {
    double value = 99;
    const auto result = read_double(text, value);
    EXPECT_EQ(result.ec, std::errc::result_out_of_range) << text;
    EXPECT_EQ(result.ptr, text.data() + text.size()) << text;
    EXPECT_EQ(value, 99) << text;
  }
}

TEST(DoubleText, ReadsEveryDoubleThatIsWrittenWith17Digits) {
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto written = std::bit_cast<double>(random.next_u64());
    if (!std::isfinite(written)) continue;
    char text[64];
    std::snprintf(text, sizeof(text), "%.17g", written);
    double value = 0;
    EXPECT_EQ(read_double(text, value).ec, std::errc()) << text;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(written)) << text;
  }
}

}  // namespace
}  // namespace ruvector::base

#include "lake/ruvec1.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/open_unnamed.h"
#include "base/random.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace ruvector::lake {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Two rows of two dimensions as the format's description lists them, byte for byte.
constexpr std::string_view kListed(
    "ruvec1\0\0"
    "\x02\0\0\0\0\0\0\0"
    "\x02\0\0\0"
    "\0\0\0\0"
    "\x01\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\0\0"
    "\x02\0\0\0\0\0\0\0"
    "\0\0\x10\x41\0\0\x10\x41",
    56);

std::string file_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

base::Descriptor in_memory(std::string_view bytes) {
  base::Descriptor file(base::open_unnamed(testing::TempDir()));
  EXPECT_EQ(::pwrite(file.get(), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
  return file;
}

Ruvec1Content read(std::string_view bytes, bool lenient = false) {
  return read_ruvec1(in_memory(bytes).get(), lenient, "some.ruvec1");
}

auto refused(const std::string& reason) {
  return ThrowsMessage<PersistError>(::testing::AllOf(HasSubstr("some.ruvec1"), HasSubstr(reason)));
}

template <class T>
std::string with(std::string_view bytes, std::size_t offset, T value) {
  std::string changed(bytes);
  std::memcpy(changed.data() + offset, &value, sizeof(value));
  return changed;
}

// A header that claims so much, and nothing behind it.
std::string header(std::uint64_t rows, std::uint32_t dim) {
  return with(with(kListed.substr(0, 24), 8, rows), 16, dim);
}

std::string written(const std::vector<Id>& ids, MatrixView vectors) {
  check_ruvec1(ids, vectors);
  std::string bytes;
  write_ruvec1(ids, vectors, [&](const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
  });
  return bytes;
}

TEST(Ruvec1, TheListedBytesAreTwoRows) {
  const Ruvec1Content content = read(kListed);
  EXPECT_EQ(content.dim, 2U);
  EXPECT_EQ(std::vector<Id>(content.ids.begin(), content.ids.end()), (std::vector<Id>{1, 2}));
  EXPECT_EQ(std::vector<float>(content.rows.begin(), content.rows.end()),
            (std::vector<float>{0, 0, 9, 9}));
}

TEST(Ruvec1, TwoRowsAreTheListedBytes) {
  const std::vector<float> rows = {0, 0, 9, 9};
  EXPECT_EQ(written({1, 2}, {rows.data(), 2, 2}), kListed);
}

TEST(Ruvec1, TheFileOfTheOriginalIsReadAndWrittenTheSame) {
  const std::filesystem::path golden = std::filesystem::path(RUVECTOR_GOLDEN_DIR) / "lake";
  const std::string bytes = file_of(golden / "n5_d8.ruvec1");
  const auto expected = nlohmann::json::parse(file_of(golden / "n5_d8.ruvec1.json"));
  const Ruvec1Content content = read(bytes);
  ASSERT_EQ(content.dim, 8U);
  EXPECT_EQ(std::vector<Id>(content.ids.begin(), content.ids.end()),
            expected["ids"].get<std::vector<Id>>());
  std::vector<float> rows;
  for (const auto& row : expected["vectors"].get<std::vector<std::vector<float>>>()) {
    rows.insert(rows.end(), row.begin(), row.end());
  }
  EXPECT_EQ(std::vector<float>(content.rows.begin(), content.rows.end()), rows);
  EXPECT_EQ(written(expected["ids"].get<std::vector<Id>>(), {rows.data(), 5, 8}), bytes);
}

TEST(Ruvec1, WhatIsWrittenIsReadAgainWhateverItsShape) {
  base::Random random(3);
  for (const std::size_t dim : {1U, 3U, 7U, 64U, 129U, 8192U}) {
    for (const std::size_t rows : {0U, 1U, 2U, 33U, 5000U}) {
      if (rows * dim > 5000U * 129U) continue;
      std::vector<float> values(rows * dim);
      for (float& value : values) value = random.uniform_float();
      std::vector<Id> ids(rows);
      for (std::size_t i = 0; i < rows; ++i) ids[i] = ~Id{0} - 3 * (i * 7919 % (rows + 1));
      const Ruvec1Content content = read(written(ids, {values.data(), rows, dim}));
      ASSERT_EQ(content.dim, dim);
      ASSERT_TRUE(std::equal(content.ids.begin(), content.ids.end(), ids.begin(), ids.end()));
      ASSERT_TRUE(
          std::equal(content.rows.begin(), content.rows.end(), values.begin(), values.end()));
    }
  }
}

TEST(Ruvec1, ReadingDoesNotDependOnThreads) {
  std::vector<float> values(20'000 * 50);
  std::iota(values.begin(), values.end(), 0.0F);
  std::vector<Id> ids(20'000);
  std::iota(ids.begin(), ids.end(), 5);
  const std::string bytes = written(ids, {values.data(), ids.size(), 50});
  const std::size_t before = num_threads();
  for (const std::size_t threads : {1U, 2U, 7U}) {
    set_num_threads(threads);
    const Ruvec1Content content = read(bytes);
    EXPECT_TRUE(std::equal(content.rows.begin(), content.rows.end(), values.begin(), values.end()));
    EXPECT_TRUE(std::equal(content.ids.begin(), content.ids.end(), ids.begin(), ids.end()));
  }
  set_num_threads(before);
}

TEST(Ruvec1, EveryShorterFileIsRefused) {
  for (std::size_t size = 0; size < kListed.size(); ++size) {
    EXPECT_THAT([&] { read(kListed.substr(0, size)); }, refused(" bytes, ")) << size;
    EXPECT_THROW(read(kListed.substr(0, size), true), PersistError) << size;
  }
}

TEST(Ruvec1, TrailingBytesAndTheReservedFieldAreRefusedUnlessLenient) {
  const std::string longer = std::string(kListed) + "x";
  EXPECT_THAT([&] { read(longer); }, refused("has 57 bytes, expected 56"));
  EXPECT_EQ(read(longer, true).ids.size(), 2U);
  const std::string reserved = with(kListed, 20, 7U);
  EXPECT_THAT([&] { read(reserved); }, refused("reserved field is 7"));
  EXPECT_EQ(read(reserved, true).ids.size(), 2U);
}

TEST(Ruvec1, AnotherMagicIsRefused) {
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_THAT([&] { read(with(kListed, i, 'x'), true); }, refused("no ruvec1 file")) << i;
  }
}

TEST(Ruvec1, LimitsHoldForLenientReadersToo) {
  for (const bool lenient : {false, true}) {
    EXPECT_THAT([&] { read(header(0, 0), lenient); }, refused("dim is 0, not in 1..8192"));
    EXPECT_THAT([&] { read(header(1, 8193), lenient); }, refused("dim is 8193"));
    EXPECT_THAT([&] { read(header(100'000'001, 1), lenient); }, refused("limit of 100000000"));
    EXPECT_THAT([&] { read(header(~std::uint64_t{0}, 1), lenient); },
                refused("limit of 100000000"));
    EXPECT_THAT([&] { read(header(std::uint64_t{1} << 62U, 4), lenient); },
                refused("above the limit"));
    EXPECT_THAT([&] { read(header(10'000'000, 8192), lenient); },
                refused("above the limit of 17179869184 bytes"));
  }
  EXPECT_EQ(read(header(0, 8192)).dim, 8192U);
}

std::size_t peak_virtual_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmPeak:") continue;
    std::size_t kb = 0;
    status >> kb;
    return kb;
  }
  return 0;
}

TEST(Ruvec1, AHeaderThatClaimsMoreThanTheFileHoldsAllocatesNothing) {
  const std::size_t before = peak_virtual_kb();
  if (before == 0) GTEST_SKIP() << "/proc is not mounted";
  EXPECT_THAT([] { read(header(99'000'000, 40)); }, refused("has 24 bytes, expected 16632000024"));
  EXPECT_LT(peak_virtual_kb(), before + 1024);
}

TEST(Ruvec1, ARowThatIsNotFiniteIsRefusedByItsNumber) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::signaling_NaN()}) {
    EXPECT_THAT([&] { read(with(kListed, 32, bad)); }, refused("row 0 (id 1) is not finite"));
    EXPECT_THAT([&] { read(with(kListed, 52, bad), true); }, refused("row 1 (id 2) is not finite"));
  }
  EXPECT_EQ(read(with(kListed, 52, std::numeric_limits<float>::max())).ids.size(), 2U);
}

TEST(Ruvec1, AnIdThatIsThereTwiceIsRefusedByItsValue) {
  EXPECT_THAT([] { read(with(kListed, 40, Id{1})); }, refused("id 1 is there twice"));
}

TEST(Ruvec1, WhatIsNoRegularFileIsRefused) {
  const base::Descriptor directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_THAT([&] { read_ruvec1(directory.get(), false, "some.ruvec1"); },
              refused("no regular file"));
  EXPECT_THAT([] { read_ruvec1(-1, false, "some.ruvec1"); }, refused("cannot be examined"));
}

TEST(Ruvec1, WhatNoReaderTakesIsNotWritten) {
  const std::vector<float> rows = {0, 0, 9, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_THROW(check_ruvec1(std::vector<Id>{1}, {rows.data(), 2, 2}), std::invalid_argument);
  EXPECT_THAT([&] { check_ruvec1(std::vector<Id>{1, 2}, {rows.data(), 2, 2}); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("row 1 is not finite")));
  EXPECT_THROW(check_ruvec1(std::vector<Id>{1, 1}, {rows.data(), 2, 1}), DuplicateId);
  EXPECT_THROW(check_ruvec1({}, {rows.data(), 0, 0}), std::invalid_argument);
  EXPECT_THROW(check_ruvec1({}, {rows.data(), 0, 8193}), std::invalid_argument);
}

}  // namespace
}  // namespace ruvector::lake

#include "embed/packed_weights.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

namespace fs = std::filesystem;

class PackedWeightsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::iota(floats_.begin(), floats_.end(), 1.0f);
    std::iota(bytes_.begin(), bytes_.end(), std::uint8_t{1});
    key_.fill(std::byte{7});
  }
  void TearDown() override { fs::remove_all(directory_); }

  Parts parts() const {
    Parts parts;
    parts.put(std::span<const float>(floats_));
    parts.put(std::span<const float>{});
    parts.put(std::span<const std::uint8_t>(bytes_));
    return parts;
  }
  void write() const { write_packed(path_, key_, parts()); }

  std::string content() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void set_content(const std::string& bytes) const {
    fs::remove(path_);
    std::ofstream(path_, std::ios::binary) << bytes;
  }

  const fs::path directory_ =
      fs::path(testing::TempDir()) / ("ruvector_packed_" + std::to_string(::getpid()));
  const fs::path path_ = directory_ / "packed" / "model.weights";
  PackedKey key_{};
  std::array<float, 33> floats_{};
  std::array<std::uint8_t, 5> bytes_{};
};

TEST_F(PackedWeightsTest, PartsAreReadAsTheyWereWritten) {
  write();
  std::optional<PartReader> reader = read_packed(path_, key_);
  ASSERT_TRUE(reader.has_value());
  const base::Array<float> floats = reader->take<float>(33);
  EXPECT_TRUE(std::ranges::equal(floats.span(), floats_));
  EXPECT_TRUE(floats.is_mapped());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(floats.data()) % kPartAlignment, 0u);
  EXPECT_TRUE(reader->take<float>(0).empty());
  EXPECT_TRUE(std::ranges::equal(reader->take<std::uint8_t>(5).span(), bytes_));
  EXPECT_TRUE(reader->empty());
}

TEST_F(PackedWeightsTest, NoFileIsNone) { EXPECT_FALSE(read_packed(path_, key_).has_value()); }

TEST_F(PackedWeightsTest, AFileOfAnotherKeyIsNone) {
  write();
  PackedKey other = key_;
  other[31] = std::byte{8};
  EXPECT_FALSE(read_packed(path_, other).has_value());
}

TEST_F(PackedWeightsTest, AFileThatIsCutOffIsNone) {
  write();
  const std::string whole = content();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    set_content(whole.substr(0, size));
    EXPECT_FALSE(read_packed(path_, key_).has_value()) << size;
  }
  set_content(whole + "x");
  EXPECT_FALSE(read_packed(path_, key_).has_value());
}

TEST_F(PackedWeightsTest, AnyByteThatChangedIsNoticed) {
  write();
  const std::string whole = content();
  const std::size_t table_end = 64 + 3 * 24;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    set_content(changed);
    const bool is_padding = (i >= table_end && i < 192) || (i >= 192 + 132 && i < 384);
    EXPECT_EQ(read_packed(path_, key_).has_value(), is_padding) << i;
  }
}

TEST_F(PackedWeightsTest, AHeaderThatClaimsTooMuchIsNone) {
  write();
  std::string bytes = content();
  std::fill_n(bytes.begin() + 12, 4, '\xff');  // the count of parts
  set_content(bytes);
  EXPECT_FALSE(read_packed(path_, key_).has_value());
}

TEST_F(PackedWeightsTest, ADirectoryThatCannotBeMadeIsAPersistError) {
  fs::create_directories(directory_);
  std::ofstream(directory_ / "packed") << "a file";
  EXPECT_THROW(write(), PersistError);
}

TEST_F(PackedWeightsTest, AFileIsReplacedWhileItIsMapped) {
  write();
  std::optional<PartReader> reader = read_packed(path_, key_);
  const base::Array<float> floats = reader.value().take<float>(33);
  floats_[0] = 99;
  write();
  EXPECT_EQ(floats[0], 1.0f);
  EXPECT_EQ(read_packed(path_, key_).value().take<float>(33)[0], 99.0f);
}

}  // namespace
}  // namespace ruvector::embed

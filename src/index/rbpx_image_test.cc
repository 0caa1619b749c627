#include "index/rbpx_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "index/rbpx_samples.h"

namespace ruvector::index {
namespace {

using ::testing::HasSubstr;

Bytes sample_bytes() { return serialize_rbpx(sample_state({})); }

// Why the header or the table is refused; empty when they are not.
std::string image_refusal(std::span<const std::byte> bytes) {
  try {
    const Image image("a.rbpx", bytes);
    return {};
  } catch (const PersistError& error) {
    return error.what();
  }
}

std::string refusal_after(const std::function<void(EditableImage&)>& change) {
  EditableImage image(sample_bytes());
  change(image);
  return image_refusal(image.seal());
}

TEST(RbpxImage, AnUntouchedImageIsAccepted) {
  const Bytes bytes = sample_bytes();
  EXPECT_EQ(image_refusal(bytes), "");
  EXPECT_NO_THROW(Image("a.rbpx", bytes).verify_all());
  EXPECT_EQ(EditableImage(bytes).seal(), bytes) << "seal() finds other checksums than the writer";
}

TEST(RbpxImage, EveryBitFlipInHeaderAndTableIsRefusedAtLoad) {
  const base::TestFolder folder;
  Bytes bytes = sample_bytes();
  const std::size_t end =
      sizeof(FileHeader) + EditableImage(bytes).table.size() * sizeof(SectionEntry);
  for (std::size_t bit = 0; bit < end * 8; ++bit) {
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_NE(image_refusal(bytes), "") << "bit " << bit;
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

TEST(RbpxImage, EveryByteFlippedBehindTheTableIsFoundByVerify) {
  for (const Kind kind : {Kind::flat_f32, Kind::rabitq_plus}) {
    Bytes bytes = serialize_rbpx(sample_state({.kind = kind, .count = 5, .dim = 3}));
    const std::size_t start =
        sizeof(FileHeader) + EditableImage(bytes).table.size() * sizeof(SectionEntry);
    base::Random random(5);
    for (std::size_t i = start; i < bytes.size(); ++i) {
      if (i % 37 != 0 && i > start + 64) continue;
      const std::byte flip = std::byte{1} << (random.next_u64() % 8);
      bytes[i] ^= flip;
      const Image image("a.rbpx", bytes);
      EXPECT_THROW(image.verify_all(), PersistError) << "byte " << i;
      bytes[i] ^= flip;
    }
  }
}

TEST(RbpxImage, AFileCutAnywhereIsRefused) {
  const Bytes bytes = sample_bytes();
  std::vector<std::size_t> cuts = {0, 7, 8, 63, 64, 65, 4095, 4096, bytes.size() - 1};
  for (const SectionEntry& entry : EditableImage(bytes).table) {
    for (const std::uint64_t at : {entry.offset, entry.offset + entry.bytes}) {
      for (const std::uint64_t cut : {at - 1, at, at + 1}) cuts.push_back(cut);
    }
  }
  base::Random random(6);
  for (int i = 0; i < 300; ++i) cuts.push_back(random.next_u64() % bytes.size());
  for (const std::size_t cut : cuts) {
    if (cut >= bytes.size()) continue;
    EXPECT_NE(image_refusal(std::span(bytes).first(cut)), "") << "cut to " << cut;
  }
}

TEST(RbpxImage, ATrailingByteIsRefused) {
  Bytes bytes = sample_bytes();
  bytes.push_back(std::byte{0});
  EXPECT_THAT(image_refusal(bytes), HasSubstr("its header says"));
  EXPECT_THAT(refusal_after([](EditableImage& i) { i.table.back().bytes -= 8; }),
              HasSubstr("8 bytes after its last section"));
}

TEST(RbpxImage, AFileOfTheOtherByteOrderIsNamed) {
  EXPECT_THAT(refusal_after([](EditableImage& i) { i.header.byte_order = 0x04030201; }),
              HasSubstr("big-endian"));
  EXPECT_THAT(refusal_after([](EditableImage& i) { i.header.byte_order = 0; }),
              HasSubstr("byte order mark 0"));
}

TEST(RbpxImage, ALaterMajorVersionIsRefusedAndALaterMinorIsRead) {
  EXPECT_THAT(refusal_after([](EditableImage& i) { i.header.major = 3; }),
              HasSubstr("format version 3.0"));
  EXPECT_EQ(refusal_after([](EditableImage& i) { i.header.minor = 9; }), "");
}

TEST(RbpxImage, UnknownHeaderFlagsAndTableShapesAreRefused) {
  EXPECT_THAT(refusal_after([](EditableImage& i) { i.header.flags = 4; }), HasSubstr("flags 4"));
  EXPECT_THAT(refusal_after([](EditableImage& i) { i.header.table_offset = 128; }),
              HasSubstr("section table at 128"));
  EXPECT_THAT(refusal_after([](EditableImage& i) { i.header.entry_bytes = 40; }),
              HasSubstr("entries of 40"));
  for (const std::uint32_t count : {0U, 65U, 0xffffffffU}) {
    EXPECT_THAT(refusal_after([&](EditableImage& i) { i.header.section_count = count; }),
                HasSubstr("not in 1..64"));
  }
  // More entries than there are: bytes of the padding, then of data.
  EXPECT_NE(refusal_after([](EditableImage& i) { i.header.section_count += 1; }), "");
}

TEST(RbpxImage, HostileOffsetsAndLengthsAreRefused) {
  const std::uint64_t huge = 0xfffffffffffff000ULL;
  const auto ids = [](EditableImage& i) -> SectionEntry& { return i.section(SectionType::ids); };
  for (const std::uint64_t bytes : {std::uint64_t{0}, huge, ~std::uint64_t{0}, huge >> 1U}) {
    EXPECT_THAT(refusal_after([&](EditableImage& i) { ids(i).bytes = bytes; }),
                HasSubstr("not within the file"));
  }
  EXPECT_THAT(refusal_after([&](EditableImage& i) { ids(i).offset = huge; }),
              HasSubstr("not within the file"));
  EXPECT_THAT(refusal_after([&](EditableImage& i) { ids(i).offset += 64; }),
              HasSubstr("not a multiple of 4096"));
  EXPECT_THAT(refusal_after([&](EditableImage& i) { ids(i).offset = 0; }),
              HasSubstr("before the end"));
  EXPECT_THAT(refusal_after([&](EditableImage& i) { ids(i).bytes += 4096; }),
              HasSubstr("before the end"));
}

TEST(RbpxImage, UnknownSectionsAreSkippedWhenOptionalAndRefusedWhenRequired) {
  const auto rename_norms = [](std::uint32_t flags, SectionType type) {
    return [=](EditableImage& image) {
      SectionEntry& norms = image.section(SectionType::norms);
      norms.type = static_cast<std::uint32_t>(type);
      norms.flags = flags;
    };
  };
  const auto future = static_cast<SectionType>(1000);
  EXPECT_EQ(refusal_after(rename_norms(0, future)), "");
  EXPECT_THAT(refusal_after(rename_norms(kSectionRequired, future)),
              HasSubstr("type 1000) is required"));
  EXPECT_THAT(refusal_after(rename_norms(kSectionRequired, SectionType::ids)),
              HasSubstr("there twice"));
}

TEST(RbpxImage, VerifyNamesTheDamagedSection) {
  Bytes bytes = sample_bytes();
  EditableImage image(bytes);
  bytes[image.section(SectionType::rows).offset + 5] ^= std::byte{64};
  try {
    Image("a.rbpx", bytes).verify_all();
    FAIL() << "no exception";
  } catch (const PersistError& error) {
    EXPECT_THAT(error.what(), HasSubstr("checksum of section rows"));
  }
}

}  // namespace
}  // namespace ruvector::index

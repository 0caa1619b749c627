#include "embed/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "embed/test_zip.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using ::testing::HasSubstr;

std::string text_of(const ZipEntry& entry) {
  return {reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size()};
}

void expect_refused(const std::string& bytes, const std::string& reason) {
  try {
    const ZipArchive zip(as_bytes(bytes), "weights.pth");
    FAIL() << "an archive was taken that " << reason;
  } catch (const EmbedError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("weights.pth: zip archive "));
    EXPECT_THAT(error.what(), HasSubstr(reason));
  }
}

TEST(ZipArchive, StoredEntriesAreFoundByName) {
  const std::string file = zip_of({{"b/data", "second"}, {"a", "first"}, {"empty", ""}});
  const ZipArchive zip(as_bytes(file), "weights.pth");
  ASSERT_EQ(zip.entries().size(), 3u);
  EXPECT_EQ(zip.entries()[0].name, "a");
  EXPECT_EQ(text_of(*zip.find("a")), "first");
  EXPECT_EQ(text_of(*zip.find("b/data")), "second");
  EXPECT_TRUE(zip.find("empty")->bytes.empty());
  EXPECT_EQ(zip.find("b"), nullptr);
  EXPECT_EQ(zip.find(""), nullptr);
}

TEST(ZipArchive, AnArchiveWithoutEntriesIsOne) {
  const std::string file = zip_of({});
  EXPECT_TRUE(ZipArchive(as_bytes(file), "x").entries().empty());
}

TEST(ZipArchive, ACommentMayFollow) {
  std::string bytes = zip_of({{"a", "first"}});
  bytes.replace(bytes.size() - 2, 2, zip_word(5) + "hello");
  EXPECT_NE(ZipArchive(as_bytes(bytes), "x").find("a"), nullptr);
}

TEST(ZipArchive, EveryTruncationIsRefused) {
  const std::string bytes = zip_of({{"a", "first"}, {"b", "second"}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(ZipArchive(as_bytes(bytes.substr(0, size)), "x"), EmbedError) << size << " bytes";
  }
}

TEST(ZipArchive, WhatIsNotStoredPlainlyIsRefused) {
  expect_refused(zip_of({{.name = "a", .bytes = "x", .method = 8}}), "entry 'a' is compressed");
  expect_refused(zip_of({{.name = "a", .bytes = "x", .flags = 1}}), "entry 'a' is encrypted");
}

TEST(ZipArchive, EntriesOutsideOfTheArchiveAreRefused) {
  expect_refused(zip_of({{.name = "a", .bytes = "x", .stored_size = 80}}),
                 "entry 'a' reaches into the directory");
  expect_refused(zip_of({{.name = "a", .bytes = "x", .stored_size = 0xfffffffe}}),
                 "entry 'a' reaches into the directory");
  expect_refused(zip_of({{.name = "a", .bytes = "x", .local_offset = 1}}),
                 "entry 'a' is not where it should be");
  expect_refused(zip_of({{.name = "a", .bytes = "x", .local_offset = 0xfffffffe}}),
                 "entry 'a' is not where it should be");
}

TEST(ZipArchive, The64BitFormIsRefused) {
  const std::string bytes = zip_of({{"a", "x"}});
  std::string archive = bytes;
  archive.replace(bytes.size() - 6, 4, "\xff\xff\xff\xff");  // where the directory is
  expect_refused(archive, "is in the 64-bit form");
  std::string entry = bytes;
  entry.replace(bytes.size() - 22 - 1 - 4, 4, "\xff\xff\xff\xff");  // where the entry is
  expect_refused(entry, "entry 'a' is in the 64-bit form");
}

TEST(ZipArchive, OneEntryHasOneNameAndItsOwnBytes) {
  expect_refused(zip_of({{"a", "x"}, {"a", "y"}}), "has two entries 'a'");
  expect_refused(zip_of({{.name = "a", .bytes = "x", .local_name = "b"}}),
                 "entry 'a' has two names");
  // The first entry goes on over the second one's header and bytes.
  const std::string second = "0123456789";
  expect_refused(zip_of({{.name = "a", .bytes = "x", .stored_size = 40}, {"b", second}}),
                 "entry 'b' overlaps with another");
}

TEST(ZipArchive, ADamagedDirectoryIsRefused) {
  const std::string bytes = zip_of({{"a", "x"}});
  std::string more = bytes;
  more.replace(bytes.size() - 14, 4, zip_word(2) + zip_word(2));
  expect_refused(more, "has a damaged directory");
  std::string disks = bytes;
  disks.replace(bytes.size() - 18, 2, zip_word(1));
  expect_refused(disks, "has several disks");
  std::string offset = bytes;
  offset.replace(bytes.size() - 6, 4, zip_dword(bytes.size() - 40));
  expect_refused(offset, "reaches into its last record");
}

TEST(ZipArchive, NoDamagedByteIsReadOutside) {
  const std::string bytes = zip_of({{"a", "first"}, {"b", "second"}});
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char other : {'\0', '\1', '\x7f', '\xff'}) {
      std::string damaged = bytes;
      damaged[i] = other;
      try {
        const ZipArchive zip(as_bytes(damaged), "x");
        for (const ZipEntry& entry : zip.entries()) {
          const auto* file = reinterpret_cast<const std::byte*>(damaged.data());
          EXPECT_GE(entry.bytes.data(), file);
          EXPECT_LE(entry.bytes.data() + entry.bytes.size(), file + damaged.size());
        }
      } catch (const EmbedError&) {
        // Refused, which is right as well.
      }
    }
  }
}

}  // namespace
}  // namespace ruvector::embed

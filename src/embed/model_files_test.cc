#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "embed/test_environment.h"
#include "ruvector/base/errors.h"
#include "ruvector/embed/model.h"

namespace ruvector::embed {
namespace {

using Path = std::filesystem::path;

// SHA-256 of "abc" and "" by FIPS 180-2.
const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Model tiny() {
  return {.name = "tiny",
          .aliases = {},
          .repository = "someone/tiny",
          .revision = "0123456789012345678901234567890123456789",
          .licence = "MIT",
          .files = {{.name = "weights", .size = 3, .sha256 = kAbc},
                    {.name = "words", .size = 0, .sha256 = kEmpty}},
          .recipe = TextRecipe{}};
}

class ModelFiles : public testing::Test {
 protected:
  Path own() const { return model_directory(tiny()); }
  Path hub() const { return caches_.path() / ".cache/huggingface/hub/models--someone--tiny"; }
  Path snapshot() const { return hub() / "snapshots" / tiny().revision; }

  ScopedCaches caches_;
};

TEST_F(ModelFiles, AreFoundInOurCache) {
  write_file(own() / "weights", "abc");
  write_file(own() / "words", "");
  EXPECT_EQ(find_model_files(tiny()), (std::vector<Path>{own() / "weights", own() / "words"}));
}

TEST_F(ModelFiles, AreFoundInASnapshotOfTheHub) {
  write_file(hub() / "blobs" / kAbc, "abc");
  std::filesystem::create_directories(snapshot());
  std::filesystem::create_symlink(Path("../../blobs") / kAbc, snapshot() / "weights");
  write_file(snapshot() / "words", "");
  EXPECT_EQ(find_model_files(tiny()),
            (std::vector<Path>{snapshot() / "weights", snapshot() / "words"}));
}

TEST_F(ModelFiles, AreFoundAmongTheHubsBlobsOfAnotherRevision) {
  write_file(hub() / "blobs" / kAbc, "abc");
  EXPECT_EQ(find_model_file(tiny(), tiny().files[0]), hub() / "blobs" / kAbc);
}

TEST_F(ModelFiles, OurCacheComesFirst) {
  write_file(snapshot() / "weights", "abc");
  write_file(own() / "weights", "abc");
  EXPECT_EQ(find_model_file(tiny(), tiny().files[0]), own() / "weights");
}

TEST_F(ModelFiles, OtherBytesInOurCacheAreRemovedAndReported) {
  for (const char* const wrong : {"abx", "ab", "abcd"}) {
    write_file(own() / "weights", wrong);
    try {
      find_model_files(tiny());
      FAIL() << wrong;
    } catch (const ModelDigestMismatch& error) {
      EXPECT_EQ(error.expected(), kAbc);
      EXPECT_EQ(error.actual().size(), 64u);
      EXPECT_NE(error.actual(), kAbc);
      EXPECT_NE(std::string(error.what()).find((own() / "weights").string() + " (removed)"),
                std::string::npos);
    }
    EXPECT_FALSE(std::filesystem::exists(own() / "weights"));
    EXPECT_THROW(find_model_files(tiny()), ModelNotFound);
  }
}

TEST_F(ModelFiles, OtherBytesInTheHubsCacheArePassedOverAndStay) {
  write_file(snapshot() / "weights", "abx");
  write_file(hub() / "blobs" / kAbc, "also wrong");
  EXPECT_EQ(find_model_file(tiny(), tiny().files[0]), std::nullopt);
  EXPECT_TRUE(std::filesystem::exists(snapshot() / "weights"));
  EXPECT_TRUE(std::filesystem::exists(hub() / "blobs" / kAbc));
}

TEST_F(ModelFiles, WhatIsMissingIsListedWithDigestsAndPlaces) {
  write_file(own() / "words", "");
  try {
    find_model_files(tiny());
    FAIL();
  } catch (const ModelNotFound& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("model 'tiny'"), std::string::npos) << text;
    EXPECT_NE(text.find("weights  3 bytes  SHA-256 " + kAbc), std::string::npos) << text;
    EXPECT_EQ(text.find("words"), std::string::npos) << text;
    EXPECT_NE(text.find(own().string()), std::string::npos) << text;
    EXPECT_NE(text.find(snapshot().string()), std::string::npos) << text;
    EXPECT_NE(text.find("ruvector models pull tiny"), std::string::npos) << text;
  }
}

TEST_F(ModelFiles, SizesAreWrittenForPeople) {
  try {
    find_model_files(*find_model("all-MiniLM-L6-v2"));
    FAIL();
  } catch (const ModelNotFound& error) {
    EXPECT_NE(std::string(error.what()).find("model.safetensors  90,868,376 bytes"),
              std::string::npos);
    EXPECT_NE(std::string(error.what()).find("tokenizer.json  466,247 bytes"), std::string::npos);
  }
}

TEST_F(ModelFiles, ALinkToNothingInOurCacheIsAMissingFile) {
  std::filesystem::create_directories(own());
  std::filesystem::create_symlink("nowhere", own() / "weights");
  EXPECT_EQ(find_model_file(tiny(), tiny().files[0]), std::nullopt);
}

}  // namespace
}  // namespace ruvector::embed

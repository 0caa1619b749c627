#include "embed/config_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

constexpr char kText[] = R"({"hidden_size": 384, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
  "use_cache": true, "classifier_dropout": null, "negative": -3,
  "architectures": ["BertModel", {"hidden_size": 7}], "id2label": {"hidden_size": 8}})";

TEST(ConfigFile, ScalarsOfTheOuterObjectAreFound) {
  const ConfigFile file = ConfigFile::parse(kText, "config.json");
  EXPECT_EQ(file.count("hidden_size"), 384u);
  EXPECT_EQ(file.number("hidden_size"), 384.0);
  EXPECT_EQ(file.number("layer_norm_eps"), 1e-12);
  EXPECT_EQ(file.number("negative"), -3.0);
  EXPECT_EQ(file.text("hidden_act"), "gelu");
  EXPECT_EQ(file.flag("use_cache"), true);
}

TEST(ConfigFile, ScalarsOfInnerObjectsAreFound) {
  const ConfigFile file = ConfigFile::parse(
      R"({"prompts": {"query": "Q: ", "deep": {"query": "no"}}, "list": [{"query": "no"}],
          "query": "outer"})",
      "config.json");
  EXPECT_EQ(file.text("prompts.query"), "Q: ");
  EXPECT_EQ(file.text("query"), "outer");
  EXPECT_EQ(file.text("deep.query"), std::nullopt);
  EXPECT_EQ(file.text("list.query"), std::nullopt);
}

TEST(ConfigFile, WhatIsNotThereOrNullIsNone) {
  const ConfigFile file = ConfigFile::parse(kText, "config.json");
  EXPECT_EQ(file.count("heads"), std::nullopt);
  EXPECT_EQ(file.number("classifier_dropout"), std::nullopt);
}

TEST(ConfigFile, AnotherTypeIsRefused) {
  const ConfigFile file = ConfigFile::parse(kText, "config.json");
  EXPECT_THROW(file.count("hidden_act"), EmbedError);
  EXPECT_THROW(file.count("negative"), EmbedError);
  EXPECT_THROW(file.count("layer_norm_eps"), EmbedError);
  EXPECT_THROW(file.number("use_cache"), EmbedError);
  EXPECT_THROW(file.text("architectures"), EmbedError);
  EXPECT_THROW(file.flag("hidden_size"), EmbedError);
}

TEST(ConfigFile, WhatIsNoObjectIsRefused) {
  for (const char* text : {"", "7", "[1]", "{", "{\"a\":1,}", "{} x", "{\"a\":1,\"a\":2}"}) {
    EXPECT_THROW(ConfigFile::parse(text, "config.json"), EmbedError) << text;
  }
  EXPECT_THROW(ConfigFile::parse("{\"a\":" + std::string(500'000, '['), "config.json"), EmbedError);
  EXPECT_THROW(ConfigFile::parse(std::string(kMaxConfigBytes + 1, ' '), "config.json"), EmbedError);
}

TEST(ConfigFile, AFileThatIsNotThereIsNone) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) /
                                     ("ruvector_config_" + std::to_string(::getpid()) + ".json");
  EXPECT_FALSE(ConfigFile::open(path).has_value());
  std::ofstream(path) << kText;
  EXPECT_EQ(ConfigFile::open(path).value().count("hidden_size"), 384u);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace ruvector::embed

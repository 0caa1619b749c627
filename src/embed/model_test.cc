#include "ruvector/embed/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <variant>

namespace ruvector {
namespace {

bool is_lower_hex(const std::string& text) {
  return std::ranges::all_of(
      text, [](char c) { return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f'); });
}

TEST(Model, TheKnownOnesAreSortedAndCompletelyPinned) {
  const auto models = known_models();
  ASSERT_EQ(models.size(), 3u);
  EXPECT_TRUE(std::ranges::is_sorted(models, {}, &Model::name));
  for (const Model& model : models) {
    EXPECT_TRUE(model.revision.size() == 40 || model.revision.size() == 64) << model.name;
    EXPECT_TRUE(is_lower_hex(model.revision));
    EXPECT_FALSE(model.licence.empty());
    EXPECT_FALSE(model.files.empty());
    for (const ModelFile& file : model.files) {
      EXPECT_EQ(file.sha256.size(), 64u) << file.name;
      EXPECT_TRUE(is_lower_hex(file.sha256));
      EXPECT_GT(file.size, 0u);
      EXPECT_EQ(file.url.empty(), !model.repository.empty()) << file.name;
    }
  }
}

TEST(Model, EachNameAndAliasMeansOneModel) {
  std::set<std::string> names;
  for (const Model& model : known_models()) {
    EXPECT_EQ(find_model(model.name), &model);
    EXPECT_TRUE(names.insert(model.name).second);
    for (const std::string& alias : model.aliases) {
      EXPECT_EQ(find_model(alias), &model);
      EXPECT_TRUE(names.insert(alias).second) << alias;
    }
  }
  EXPECT_EQ(find_model("sentence-transformers/all-MiniLM-L6-v2")->name, "all-MiniLM-L6-v2");
  EXPECT_EQ(find_model("BAAI/bge-small-en-v1.5")->name, "bge-small-en-v1.5");
  EXPECT_EQ(find_model("mobilenet_v3_small")->name, "mobilenetv3-small");
  EXPECT_EQ(find_model("all-MiniLM-L7"), nullptr);
  EXPECT_EQ(find_model(""), nullptr);
}

TEST(Model, BgePutsItsPrefixBeforeQueriesAndPoolsByTheFirstToken) {
  const auto& recipe = std::get<TextRecipe>(find_model("bge-small-en-v1.5")->recipe);
  EXPECT_EQ(recipe.pooling, Pooling::cls);
  EXPECT_EQ(recipe.max_tokens, 512u);
  EXPECT_EQ(recipe.query_prefix, "Represent this sentence for searching relevant passages: ");
}

// By a few lines of Python with hashlib after docs/formats/recipe_digest.md.
TEST(Model, TheRecipeDigestEqualsAnIndependentComputation) {
  EXPECT_EQ(find_model("all-MiniLM-L6-v2")->recipe_digest(),
            "64f0532b589a9ccf7e6ea6ec38fd58680a552e1292805ec376b0148e6cd6596f");
  EXPECT_EQ(find_model("bge-small-en-v1.5")->recipe_digest(),
            "78b0ba4075f1c0af15e4de9e0c4867827b6bbf5886d6021d6bad09abdb1c9c05");
  EXPECT_EQ(find_model("mobilenetv3-small")->recipe_digest(),
            "dd6daef84073d556dffe9985f7ed43a966bc5a810e0c842490cb89518549c06f");
}

TEST(Model, TheRecipeDigestTellsEveryPartOfARecipe) {
  const Model& model = *find_model("bge-small-en-v1.5");
  std::set<std::string> digests = {model.recipe_digest()};
  const auto changed = [&](auto&& change) {
    Model other = model;
    change(other, std::get<TextRecipe>(other.recipe));
    EXPECT_TRUE(digests.insert(other.recipe_digest()).second) << digests.size();
  };
  changed([](Model&, TextRecipe& recipe) { recipe.max_tokens = 511; });
  changed([](Model&, TextRecipe& recipe) { recipe.pooling = Pooling::mean; });
  changed([](Model&, TextRecipe& recipe) { recipe.query_prefix.clear(); });
  changed([](Model&, TextRecipe& recipe) { recipe.query_prefix += "\nlength 1"; });
  changed([](Model& other, TextRecipe&) { other.files[0].sha256[63] = '0'; });
  changed([](Model& other, TextRecipe&) { other.files[1].name = "vocabulary.json"; });
  changed([](Model& other, TextRecipe&) { other.files.pop_back(); });
  Model reversed = model;
  std::ranges::reverse(reversed.files);
  EXPECT_EQ(reversed.recipe_digest(), model.recipe_digest());
  Model renamed = model;
  renamed.name = "another";
  EXPECT_EQ(renamed.recipe_digest(), model.recipe_digest());
}

TEST(Model, TheRecipeDigestTellsEveryPartOfAnImageRecipe) {
  const Model& model = *find_model("mobilenetv3-small");
  std::set<std::string> digests = {model.recipe_digest()};
  const auto changed = [&](auto&& change) {
    Model other = model;
    change(std::get<ImageRecipe>(other.recipe));
    EXPECT_TRUE(digests.insert(other.recipe_digest()).second) << digests.size();
  };
  changed([](ImageRecipe& recipe) { recipe.resize = 232; });
  changed([](ImageRecipe& recipe) { recipe.crop = 256; });
  changed([](ImageRecipe& recipe) { recipe.mean[2] = 0.4060001f; });
  changed([](ImageRecipe& recipe) { recipe.deviation[0] = 0.5f; });
}

}  // namespace
}  // namespace ruvector

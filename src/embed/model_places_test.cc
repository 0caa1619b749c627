#include "embed/model_places.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "embed/test_environment.h"

namespace ruvector::embed {
namespace {

using Path = std::filesystem::path;

const Model& minilm() { return *find_model("all-MiniLM-L6-v2"); }

TEST(ModelPlaces, OurCacheLiesWhereTheEnvironmentSays) {
  const ScopedCaches caches;
  EXPECT_EQ(cache_directory(), caches.path() / ".cache/ruvector");
  const ScopedVariable xdg("XDG_CACHE_HOME", "/xdg");
  EXPECT_EQ(cache_directory(), "/xdg/ruvector");
  const ScopedVariable own("RUVECTOR_CACHE", "/own");
  EXPECT_EQ(cache_directory(), "/own");
  EXPECT_EQ(model_directory(minilm()),
            "/own/models/all-MiniLM-L6-v2/1110a243fdf4706b3f48f1d95db1a4f5529b4d41");
}

TEST(ModelPlaces, ARelativeCacheIsThatOfTheWorkingDirectory) {
  const ScopedVariable own("RUVECTOR_CACHE", "here");
  EXPECT_EQ(cache_directory(), std::filesystem::current_path() / "here");
}

TEST(ModelPlaces, WhatIsEmptyOrAgainstItsSpecificationCountsAsNotSet) {
  const ScopedCaches caches;
  const ScopedVariable own("RUVECTOR_CACHE", "");
  const ScopedVariable xdg("XDG_CACHE_HOME", "relative");
  EXPECT_EQ(cache_directory(), caches.path() / ".cache/ruvector");
}

TEST(ModelPlaces, WithoutHomeTheUserDatabaseSaysWhereHomeIs) {
  const ScopedCaches caches;
  const ScopedVariable home("HOME", std::nullopt);
  EXPECT_TRUE(cache_directory().is_absolute());
  EXPECT_EQ(cache_directory().filename(), "ruvector");
}

TEST(ModelPlaces, TheHubCacheLiesWhereHuggingFaceHasIt) {
  const ScopedCaches caches;
  EXPECT_EQ(hub_cache_directory(), caches.path() / ".cache/huggingface/hub");
  const ScopedVariable xdg("XDG_CACHE_HOME", "/xdg");
  EXPECT_EQ(hub_cache_directory(), "/xdg/huggingface/hub");
  const ScopedVariable home("HF_HOME", "/hf");
  EXPECT_EQ(hub_cache_directory(), "/hf/hub");
  const ScopedVariable old_name("HUGGINGFACE_HUB_CACHE", "/old");
  EXPECT_EQ(hub_cache_directory(), "/old");
  const ScopedVariable cache("HF_HUB_CACHE", "/cache");
  EXPECT_EQ(hub_cache_directory(), "/cache");
}

TEST(ModelPlaces, AFileOfTheHubIsASnapshotsOrABlob) {
  const ScopedCaches caches;
  const ScopedVariable cache("HF_HUB_CACHE", "/hub");
  const Path folder = "/hub/models--sentence-transformers--all-MiniLM-L6-v2";
  const auto places = places_in_other_caches(minilm(), minilm().files[0]);
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0],
            folder / "snapshots/1110a243fdf4706b3f48f1d95db1a4f5529b4d41/model.safetensors");
  EXPECT_EQ(places[1],
            folder / "blobs/53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db");
}

TEST(ModelPlaces, TorchvisionsFileMayLieInTheCacheOfTorch) {
  const ScopedCaches caches;
  const Model& model = *find_model("mobilenetv3-small");
  const auto place = [&] { return places_in_other_caches(model, model.files[0]).at(0); };
  EXPECT_EQ(place(),
            caches.path() / ".cache/torch/hub/checkpoints/mobilenet_v3_small-047dcff4.pth");
  const ScopedVariable torch("TORCH_HOME", "/torch");
  EXPECT_EQ(place(), "/torch/hub/checkpoints/mobilenet_v3_small-047dcff4.pth");
}

}  // namespace
}  // namespace ruvector::embed

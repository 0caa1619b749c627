// A daemon beside a service: it watches the directory where the owner of the vectors publishes
// bundles, drops what they say is old, and fetches the new version before anybody asks for it. The
// lake itself is frozen: searches ask nobody.
//
//   sidecar_daemon VECTORS PUBLISHED COLLECTION    until SIGINT or SIGTERM
//   sidecar_daemon --demo DIRECTORY                with an owner that publishes three versions
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ruvector/lake/bundle.h"
#include "ruvector/lake/fs_backend.h"
#include "ruvector/lake/lake.h"

namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(50);

std::atomic<bool> stopping{false};

extern "C" void stop(int) { stopping = true; }

// Brings the present version into the cache, as the first search would.
void fetch(const ruvector::RuLake& lake, const ruvector::LakeKey& key,
           const ruvector::RuLakeBundle& bundle) {
  lake.search_one(key, std::vector<float>(bundle.dim), 1);
  std::printf("serving %s\n", bundle.rvf_witness.c_str());
  std::fflush(stdout);
}

// Calls `refreshed` after each version that was fetched.
void watch(const ruvector::RuLake& lake, const ruvector::LakeKey& key,
           const std::filesystem::path& published, const std::function<void()>& refreshed) {
  while (!stopping) {
    try {
      const ruvector::RefreshResult result = lake.refresh_from_bundle_dir(key, published);
      if (result != ruvector::RefreshResult::bundle_missing && !lake.contains(key)) {
        fetch(lake, key, ruvector::RuLakeBundle::read_from_dir(published));
        refreshed();
      }
    } catch (const ruvector::RuVectorError& error) {
      // A bundle that is not to be trusted, or a store that is not there: look again later.
      std::fprintf(stderr, "%s\n", error.what());
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

ruvector::RuLake frozen_lake(const std::filesystem::path& vectors) {
  ruvector::LakeParams params;
  params.consistency = ruvector::Consistency::frozen;
  ruvector::RuLake lake(params);
  lake.register_backend(std::make_shared<ruvector::FsBackend>("disk", vectors));
  return lake;
}

// --- the demonstration

// Writes new vectors and says so.
void publish_version(const std::filesystem::path& directory, unsigned version) {
  constexpr std::size_t kRows = 1000;
  constexpr std::size_t kDim = 16;
  std::mt19937 random(version);
  std::normal_distribution<float> normal;
  std::vector<ruvector::Id> ids(kRows);
  std::vector<float> values(kRows * kDim);
  for (std::size_t i = 0; i < kRows; ++i) ids[i] = version * 10'000 + i;
  for (float& value : values) value = normal(random);
  const auto disk = std::make_shared<ruvector::FsBackend>("disk", directory / "vectors");
  disk->write("docs", ids, {values.data(), kRows, kDim});
  ruvector::RuLake owner;
  owner.register_backend(disk);
  owner.publish_bundle({"disk", "docs"}, directory / "published");
}

int demonstrate(const std::filesystem::path& directory) {
  constexpr unsigned kVersions = 3;
  const ruvector::LakeKey docs{"disk", "docs"};
  publish_version(directory, 1);
  const ruvector::RuLake lake = frozen_lake(directory / "vectors");
  unsigned version = 1;
  bool right = true;
  watch(lake, docs, directory / "published", [&] {
    const std::vector<float> query(16, 0.0F);
    right = right && lake.search_one(docs, query, 1).at(0).id / 10'000 == version;
    if (version == kVersions) {
      stopping = true;
    } else {
      publish_version(directory, ++version);
    }
  });
  std::printf("%s\n", right ? "each version was served when it was published" : "an old answer");
  return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  try {
    if (argc == 3 && std::strcmp(argv[1], "--demo") == 0) return demonstrate(argv[2]);
    if (argc != 4) {
      std::fprintf(stderr, "usage: sidecar_daemon VECTORS PUBLISHED COLLECTION\n");
      return 2;
    }
    watch(frozen_lake(argv[1]), {"disk", argv[3]}, argv[2], [] {});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

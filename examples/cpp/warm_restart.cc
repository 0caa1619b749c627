// A service that answers at once after a restart: it saves what it has cached, and the next process
// maps it instead of pulling and compressing everything again.
//
//   warm_restart DIRECTORY     run it twice
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <random>
#include <vector>

#include "ruvector/lake/bundle.h"
#include "ruvector/lake/fs_backend.h"
#include "ruvector/lake/lake.h"

namespace {

constexpr std::size_t kRows = 50'000;
constexpr std::size_t kDim = 128;

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// The vectors that lie somewhere already; here a file that the first run makes.
void write_vectors(ruvector::FsBackend& disk) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<ruvector::Id> ids(kRows);
  std::vector<float> values(kRows * kDim);
  for (std::size_t i = 0; i < kRows; ++i) ids[i] = 1'000'000'000'000 + i;
  for (float& value : values) value = normal(random);
  disk.write("docs", ids, {values.data(), kRows, kDim});
}

int run(const std::filesystem::path& directory) {
  const auto disk = std::make_shared<ruvector::FsBackend>("disk", directory / "vectors");
  if (disk->list_collections().empty()) write_vectors(*disk);

  const auto start = std::chrono::steady_clock::now();
  ruvector::RuLake lake;
  lake.register_backend(disk);
  const ruvector::LakeKey docs{"disk", "docs"};
  const std::filesystem::path snapshot = directory / "snapshot";
  const bool warm = ruvector::RuLakeBundle::exists_in(snapshot);
  if (warm) lake.warm_from_dir(docs, snapshot);

  // The lake is fresh: it asks the disk whether the snapshot is still what is there.
  const std::vector<float> query(kDim, 0.25F);
  const std::vector<ruvector::LakeHit> hits = lake.search_one(docs, query, 3);
  const double first_answer = milliseconds_since(start);
  for (const ruvector::LakeHit& hit : hits) {
    std::printf("%llu  %.4f\n", static_cast<unsigned long long>(hit.id), hit.score);
  }
  const ruvector::CacheStats stats = lake.cache_stats();
  std::printf("%s start: first answer after %.1f ms, %llu pulls\n", warm ? "warm" : "cold",
              first_answer, static_cast<unsigned long long>(stats.pulls));
  if (stats.pulls != 0) lake.save_cache_to_dir(docs, snapshot);  // what is there is new
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: warm_restart DIRECTORY\n");
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

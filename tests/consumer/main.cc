// Builds an index with the installed package and checks that every vector finds itself, there and
// through a lake.
#include <cstddef>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "ruvector/base/cpu_features.h"
#include "ruvector/base/version.h"
#include "ruvector/index/rabitq_index.h"
#include "ruvector/lake/bundle.h"
#include "ruvector/lake/lake.h"
#include "ruvector/lake/local_backend.h"

int main() {
  constexpr std::size_t kRows = 1000;
  constexpr std::size_t kDim = 96;
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> values(kRows * kDim);
  for (float& value : values) value = normal(random);

  const ruvector::MatrixView vectors{values.data(), kRows, kDim};
  const auto index = ruvector::RabitqPlusIndex::build(vectors);
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::vector<ruvector::Hit> hits = index.search(vectors.row(i), 3);
    if (hits.size() != 3 || hits[0].id != i || hits[0].score != 0.0F) {
      std::printf("vector %zu does not find itself\n", i);
      return 1;
    }
  }
  const auto bundle = ruvector::RuLakeBundle::make("file:///data/docs", kDim, 42, 20, 7);
  if (!ruvector::RuLakeBundle::from_json(bundle.to_json()).verify_witness()) {
    std::printf("a bundle does not survive its text\n");
    return 1;
  }
  const auto hot = std::make_shared<ruvector::LocalBackend>("hot");
  std::vector<ruvector::Id> ids(kRows);
  std::iota(ids.begin(), ids.end(), ruvector::Id{1'000'000'000'000});
  hot->upsert("docs", ids, vectors);
  ruvector::RuLake lake;
  lake.register_backend(hot);
  const auto found = lake.search_one({"hot", "docs"}, vectors.row(3), 2);
  if (found.size() != 2 || found[0].id != ids[3] || lake.cache_stats().pulls != 1) {
    std::printf("the lake does not find what the backend holds\n");
    return 1;
  }
  std::printf("ruvector %s (%s): %zu vectors found themselves\n", ruvector::kVersion,
              ruvector::cpu_features().simd_level.c_str(), kRows);
  return 0;
}
